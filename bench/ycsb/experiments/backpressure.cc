// Backpressure: threads that do nothing but update, while the vacuum thread runs as it likes,
// hardly ever gets the core, or does not exist. How long do commits take, and how much waits to be
// unlinked and freed?
//
// A commit during which the kernel has taken the core away (an involuntary context switch of the
// thread) says more about the machine than about the commit: percentiles are given with and
// without those. What a hypervisor takes is not seen. Asking the kernel takes half a microsecond
// between two transactions, which no latency contains and the rate does.

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/ycsb/csv_output.h"
#include "bench/ycsb/experiments/cores.h"
#include "bench/ycsb/experiments/experiments.h"
#include "bench/ycsb/experiments/latencies.h"
#include "bench/ycsb/fresh_process.h"
#include "bench/ycsb/key_sequence.h"
#include "bench/ycsb/record.h"
#include "bench/ycsb/resources.h"
#include "nacre/database.h"

namespace nacre::bench {
namespace {

enum class VacuumThread : uint8_t { kFree = 0, kStarved, kAbsent, kCount };
constexpr std::array<std::string_view, static_cast<size_t>(VacuumThread::kCount)> kNames = {
    "free", "starved", "absent"};

constexpr double kMicrosMax = 1000;  // Of the p99.99 of the commits that nothing has preempted.

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

uint64_t Nanos() {
  return static_cast<uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

uint64_t InvoluntarySwitches() {
  rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<uint64_t>(usage.ru_nivcsw);
}

// What one thread, or all of them, saw.
struct Observed {
  Latencies commits;
  Latencies undisturbed;  // Those of them without a preemption.
  uint64_t preemptions = 0;
  uint64_t queued_most = 0;
  uint64_t retired_most = 0;
  uint64_t transaction_nanos_most = 0;

  void Merge(const Observed& other) {
    commits.Merge(other.commits);
    undisturbed.Merge(other.undisturbed);
    preemptions += other.preemptions;
    queued_most = std::max(queued_most, other.queued_most);
    retired_most = std::max(retired_most, other.retired_most);
    transaction_nanos_most = std::max(transaction_nanos_most, other.transaction_nanos_most);
  }
};

// Updates keys drawn at random, on one thread.
class Writer {
 public:
  Writer(Database& db, uint64_t keys, uint64_t seed)
      : db_(db), random_(seed), uniform_(0, keys - 1) {}

  void RunUntil(const std::atomic<bool>& stop) {
    constexpr uint64_t kBetweenLooks = 256;
    const uint64_t switches_at_start = InvoluntarySwitches();
    do {
      for (uint64_t i = 0; i < kBetweenLooks; ++i) UpdateOne();
      const Stats stats = db_.GetStats();
      seen_.queued_most = std::max(seen_.queued_most, stats.versions_queued);
      seen_.retired_most = std::max(seen_.retired_most, stats.objects_retired);
    } while (!stop.load(std::memory_order_relaxed));
    seen_.preemptions += InvoluntarySwitches() - switches_at_start;
  }

  const Observed& seen() const { return seen_; }

 private:
  void UpdateOne() {
    const KeyBytes key = LoadedKey(uniform_(random_));
    const ValueBytes value = MakeValue(++stamp_);
    // Asked before each: a preemption between two transactions is to excuse none of them.
    const uint64_t switches = InvoluntarySwitches();
    const uint64_t begin = Nanos();
    Transaction tx = db_.Begin();
    Require(tx.Put(View(key), View(value)));
    const uint64_t commit = Nanos();
    const absl::Status committed = tx.Commit().status();
    const uint64_t end = Nanos();
    if (!absl::IsAborted(committed)) Require(committed);
    seen_.commits.Add(end - commit);
    if (InvoluntarySwitches() == switches) seen_.undisturbed.Add(end - commit);
    seen_.transaction_nanos_most = std::max(seen_.transaction_nanos_most, end - begin);
  }

  Database& db_;
  std::mt19937_64 random_;
  std::uniform_int_distribution<uint64_t> uniform_;
  Observed seen_;
  uint64_t stamp_ = 0;
};

class Backpressure {
 public:
  Backpressure(const Conditions& conditions, int threads, VacuumThread vacuum, CsvOutput& csv)
      : conditions_(conditions), threads_(threads), vacuum_(vacuum), csv_(csv) {
    const std::set<int> cores = UsableCores(threads);
    cores_.assign(cores.begin(), cores.end());
  }

  void Run() {
    OpenAndLoad();
    const int64_t resident_before = ResidentBytes();
    Observed seen;
    double seconds = 0;
    for (int i = 0; i < conditions_.repetitions; ++i) seconds += RunOnce(i, seen);
    Report(seen, static_cast<double>(seen.commits.count()) / seconds,
           ResidentBytes() - resident_before);
  }

 private:
  std::string VacuumName() const { return std::string(kNames[static_cast<size_t>(vacuum_)]); }

  void OpenAndLoad() {
    const std::set<pid_t> before = ThreadsOfProcess();
    db_ = *Database::Open({.vacuum_thread = vacuum_ != VacuumThread::kAbsent});
    for (const uint32_t index : RandomOrder(conditions_.keys, /*seed=*/1)) {
      Transaction tx = db_->Begin();
      Require(tx.Put(View(LoadedKey(index)), View(MakeValue(index))));
      Require(tx.Commit().status());
    }
    if (vacuum_ != VacuumThread::kStarved) return;
    bool has_starved = false;
    for (const pid_t thread : ThreadsOfProcess()) {
      if (before.contains(thread)) continue;
      Starve(thread, cores_.front());
      has_starved = true;
    }
    if (has_starved) return;
    std::fprintf(stderr, "no vacuum thread to starve was found\n");
    std::exit(1);
  }

  // Returns how long it ran.
  double RunOnce(int repetition, Observed& seen) {
    std::atomic<bool> stop{false};
    std::vector<std::unique_ptr<Writer>> writers;
    std::vector<std::thread> threads;
    const double start = WallSeconds();
    for (int i = 0; i < threads_; ++i) {
      writers.push_back(
          std::make_unique<Writer>(*db_, conditions_.keys, /*seed=*/repetition * 256 + i));
      threads.emplace_back([this, i, &stop, &writer = *writers.back()] {
        if (vacuum_ == VacuumThread::kStarved) PinTo(cores_[i]);
        writer.RunUntil(stop);
      });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(conditions_.seconds));
    stop = true;
    for (std::thread& thread : threads) thread.join();
    for (const auto& writer : writers) seen.Merge(writer->seen());
    return WallSeconds() - start;
  }

  void Report(const Observed& seen, double per_second, int64_t resident_growth) {
    const Latencies& all = seen.commits;
    const Latencies& undisturbed = seen.undisturbed;
    const uint64_t limit = db_->options().vacuum_backlog_max;
    const double pin_seconds = static_cast<double>(seen.transaction_nanos_most) * 1e-9;
    csv_.Line(absl::StrFormat("%s,%d,%.0f,%.2f,%.2f,%.2f,%.2f,%.1f,%.2f,%.1f,%d,%d,%d,%d,%.0f,%d",
                              VacuumName(), threads_, per_second, all.Micros(.5), all.Micros(.99),
                              all.Micros(.999), all.Micros(.9999), all.LongestMicros(),
                              undisturbed.Micros(.9999), undisturbed.LongestMicros(),
                              seen.preemptions, limit, seen.queued_most, seen.retired_most,
                              per_second * pin_seconds, resident_growth));
    csv_.Remark(absl::StrFormat(
        "vacuum %s, %d writing: p99.99 of commits %.0f us, without %d preemptions %.0f us of %.0f: "
        "%s; at most %d versions wait to be unlinked, where the limit is %d; %d objects to be "
        "freed, "
        "where rate x longest transaction is %.0f",
        VacuumName(), threads_, all.Micros(.9999), seen.preemptions, undisturbed.Micros(.9999),
        kMicrosMax, undisturbed.Micros(.9999) <= kMicrosMax ? "reached" : "MISSED",
        seen.queued_most, limit, seen.retired_most, per_second * pin_seconds));
  }

  const Conditions& conditions_;
  const int threads_;
  const VacuumThread vacuum_;
  CsvOutput& csv_;
  std::vector<int> cores_;
  std::unique_ptr<Database> db_;
};

}  // namespace

void RunBackpressure(const Conditions& conditions, const std::vector<int>& threads,
                     CsvOutput& csv) {
  csv.Line(
      "vacuum_thread,threads,updates_per_second,p50_micros,p99_micros,p99_9_micros,p99_99_micros,"
      "longest_micros,undisturbed_p99_99_micros,undisturbed_longest_micros,preemptions,"
      "queued_limit,queued_most,retired_most,rate_times_longest_transaction,resident_growth_bytes");
  for (const int count : threads) {
    for (const VacuumThread vacuum :
         {VacuumThread::kFree, VacuumThread::kStarved, VacuumThread::kAbsent}) {
      InFreshProcess([&, count, vacuum] { Backpressure(conditions, count, vacuum, csv).Run(); });
    }
  }
}

}  // namespace nacre::bench
