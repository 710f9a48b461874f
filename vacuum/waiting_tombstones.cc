#include "vacuum/waiting_tombstones.h"

#include "engine/base/check.h"

namespace nacre::vacuum {

void WaitingTombstones::Put(mvcc::Record* record, mvcc::Version* tombstone) {
  Shard& shard = ShardOf(record);
  base::MutexLock lock(shard.mutex);
  const bool inserted = shard.tombstones.try_emplace(record, tombstone).second;
  NACRE_CHECK(inserted, "two tombstones of a record wait");
  size_.fetch_add(1, std::memory_order_relaxed);
}

bool WaitingTombstones::Take(mvcc::Record* record, mvcc::Version* head) {
  if (size() == 0) return false;
  Shard& shard = ShardOf(record);
  base::MutexLock lock(shard.mutex);
  const auto found = shard.tombstones.find(record);
  if (found == shard.tombstones.end()) return false;
  NACRE_CHECK(found->second == head, "a tombstone waits that is not the head of its chain");
  shard.tombstones.erase(found);
  size_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void WaitingTombstones::Clear() {
  for (Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    shard.tombstones.clear();
  }
  size_.store(0, std::memory_order_relaxed);
}

}  // namespace nacre::vacuum
