#include "vacuum/waiting_tombstones.h"

#include <utility>

#include "engine/base/check.h"

namespace nacre::vacuum {

mvcc::Version* WaitingTombstones::Put(mvcc::Record* record, mvcc::Version* tombstone) {
  Shard& shard = ShardOf(record);
  base::MutexLock lock(shard.mutex);
  const auto [place, inserted] = shard.tombstones.try_emplace(record, tombstone);
  if (inserted) {
    size_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  NACRE_CHECK(place->second != tombstone, "a tombstone has two entries");
  return std::exchange(place->second, tombstone);
}

mvcc::Version* WaitingTombstones::Take(mvcc::Record* record) {
  if (size() == 0) return nullptr;
  Shard& shard = ShardOf(record);
  base::MutexLock lock(shard.mutex);
  const auto found = shard.tombstones.find(record);
  if (found == shard.tombstones.end()) return nullptr;
  mvcc::Version* tombstone = found->second;
  shard.tombstones.erase(found);
  size_.fetch_sub(1, std::memory_order_relaxed);
  return tombstone;
}

void WaitingTombstones::Clear() {
  for (Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    shard.tombstones.clear();
  }
  size_.store(0, std::memory_order_relaxed);
}

}  // namespace nacre::vacuum
