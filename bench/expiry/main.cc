// Very many keys expire in the same instant: how long do the commands of others take meanwhile?
//
// One thread runs a mix of operations on keys that do not expire, and notes the time that each
// takes: once while nothing expires, once from the instant at which a million keys are due until
// the vacuum has removed the last of them. Nothing touches those keys. Prints both distributions,
// their ratios, and what the memory was.

#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "nacre/database.h"
#include "nacre/memory.h"
#include "server/allocator/allocator.h"

namespace nacre::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLastingKeys = 100'000;

enum Operation { kRead, kWrite, kLocked, kSerializable, kCount, kOperations };
constexpr const char* kNames[kOperations] = {"read", "write", "locked", "serializable", "count"};

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

std::string LastingKey(uint64_t i) { return absl::StrFormat("lasting:%06d", i % kLastingKeys); }

double ResidentMiB() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// Nanoseconds of each operation.
struct Latencies {
  std::vector<uint32_t> of[kOperations];

  void Sort() {
    for (auto& samples : of) std::sort(samples.begin(), samples.end());
  }
  double Micros(int operation, double quantile) const {
    const auto& samples = of[operation];
    if (samples.empty()) return 0;
    const auto at = static_cast<size_t>(quantile * static_cast<double>(samples.size() - 1));
    return samples[at] / 1e3;
  }
};

class Mix {
 public:
  explicit Mix(Database& db) : db_(db) {}

  void RunOne(Latencies& latencies) {
    const int operation = static_cast<int>(step_++ % kOperations);
    const std::string key = LastingKey(step_ * 7919);
    const Clock::time_point before = Clock::now();
    Run(operation, key);
    const auto nanos = std::chrono::nanoseconds(Clock::now() - before).count();
    latencies.of[operation].push_back(static_cast<uint32_t>(std::min<int64_t>(nanos, UINT32_MAX)));
  }

 private:
  void Run(int operation, const std::string& key) {
    switch (operation) {
      case kRead:
        Check(db_.ReadLatest(key, [](std::optional<std::string_view>, absl::Time) {}));
        break;
      case kWrite: {
        WriteBatch batch;
        batch.Put(key, "written");
        Check(db_.Write(batch).status());
        break;
      }
      case kLocked: {
        const Database::LockedKey locked{Keyspace(), key};
        Check(
            db_.TransactLocked({&locked, 1}, [&](Transaction& tx) { return tx.Put(key, "locked"); })
                .status());
        break;
      }
      case kSerializable:
        Check(db_.Transact(
                     [&](Transaction& tx) -> absl::Status {
                       const auto count = tx.Count(Range::Prefix(key.substr(0, key.size() - 2)));
                       return count.ok() ? tx.Put(key, "counted") : count.status();
                     },
                     {.transaction = {.isolation = Isolation::kSerializable},
                      .exclusive_from_attempt = 8})
                  .status());
        break;
      default: Check(db_.GetKeyspaceStats().status()); break;
    }
  }

  Database& db_;
  uint64_t step_ = 0;
};

void Load(Database& db, int keys, absl::Time expiry) {
  for (int i = 0; i < kLastingKeys; ++i) {
    WriteBatch batch;
    batch.Put(LastingKey(static_cast<uint64_t>(i)), "value");
    Check(db.Write(batch).status());
  }
  constexpr int kBatch = 100;
  for (int i = 0; i < keys; i += kBatch) {
    WriteBatch batch;
    for (int j = i; j < std::min(keys, i + kBatch); ++j) {
      batch.Put(absl::StrFormat("expires:%09d", j), std::string(100, 'v'), {.expiry = expiry});
    }
    Check(db.Write(batch).status());
  }
}

void Print(Latencies& quiet, Latencies& busy) {
  quiet.Sort();
  busy.Sort();
  absl::PrintF("%-13s %10s %10s %10s %10s   %s\n", "microseconds", "p50", "p99", "p99.9", "max",
               "operations");
  for (int operation = 0; operation < kOperations; ++operation) {
    for (const auto& [name, latencies] : {std::pair("quiet", &quiet), std::pair("busy", &busy)}) {
      absl::PrintF("%-13s %10.2f %10.2f %10.2f %10.0f   %d %s\n", kNames[operation],
                   latencies->Micros(operation, .5), latencies->Micros(operation, .99),
                   latencies->Micros(operation, .999), latencies->Micros(operation, 1),
                   latencies->of[operation].size(), name);
    }
    absl::PrintF("%-13s %10.2f %10.2f %10.2f\n", "  ratio",
                 busy.Micros(operation, .5) / quiet.Micros(operation, .5),
                 busy.Micros(operation, .99) / quiet.Micros(operation, .99),
                 busy.Micros(operation, .999) / quiet.Micros(operation, .999));
  }
}

void Run(int keys, int quiet_ms) {
  // Set to the real time once everything is loaded; the expiries lie right after.
  std::atomic<int64_t> millis = 1'700'000'000'000;
  Options options;
  options.time_source = [&millis] { return absl::FromUnixMillis(millis.load()); };
  auto opened = Database::Open(options);
  Check(opened.status());
  Database& db = **opened;
  Load(db, keys, absl::FromUnixMillis(millis + 1));
  const double loaded_mib = ResidentMiB();
  const double loaded_counted = static_cast<double>(db.GetStats().memory_bytes) / (1 << 20);

  Mix mix(db);
  Latencies quiet;
  const auto quiet_end = Clock::now() + std::chrono::milliseconds(quiet_ms);
  while (Clock::now() < quiet_end) mix.RunOne(quiet);

  Latencies busy;
  const Stats stats_before = db.GetStats();
  millis += 1;
  const Clock::time_point due = Clock::now();
  while (db.GetStats().keys_expired < static_cast<uint64_t>(keys)) {
    for (int i = 0; i < 200; ++i) mix.RunOne(busy);
  }
  const double removed_seconds = std::chrono::duration<double>(Clock::now() - due).count();
  const Stats stats = db.GetStats();
  while (db.GetStats().objects_retired > 1000) absl::SleepFor(absl::Milliseconds(1));
  const double counted = static_cast<double>(db.GetStats().memory_bytes) / (1 << 20);
  ReturnFreeMemory();
  allocator::ReturnFreePages();

  Print(quiet, busy);
  absl::PrintF("removed %d keys in %.2f s; conflicts %d, commits behind the gate %d\n", keys,
               removed_seconds, stats.conflicts_read - stats_before.conflicts_read,
               stats.commits_exclusive - stats_before.commits_exclusive);
  absl::PrintF("MiB counted %.0f -> %.0f, resident %.0f -> %.0f\n", loaded_counted, counted,
               loaded_mib, ResidentMiB());
}

}  // namespace
}  // namespace nacre::bench

int main(int argc, char** argv) {
  CLI::App app("What others notice when very many keys expire at once", "nacre-expiry");
  int keys = 1'000'000;
  int quiet_ms = 1000;
  app.add_option("--keys", keys, "Keys that expire together.")->capture_default_str();
  app.add_option("--quiet-ms", quiet_ms, "How long to measure before.")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  nacre::bench::Run(keys, quiet_ms);
  return 0;
}
