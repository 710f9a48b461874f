#include "bench/ycsb/targets.h"

#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"

namespace nacre::bench {
namespace {

constexpr std::string_view kOurs = "nacre";
constexpr std::string_view kItself = "itself";  // A store is compared with itself.

// A speed, in times of another one.
struct SpeedTarget {
  std::string_view title;
  RunSpec spec;
  std::string_view other;
  RunSpec other_spec;
  double at_least = 0;
  double aim = 0;  // Zero if there is none beyond.
};

constexpr RunSpec Spec(Workload workload, int threads = 1,
                       Distribution distribution = Distribution::kUniform) {
  return {.workload = workload, .distribution = distribution, .threads = threads};
}

constexpr SpeedTarget ToMap(std::string_view title, const RunSpec& spec, std::string_view map,
                            double at_least, double aim = 0) {
  return {title, spec, map, spec, at_least, aim};
}
// What a second thread brings.
constexpr SpeedTarget ToOneThread(std::string_view title, Workload workload, double at_least) {
  return {title, Spec(workload, /*threads=*/2), kItself, Spec(workload), at_least};
}

constexpr SpeedTarget kSpeedTargets[] = {
    ToMap("read, uniform", Spec(Workload::kRead), "fhm", .40),
    ToMap("read, zipf .99", Spec(Workload::kRead, 1, Distribution::kZipf), "fhm", .42),
    ToMap("50/50", Spec(Workload::kReadUpdate), "fhm", .25),
    ToMap("read-modify-write", Spec(Workload::kReadModifyWrite), "fhm", .20),
    ToMap("10 operations, snapshot", Spec(Workload::kTenSnapshot), "fhm", .38),
    ToMap("10 operations, batched read", Spec(Workload::kTenBatched), "fhm", .38, .45),
    {"10 operations, serializable", Spec(Workload::kTenSerializable), kItself,
     Spec(Workload::kTenSnapshot), .90},
    ToMap("scan of 1..100, 5 % inserts", Spec(Workload::kScan), "bt", 1.6, 2.0),
    ToMap("load in random order", Spec(Workload::kLoad), "btp", .6),
    ToOneThread("2 threads: read", Workload::kRead, 1.8),
    ToOneThread("2 threads: 50/50", Workload::kReadUpdate, 1.8),
    ToOneThread("2 threads: read-modify-write", Workload::kReadModifyWrite, 1.8),
    ToOneThread("2 threads: 10 operations, snapshot", Workload::kTenSnapshot, 1.8),
    ToOneThread("2 threads: 10 operations, serializable", Workload::kTenSerializable, 1.8),
    ToOneThread("2 threads: scan, inserts", Workload::kScan, 1.8),
    ToOneThread("2 threads: one hot key", Workload::kHotKey, 1.0),
};

struct BytesTarget {
  std::string_view title;
  Workload workload;
  double at_most;
  double aim;
};

constexpr BytesTarget kBytesTargets[] = {
    {"bytes a key after the load", Workload::kLoad, 180, 160},
    {"bytes a key after ten updates of each", Workload::kUpdates, 200, 160},
};

// The maps are no peers: they have no transactions.
bool IsPeer(const StoreEntry& store) { return store.name != kOurs && store.traits.concurrent; }

std::optional<Figure> Reached(std::string_view store, const SpeedTarget& target,
                              const Results& results) {
  return results.SpeedRatio(store, target.spec, target.other == kItself ? store : target.other,
                            target.other_spec);
}

std::string Verdict(bool is_reached, bool has_aim, bool is_aim_reached) {
  if (!is_reached) return "**no**";
  return has_aim && is_aim_reached ? "yes, the aim too" : "yes";
}

// "lmdb .083": the peer whose figure `is_better(figure, best)` than those of all others.
template <typename FigureOfStore, typename IsBetter>
std::string BestPeer(const std::vector<const StoreEntry*>& stores, int digits,
                     FigureOfStore figure_of, IsBetter is_better) {
  std::string_view best;
  double best_median = 0;
  for (const StoreEntry* store : stores) {
    if (!IsPeer(*store)) continue;
    const std::optional<Figure> figure = figure_of(store->name);
    if (!figure.has_value()) continue;
    if (best.empty() || is_better(figure->median, best_median)) {
      best = store->name;
      best_median = figure->median;
    }
  }
  if (best.empty()) return "";
  return absl::StrFormat("%s %.*f", std::string(best), digits, best_median);
}

// A table without its rows would look as if all were reached.
void PrintNotMeasured(std::string_view title) {
  absl::PrintF("| %s | | | | | not measured | |\n", std::string(title));
}

void PrintSpeed(const std::vector<const StoreEntry*>& stores, const SpeedTarget& target,
                const Results& results) {
  const std::optional<Figure> ratio = Reached(kOurs, target, results);
  if (!ratio.has_value()) return PrintNotMeasured(target.title);
  const bool has_aim = target.aim > 0;
  absl::PrintF("| %s | %.3f | %.3f x %s | %.3f-%.3f | %.2f%s | %s | %s |\n",
               std::string(target.title), results.PerSecond(kOurs, target.spec)->median / 1e6,
               ratio->median, std::string(target.other), ratio->low, ratio->high, target.at_least,
               has_aim ? absl::StrFormat(", aim %.2f", target.aim) : "",
               Verdict(ratio->median >= target.at_least, has_aim, ratio->median >= target.aim),
               BestPeer(
                   stores, /*digits=*/3,
                   [&](std::string_view store) { return Reached(store, target, results); },
                   [](double a, double b) { return a > b; }));
}

void PrintBytes(const std::vector<const StoreEntry*>& stores, const BytesTarget& target,
                const Results& results) {
  const RunSpec spec = Spec(target.workload);
  const std::optional<Figure> bytes = results.BytesPerKey(kOurs, spec);
  if (!bytes.has_value()) return PrintNotMeasured(target.title);
  absl::PrintF(
      "| %s | | %.0f | %.0f-%.0f | %.0f, aim %.0f | %s | %s |\n", std::string(target.title),
      bytes->median, bytes->low, bytes->high, target.at_most, target.aim,
      Verdict(bytes->median <= target.at_most, /*has_aim=*/true, bytes->median <= target.aim),
      BestPeer(
          stores, /*digits=*/0,
          [&](std::string_view store) { return results.BytesPerKey(store, spec); },
          [](double a, double b) { return a < b; }));
}

}  // namespace

std::vector<RunSpec> TargetSpecs() {
  std::set<RunSpec> specs;
  for (const SpeedTarget& target : kSpeedTargets) specs.insert({target.spec, target.other_spec});
  for (const BytesTarget& target : kBytesTargets) specs.insert(Spec(target.workload));
  return std::vector<RunSpec>(specs.begin(), specs.end());
}

void PrintTargets(const std::vector<const StoreEntry*>& stores, const Results& results) {
  absl::PrintF(
      "| workload | nacre, M/s | ratio | lowest-highest | target | reached | best peer here |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const SpeedTarget& target : kSpeedTargets) PrintSpeed(stores, target, results);
  for (const BytesTarget& target : kBytesTargets) PrintBytes(stores, target, results);
  std::fflush(stdout);
}

}  // namespace nacre::bench
