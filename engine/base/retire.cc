#include "engine/base/retire.h"

#include <utility>

#include "engine/base/epoch.h"

namespace nacre::base {

RetireList::~RetireList() {
  MutexLock lock(batches_mutex_);
  CollectFresh();
  for (Batch& batch : batches_) {
    for (const Retired& retired : batch.objects) retired.free(retired.object);
  }
}

void RetireList::Add(void* object, Free free) {
  Shard& shard = shards_[EpochDomain::ThreadIndex() % kShards];
  // Counted first: it can be freed as soon as it is in the list.
  waiting_.fetch_add(1, std::memory_order_relaxed);
  MutexLock lock(shard.mutex);
  shard.fresh.push_back({object, free});
}

void RetireList::CollectFresh() {
  std::vector<Retired> objects;
  for (Shard& shard : shards_) {
    MutexLock lock(shard.mutex);
    if (objects.empty()) {
      objects.swap(shard.fresh);
    } else {
      objects.insert(objects.end(), shard.fresh.begin(), shard.fresh.end());
      shard.fresh.clear();
    }
  }
  // The epoch is closed after the last object was taken: every one of them was unlinked before.
  if (!objects.empty()) batches_.push_back({EpochDomain::Advance(), std::move(objects)});
}

size_t RetireList::Reclaim(size_t limit) {
  if (!batches_mutex_.TryLock()) return 0;
  size_t freed = 0;
  while (freed < limit) {
    // A batch costs a Heavy(). So what is fresh stays where it is while an older batch waits, and
    // the next one is the larger for it.
    if (batches_.empty()) CollectFresh();
    if (batches_.empty() || !EpochDomain::HasPassed(batches_.front().epoch)) break;
    std::vector<Retired>& objects = batches_.front().objects;
    while (freed < limit && !objects.empty()) {
      const Retired retired = objects.back();
      objects.pop_back();
      retired.free(retired.object);
      ++freed;
    }
    if (objects.empty()) batches_.pop_front();
  }
  batches_mutex_.Unlock();
  waiting_.fetch_sub(freed, std::memory_order_relaxed);
  return freed;
}

}  // namespace nacre::base
