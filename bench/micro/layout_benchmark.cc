// Where a key's newest version may stand: layouts that the engine has, or could have, over the same
// index and a million keys of 16 bytes with values of 100, inserted in random order. Decision 20
// has the figures. With MALLOC_CONF=thp:always the layouts
// of this file have huge pages too; what the engine has today has them from its own pool.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/micro/fixture.h"
#include "engine/base/epoch.h"
#include "engine/base/retire.h"
#include "engine/base/slab_pool.h"
#include "engine/index/radix_tree.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/visibility.h"
#include "xxhash.h"

namespace nacre::bench {
namespace {

constexpr uint64_t kKeys = 1'000'000;
constexpr size_t kKeyBytes = 16;
constexpr size_t kValueBytes = 100;
constexpr uint64_t kNow = 10;
constexpr size_t kLineBytes = 64;

void PrefetchBlock(const void* block, size_t bytes) {
  for (size_t at = 0; at < bytes; at += kLineBytes) {
    __builtin_prefetch(static_cast<const char*>(block) + at);
  }
}

// Of the memory pool, in which the engine's own have a block each.
size_t BlockBytes(size_t bytes) { return base::SlabPool::BytesOf(base::SlabPool::ClassOf(bytes)); }

// What the engine does: a record with the key, and the version in a block of its own.
struct Apart {
  using Entry = mvcc::Record;
  static Entry* New(std::string_view key, std::string_view value) {
    Entry* entry = Entry::New(1, key);
    mvcc::Version* version = mvcc::Version::NewBytes(value, mvcc::kNoExpiry);
    version->Stamp(1);
    entry->set_head(version);
    return entry;
  }
  static size_t Bytes(Entry* entry) {
    return BlockBytes(entry->memory_bytes()) + BlockBytes(entry->head()->memory_bytes());
  }
  static std::string_view Value(const Entry& entry) {
    return mvcc::FindVisible(entry, kNow)->value();
  }
  static void Prefetch(const Entry& entry) { PrefetchBlock(entry.head(), 2 * kLineBytes); }
};

// A version as long as the engine's; key and value follow.
struct Header {
  std::atomic<uint64_t> stamp{1};
  std::atomic<Header*> previous{nullptr};
  uint32_t value_bytes = kValueBytes;
  uint32_t key_bytes = 0;
};

// The first version of a key stands in the block of the record. A second one would stand apart, and
// the place of the first be lost until the key is gone.
struct FirstInside {
  struct Entry {
    std::atomic<Header*> head{nullptr};
    uint64_t key_bytes = kKeyBytes;
    std::array<char, kKeyBytes> text;
    Header first;
    std::string_view key() const { return {text.data(), key_bytes}; }
  };
  static Entry* New(std::string_view key, std::string_view value) {
    auto* entry = new (::operator new(sizeof(Entry) + value.size())) Entry;
    std::copy(key.begin(), key.end(), entry->text.begin());
    std::copy(value.begin(), value.end(), reinterpret_cast<char*>(entry + 1));
    entry->head = &entry->first;
    return entry;
  }
  static size_t Bytes(Entry* entry) { return malloc_usable_size(entry); }
  static std::string_view Value(const Entry& entry) {
    const Header* version = entry.head.load(std::memory_order_acquire);
    while (version->stamp.load(std::memory_order_acquire) > kNow) version = version->previous;
    return {reinterpret_cast<const char*>(version + 1), version->value_bytes};
  }
  static void Prefetch(const Entry& entry) {
    PrefetchBlock(reinterpret_cast<const char*>(&entry) + kLineBytes, 2 * kLineBytes);
  }
};

// The index leads to the newest version itself, which has the key. Each update then replaces the
// link in the index.
struct LeafIsVersion {
  struct Entry {
    Header header;
    std::array<char, kKeyBytes> text;
    std::string_view key() const { return {text.data(), header.key_bytes}; }
  };
  static Entry* New(std::string_view key, std::string_view value) {
    auto* entry = new (::operator new(sizeof(Entry) + value.size())) Entry;
    entry->header.key_bytes = kKeyBytes;
    std::copy(key.begin(), key.end(), entry->text.begin());
    std::copy(value.begin(), value.end(), reinterpret_cast<char*>(entry + 1));
    return entry;
  }
  static size_t Bytes(Entry* entry) { return malloc_usable_size(entry); }
  static std::string_view Value(const Entry& entry) {
    const Header* version = &entry.header;
    while (version->stamp.load(std::memory_order_acquire) > kNow) version = version->previous;
    return {reinterpret_cast<const char*>(reinterpret_cast<const Entry*>(version) + 1),
            version->value_bytes};
  }
  static void Prefetch(const Entry& entry) {
    PrefetchBlock(reinterpret_cast<const char*>(&entry) + kLineBytes, 2 * kLineBytes);
  }
};

template <typename Layout>
class Keys {
 public:
  using Entry = typename Layout::Entry;

  static Keys& Get() {
    static auto* keys = new Keys;
    return *keys;
  }

