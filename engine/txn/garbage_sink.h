#ifndef NACRE_ENGINE_TXN_GARBAGE_SINK_H_
#define NACRE_ENGINE_TXN_GARBAGE_SINK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"

namespace nacre::txn {

class Generation;

// A version that will have to go. Exactly one entry is made for each superseded version and for
// each committed tombstone (a tombstone that is superseded later keeps its first entry, see
// TakeTombstone()). The entry owns the version: whoever consumes it retires the version, once it is
// unlinked, or has it written over or freed at once (RESTED in vacuum/promoter.h). The record may
// be touched only while the version is seen not to be unlinked inside the same epoch pin: such a
// version stands in its chain, and a record with such a version stands in the index. (But the block
// of the record lasts as long as its slot is taken, so the record of an unlinked version in a slot
// is there to be retired with it.) Without a record: a version that was copied to other memory
// (vacuum/mover.h) or into the slot (vacuum/promoter.h). One that was copied out of the slot has
// its record, for that reason, and a mark (vacuum/displacer.h).
struct Garbage {
  mvcc::Record* record = nullptr;
  mvcc::Version* version = nullptr;
  // The commit timestamp of the version that superseded it; 0 for a tombstone that was newest when
  // it was handed over, and for what was promoted or displaced until its entry is named.
  uint64_t superseded_at = 0;
};

// What the transactions hand to the vacuum. Thread-safe.
class GarbageSink {
 public:
  virtual ~GarbageSink() = default;

  // After a commit, its latches released.
  virtual void Accept(absl::Span<const Garbage> garbage) = 0;

  // Under the latch of the record, after its newest committed version changed: `before` and `after`
  // are the expiries of the old and the new one (mvcc::kNoExpiry if none). O(log n).
  virtual void ExpiryChanged(mvcc::Record* record, mvcc::ExpiryMs before, mvcc::ExpiryMs after) = 0;

  // Under the latch of the record, after a commit superseded `tombstone`, its newest version until
  // then. True if the entry of the tombstone was at rest: it is the caller's now, who hands it over
  // with the others, for what it waited for no longer matters. False if somebody has it in hand.
  // O(1).
  virtual bool TakeTombstone(mvcc::Record* record, mvcc::Version* tombstone) = 0;

  // After a commit that replaced `generation` of a keyspace by a newer one.
  virtual void AcceptGeneration(uint32_t keyspace, Generation* generation,
                                uint64_t superseded_at) = 0;

  // After a commit and after a snapshot ended, with nothing held: does a bounded share of the work
  // if there is too much of it, and wakes the vacuum where it waits for this.
  virtual void Assist() = 0;
  // A read of two numbers, unless something waits for that.
  void SnapshotEnded() {
    if (SnapshotsAreAwaited()) [[unlikely]]
      AwaitedSnapshotEnded();
  }
  // Whether that does anything.
  bool SnapshotsAreAwaited() const {
    return awaited_.entries.load(std::memory_order_relaxed) != 0 ||
           awaited_.generations.load(std::memory_order_relaxed) != 0;
  }

 protected:
  // What waits for snapshots to end or to rest. Relaxed: who misses an arrival came before it, and
  // what arrives is looked at once more.
  struct Awaited {
    std::atomic<size_t> entries{0};
    std::atomic<size_t> generations{0};
  };
  Awaited awaited_;

 private:
  virtual void AwaitedSnapshotEnded() = 0;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_GARBAGE_SINK_H_
