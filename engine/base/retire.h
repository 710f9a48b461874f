#ifndef NACRE_ENGINE_BASE_RETIRE_H_
#define NACRE_ENGINE_BASE_RETIRE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/mutex.h"

namespace nacre::base {

// Objects that were unlinked and wait until no thread can still be reading them. Thread-safe.
//
// They wait in batches, each with the epoch that was closed after its last object had been unlinked
// (EPOCH-SAFE in epoch.h says when it may be freed).
//
// Invariant NOBODY-HOLDS-UP: no lock is held while objects are freed or an epoch is closed, and
// nobody waits for a lock where another one will do. So a thread that is preempted in here keeps
// the few batches that it has in hand, and nobody else from retiring or freeing.
//   Forbidden: freeing under a lock of the list. A vacuum thread that gets no processor holds it
//   for as long as it gets none, and all that others retire meanwhile stays.
class RetireList {
 public:
  using Free = void (*)(void* object);

  static constexpr size_t kBatchObjects = 256;
  static constexpr size_t kShards = 16;

  RetireList() = default;
  RetireList(const RetireList&) = delete;
  RetireList& operator=(const RetireList&) = delete;
  // Frees everything. Precondition: nobody can reach the objects any more.
  ~RetireList();

  // Precondition: `object` can not be found by a thread that pins from now on. Nothing is freed
  // here. O(1), and closes an epoch once for kBatchObjects.
  void Add(void* object, Free free);

  // Frees one full batch whose epoch has passed, of the calling thread's if there is one. Returns
  // the number of objects; 0 if there is no such batch. For committers: what is not full, at most
  // kShards x kBatchObjects, is left to Reclaim(), since to close an epoch is dear.
  size_t ReclaimBatch();

  // Frees objects whose epoch has passed, all of them or, by whole batches, at least `limit`;
  // returns how many.
  size_t Reclaim(size_t limit);

  // Objects retired and not yet freed. Approximate while others work.
  size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  struct Retired {
    void* object;
    Free free;
  };
  using Objects = std::vector<Retired>;
  struct Batch {
    uint64_t epoch;
    Objects objects;
  };
  struct alignas(64) Shard {
    Mutex mutex;
    Objects fresh ABSL_GUARDED_BY(mutex);
    std::deque<Batch> batches ABSL_GUARDED_BY(mutex);  // Oldest first, or nearly.
  };

  // The shard of the calling thread, or another one if somebody is in there.
  Shard& LockAnyShard() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  size_t ReclaimBatches(size_t limit);
  // Makes batches of all that is fresh. Costs a Heavy() if there is anything.
  void CloseFresh();
  // `too_young`: an epoch that is known not to have passed; lowered to what else turns out so.
  static Objects TakePassed(Shard& shard, uint64_t& too_young);

  std::array<Shard, kShards> shards_;
  // Written by everyone, read for Stats and by those who might free; a stale value costs nothing.
  std::atomic<size_t> waiting_{0};
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_RETIRE_H_
