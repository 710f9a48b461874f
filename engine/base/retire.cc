#include "engine/base/retire.h"

#include <utility>

#include "engine/base/epoch.h"

namespace nacre::base {

RetireList::~RetireList() {
  for (Shard& shard : shards_) {
    MutexLock lock(shard.mutex);
    for (Batch& batch : shard.batches) {
      for (const Retired& retired : batch.objects) retired.free(retired.object);
    }
    for (const Retired& retired : shard.fresh) retired.free(retired.object);
  }
}

RetireList::Shard& RetireList::LockAnyShard() {
  const size_t own = EpochDomain::ThreadIndex();
  for (size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[(own + i) % kShards];
    if (shard.mutex.TryLock()) return shard;
  }
  Shard& shard = shards_[own % kShards];
  shard.mutex.Lock();
  return shard;
}

void RetireList::Add(void* object, Free free) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  // Counted first: it can be freed as soon as it is in the list.
  waiting_.fetch_add(1, std::memory_order_relaxed);
  Objects full;
  Shard& shard = LockAnyShard();
  shard.fresh.push_back({object, free});
  if (shard.fresh.size() >= kBatchObjects) full.swap(shard.fresh);
  shard.mutex.Unlock();
  if (full.empty()) return;
  // The epoch is closed after the last object was taken: every one of them was unlinked before.
  const uint64_t epoch = EpochDomain::Advance();
  Shard& target = LockAnyShard();
  target.batches.push_back({epoch, std::move(full)});
  target.mutex.Unlock();
}

void RetireList::CloseFresh() {
  std::array<Objects, kShards> taken;
  bool any = false;
  for (size_t i = 0; i < kShards; ++i) {
    MutexLock lock(shards_[i].mutex);
    taken[i].swap(shards_[i].fresh);
    any |= !taken[i].empty();
  }
  if (!any) return;
  const uint64_t epoch = EpochDomain::Advance();
  for (size_t i = 0; i < kShards; ++i) {
    if (taken[i].empty()) continue;
    MutexLock lock(shards_[i].mutex);
    shards_[i].batches.push_back({epoch, std::move(taken[i])});
  }
}

RetireList::Objects RetireList::TakePassed(Shard& shard, uint64_t& too_young) {
  Objects objects;
  if (!shard.mutex.TryLock()) return objects;
  if (!shard.batches.empty() && shard.batches.front().epoch < too_young) {
    Batch& oldest = shard.batches.front();
    if (EpochDomain::HasPassed(oldest.epoch)) {
      objects.swap(oldest.objects);
      shard.batches.pop_front();
    } else {
      too_young = oldest.epoch;
    }
  }
  shard.mutex.Unlock();
  return objects;
}

size_t RetireList::ReclaimBatch() {
  const size_t own = EpochDomain::ThreadIndex();
  uint64_t too_young = UINT64_MAX;
  for (size_t i = 0; i < kShards; ++i) {
    const Objects objects = TakePassed(shards_[(own + i) % kShards], too_young);
    if (objects.empty()) continue;
    for (const Retired& retired : objects) retired.free(retired.object);
    waiting_.fetch_sub(objects.size(), std::memory_order_relaxed);
    return objects.size();
  }
  return 0;
}

size_t RetireList::ReclaimBatches(size_t limit) {
  size_t freed = 0;
  while (freed < limit) {
    const size_t batch = ReclaimBatch();
    if (batch == 0) break;
    freed += batch;
  }
  return freed;
}

size_t RetireList::Reclaim(size_t limit) {
  size_t freed = ReclaimBatches(limit);
  if (freed >= limit) return freed;
  CloseFresh();
  return freed + ReclaimBatches(limit - freed);
}

}  // namespace nacre::base
