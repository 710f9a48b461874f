// The index beside absl::flat_hash_map (no order, one thread) and absl::btree_map (one thread),
// over a million keys of 16 bytes: an 8-byte big-endian integer, random or counted up, and 8 bytes
// of padding. All hold pointers to the same entries, which stand where the allocator put them.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "engine/base/epoch.h"
#include "engine/base/retire.h"
#include "engine/index/radix_tree.h"
#include "xxhash.h"

namespace nacre::index {
namespace {

constexpr size_t kKeys = 1'000'000;
constexpr size_t kKeyBytes = 16;

// As large as a record of the engine: a head, and the key behind it.
struct Entry {
  std::atomic<uint64_t> head{0};
  uint64_t bytes = kKeyBytes;
  char text[kKeyBytes];
  std::string_view key() const { return {text, bytes}; }
};

struct Hash {
  size_t operator()(std::string_view key) const { return XXH3_64bits(key.data(), key.size()); }
};
using HashMap = absl::flat_hash_map<std::string_view, Entry*, Hash>;
using BtreeMap = absl::btree_map<std::string_view, Entry*>;

enum KeyKind { kRandom, kDense, kUserText };

std::unique_ptr<Entry> MakeEntry(KeyKind kind, uint64_t i, std::mt19937_64& random) {
  auto entry = std::make_unique<Entry>();
  std::fill(std::begin(entry->text), std::end(entry->text), 'x');
  if (kind == kUserText) {
    const std::string text = "user:" + std::to_string(10'000'000 + random() % 90'000'000);
    std::copy(text.begin(), text.end(), entry->text);
    return entry;
  }
  const uint64_t number = kind == kRandom ? random() : i;
  for (int byte = 0; byte < 8; ++byte) {
    entry->text[byte] = static_cast<char>(number >> (56 - 8 * byte));
  }
  return entry;
}

// Every container over the same entries, and the order in which they are asked for.
struct World {
  explicit World(KeyKind kind) {
    std::mt19937_64 random(42);
    const base::EpochPin pin;
    while (entries.size() < kKeys) {
      auto entry = MakeEntry(kind, entries.size(), random);
      if (!tree.FindOrInsert(entry->key(), [&] { return entry.get(); }).second) continue;
      hash[entry->key()] = entry.get();
      btree[entry->key()] = entry.get();
      entries.push_back(std::move(entry));
    }
    for (const auto& entry : entries) asked.push_back(std::string(entry->key()));
    std::shuffle(asked.begin(), asked.end(), random);
  }
  static World& Of(KeyKind kind) {
    static World* worlds[3];
    if (worlds[kind] == nullptr) worlds[kind] = new World(kind);
    return *worlds[kind];
  }

