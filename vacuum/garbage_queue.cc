#include "vacuum/garbage_queue.h"

#include <algorithm>
#include <utility>

namespace nacre::vacuum {

GarbageQueue::GarbageQueue(size_t backlog_max)
    : backlog_max_(backlog_max),
      report_every_(std::clamp<size_t>(backlog_max / 4 / kShards, 1, 64)) {}

void GarbageQueue::Report(Shard& shard) {
  const size_t size = shard.entries.size();
  shard.due.store(size >= shard.due_at, std::memory_order_relaxed);
  if (size > shard.reported && size - shard.reported < report_every_) return;
  // Modulo 2^64 the difference may be negative.
  reported_.fetch_add(size - shard.reported, std::memory_order_relaxed);
  shard.reported = size;
}

void GarbageQueue::Push(absl::Span<const txn::Garbage> entries) {
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  for (const txn::Garbage& entry : entries) shard.entries.push_back(entry);
  shard.pushed.store(shard.pushed.load(std::memory_order_relaxed) + entries.size(),
                     std::memory_order_relaxed);
  if (approximate_size() <= backlog_max_) shard.owed = 0;
  shard.owed += entries.size();
  Report(shard);
}

void GarbageQueue::PushAlong(const txn::Garbage& entry) {
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  shard.entries.push_back(entry);
  ++shard.due_at;
  shard.pushed.store(shard.pushed.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  Report(shard);
}

void GarbageQueue::Return(absl::Span<const txn::Garbage> entries) {
  if (entries.empty()) return;
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  shard.entries.insert(shard.entries.end(), entries.begin(), entries.end());
  // Not before as many are new: these would be looked at again each time.
  shard.due_at = shard.entries.size() + kOwnEntries;
  Report(shard);
}

void GarbageQueue::TakeShard(Shard& shard, EntryList& taken) {
  taken.AddBlock(std::exchange(shard.entries, {}));
  shard.owed = 0;
  shard.due_at = kOwnEntries;
  Report(shard);
}

void GarbageQueue::TakeAll(EntryList& taken) {
  for (Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    TakeShard(shard, taken);
  }
}

void GarbageQueue::TakeUntended(EntryList& taken) {
  for (Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    if (!std::exchange(shard.tended, false) || shard.entries.size() > 3 * kOwnEntries) {
      TakeShard(shard, taken);
    }
  }
}

void GarbageQueue::TakeOwn(std::vector<txn::Garbage>& taken) {
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  // Copied: the next ones find room.
  taken.assign(shard.entries.begin(), shard.entries.end());
  shard.entries.clear();
  shard.owed = 0;
  shard.due_at = kOwnEntries;
  shard.tended = true;
  Report(shard);
}

void GarbageQueue::TakeSome(size_t count, std::vector<txn::Garbage>& taken) {
  const size_t own = base::EpochDomain::ThreadIndex();
  for (size_t i = 0; i < kShards && taken.size() < count; ++i) {
    Shard& shard = shards_[(own + i) % kShards];
    base::MutexLock lock(shard.mutex);
    // The newest first: popping from the end is O(1), and they stand near the heads of their
    // chains.
    const size_t n = std::min(count - taken.size(), shard.entries.size());
    taken.insert(taken.end(), shard.entries.end() - static_cast<ptrdiff_t>(n), shard.entries.end());
    shard.entries.resize(shard.entries.size() - n);
    shard.due_at = std::min(shard.due_at, shard.entries.size() + kOwnEntries);
    Report(shard);
  }
}

size_t GarbageQueue::TakeOwed() {
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  return std::exchange(shard.owed, 0);
}

size_t GarbageQueue::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    size += shard.entries.size();
  }
  return size;
}

}  // namespace nacre::vacuum
