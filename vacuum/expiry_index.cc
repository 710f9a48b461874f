#include "vacuum/expiry_index.h"

#include <algorithm>

#include "engine/base/check.h"

namespace nacre::vacuum {

int64_t ExpiryIndex::TreeTotal::MeanTimeToLive(mvcc::ExpiryMs now) const {
  const auto present = static_cast<int64_t>(keys - due);
  if (present == 0) return 0;
  const absl::int128 mean = (present_millis - absl::int128(now) * present) / present;
  return static_cast<int64_t>(std::clamp<absl::int128>(mean, 0, INT64_MAX));
}

void ExpiryIndex::Shard::Count(const mvcc::Record& record, mvcc::ExpiryMs expiry, int change) {
  const auto found = by_tree.try_emplace(record.tree_id()).first;
  TreeTotal& total = found->second;
  total.keys += static_cast<size_t>(change);
  total.present_millis += absl::int128(change) * expiry;
  if (total.keys == 0) by_tree.erase(found);
}

bool ExpiryIndex::Change(mvcc::Record* record, mvcc::ExpiryMs before, mvcc::ExpiryMs after) {
  if (before == after) return false;
  Shard& shard = shards_[IndexOf(record)];
  base::MutexLock lock(shard.mutex);
  bool was_empty = false;
  if (before != mvcc::kNoExpiry) {
    NACRE_CHECK(shard.by_time.erase({before, record}) == 1, "an expiry was not in the index");
    shard.Count(*record, before, -1);
    size_.fetch_sub(1, std::memory_order_seq_cst);
  }
  if (after != mvcc::kNoExpiry) {
    NACRE_CHECK(shard.by_time.insert({after, record}).second, "an expiry was in the index twice");
    shard.Count(*record, after, 1);
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

std::optional<ExpiryIndex::TreeTotal> ExpiryIndex::CountTree(uint32_t tree_id, mvcc::ExpiryMs now,
                                                             size_t due_max) const {
  TreeTotal sum;
  size_t due = 0;
  for (const Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    const auto found = shard.by_tree.find(tree_id);
    if (found == shard.by_tree.end()) continue;
    sum.keys += found->second.keys;
    sum.present_millis += found->second.present_millis;
    for (auto it = shard.by_time.begin(); it != shard.by_time.end() && it->first <= now; ++it) {
      if (++due > due_max) return std::nullopt;
      if (it->second->tree_id() != tree_id) continue;
      ++sum.due;
      sum.present_millis -= it->first;
    }
  }
  return sum;
}

size_t ExpiryIndex::CountDue(mvcc::ExpiryMs now, size_t count_max) const {
  size_t due = 0;
  if (size() == 0) return 0;
  for (const Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    for (auto it = shard.by_time.begin(); it != shard.by_time.end() && it->first <= now; ++it) {
      if (++due >= count_max) return due;
    }
  }
  return due;
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
