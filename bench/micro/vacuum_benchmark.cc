// What the vacuum costs per version, by the state that it finds.

#include <benchmark/benchmark.h>

#include <optional>
#include <string>

#include "bench/micro/fixture.h"

namespace nacre::bench {
namespace {

constexpr uint64_t kVersions = 10'000;

Options WithoutThread() {
  Options options;
  options.vacuum_thread = false;
  options.vacuum_backlog_max = 100 * kVersions;  // Commits do no share: the pass does it all.
  return options;
}

void UpdateAll(Database& db, uint64_t keys) {
  const std::string value(100, 'w');
  for (uint64_t i = 0; i < kVersions; ++i) {
    WriteBatch batch;
    batch.Put(Key(i % keys), value);
    Require(db.Write(batch));
  }
}

// Nobody holds anything: every superseded version goes, most of it in the commits' own shares
// (OWN-FIRST), so that they are timed too. range(0): over how many keys they are spread.
void BM_Vacuum_UpdateAndPrune(benchmark::State& state) {
  const auto keys = static_cast<uint64_t>(state.range(0));
  std::unique_ptr<Database> db = Filled(keys, WithoutThread());
  for (auto _ : state) {
    UpdateAll(*db, keys);
    benchmark::DoNotOptimize(db->RunVacuumOnce());
  }
  state.SetItemsProcessed(state.iterations() * kVersions);
}
BENCHMARK(BM_Vacuum_UpdateAndPrune)->Arg(1)->Arg(kVersions)->Unit(benchmark::kMillisecond);

// A snapshot sees one version a key, which is parked and, when the snapshot ends, pruned.
void BM_Vacuum_ParkAndPrune(benchmark::State& state) {
  std::unique_ptr<Database> db = Filled(kVersions, WithoutThread());
  for (auto _ : state) {
    state.PauseTiming();
    std::optional<Snapshot> held = db->GetSnapshot();
    UpdateAll(*db, kVersions);
    state.ResumeTiming();
    benchmark::DoNotOptimize(db->RunVacuumOnce());
    held.reset();
    benchmark::DoNotOptimize(db->RunVacuumOnce());
  }
  state.SetItemsProcessed(state.iterations() * kVersions);
}
BENCHMARK(BM_Vacuum_ParkAndPrune)->Unit(benchmark::kMillisecond);

// Keys whose time has come.
void BM_Vacuum_Expire(benchmark::State& state) {
  std::unique_ptr<Database> db = Filled(0, WithoutThread());
  for (auto _ : state) {
    state.PauseTiming();
    WriteBatch batch;
    for (uint64_t i = 0; i < kVersions; ++i) {
      batch.Put(Key(i), "v", {.expiry = absl::UnixEpoch() + absl::Seconds(1)});
    }
    Require(db->Write(batch));
    state.ResumeTiming();
    benchmark::DoNotOptimize(db->RunVacuumOnce());
  }
  state.SetItemsProcessed(state.iterations() * kVersions);
}
BENCHMARK(BM_Vacuum_Expire)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nacre::bench
