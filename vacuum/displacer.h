#ifndef NACRE_VACUUM_DISPLACER_H_
#define NACRE_VACUUM_DISPLACER_H_

#include <atomic>
#include <cstddef>

#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"
#include "vacuum/chain_pruner.h"
#include "vacuum/garbage_queue.h"

namespace nacre::vacuum {

// Moves a version that snapshots hold for long out of the slot of its record (INLINE in record.h),
// into a block of its own, so that the newest version of the key can come back there (promoter.h).
// Thread-safe.
//
// Invariant DISPLACED: the version in the slot is freed like one that was moved (MOVED in mover.h),
// only that its entry names the record, whose slot it is, and that its mark tells it from others.
// Its copy takes over the entry that it had. Nobody who would need the original any longer than a
// pin lasts is left to wait for: all that see the version are at rest (AT-REST in
// snapshot_registry.h), and look for it in its chain when they read again. (The entry waits for
// transactions that began before it was made, though some of them began too late to see it.)
//   Forbidden: to do so while one of them is not at rest, as a transaction never is. The slot would
//   be taken as before, and the copy be made for nothing. The entry waits for those first.
class Displacer {
 public:
  Displacer(txn::Store& store, GarbageQueue& queue) : store_(store), queue_(queue) {}

  // False, and nothing is done, if somebody holds the latch, or while the queue is nearly as long
  // as it may be, since it would get an entry more (BACKPRESSURE in share.cc). `entry` names the
  // copy then, unless the version is unlinked by now, or has more above it than are worth a walk,
  // and stays. Preconditions: pinned; the version stands in a slot, and was seen to be superseded
  // and not to be unlinked.
  bool TryDisplace(txn::Garbage& entry, PruneTally& tally);

  // Since construction.
  size_t versions_displaced() const { return versions_displaced_.load(std::memory_order_relaxed); }

 private:
  txn::Store& store_;
  GarbageQueue& queue_;
  std::atomic<size_t> versions_displaced_{0};
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_DISPLACER_H_
