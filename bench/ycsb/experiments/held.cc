// Held snapshots: what do 100 open snapshots cost in memory and speed while updates go on, and what
// of it comes back when they end?
//
// Taken all at the start they see the same state; taken one after the other, each sees nearly every
// key in a version of its own, which is the most that they can hold.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/ycsb/contender.h"
#include "bench/ycsb/experiments/experiments.h"
#include "bench/ycsb/fresh_process.h"
#include "bench/ycsb/resources.h"
#include "bench/ycsb/statistics.h"
#include "nacre/memory.h"
#include "server/allocator/allocator.h"

namespace nacre::bench {
namespace {

constexpr int kSnapshots = 100;
constexpr int kSteps = 200;  // The updates are done in as many parts, with a line after each.

enum class Taken : uint8_t { kNone = 0, kAtStart, kOneByOne, kCount };
constexpr std::array<std::string_view, static_cast<size_t>(Taken::kCount)> kTakenNames = {
    "none", "at-start", "one-by-one"};
constexpr std::array kAllTaken = {Taken::kNone, Taken::kAtStart, Taken::kOneByOne};

constexpr double kSpeedAtLeast = .90;  // Of that without snapshots.
constexpr double kAfterAtMost = 1.10;  // Times the resident set before.
// What may wait for the vacuum beside what the snapshots hold, which is at most the live data each.
constexpr double kBacklogVersions = 10'000;

std::string NameOf(Taken taken) { return std::string(kTakenNames[static_cast<size_t>(taken)]); }

// Of one run.
struct Outcome {
  Sample updates;
  int64_t live_bytes = 0;
  int64_t resident_before = 0;
  int64_t resident_most = 0;
  int64_t resident_after = 0;
};

class Held {
 public:
  Held(const Conditions& conditions, uint64_t updates, const StoreEntry& store, Taken taken,
       int repetition, CsvOutput& csv)
      : conditions_(conditions),
        updates_(updates),
        store_(store),
        taken_(taken),
        repetition_(repetition),
        csv_(csv),
        contender_(store.make(conditions.keys)) {}

  Outcome Run() {
    Outcome outcome;
    outcome.live_bytes = contender_->Load().resident_bytes;
    outcome.resident_before = ResidentBytes();
    outcome.resident_most = outcome.resident_before;
    Report("loaded", 0, 0);
    for (int step = 0; step < kSteps; ++step) {
      TakeSnapshots(step);
      const Sample sample = contender_->UpdateSome(updates_ / kSteps, conditions_.keys);
      outcome.updates += sample;
      outcome.resident_most = std::max(outcome.resident_most, ResidentBytes());
      Report("updating", outcome.updates.transactions, PerSecond(sample));
    }
    snapshots_.clear();
    contender_->Settle();
    outcome.resident_after = ResidentBytesAtRest();
    Report("ended", outcome.updates.transactions, PerSecond(outcome.updates));
    return outcome;
  }

 private:
  void TakeSnapshots(int step) {
    if (taken_ == Taken::kAtStart && step == 0) {
      for (int i = 0; i < kSnapshots; ++i) snapshots_.push_back(contender_->Hold());
    } else if (taken_ == Taken::kOneByOne && step % (kSteps / kSnapshots) == 0) {
      snapshots_.push_back(contender_->Hold());
    }
  }

  void Report(std::string_view phase, uint64_t updates, double per_second) {
    const allocator::Usage usage = allocator::CurrentUsage();
    const MemoryPoolUsage pool = GetMemoryPoolUsage();
    csv_.Line(absl::StrFormat("%s,%d,%s,%s,%d,%d,%.0f,%d,%d,%d", std::string(store_.name),
                              repetition_, NameOf(taken_), std::string(phase), snapshots_.size(),
                              updates, per_second, ResidentBytes(),
                              usage.allocated_bytes + static_cast<int64_t>(pool.allocated_bytes),
                              usage.page_bytes + static_cast<int64_t>(pool.used_bytes)));
  }

