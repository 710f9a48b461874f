#ifndef NACRE_ENGINE_BASE_RETIRE_H_
#define NACRE_ENGINE_BASE_RETIRE_H_

#include <array>
#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/types/span.h"
#include "engine/base/latch.h"
#include "engine/base/mutex.h"

namespace nacre::base {

// Objects that were unlinked and wait until no thread can still be reading them. Thread-safe.
//
// They wait in batches, each with the epoch that was closed after its last object had been unlinked
// (EPOCH-SAFE in epoch.h says when it may be freed).
//
// Invariant NOBODY-HOLDS-UP: no lock is held while objects are freed or a Heavy() is made, and
// nobody waits for a lock where another one will do, or can do without. So a thread that is
// preempted in here keeps the batch that it is freeing, or one shard of kShards, and nobody else
// from retiring or freeing. (What memory comes from has locks of its own, for some dozen blocks at
// a time: slab_pool.h.)
//   Forbidden: freeing under a lock of the list. A vacuum thread that gets no processor holds it
//   for as long as it gets none, and all that others retire meanwhile stays.
//   Forbidden: closing an epoch in Add(), or asking whether one has passed. It is called under
//   latches of keys, and a membarrier() waits for every processor that runs a thread of the
//   process.
class RetireList {
 public:
  using Free = void (*)(void* object);
  // Gets what was retired with a certain Free, when that may be called, and calls it itself. Of
  // what is freed at a time it gets up to kTakenAtOnce together, for it to work on side by side.
  class Taker {
   public:
    virtual ~Taker() = default;
    virtual void TakeAll(absl::Span<void* const> objects) noexcept = 0;
  };
  static constexpr size_t kTakenAtOnce = 16;

  static constexpr size_t kBatchObjects = 256;
  static constexpr size_t kShards = 16;

  RetireList() = default;
  RetireList(const RetireList&) = delete;
  RetireList& operator=(const RetireList&) = delete;
  // Frees everything. Precondition: nobody can reach the objects any more.
  ~RetireList();

  // Precondition: `object` can not be found by a thread that pins from now on. Nothing is freed
  // here, no epoch is closed. O(1).
  void Add(void* object, Free free) noexcept { AddAll({&object, 1}, free); }
  // The same for several at once. O(objects).
  void AddAll(absl::Span<void* const> objects, Free free) noexcept;
  // What nobody can be reading any more: it is freed with the rest, but waits for no epoch, and is
  // nothing that the thread owes for. O(objects).
  void AddPassed(absl::Span<void* const> objects, Free free) noexcept;
  // From now on `taker` gets what was retired with `free`; nullptr: nobody does. The caller knows
  // that nobody else uses the list. The destructor asks no taker.
  void SetTaker(Free free, Taker* taker) {
    taken_ = free;
    taker_ = taker;
  }
  // How many objects the calling thread has retired since it was asked last, to any list.
  static size_t TakeOwed();

  // Frees one batch whose epoch has passed, of the calling thread's shard if there is one. Returns
  // the number of objects; 0 if there is none. Where all that is full is still open, one epoch is
  // closed for all of it. For committers: what fills no batch, less than kShards x kBatchObjects,
  // is left to Reclaim(). The caller is not pinned, or frees nothing.
  size_t ReclaimBatch() noexcept { return ReclaimBatch(Which().set()); }
  // The same for as many batches as make at least `limit` objects.
  size_t ReclaimBatches(size_t limit) noexcept { return ReclaimBatches(Which().set(), limit); }

  // Frees at most `limit` objects of the calling thread's shard whose epoch has passed. Closes
  // none. For committers that free little and often: what they allocate next is what they have
  // freed last. O(limit).
  size_t ReclaimOwn(size_t limit) noexcept;
  // Closes an epoch for all that is full, if the calling thread's shard waits for that.
  void CloseOwn() noexcept;

  // Frees objects whose epoch has passed, all of them or, by whole batches, at least `limit`;
  // returns how many. Closes an epoch for all that it leaves open, full or not.
  size_t Reclaim(size_t limit) noexcept { return Reclaim(Which().set(), limit); }
  // The same without the shards from which ReclaimOwn() has freed since this was called last, and
  // which are left to the threads that do.
  size_t ReclaimUntended(size_t limit) noexcept;

  // How many objects the calling thread has freed in its life, of any list.
  static size_t FreedByThread();

  // Objects retired and not yet freed. Approximate while others work.
  size_t waiting() const { return waiting_.load(std::memory_order_seq_cst); }

 private:
  struct Retired {
    void* object;
    Free free;
  };
  using Objects = std::vector<Retired>;
  // Instead of an epoch: it is yet to be closed.
  static constexpr uint64_t kOpen = 0;
  struct Batch {
    uint64_t epoch;
    Objects objects;  // Those that are not freed.
    bool passed = false;
  };
  struct alignas(64) Shard {
    Latch mutex;
    Objects fresh ABSL_GUARDED_BY(mutex);
    Objects passed ABSL_GUARDED_BY(mutex);             // Of AddPassed().
    std::deque<Batch> batches ABSL_GUARDED_BY(mutex);  // Closed ones, then open ones.
    uint64_t taken ABSL_GUARDED_BY(mutex) = 0;         // Batches before those.
    // ReclaimOwn() has freed from it since ReclaimUntended() looked.
    bool tended ABSL_GUARDED_BY(mutex) = false;
  };
  using Which = std::bitset<kShards>;
  // What a walk over the shards has met.
  struct Look {
    uint64_t too_young = UINT64_MAX;  // The oldest epoch that was seen not to have passed.
    bool any_open = false;            // A shard has open batches and nothing else.
    uint64_t unknown = 0;             // The newest epoch of which that takes a Heavy() to tell.
    uint64_t passed = 0;              // The newest of which that has told that it has passed.
  };

  // The shard of the calling thread, or another one if somebody is in there.
  Shard& LockAnyShard() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  // Makes a batch of what is fresh.
  static void EndFresh(Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  // Closes an epoch for all open batches of the shards named, and for what is fresh. They stay
  // where they are: whoever stands still in here has nothing in hand.
  void Close(const Which& which, bool fresh_too);
  // Under a lock, without a Heavy().
  static bool HasPassed(const Batch& batch, Look& look);
  // With none held. Whether it pays to look again.
  static bool FindOut(Look& look);
  static Objects TakePassed(Shard& shard, Look& look);
  void FreeAll(absl::Span<const Retired> objects) const;
  size_t FreeOne(const Which& which, Look& look);
  // What the public ones say, of the shards named.
  size_t ReclaimBatch(const Which& which) noexcept;
  size_t ReclaimBatches(const Which& which, size_t limit) noexcept;
  size_t Reclaim(const Which& which, size_t limit) noexcept;

  std::array<Shard, kShards> shards_;
  Free taken_ = nullptr;
  Taker* taker_ = nullptr;
  // Written by everyone, read for Stats and by those who might free. Seq_cst where it grows and
  // where it is read: who retires and rings, and who goes to sleep and asks, see each other
  // (WakeBell).
  std::atomic<size_t> waiting_{0};
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_RETIRE_H_
