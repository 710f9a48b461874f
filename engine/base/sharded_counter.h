#ifndef NACRE_ENGINE_BASE_SHARDED_COUNTER_H_
#define NACRE_ENGINE_BASE_SHARDED_COUNTER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/base/epoch.h"

namespace nacre::base {

// A number of which each thread has a part, up to a number of threads; the others share parts. No
// two running threads have the same index, and what a thread has left in a part is seen by the next
// one with its index: so a part that one thread has for itself is changed by a load and a store.
//
// Invariant OWN-PART: an index below kOwned belongs to one running thread, which alone writes that
// part.
class ThreadPart {
 public:
  static constexpr size_t kOwned = 16;
  static constexpr size_t kShared = 4;
  static constexpr size_t kCount = kOwned + kShared;

  ThreadPart() : ThreadPart(EpochDomain::ThreadIndex()) {}
  // Whether the thread is known already, and has a part for itself.
  static bool IsOwned() {
    const internal::EpochSlot* slot = internal::epoch_slot;
    return slot != nullptr && slot->index < kOwned;
  }
  // Below kCount.
  size_t index() const { return index_; }

  // Adds to the thread's part of an array of kCount. A shared one takes `order`.
  template <typename T>
  void Add(std::atomic<T>& part, T delta, std::memory_order order) const {
    if (index_ < kOwned) [[likely]] {
      part.store(part.load(std::memory_order_relaxed) + delta, order);
    } else {
      part.fetch_add(delta, order);
    }
  }

 private:
  explicit ThreadPart(size_t thread)
      : index_(thread < kOwned ? thread : kOwned + thread % kShared) {}

  const size_t index_;
};

// A number that many threads add to and few read. The sum is exact when nobody adds.
class ShardedCounter {
 public:
  void Add(int64_t delta) { Add(delta, ThreadPart()); }
  // Add() without a call. False, and nothing is added, where it goes otherwise.
  bool TryAdd(int64_t delta) {
    if (!ThreadPart::IsOwned()) [[unlikely]]
      return false;
    Add(delta);
    return true;
  }
  // Where several are added to.
  void Add(int64_t delta, const ThreadPart& part) {
    part.Add(shards_[part.index()].value, delta, std::memory_order_relaxed);
  }
  int64_t Sum() const {
    int64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(64) Shard {
    std::atomic<int64_t> value{0};
  };
  std::array<Shard, ThreadPart::kCount> shards_;
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_SHARDED_COUNTER_H_
