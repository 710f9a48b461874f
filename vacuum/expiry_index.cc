#include "vacuum/expiry_index.h"

#include <algorithm>

#include "engine/base/check.h"

namespace nacre::vacuum {

bool ExpiryIndex::Change(mvcc::Record* record, mvcc::ExpiryMs before, mvcc::ExpiryMs after) {
  if (before == after) return false;
  Shard& shard = shards_[IndexOf(record)];
  base::MutexLock lock(shard.mutex);
  bool was_empty = false;
  if (before != mvcc::kNoExpiry) {
    NACRE_CHECK(shard.by_time.erase({before, record}) == 1, "an expiry was not in the index");
    size_.fetch_sub(1, std::memory_order_seq_cst);
  }
  if (after != mvcc::kNoExpiry) {
    NACRE_CHECK(shard.by_time.insert({after, record}).second, "an expiry was in the index twice");
    was_empty = size_.fetch_add(1, std::memory_order_seq_cst) == 0;
  }
  return was_empty;
}

bool ExpiryIndex::Contains(const Due& due) const {
  const Shard& shard = shards_[IndexOf(due.second)];
  base::MutexLock lock(shard.mutex);
  return shard.by_time.contains(due);
}

void ExpiryIndex::PeekDue(size_t shard, mvcc::ExpiryMs now, const Due& after, size_t count,
                          std::vector<Due>& found) const {
  const Shard& from = shards_[shard];
  base::MutexLock lock(from.mutex);
  for (auto it = from.by_time.upper_bound(after);
       it != from.by_time.end() && it->first <= now && found.size() < count; ++it) {
    found.push_back(*it);
  }
}

mvcc::ExpiryMs ExpiryIndex::Earliest() const {
  mvcc::ExpiryMs earliest = mvcc::kNoExpiry;
  for (const Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    if (!shard.by_time.empty()) earliest = std::min(earliest, shard.by_time.begin()->first);
  }
  return earliest;
}

}  // namespace nacre::vacuum
