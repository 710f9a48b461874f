#include "vacuum/garbage_queue.h"

#include <algorithm>
#include <utility>

namespace nacre::vacuum {

GarbageQueue::GarbageQueue(size_t backlog_max, size_t own_entries)
    : backlog_max_(backlog_max),
      own_entries_(own_entries),
      lag_max_(std::clamp<size_t>(backlog_max / 4 / kShards, 1, 2 * kFreshMax)) {
  for (Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    shard.due_at = own_entries_;
    Report(shard);
  }
}

void GarbageQueue::Report(Shard& shard) {
  const size_t size = SizeOf(shard);
  const bool due = shard.young.entries.size() >= shard.due_at;
  shard.due.store(due, std::memory_order_relaxed);
  // The push that makes it due takes the mutex.
  const size_t until_due = due ? SIZE_MAX : shard.due_at - shard.young.entries.size() - 1;
  shard.fresh_limit.store(std::min(lag_max_ / 2, until_due), std::memory_order_relaxed);
  if (size > shard.reported && size - shard.reported < lag_max_ - lag_max_ / 2) return;
  // Modulo 2^64 the difference may be negative.
  reported_.fetch_add(size - shard.reported, std::memory_order_relaxed);
  shard.reported = size;
}

void GarbageQueue::Owe(Shard& shard, size_t count) {
  if (approximate_size() <= backlog_max_) shard.owed = 0;
  shard.owed += count;
}

void GarbageQueue::TakeFresh(Shard& shard) {
  const absl::Span<const txn::Garbage> fresh = Fresh(shard);
  if (fresh.empty()) return;
  shard.young.entries.insert(shard.young.entries.end(), fresh.begin(), fresh.end());
  shard.fresh_taken += fresh.size();
  Owe(shard, fresh.size());
}

void GarbageQueue::PushLocked(Shard& shard, absl::Span<const txn::Garbage> entries, bool owner) {
  base::MutexLock lock(shard.mutex);
  TakeFresh(shard);
  if (owner) {
    shard.fresh_end.store(0, std::memory_order_relaxed);
    shard.fresh_taken = 0;
  }
  shard.young.entries.insert(shard.young.entries.end(), entries.begin(), entries.end());
  Owe(shard, entries.size());
  AddPushed(shard, entries.size());
  Report(shard);
}

void GarbageQueue::PushAlong(absl::Span<const txn::Garbage> entries) {
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  shard.young.entries.insert(shard.young.entries.end(), entries.begin(), entries.end());
  shard.due_at += entries.size();
  AddPushed(shard, entries.size());
  Report(shard);
}

void GarbageQueue::PushPromoted(absl::Span<const txn::Garbage> entries, bool counted) {
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  shard.young.promoted.insert(shard.young.promoted.end(), entries.begin(), entries.end());
  if (counted) AddPushed(shard, entries.size());
  Report(shard);
}

void GarbageQueue::Return(absl::Span<const txn::Garbage> entries) {
  if (entries.empty()) return;
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  shard.young.entries.insert(shard.young.entries.end(), entries.begin(), entries.end());
  TakeFresh(shard);
  // Not before as many are new: these would be looked at again each time.
  shard.due_at = shard.young.entries.size() + own_entries_;
  Report(shard);
}

void GarbageQueue::SetAside(absl::Span<const txn::Garbage> entries, uint64_t clock) {
  if (entries.empty()) return;
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  MoveKnown(shard, clock);
  shard.aside.insert(shard.aside.end(), entries.begin(), entries.end());
  shard.aside_at = std::max(shard.aside_at, clock);
  Report(shard);
}

EntryBlock GarbageQueue::TakeKnown(Shard& shard, uint64_t scanned) {
  return scanned > shard.aside_at ? std::exchange(shard.aside, {}) : EntryBlock();
}

void GarbageQueue::MoveKnown(Shard& shard, uint64_t scanned) {
  const EntryBlock known = TakeKnown(shard, scanned);
  shard.young.entries.insert(shard.young.entries.end(), known.begin(), known.end());
  shard.due_at += known.size();
}

void GarbageQueue::TakeShard(Shard& shard, EntryList& taken) {
  TakeFresh(shard);
  taken.AddBlock(std::exchange(shard.aside, {}));
  for (OwnGarbage* const part : {&shard.resting, &shard.young}) {
    taken.AddBlock(std::exchange(part->entries, {}));
    taken.AddBlock(std::exchange(part->promoted, {}));
  }
  shard.owed = 0;
  shard.due_at = own_entries_;
  Report(shard);
}

void GarbageQueue::TakeAll(EntryList& taken) {
  for (Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    TakeShard(shard, taken);
  }
}

size_t GarbageQueue::TakeUntended(EntryList& taken) {
  size_t shards = 0;
  for (Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    if (std::exchange(shard.tended, false) && SizeOf(shard) <= kLongMax) continue;
    const size_t before = taken.size();
    TakeShard(shard, taken);
    if (taken.size() != before && &shard != &OwnShard()) ++shards;
  }
  return shards;
}

GarbageQueue::OwnTaken GarbageQueue::TakeOwn(uint64_t scanned) {
  OwnTaken taken;
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  TakeFresh(shard);
  std::swap(taken.rested, shard.resting);
  std::swap(taken.young, shard.young);
  taken.known = TakeKnown(shard, scanned);
  // As much comes again.
  shard.young.entries.reserve(own_entries_);
  if (!taken.young.promoted.empty()) shard.young.promoted.reserve(own_entries_);
  shard.owed = 0;
  shard.due_at = own_entries_;
  shard.tended = true;
  Report(shard);
  return taken;
}

void GarbageQueue::Rest(OwnGarbage young) {
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  OwnGarbage& resting = shard.resting;
  if (resting.size() == 0) {
    std::swap(resting, young);
    return;
  }
  // Another thread of this shard was here.
  resting.entries.insert(resting.entries.end(), young.entries.begin(), young.entries.end());
  resting.promoted.insert(resting.promoted.end(), young.promoted.begin(), young.promoted.end());
  resting.epoch = std::max(resting.epoch, young.epoch);
}

void GarbageQueue::TakeSome(size_t count, uint64_t scanned, std::vector<txn::Garbage>& taken) {
  const size_t own = base::EpochDomain::ThreadIndex();
  for (size_t i = 0; i < kShards && taken.size() < count; ++i) {
    Shard& shard = shards_[(own + i) % kShards];
    base::MutexLock lock(shard.mutex);
    TakeFresh(shard);
    MoveKnown(shard, scanned);
    // The newest first: popping from the end is O(1), and they stand near the heads of their
    // chains.
    for (EntryBlock* const part : {&shard.young.entries, &shard.young.promoted}) {
      const size_t n = std::min(count - taken.size(), part->size());
      taken.insert(taken.end(), part->end() - static_cast<ptrdiff_t>(n), part->end());
      part->resize(part->size() - n);
    }
    shard.due_at = std::min(shard.due_at, shard.young.entries.size() + own_entries_);
    Report(shard);
  }
}

size_t GarbageQueue::TakeOwed() {
  Shard& shard = OwnShard();
  base::MutexLock lock(shard.mutex);
  TakeFresh(shard);
  Report(shard);
  return std::exchange(shard.owed, 0);
}

size_t GarbageQueue::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    size += SizeOf(shard) + shard.resting.size() + Fresh(shard).size();
  }
  return size;
}

}  // namespace nacre::vacuum
