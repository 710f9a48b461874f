#include "engine/txn/prefetch.h"

#include <algorithm>
#include <array>

#include "engine/base/epoch.h"

namespace nacre::txn {
namespace {

constexpr size_t kKeysAtOnce = 16;

void PrefetchSome(Store& store, const Tree& tree, absl::Span<const std::string_view> keys) {
  for (const std::string_view key : keys) {
    __builtin_prefetch(&store.latches.at(store.latches.IndexOf(tree.id, key)), /*rw=*/1);
  }
  std::array<mvcc::Record*, kKeysAtOnce> records;
  tree.index.FindEach(keys, absl::MakeSpan(records.data(), keys.size()));
  for (size_t i = 0; i < keys.size(); ++i) {
    if (records[i] == nullptr) continue;
    const auto* newest = reinterpret_cast<const char*>(records[i]->head());
    if (newest == nullptr) continue;  // Inserted, and not yet linked.
    __builtin_prefetch(newest);
    __builtin_prefetch(newest + 64);
  }
}

}  // namespace

void Prefetch(Store& store, uint32_t keyspace, absl::Span<const std::string_view> keys) {
  base::EpochPin pin;
  const Generation* generation = store.keyspaces.Newest(keyspace);
  if (generation == nullptr || generation->tree == nullptr) return;
  for (size_t first = 0; first < keys.size(); first += kKeysAtOnce) {
    PrefetchSome(store, *generation->tree, keys.subspan(first, kKeysAtOnce));
  }
}

}  // namespace nacre::txn
