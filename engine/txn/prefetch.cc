#include "engine/txn/prefetch.h"

#include <algorithm>
#include <array>

#include "engine/base/check.h"
#include "engine/base/epoch.h"

namespace nacre::txn {
namespace {

constexpr size_t kKeysAtOnce = 16;

void PrefetchSome(Store& store, const Tree& tree, absl::Span<const std::string_view> keys) {
  for (const std::string_view key : keys) {
    PrefetchStripe(store.latches, LatchTable::HashOf(tree.id, key));
  }
  std::array<mvcc::Record*, kKeysAtOnce> records;
  tree.index.FindEach(keys, absl::MakeSpan(records.data(), keys.size()));
  for (size_t i = 0; i < keys.size(); ++i) {
    if (records[i] != nullptr) PrefetchHead(*records[i]);
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

void LookUpRecords(LatchTable& latches, WriteSet& writes) {
  WriteSet::Entries& entries = writes.entries();
  for (size_t next = 0; next < entries.size();) {
    std::array<WriteEntry*, kKeysAtOnce> group;
    std::array<std::string_view, kKeysAtOnce> keys;
    std::array<mvcc::Record*, kKeysAtOnce> records;
    size_t count = 0;
    // Of one tree.
    for (; next < entries.size() && count < kKeysAtOnce; ++next) {
      WriteEntry& entry = entries[next];
      if (count != 0 && entry.tree != group[0]->tree) break;
      if (!entry.takes_part()) continue;
      PrefetchStripe(latches, entry.hash);
      if (entry.record != nullptr) {
        NACRE_CHECK(entry.record_stays, "a record was kept from one pin to the next");
        continue;
      }
      group[count] = &entry;
      keys[count++] = entry.key;
    }
    if (count == 0) continue;
    if (count == 1) {
      records[0] = group[0]->tree->index.Find(keys[0]);
    } else {
      group[0]->tree->index.FindEach(absl::MakeConstSpan(keys.data(), count),
                                     absl::MakeSpan(records.data(), count));
    }
    for (size_t i = 0; i < count; ++i) {
      group[i]->record = records[i];
      if (records[i] != nullptr) PrefetchToWrite(*records[i]);
    }
  }
}

}  // namespace nacre::txn
