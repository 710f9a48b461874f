// What one call of a transaction costs: begin and commit, point reads and writes, scans.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "bench/micro/fixture.h"

namespace nacre::bench {
namespace {

constexpr uint64_t kKeys = 1 << 18;

Database& SharedDatabase() {
  static Database* db = Filled(kKeys).release();
  return *db;
}

void BM_BeginCommit_ReadOnly(benchmark::State& state) {
  Database& db = SharedDatabase();
  for (auto _ : state) Require(db.Begin({.read_only = true}).Commit());
}
BENCHMARK(BM_BeginCommit_ReadOnly)->ThreadRange(1, 2);

// A transaction of one read.
void BM_OneRead(benchmark::State& state) {
  Database& db = SharedDatabase();
  Random random(state.thread_index());
  for (auto _ : state) {
    Transaction tx = db.Begin({.read_only = true});
    benchmark::DoNotOptimize(Require(tx.Get(Key(random.Below(kKeys)))));
    Require(tx.Commit());
  }
}
BENCHMARK(BM_OneRead)->ThreadRange(1, 2);

void BM_BeginCommit(benchmark::State& state) {
  Database& db = SharedDatabase();
  const auto isolation = static_cast<Isolation>(state.range(0));
  for (auto _ : state) Require(db.Begin({.isolation = isolation}).Commit());
}
BENCHMARK(BM_BeginCommit)
    ->Arg(static_cast<int>(Isolation::kSnapshot))
    ->Arg(static_cast<int>(Isolation::kSerializable));

void BM_SnapshotTaken(benchmark::State& state) {
  Database& db = SharedDatabase();
  for (auto _ : state) benchmark::DoNotOptimize(db.GetSnapshot());
}
BENCHMARK(BM_SnapshotTaken)->ThreadRange(1, 2)->UseRealTime();

// One read inside a transaction that stays open: without begin and commit.
void BM_Get(benchmark::State& state) {
  Database& db = SharedDatabase();
  Transaction tx = db.Begin({.read_only = true});
  Random random(state.thread_index());
  for (auto _ : state) benchmark::DoNotOptimize(Require(tx.Get(Key(random.Below(kKeys)))));
}
BENCHMARK(BM_Get)->ThreadRange(1, 2);

void BM_Get_Absent(benchmark::State& state) {
  Database& db = SharedDatabase();
  Transaction tx = db.Begin({.read_only = true});
  Random random(1);
  for (auto _ : state) benchmark::DoNotOptimize(Require(tx.Get(Key(kKeys + random.Below(kKeys)))));
}
BENCHMARK(BM_Get_Absent);

void BM_ReadLatest(benchmark::State& state) {
  Database& db = SharedDatabase();
  Random random(1);
  std::string copy;
  for (auto _ : state) {
    Require(db.ReadLatest(Key(random.Below(kKeys)), [&](std::optional<std::string_view> value,
                                                        absl::Time) { copy.assign(*value); }));
    benchmark::DoNotOptimize(copy.data());
  }
}
BENCHMARK(BM_ReadLatest);

// A transaction of one write.
void BM_Put(benchmark::State& state) {
  Database& db = SharedDatabase();
  const auto isolation = static_cast<Isolation>(state.range(0));
  const std::string value(100, 'w');
  Random random(1);
  for (auto _ : state) {
    Transaction tx = db.Begin({.isolation = isolation});
    Require(tx.Put(Key(random.Below(kKeys)), value));
    Require(tx.Commit());
  }
}
BENCHMARK(BM_Put)
    ->Arg(static_cast<int>(Isolation::kSnapshot))
    ->Arg(static_cast<int>(Isolation::kSerializable));

// The same without a snapshot of its own.
void BM_Modify(benchmark::State& state) {
  Database& db = SharedDatabase();
  const std::string value(100, 'w');
  Random random(1);
  for (auto _ : state) {
    Require(db.Modify(Key(random.Below(kKeys)),
                      [&](std::optional<std::string_view>) { return Modification::Put(value); }));
  }
}
BENCHMARK(BM_Modify);

// Cost per write of a transaction of many.
void BM_Put_Many(benchmark::State& state) {
  Database& db = SharedDatabase();
  const std::string value(100, 'w');
  Random random(1);
  for (auto _ : state) {
    Transaction tx = db.Begin();
    for (int i = 0; i < state.range(0); ++i) Require(tx.Put(Key(random.Below(kKeys)), value));
    Require(tx.Commit());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Put_Many)->Arg(10)->Arg(1000);

// Cost per key of a scan.
void BM_Scan(benchmark::State& state) {
  Database& db = SharedDatabase();
  const auto keys = static_cast<uint64_t>(state.range(0));
  const bool reverse = state.range(1) != 0;
  Transaction tx = db.Begin({.read_only = true});
  Random random(1);
  for (auto _ : state) {
    const std::string start = Key(random.Below(kKeys - keys));
    uint64_t bytes = 0;
    const Range range = reverse
                            ? Range{.end = Bound::Inclusive(start), .reverse = true, .limit = keys}
                            : Range{.start = Bound::Inclusive(start), .limit = keys};
    Require(tx.Scan(range, [&](std::string_view key, std::string_view value) {
      bytes += key.size() + value.size();
      return true;
    }));
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Scan)->Args({10, 0})->Args({100, 0})->Args({10'000, 0})->Args({100, 1});

void BM_IteratorSeek(benchmark::State& state) {
  Database& db = SharedDatabase();
  Snapshot snapshot = db.GetSnapshot();
  Iterator iterator = snapshot.NewIterator();
  Random random(1);
  for (auto _ : state) {
    iterator.Seek(Key(random.Below(kKeys)));
    benchmark::DoNotOptimize(iterator.value());
  }
}
BENCHMARK(BM_IteratorSeek);

}  // namespace
}  // namespace nacre::bench
