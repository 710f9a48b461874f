#ifndef NACRE_ENGINE_TXN_PLACES_H_
#define NACRE_ENGINE_TXN_PLACES_H_

#include <array>
#include <atomic>
#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "engine/base/epoch.h"
#include "engine/base/mutex.h"

namespace nacre::txn {

// Counts to a limit. What a thread gives back is kept in its shard for the next time, so that
// threads which take and give in turn, with a shard each, write no line of each other. Thread-safe.
//
// Invariant EXACT: no more than `limit` are taken, and TryTake() fails only if all of them were
// taken, or about to be or to be given back, at a moment within the call.
//
//   who gives one back                        who finds none left, under the mutex
//   1. ++kept, of the shard                   a. gathering = true
//   2. gathering, or too many kept? then      b. takes all that is kept, shard by shard
//      takes one of those that are kept       c. is one left?
//      there, if there is any
//   3. it is left
//
// All of that is in one order (seq_cst). If (b) misses (1), then (2) sees (a). So when (c) finds
// none left, each that is kept in a shard, or was taken out by (2) and not left yet, stands for one
// who gives one back at that moment.
//   Forbidden: 2 before 1. Between them (a) to (c) pass by, and one that nobody has is refused.
//   Forbidden: that (2) takes all that are kept. Until (3) nobody finds them, and others may have
//   given them back long ago.
class Places {
 public:
  explicit Places(size_t limit) : limit_(limit) {}

  // Acquire: what was done before a place was given back is seen by who takes it.
  bool TryTake() {
    std::atomic<size_t>& kept = OwnShard().kept;
    size_t count = kept.load(std::memory_order_relaxed);
    while (count != 0) {
      if (kept.compare_exchange_weak(count, count - 1, std::memory_order_seq_cst)) return true;
    }
    return TryTakeLeft() || TryGather();
  }
  void Give() {
    std::atomic<size_t>& kept = OwnShard().kept;
    const size_t before = kept.fetch_add(1, std::memory_order_seq_cst);
    if (before >= kKeptMax || gathering_.load(std::memory_order_seq_cst)) LeaveOne(kept);
  }
  // So many, for others.
  void Leave(size_t count) { taken_.fetch_sub(count, std::memory_order_seq_cst); }

 private:
  static constexpr size_t kShards = 16;
  // More than that is left for others.
  static constexpr size_t kKeptMax = 16;
  struct alignas(64) Shard {
    std::atomic<size_t> kept{0};
  };

  Shard& OwnShard() { return shards_[base::EpochDomain::ThreadIndex() % kShards]; }
  bool TryTakeLeft();
  bool TryGather() ABSL_LOCKS_EXCLUDED(mutex_);
  void LeaveOne(std::atomic<size_t>& kept);

  const size_t limit_;
  std::array<Shard, kShards> shards_;
  // Those that are kept too.
  alignas(64) std::atomic<size_t> taken_{0};
  // Written under the mutex.
  alignas(64) std::atomic<bool> gathering_{false};
  base::Mutex mutex_;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_PLACES_H_