  std::vector<std::unique_ptr<Entry>> entries;
  std::vector<std::string> asked;
  base::RetireList retired;
  RadixTree<Entry> tree{retired};
  HashMap hash;
  BtreeMap btree;
};

template <typename Find>
void RunFinds(benchmark::State& state, Find find) {
  World& world = World::Of(static_cast<KeyKind>(state.range(0)));
  size_t i = static_cast<size_t>(state.thread_index()) * 1000;
  uint64_t sum = 0;
  for (auto _ : state) {
    const base::EpochPin pin;
    sum += find(world, world.asked[i])->head.load(std::memory_order_acquire);
    if (++i == world.asked.size()) i = 0;
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}

void BM_FindRadixTree(benchmark::State& state) {
  RunFinds(state, [](World& world, std::string_view key) { return world.tree.Find(key); });
  const IndexStats stats = World::Of(static_cast<KeyKind>(state.range(0))).tree.stats();
  state.counters["node_bytes_per_key"] =
      benchmark::Counter(static_cast<double>(stats.node_bytes) / static_cast<double>(stats.entries),
                         benchmark::Counter::kAvgThreads);
}
void BM_FindFlatHashMap(benchmark::State& state) {
  RunFinds(state, [](World& world, std::string_view key) { return world.hash.find(key)->second; });
}
void BM_FindBtreeMap(benchmark::State& state) {
  RunFinds(state, [](World& world, std::string_view key) { return world.btree.find(key)->second; });
}

// Ranges of 1 to 100 keys from a random key on; reads the head of each entry.
template <typename Collect>
void RunScans(benchmark::State& state, Collect collect) {
  World& world = World::Of(static_cast<KeyKind>(state.range(0)));
  std::vector<Entry*> out(100);
  size_t i = 0;
  uint64_t sum = 0;
  for (auto _ : state) {
    const base::EpochPin pin;
    const size_t got = collect(world, world.asked[i], absl::MakeSpan(out.data(), 1 + i % 100));
    for (size_t j = 0; j < got; ++j) sum += out[j]->head.load(std::memory_order_acquire);
    if (++i == world.asked.size()) i = 0;
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}

void BM_ScanRadixTree(benchmark::State& state) {
  RunScans(state, [](World& world, std::string_view from, absl::Span<Entry*> out) {
    return world.tree.CollectForward(from, true, out);
  });
}
void BM_ScanBackwardRadixTree(benchmark::State& state) {
  RunScans(state, [](World& world, std::string_view from, absl::Span<Entry*> out) {
    return world.tree.CollectBackward(from, true, out);
  });
}
void BM_ScanBtreeMap(benchmark::State& state) {
  RunScans(state, [](World& world, std::string_view from, absl::Span<Entry*> out) {
    size_t got = 0;
    auto position = world.btree.lower_bound(from);
    for (; got < out.size() && position != world.btree.end(); ++position) {
      out[got++] = position->second;
    }
    return got;
  });
}
// A range that holds the one key it begins with, though there is room for a hundred.
void BM_ScanOneKeyRange(benchmark::State& state) {
  RunScans(state, [](World& world, std::string_view from, absl::Span<Entry*> out) {
    std::string end(from);
    end.back() = static_cast<char>(end.back() + 1);
    return world.tree.CollectForward(from, true, absl::MakeSpan(out.data(), out.size()), end);
  });
}

template <typename Fill>
void RunLoads(benchmark::State& state, Fill fill) {
  World& world = World::Of(static_cast<KeyKind>(state.range(0)));
  for (auto _ : state) fill(state, world);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kKeys));
}

void BM_LoadRadixTree(benchmark::State& state) {
  RunLoads(state, [](benchmark::State& timer, World& world) {
    base::RetireList retired;
    RadixTree<Entry> tree(retired);
    for (const auto& entry : world.entries) {
      const base::EpochPin pin;
      tree.FindOrInsert(entry->key(), [&] { return entry.get(); });
    }
    timer.PauseTiming();
    while (retired.Reclaim(kKeys) > 0) continue;
    timer.ResumeTiming();
  });
}
void BM_LoadFlatHashMap(benchmark::State& state) {
  RunLoads(state, [](benchmark::State&, World& world) {
    HashMap map;
    for (const auto& entry : world.entries) map.try_emplace(entry->key(), entry.get());
    benchmark::DoNotOptimize(map.size());
  });
}
void BM_LoadBtreeMap(benchmark::State& state) {
  RunLoads(state, [](benchmark::State&, World& world) {
    BtreeMap map;
    for (const auto& entry : world.entries) map.try_emplace(entry->key(), entry.get());
    benchmark::DoNotOptimize(map.size());
  });
}

// Removes a key and inserts it again.
void BM_ReplaceRadixTree(benchmark::State& state) {
  World& world = World::Of(static_cast<KeyKind>(state.range(0)));
  size_t i = 0;
  for (auto _ : state) {
    const base::EpochPin pin;
    const std::string& key = world.asked[i];
    Entry* entry = world.tree.Find(key);
    world.tree.Remove(key, entry);
    world.tree.FindOrInsert(key, [&] { return entry; });
    if (++i == world.asked.size()) i = 0;
    if (i % 1000 == 0) world.retired.Reclaim(1000);
  }
  state.SetItemsProcessed(state.iterations());
}

#define NACRE_KEY_KINDS ->ArgName("keys")->Arg(kRandom)->Arg(kDense)->Arg(kUserText)
BENCHMARK(BM_FindRadixTree) NACRE_KEY_KINDS->ThreadRange(1, 2)->MinTime(0.5);
BENCHMARK(BM_FindFlatHashMap) NACRE_KEY_KINDS->MinTime(0.5);
BENCHMARK(BM_FindBtreeMap) NACRE_KEY_KINDS->MinTime(0.5);
BENCHMARK(BM_ScanRadixTree) NACRE_KEY_KINDS->MinTime(0.3);
BENCHMARK(BM_ScanBackwardRadixTree) NACRE_KEY_KINDS->MinTime(0.3);
BENCHMARK(BM_ScanBtreeMap) NACRE_KEY_KINDS->MinTime(0.3);
BENCHMARK(BM_ScanOneKeyRange) NACRE_KEY_KINDS->MinTime(0.3);
BENCHMARK(BM_LoadRadixTree) NACRE_KEY_KINDS->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_LoadFlatHashMap) NACRE_KEY_KINDS->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_LoadBtreeMap) NACRE_KEY_KINDS->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ReplaceRadixTree) NACRE_KEY_KINDS->MinTime(0.3);

}  // namespace
}  // namespace nacre::index
