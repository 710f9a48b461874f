// How costs grow: with the keys of the store, the keys of a write set, the versions of a key, and
// the open snapshots. For the plots in docs/plots/.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/ycsb/contender.h"
#include "bench/ycsb/experiments/experiments.h"
#include "bench/ycsb/fresh_process.h"
#include "bench/ycsb/resources.h"
#include "bench/ycsb/statistics.h"

namespace nacre::bench {
namespace {

// The median of as many runs as are wanted.
template <typename Run>
double MedianOf(int repetitions, Run run) {
  std::vector<double> values;
  for (int i = 0; i < repetitions; ++i) values.push_back(run());
  return FigureOf(std::move(values)).median;
}

std::string NameOf(const StoreEntry& store) { return std::string(store.name); }

// Median speed of a workload on one thread.
double SpeedOf(const Conditions& conditions, Contender& contender, Workload workload) {
  return MedianOf(conditions.repetitions, [&] {
    return PerSecond(contender.Run({.workload = workload, .seconds = conditions.seconds}));
  });
}

void MeasureKeys(const Conditions& conditions, const StoreEntry& store, uint64_t keys,
                 CsvOutput& csv) {
  const std::unique_ptr<Contender> contender = store.make(keys);
  const Sample load = contender->Load();
  const double reads = SpeedOf(conditions, *contender, Workload::kRead);
  const double mixed = SpeedOf(conditions, *contender, Workload::kReadUpdate);
  csv.Line(absl::StrFormat("%s,%d,%.0f,%.0f,%.0f,%.1f", NameOf(store), keys, PerSecond(load), reads,
                           mixed,
                           static_cast<double>(load.resident_bytes) / static_cast<double>(keys)));
}

void MeasureWriteSets(const Conditions& conditions, const StoreEntry& store, CsvOutput& csv) {
  const std::unique_ptr<Contender> contender = store.make(conditions.keys);
  contender->Load();
  for (uint64_t group = 1; group <= 100'000; group *= 10) {
    const double micros = MedianOf(conditions.repetitions, [&] {
      return 1e6 / PerSecond(contender->UpdateInGroups(group, conditions.seconds));
    });
    csv.Line(absl::StrFormat("%s,%d,%.2f,%.1f", NameOf(store), group, micros,
                             1e3 * micros / static_cast<double>(group)));
  }
}

// Nanoseconds of a read of each of the first `keys` keys again and again, for a time.
template <typename Read>
double NanosOf(uint64_t keys, double seconds, Read read) {
  const double start = WallSeconds();
  uint64_t reads = 0;
  while (WallSeconds() - start < seconds) {
    for (uint64_t i = 0; i < keys; ++i) read(LoadedKey(i));
    reads += keys;
  }
  return (WallSeconds() - start) * 1e9 / static_cast<double>(reads);
}

// Every version is held by a snapshot of its own, or it would not stay in its chain.
void MeasureChains(const Conditions& conditions, const StoreEntry& store, CsvOutput& csv) {
  constexpr uint64_t kKeys = 100;
  // WiredTiger waits at every access to a page that is too large and that snapshots keep so.
  constexpr double kPatienceSeconds = 30;
  const std::unique_ptr<Contender> contender = store.make(kKeys);
  contender->Load();
  std::vector<std::unique_ptr<HeldSnapshot>> snapshots;
  ValueBytes copy;
  for (const uint64_t length : {1, 10, 100, 1000, 10'000}) {
    const double start = WallSeconds();
    while (snapshots.size() + 1 < length) {
      snapshots.push_back(contender->Hold());
      contender->UpdateTogether();
      if (WallSeconds() - start > kPatienceSeconds) {
        csv.Remark(absl::StrFormat("%s: %d versions took more than %.0f s: left out", NameOf(store),
                                   length, kPatienceSeconds));
        return;
      }
    }
    const double newest = MedianOf(conditions.repetitions, [&] {
      return NanosOf(kKeys, conditions.seconds, [&, now = contender->Hold()](const KeyBytes& key) {
        now->Get(key, copy);
        KeepCopied(copy);
      });
    });
    const double oldest = snapshots.empty() ? newest : MedianOf(conditions.repetitions, [&] {
      return NanosOf(kKeys, conditions.seconds, [&](const KeyBytes& key) {
        snapshots.front()->Get(key, copy);
        KeepCopied(copy);
      });
    });
    csv.Line(absl::StrFormat("%s,%d,%.1f,%.1f,%d", NameOf(store), length, newest, oldest,
                             ResidentBytes()));
  }
}

void MeasureSnapshots(const Conditions& conditions, const StoreEntry& store, CsvOutput& csv) {
  // So many and not for a time, since LMDB takes new pages for each while a snapshot is held.
  constexpr uint64_t kUpdates = 10'000;
  const std::unique_ptr<Contender> contender = store.make(conditions.keys);
  contender->Load();
  std::vector<std::unique_ptr<HeldSnapshot>> snapshots;
  for (const size_t open : {0, 1, 10, 100, 1000, 10'000}) {
    while (snapshots.size() < open) {
      snapshots.push_back(contender->Hold());
      contender->UpdateSome(/*count=*/1, conditions.keys);  // So that no two see the same.
    }
    csv.Line(absl::StrFormat(
        "%s,%d,%.0f,%.0f", NameOf(store), open, SpeedOf(conditions, *contender, Workload::kRead),
        MedianOf(conditions.repetitions,
                 [&] { return PerSecond(contender->UpdateSome(kUpdates, conditions.keys)); })));
  }
}

}  // namespace

void RunGrowthByKeys(const Conditions& conditions, CsvOutput& csv) {
  csv.Line("store,keys,loads_per_second,reads_per_second,mixed_per_second,bytes_per_key");
  std::vector<uint64_t> counts;
  for (uint64_t keys = 1000; keys < conditions.keys; keys *= 10) counts.push_back(keys);
  counts.push_back(conditions.keys);
  for (const uint64_t keys : counts) {
    for (const StoreEntry* store : conditions.stores) {
      InFreshProcess([&] { MeasureKeys(conditions, *store, keys, csv); });
    }
  }
}

void RunGrowthByWriteSet(const Conditions& conditions, CsvOutput& csv) {
  csv.Line("store,keys_written,micros_per_transaction,nanos_per_key");
  for (const StoreEntry* store : conditions.stores) {
    InFreshProcess([&] { MeasureWriteSets(conditions, *store, csv); });
  }
}

void RunGrowthByChain(const Conditions& conditions, CsvOutput& csv) {
  csv.Line("store,versions,newest_nanos,oldest_nanos,resident_bytes");
  for (const StoreEntry* store : conditions.stores) {
    InFreshProcess([&] { MeasureChains(conditions, *store, csv); });
  }
}

void RunGrowthBySnapshots(const Conditions& conditions, CsvOutput& csv) {
  csv.Line("store,snapshots,reads_per_second,updates_per_second");
  for (const StoreEntry* store : conditions.stores) {
    InFreshProcess([&] { MeasureSnapshots(conditions, *store, csv); });
  }
}

}  // namespace nacre::bench