  const index::RadixTree<Entry>& tree() const { return tree_; }
  // From hashes to entries, beside the index: a table of eight places a line, the first free one of
  // which has the entry. A key that found its line full is in the index alone.
  Entry* FindHashed(std::string_view key) const {
    const uint64_t hash = XXH3_64bits(key.data(), key.size());
    const uint64_t* line = &hashed_[hash % kLines * kPlaces];
    for (size_t i = 0; i < kPlaces; ++i) {
      if (line[i] >> 48 != hash >> 48) continue;
      auto* entry = reinterpret_cast<Entry*>(line[i] & kAddress);
      if (index::internal::SameBytes(entry->key(), key)) return entry;
    }
    return tree_.Find(key);
  }
  double bytes_per_key() const {
    return static_cast<double>(bytes_ + tree_.memory_bytes()) / static_cast<double>(kKeys);
  }
  std::string_view KeyAt(uint64_t number) const { return {keys_[number].data(), kKeyBytes}; }

 private:
  static constexpr size_t kPlaces = kLineBytes / sizeof(uint64_t);
  static constexpr size_t kLines = kKeys / 6;
  static constexpr uint64_t kAddress = (uint64_t{1} << 48) - 1;

  Keys() : keys_(kKeys), hashed_(kLines * kPlaces), tree_(retired_) {
    std::vector<uint64_t> order(kKeys);
    for (uint64_t i = 0; i < kKeys; ++i) {
      order[i] = i;
      const std::string key = Key(2 * i);
      std::copy(key.begin(), key.end(), keys_[i].begin());
    }
    std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
    const std::string value(kValueBytes, 'v');
    for (const uint64_t i : order) {
      base::EpochPin pin;
      Entry* entry =
          tree_.FindOrInsert(KeyAt(i), [&] { return Layout::New(KeyAt(i), value); }).first;
      bytes_ += Layout::Bytes(entry);
      Hash(entry);
    }
  }
  void Hash(Entry* entry) {
    const uint64_t hash = XXH3_64bits(entry->key().data(), kKeyBytes);
    uint64_t* line = &hashed_[hash % kLines * kPlaces];
    uint64_t* free = std::find(line, line + kPlaces, 0);
    if (free != line + kPlaces) *free = hash >> 48 << 48 | reinterpret_cast<uint64_t>(entry);
  }

  std::vector<std::array<char, kKeyBytes>> keys_;
  std::vector<uint64_t> hashed_;
  base::RetireList retired_;
  index::RadixTree<Entry> tree_;
  size_t bytes_ = 0;
};

void Copy(std::string_view value) {
  std::array<char, kValueBytes> copy;
  std::memcpy(copy.data(), value.data(), copy.size());
  benchmark::DoNotOptimize(copy);
}

// What a transaction does besides its read: with it, two reads are too far apart for the processor
// to work on both (decision 18).
void DoOtherThings() { asm volatile(".rept 600\n\tnop\n\t.endr"); }

enum class Through { kIndex, kHash };
enum class Among { kReads, kTransactions };

template <typename Layout, Through kThrough, Among kAmong>
void BM_Layout_Read(benchmark::State& state) {
  const Keys<Layout>& keys = Keys<Layout>::Get();
  Random random(1);
  for (auto _ : state) {
    const std::string_view key = keys.KeyAt(random.Below(kKeys));
    base::EpochPin pin;
    const auto* entry = kThrough == Through::kHash ? keys.FindHashed(key) : keys.tree().Find(key);
    Copy(Layout::Value(*entry));
    if constexpr (kAmong == Among::kTransactions) DoOtherThings();
  }
  state.counters["bytes/key"] = keys.bytes_per_key();
}

// 50 keys from a random one; a key each is what is timed.
template <typename Layout>
void BM_Layout_Scan(benchmark::State& state) {
  constexpr size_t kRange = 50;
  const Keys<Layout>& keys = Keys<Layout>::Get();
  Random random(1);
  std::array<typename Layout::Entry*, kRange> found;
  while (state.KeepRunningBatch(kRange)) {
    base::EpochPin pin;
    const std::string_view from = keys.KeyAt(random.Below(kKeys - kRange));
    const size_t count = keys.tree().CollectForward(from, true, absl::MakeSpan(found));
    for (size_t i = 0; i < count; ++i) Layout::Prefetch(*found[i]);
    for (size_t i = 0; i < count; ++i) Copy(Layout::Value(*found[i]));
  }
}

#define NACRE_LAYOUT(layout)                                                \
  BENCHMARK(BM_Layout_Read<layout, Through::kIndex, Among::kReads>);        \
  BENCHMARK(BM_Layout_Read<layout, Through::kIndex, Among::kTransactions>); \
  BENCHMARK(BM_Layout_Read<layout, Through::kHash, Among::kReads>);         \
  BENCHMARK(BM_Layout_Read<layout, Through::kHash, Among::kTransactions>);  \
  BENCHMARK(BM_Layout_Scan<layout>)

NACRE_LAYOUT(Apart);
NACRE_LAYOUT(FirstInside);
NACRE_LAYOUT(LeafIsVersion);

}  // namespace
}  // namespace nacre::bench
