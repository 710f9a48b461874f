#ifndef NACRE_VACUUM_PROMOTER_H_
#define NACRE_VACUUM_PROMOTER_H_

#include "absl/types/span.h"
#include "engine/base/retire.h"
#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"
#include "vacuum/garbage_queue.h"

namespace nacre::vacuum {

// Copies the newest version of a key into the slot of its record when the slot can be used again
// (INLINE in record.h). An update puts its version in a block of its own, since snapshots may read
// in the slot; when what stood there has been freed, the update's version takes its place. So the
// newest version is inline but for a moment after each update, and the blocks of updates are few
// and go round in the cache. Thread-safe.
//
// Invariant PROMOTED: the version that was copied is freed like one that was moved (MOVED in
// mover.h), only that its entry gets its timestamp later: it is pushed with none, and whoever takes
// it from the queue calls NameEntries() before it looks at it.
class Promoter final : public base::RetireList::Taker {
 public:
  Promoter(txn::Store& store, GarbageQueue& queue) : store_(store), queue_(queue) {}

  // The slots of `records` are read by nobody any more. While the queue is nearly as long as it may
  // be, nothing is promoted, since each one would be an entry more (BACKPRESSURE in share.cc); such
  // a key stays apart until its next update that fits, or until it is moved. No pin is needed: what
  // is reached under the latch of a record that stands in the index is there. Waits for no latch.
  void TakeAll(absl::Span<void* const> records) noexcept override;

  // Gives promoted versions among `entries`, and displaced ones, their timestamp, which is drawn by
  // a commit that writes nothing, for all of them. Holds the sequencer, if there are any.
  void NameEntries(absl::Span<txn::Garbage> entries);

 private:
  // What was promoted; nullptr if what is newest can not stand in the slot, or the latch is taken.
  mvcc::Version* Promote(mvcc::Record& record, txn::Stripe& stripe);

  txn::Store& store_;
  GarbageQueue& queue_;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_PROMOTER_H_
