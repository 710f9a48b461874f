// What a long version chain costs: each version is held by a snapshot of its own, and reads start
// at the newest.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/micro/fixture.h"

namespace nacre::bench {
namespace {

// Makes `length` further versions of key 0, and returns the snapshots that hold all but the newest,
// oldest first.
std::vector<Snapshot> Lengthen(Database& db, int64_t length) {
  std::vector<Snapshot> snapshots;
  for (int64_t i = 0; i < length; ++i) {
    snapshots.push_back(db.GetSnapshot());
    WriteBatch batch;
    batch.Put(Key(0), std::string(100, 'w'));
    Require(db.Write(batch));
  }
  return snapshots;
}

// Reads the version that lies `range(0)` versions below the newest.
void BM_ChainWalk(benchmark::State& state) {
  std::unique_ptr<Database> db = Filled(1);
  const std::vector<Snapshot> snapshots = Lengthen(*db, state.range(0));
  const Snapshot oldest = snapshots.empty() ? db->GetSnapshot() : snapshots.front();
  size_t bytes = 0;
  for (auto _ : state) {
    Require(oldest.Read(Key(0), [&](std::string_view value) { bytes += value.size(); }));
  }
  benchmark::DoNotOptimize(bytes);
  state.counters["versions"] = static_cast<double>(db->DumpKey(Key(0)).size());
}
BENCHMARK(BM_ChainWalk)->Arg(0)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

// The newest version of a key whose chain is long: must not depend on the length.
void BM_ChainHead(benchmark::State& state) {
  std::unique_ptr<Database> db = Filled(1);
  const std::vector<Snapshot> snapshots = Lengthen(*db, state.range(0));
  Transaction tx = db->Begin({.read_only = true});
  for (auto _ : state) benchmark::DoNotOptimize(Require(tx.Get(Key(0))));
}
BENCHMARK(BM_ChainHead)->Arg(0)->Arg(1000);

}  // namespace
}  // namespace nacre::bench
