#ifndef NACRE_VACUUM_PROMOTER_H_
#define NACRE_VACUUM_PROMOTER_H_

#include "absl/types/span.h"
#include "engine/base/retire.h"
#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"
#include "vacuum/chain_pruner.h"
#include "vacuum/garbage_queue.h"

namespace nacre::vacuum {

// Copies the newest version of a key into the slot of its record when the slot can be used again
// (INLINE in record.h). An update puts its version in a block of its own, since snapshots may read
// in the slot; when what stood there has been freed, the update's version takes its place. So the
// newest version is inline but for a moment after each update, and the blocks of updates are few
// and go round in the cache. A committer that looks after its own garbage does both at once, to
// what has rested for an epoch: it unlinks what stands in the slot, and copies over it.
// Thread-safe.
//
// Invariant RESTED: an entry has rested when an epoch has passed that was closed after its version
// was superseded; or unlinked, if it was promoted. If a scan then says that nobody needs the
// version (NEEDED in scan.h; of a promoted one, that nobody has a view of it, MOVED), nobody reads
// its value any more, not even within a pin. So the slot may be written, and the promoted version
// be freed, without another epoch.
//   - Who was pinned before has ended that pin. Who pins later finds the newer version first, and
//     goes below it only for a snapshot that reads below that one's timestamp e, or with the latch.
//   - The scan has found that snapshot. Since it does not read in [b, e), it reads below b. Then it
//     looks at the stamp, and passes by. So Record::InlineOver() leaves alone what is below, and
//     the stamp goes from b, when all else is written, to that of the version which is copied: both
//     are above what such a snapshot reads.
//   - Under the latch the chain is what it says. Who goes on from a version that he left there in
//     the same pin (ChainPruner) finds it unlinked, or the slot with what is in it now.
//   Forbidden: without the rest. A read without a snapshot has loaded the head before the commit,
//   and copies its value while it is written over.
//   Forbidden: to construct a version there. Who passes by finds nothing below it for a moment.
//   Forbidden: where snapshots grow too old. The scan has left them out when their last read ends.
//   Forbidden: to read values below a head with a pin alone. Database::DumpKey() takes the latch.
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

  struct Replacement {
    bool unlinked = false;              // The version of the entry.
    mvcc::Version* promoted = nullptr;  // What was copied into its slot, to be pushed.
  };
  // Unlinks the version of `entry`, which stands in the slot right below a value, and promotes that
  // value over it, if it fits. Nothing is done if the version does not stand there, the latch is
  // busy, or the queue is long. Preconditions: RESTED, and pinned. `stripe` is that of the key.
  Replacement Replace(const txn::Garbage& entry, txn::Stripe& stripe, PruneTally& tally);
  // Into the queue, what Replace() has promoted.
  void PushReplacing(absl::Span<const txn::Garbage> promoted) { Push(promoted, /*counted=*/false); }

  // Gives promoted versions among `entries`, and displaced ones, their timestamp, which is drawn by
  // a commit that writes nothing, for all of them. Holds the sequencer, if there are any.
  void NameEntries(absl::Span<txn::Garbage> entries);

 private:
  void Push(absl::Span<const txn::Garbage> promoted, bool counted);
  // What was promoted; nullptr if what is newest can not stand in the slot, or the latch is taken.
  mvcc::Version* Promote(mvcc::Record& record, txn::Stripe& stripe);

  txn::Store& store_;
  GarbageQueue& queue_;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_PROMOTER_H_
