// What threads pay for meeting: the stations that docs/SCALING.md counts, each by itself, at one
// thread and at two. bench/scaling/model.py reads these figures.

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/micro/fixture.h"
#include "engine/base/epoch.h"
#include "engine/base/mutex.h"
#include "engine/mvcc/record.h"
#include "engine/txn/sequencer.h"
#include "engine/txn/snapshot_registry.h"

namespace nacre::bench {
namespace {

// Two threads hand a cache line to and fro; an iteration is one transfer.
void BM_Scaling_LineTransfer(benchmark::State& state) {
  static std::atomic<uint64_t> turn{0};
  const auto mine = static_cast<uint64_t>(state.thread_index());
  for (auto _ : state) {
    while (turn.load(std::memory_order_acquire) % 2 != mine) {
    }
    turn.fetch_add(1, std::memory_order_release);
  }
}
BENCHMARK(BM_Scaling_LineTransfer)->Threads(2)->UseRealTime();

// The same where the other thread sleeps: what a lock costs that changes hands through the kernel.
void BM_Scaling_WakeUp(benchmark::State& state) {
  static std::atomic<uint32_t> turn{0};
  const auto mine = static_cast<uint32_t>(state.thread_index());
  for (auto _ : state) {
    for (uint32_t now = turn.load(); now % 2 != mine; now = turn.load()) turn.wait(now);
    turn.fetch_add(1);
    turn.notify_one();
  }
}
BENCHMARK(BM_Scaling_WakeUp)->Threads(2)->UseRealTime();

// What a commit of one write does inside the sequencer, and nothing else.
void BM_Scaling_Sequencer(benchmark::State& state) {
  static txn::Sequencer sequencer;
  static mvcc::Record* const record = mvcc::Record::New(0, "key");
  const txn::RecentWrite write{record, 1};
  for (auto _ : state) {
    base::MutexLock lock(sequencer.mutex());
    const uint64_t timestamp = sequencer.Clock() + 1;
    sequencer.Remember(timestamp, absl::MakeConstSpan(&write, 1));
    sequencer.Publish(timestamp);
  }
}
BENCHMARK(BM_Scaling_Sequencer)->ThreadRange(1, 2)->UseRealTime();

struct Registry {
  std::atomic<uint64_t> clock{1};
  txn::SnapshotRegistry snapshots{clock, 1 << 16};
};
Registry& SharedRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

// A transaction enters and leaves.
void BM_Scaling_Register(benchmark::State& state) {
  txn::SnapshotRegistry& registry = SharedRegistry().snapshots;
  for (auto _ : state) registry.Release(*registry.Register(0));
}
BENCHMARK(BM_Scaling_Register)->ThreadRange(1, 2)->UseRealTime();

// The vacuum looks at every slot, range(0) of which hold a snapshot.
void BM_Scaling_Collect(benchmark::State& state) {
  Registry registry;
  std::vector<txn::SnapshotRegistry::Registration> held;
  for (int64_t i = 0; i < state.range(0); ++i) held.push_back(*registry.snapshots.Register(0));
  std::vector<txn::SnapshotRegistry::Active> active;
  for (auto _ : state) {
    active.clear();
    registry.snapshots.Collect(active);
    benchmark::DoNotOptimize(active.data());
  }
  for (const auto& registration : held) registry.snapshots.Release(registration);
}
BENCHMARK(BM_Scaling_Collect)->RangeMultiplier(10)->Range(1, 10'000);

void BM_Scaling_Pin(benchmark::State& state) {
  for (auto _ : state) base::EpochPin pin;
}
BENCHMARK(BM_Scaling_Pin)->ThreadRange(1, 2)->UseRealTime();

// Whole commits of one write, each thread on keys of its own, with the removal of what they
// supersede, which committers do themselves (OWN-FIRST). The vacuum's thread has nothing to do then
// and is left out, so that no core has to be shared with it.
void BM_Scaling_Commit(benchmark::State& state) {
  constexpr uint64_t kKeysEach = 1 << 16;
  static Database* const db = [] {
    Options options;
    options.vacuum_thread = false;
    return Filled(2 * kKeysEach, options).release();
  }();
  const std::string value(100, 'w');
  Random random(static_cast<uint64_t>(state.thread_index()) + 1);
  const uint64_t first = static_cast<uint64_t>(state.thread_index()) * kKeysEach;
  for (auto _ : state) {
    Transaction tx = db->Begin();
    Require(tx.Put(Key(first + random.Below(kKeysEach)), value));
    Require(tx.Commit());
  }
  if (state.thread_index() == 0) db->RunVacuumOnce();
}
BENCHMARK(BM_Scaling_Commit)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
}  // namespace nacre::bench
