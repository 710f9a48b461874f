#include "engine/base/retire.h"

#include <algorithm>
#include <utility>

#include "engine/base/epoch.h"

namespace nacre::base {
namespace {

// Since TakeOwed() asked last, of all lists.
constinit thread_local size_t owed = 0;
constinit thread_local size_t freed_by_thread = 0;

}  // namespace

RetireList::~RetireList() {
  for (Shard& shard : shards_) {
    MutexLock lock(shard.mutex);
    for (Batch& batch : shard.batches) {
      for (const Retired& retired : batch.objects) retired.free(retired.object);
    }
    for (const Retired& retired : shard.fresh) retired.free(retired.object);
    for (const Retired& retired : shard.passed) retired.free(retired.object);
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

void RetireList::EndFresh(Shard& shard) {
  if (shard.fresh.empty()) return;
  if (shard.fresh.size() >= kBatchObjects) {
    shard.batches.push_back({kOpen, std::exchange(shard.fresh, {})});
  } else {
    // No room is left over in what may have to wait for long.
    shard.batches.push_back({kOpen, Objects(shard.fresh.begin(), shard.fresh.end())});
    shard.fresh.clear();
  }
}

void RetireList::AddAll(absl::Span<void* const> objects,
                        Free free) noexcept ABSL_NO_THREAD_SAFETY_ANALYSIS {
  owed += objects.size();
  // Counted first: they can be freed as soon as they are in the list.
  waiting_.fetch_add(objects.size(), std::memory_order_seq_cst);
  Shard& shard = LockAnyShard();
  for (void* object : objects) {
    if (shard.fresh.empty()) shard.fresh.reserve(kBatchObjects);
    shard.fresh.push_back({object, free});
    if (shard.fresh.size() >= kBatchObjects) EndFresh(shard);
  }
  shard.mutex.Unlock();
}

void RetireList::AddPassed(absl::Span<void* const> objects,
                           Free free) noexcept ABSL_NO_THREAD_SAFETY_ANALYSIS {
  waiting_.fetch_add(objects.size(), std::memory_order_seq_cst);
  Shard& shard = LockAnyShard();
  for (void* object : objects) shard.passed.push_back({object, free});
  shard.mutex.Unlock();
}

size_t RetireList::FreedByThread() { return freed_by_thread; }

size_t RetireList::TakeOwed() { return std::exchange(owed, 0); }

void RetireList::Close(const Which& which, bool fresh_too) {
  // Batches are numbered in each shard. Up to which one all were there before the epoch is closed.
  std::array<uint64_t, kShards> ends{};
  bool any = false;
  for (size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    if (!which[i] || !shard.mutex.TryLock()) continue;
    if (fresh_too) EndFresh(shard);
    if (!shard.batches.empty() && shard.batches.back().epoch == kOpen) {
      ends[i] = shard.taken + shard.batches.size();
      any = true;
    }
    shard.mutex.Unlock();
  }
  if (!any) return;
  const uint64_t epoch = EpochDomain::Advance();
  for (size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    // Who finds no way in leaves them open, and they are closed another time.
    if (ends[i] == 0 || !shard.mutex.TryLock()) continue;
    // Others may have closed some meanwhile, and freed them.
    for (uint64_t number = ends[i]; number > shard.taken; --number) {
      Batch& batch = shard.batches[number - 1 - shard.taken];
      if (batch.epoch != kOpen) break;
      batch.epoch = epoch;
    }
    shard.mutex.Unlock();
  }
}

bool RetireList::HasPassed(const Batch& batch, Look& look) {
  if (batch.passed || batch.epoch <= look.passed) return true;
  if (batch.epoch >= look.too_young) return false;
  const EpochDomain::Passed passed = EpochDomain::Look(batch.epoch);
  if (passed == EpochDomain::Passed::kUnknown) look.unknown = std::max(look.unknown, batch.epoch);
  if (passed == EpochDomain::Passed::kNo) look.too_young = std::min(look.too_young, batch.epoch);
  return passed == EpochDomain::Passed::kYes;
}

bool RetireList::FindOut(Look& look) {
  const uint64_t unknown = std::exchange(look.unknown, 0);
  if (unknown == 0) return false;
  if (EpochDomain::HasPassed(unknown)) {
    look.passed = unknown;
  } else {
    look.too_young = std::min(look.too_young, unknown);
  }
  return true;
}

RetireList::Objects RetireList::TakePassed(Shard& shard, Look& look) {
  Objects objects;
  if (!shard.mutex.TryLock()) return objects;
  if (!shard.passed.empty()) {
    const size_t count = std::min(kBatchObjects, shard.passed.size());
    objects.assign(shard.passed.end() - static_cast<ptrdiff_t>(count), shard.passed.end());
    shard.passed.resize(shard.passed.size() - count);
  } else if (!shard.batches.empty()) {
    Batch& oldest = shard.batches.front();
    if (oldest.epoch == kOpen) {
      look.any_open = true;
    } else if (HasPassed(oldest, look)) {
      objects.swap(oldest.objects);
      shard.batches.pop_front();
      ++shard.taken;
    }
  }
  shard.mutex.Unlock();
  return objects;
}

void RetireList::FreeAll(absl::Span<const Retired> objects) const {
  std::array<void*, kTakenAtOnce> taken;
  size_t count = 0;
  for (const Retired& retired : objects) {
    if (retired.free != taken_ || taker_ == nullptr) {
      retired.free(retired.object);
      continue;
    }
    taken[count++] = retired.object;
    if (count < kTakenAtOnce) continue;
    taker_->TakeAll(taken);
    count = 0;
  }
  if (count != 0) taker_->TakeAll({taken.data(), count});
}

size_t RetireList::FreeOne(const Which& which, Look& look) {
  const size_t own = EpochDomain::ThreadIndex();
  do {
    for (size_t i = 0; i < kShards; ++i) {
      const size_t shard = (own + i) % kShards;
      if (!which[shard]) continue;
      const Objects objects = TakePassed(shards_[shard], look);
      if (objects.empty()) continue;
      FreeAll(objects);
      waiting_.fetch_sub(objects.size(), std::memory_order_relaxed);
      freed_by_thread += objects.size();
      return objects.size();
    }
  } while (FindOut(look));
  return 0;
}

size_t RetireList::ReclaimOwn(size_t limit) noexcept {
  Shard& shard = shards_[EpochDomain::ThreadIndex() % kShards];
  std::array<Retired, kBatchObjects> objects;
  size_t count = 0;
  Look look;
  do {
    if (!shard.mutex.TryLock()) return 0;
    if (!shard.passed.empty()) {
      count = std::min({limit, kBatchObjects, shard.passed.size()});
      std::copy(shard.passed.end() - static_cast<ptrdiff_t>(count), shard.passed.end(),
                objects.begin());
      shard.passed.resize(shard.passed.size() - count);
      shard.tended = true;
    } else if (!shard.batches.empty() && shard.batches.front().epoch != kOpen) {
      Batch& oldest = shard.batches.front();
      oldest.passed = HasPassed(oldest, look);
      if (oldest.passed) {
        count = std::min({limit, kBatchObjects, oldest.objects.size()});
        std::copy(oldest.objects.end() - static_cast<ptrdiff_t>(count), oldest.objects.end(),
                  objects.begin());
        oldest.objects.resize(oldest.objects.size() - count);
        if (oldest.objects.empty()) {
          shard.batches.pop_front();
          ++shard.taken;
        }
        shard.tended = true;
      }
    }
    shard.mutex.Unlock();
  } while (FindOut(look));
  FreeAll(absl::MakeConstSpan(objects.data(), count));
  if (count != 0) waiting_.fetch_sub(count, std::memory_order_relaxed);
  freed_by_thread += count;
  return count;
}

void RetireList::CloseOwn() noexcept {
  Shard& shard = shards_[EpochDomain::ThreadIndex() % kShards];
  if (!shard.mutex.TryLock()) return;
  const bool waits = !shard.batches.empty() && shard.batches.front().epoch == kOpen;
  shard.mutex.Unlock();
  if (waits) Close(Which().set(), /*fresh_too=*/false);
}

size_t RetireList::ReclaimBatch(const Which& which) noexcept {
  Look look;
  if (const size_t freed = FreeOne(which, look); freed != 0) return freed;
  // While something older waits for its readers, what is younger would wait for them too.
  if (!look.any_open || look.too_young != UINT64_MAX) return 0;
  Close(which, /*fresh_too=*/false);
  return FreeOne(which, look);
}

size_t RetireList::ReclaimBatches(const Which& which, size_t limit) noexcept {
  size_t freed = 0;
  while (freed < limit) {
    const size_t batch = ReclaimBatch(which);
    if (batch == 0) break;
    freed += batch;
  }
  return freed;
}

size_t RetireList::Reclaim(const Which& which, size_t limit) noexcept {
  size_t freed = ReclaimBatches(which, limit);
  if (freed >= limit) return freed;
  Close(which, /*fresh_too=*/true);
  return freed + ReclaimBatches(which, limit - freed);
}

size_t RetireList::ReclaimUntended(size_t limit) noexcept {
  Which which;
  for (size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    if (!shard.mutex.TryLock()) continue;
    which[i] = !std::exchange(shard.tended, false);
    shard.mutex.Unlock();
  }
  return Reclaim(which, limit);
}

}  // namespace nacre::base