  const Conditions& conditions_;
  const uint64_t updates_;
  const StoreEntry& store_;
  const Taken taken_;
  const int repetition_;
  CsvOutput& csv_;
  std::unique_ptr<Contender> contender_;
  std::vector<std::unique_ptr<HeldSnapshot>> snapshots_;
};

std::string Reached(bool is_reached) { return is_reached ? "reached" : "MISSED"; }

double Times(int64_t a, int64_t b) { return static_cast<double>(a) / static_cast<double>(b); }

// Beside the runs without snapshots, each with that of its own repetition. The target of speed is
// about snapshots that are all there throughout.
std::string SpeedVerdict(Taken taken, const std::vector<double>& speeds,
                         const std::vector<double>& without) {
  if (taken == Taken::kNone) return "";
  const double kept = FigureOfRatios(speeds, without).median;
  const std::string text = absl::StrFormat(", %.3f of those without", kept);
  if (taken != Taken::kAtStart) return text;
  return text + absl::StrFormat(", of %.2f: %s", kSpeedAtLeast, Reached(kept >= kSpeedAtLeast));
}

std::string MemoryVerdict(Taken taken, uint64_t keys, const std::vector<Outcome>& outcomes) {
  const double grown =
      FigureOf(outcomes, [](const Outcome& outcome) {
        return Times(outcome.resident_most - outcome.resident_before, outcome.live_bytes);
      }).median;
  const std::string text = absl::StrFormat("RSS grows by %.2f times the live data", grown);
  if (taken == Taken::kNone) return text;
  const double at_most = kSnapshots + kBacklogVersions / static_cast<double>(keys);
  return text + absl::StrFormat(", of at most %.2f: %s", at_most, Reached(grown <= at_most));
}

std::vector<double> SpeedsOf(const std::vector<Outcome>& outcomes) {
  std::vector<double> speeds;
  for (const Outcome& outcome : outcomes) speeds.push_back(PerSecond(outcome.updates));
  return speeds;
}

void Judge(const StoreEntry& store, Taken taken, uint64_t keys,
           const std::vector<Outcome>& outcomes, const std::vector<Outcome>& without,
           CsvOutput& csv) {
  const std::vector<double> speeds = SpeedsOf(outcomes);
  const double after = FigureOf(outcomes, [](const Outcome& outcome) {
                         return Times(outcome.resident_after, outcome.resident_before);
                       }).median;
  csv.Remark(absl::StrFormat(
      "%s, snapshots %s: %.0f updates/s%s; %s; afterwards it is %.3f of what it was, of at most "
      "%.2f: %s",
      std::string(store.name), NameOf(taken), FigureOf(speeds).median,
      SpeedVerdict(taken, speeds, SpeedsOf(without)), MemoryVerdict(taken, keys, outcomes), after,
      kAfterAtMost, Reached(after <= kAfterAtMost)));
}

void RunHeldOn(const Conditions& conditions, uint64_t updates, const StoreEntry& store,
               CsvOutput& csv) {
  std::array<std::vector<Outcome>, static_cast<size_t>(Taken::kCount)> outcomes;
  for (int i = 0; i < conditions.repetitions; ++i) {
    for (const Taken taken : kAllTaken) {
      outcomes[static_cast<size_t>(taken)].push_back(ResultOfFreshProcess<Outcome>(
          [&] { return Held(conditions, updates, store, taken, i, csv).Run(); }));
    }
  }
  for (const Taken taken : kAllTaken) {
    Judge(store, taken, conditions.keys, outcomes[static_cast<size_t>(taken)],
          outcomes[static_cast<size_t>(Taken::kNone)], csv);
  }
}

}  // namespace

void RunHeld(const Conditions& conditions, uint64_t updates, CsvOutput& csv) {
  csv.Line(
      "store,repetition,taken,phase,snapshots,updates,updates_per_second,resident_bytes,"
      "allocated_bytes,page_bytes");
  for (const StoreEntry* store : conditions.stores) {
    RunHeldOn(conditions, updates, *store, csv);
  }
}

}  // namespace nacre::bench
