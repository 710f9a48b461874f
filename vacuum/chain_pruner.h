#ifndef NACRE_VACUUM_CHAIN_PRUNER_H_
#define NACRE_VACUUM_CHAIN_PRUNER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/check.h"
#include "engine/base/faults.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"
#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"
#include "vacuum/scan.h"
#include "vacuum/waiting_tombstones.h"

namespace nacre::vacuum {

// What was done, for the counters.
struct PruneTally {
  size_t versions = 0;  // Unlinked.
  size_t records = 0;   // Removed from the index.
  int64_t bytes = 0;    // No longer counted as memory of the database.
  size_t steps = 0;     // Versions walked over under latches.

  void AddTo(txn::Counters& counters) const;
};

// Unlinks versions from chains, and records from the index, under the latch of the key, which it
// only tries to take. Thread-safe.
//
// Invariant ENTRY: every version that was superseded, and every committed tombstone, has exactly
// one entry (txn::Garbage); the entry frees the version, the walk only unlinks it. A version that
// is not unlinked stands in its chain, and the record of such a chain stands in the index, so both
// may be touched within the pin in which this was seen.
//
// Invariant LONE: a tombstone with nothing below it says what its absence says, to every snapshot.
// Below its timestamp the key reads as absent with or without it (what stood below was pruned
// because nobody reads there, or never was), and above it too. And for a writer the floor of the
// stripe speaks in its place (FLOOR in latch_table.h). So its record is removed at once, whatever
// snapshots are held, by whoever leaves the chain so.
//
// Invariant LINEAR: one walk unlinks all it can of what it passes. So a chain of n versions
// is cleared in n steps and not in n^2 / 2, although each version has an entry.
//
// A latch is held for at most kStepsPerLatch steps. The walk then goes on from a cursor: the last
// version that was kept, which is still in its chain if it is not unlinked, and readable in any
// case because the pin lasts.
class ChainPruner {
 public:
  static constexpr size_t kStepsPerLatch = 256;

  enum class Outcome : uint8_t {
    kUnlinked,    // The version is out of its chain: consume the entry.
    kNeeded,      // It stays. entry.superseded_at is known now.
    kWaits,       // A tombstone that covers what is needed: the entry is in WaitingTombstones.
    kBusy,        // Somebody holds the latch.
    kUnfinished,  // rounds_max latches were not enough.
  };

  ChainPruner(txn::Store& store, WaitingTombstones& waiting) : store_(store), waiting_(waiting) {}

  // Unlinks the version of `entry` if `scan` allows, and with it whatever else the walk there
  // passes. Tombstones that stop waiting are added to `again`. Precondition: pinned. `stripe` is
  // that of the key, which may be read in the pin in which the version was seen in its chain.
  Outcome Prune(txn::Garbage& entry, txn::Stripe& stripe, const Scan& scan, size_t rounds_max,
                PruneTally& tally, std::vector<txn::Garbage>& again);
  // Prune() of a version that stands right below a value, as most do, within one latch. False, and
  // nothing is done, if it does not, or the latch is busy. Preconditions: as above; the scan allows
  // to prune the version, of which it is known by what it was superseded.
  bool PruneBelowHead(const txn::Garbage& entry, txn::Stripe& stripe, PruneTally& tally);

  // --- The latch of the key is held. ---
  // Whether `version` stands right below the value `head`. Not below a tombstone: one that covers
  // nothing any more takes its record along. Who takes a whole tree apart leaves the links of what
  // it has unlinked as they are.
  static bool IsRightBelowValue(const mvcc::Version& head, const mvcc::Version& version) {
    return head.previous() == &version && !head.is_tombstone() && !version.unlinked();
  }
  // `version` stands right below `newer`.
  static void Unlink(mvcc::Version& newer, mvcc::Version& version, PruneTally& tally) {
    newer.set_previous(version.previous());
    version.set_unlinked();
    NACRE_STEP(kPruneUnlinked);
    ++tally.versions;
    tally.bytes += static_cast<int64_t>(version.memory_bytes());
  }

 private:
  struct Walk {
    txn::Garbage& entry;
    const Scan& scan;
    PruneTally& tally;
    mvcc::Version* cursor = nullptr;
    bool met = false;  // Passed the version of the entry.
    bool unlinked_any = false;
  };

  Outcome PruneLatched(txn::Stripe& stripe, Walk& walk, std::vector<txn::Garbage>& again)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(stripe.latch);
  // Returns false if the steps were used up first.
  bool WalkDown(Walk& walk);
  void RemoveRecord(txn::Stripe& stripe, mvcc::Record* record, PruneTally& tally)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(stripe.latch);

  txn::Store& store_;
  WaitingTombstones& waiting_;
};

inline bool ChainPruner::PruneBelowHead(const txn::Garbage& entry, txn::Stripe& stripe,
                                        PruneTally& tally) {
  mvcc::Version& target = *entry.version;
  if (!stripe.latch.TryLock()) return false;
  NACRE_STEP(kPruneLatched);
  mvcc::Version* const head = entry.record->head();
  const bool below_head = IsRightBelowValue(*head, target);
  if (below_head) {
    NACRE_CHECK(target.commit_timestamp() < entry.superseded_at, "a chain is not in commit order");
    ++tally.steps;
    Unlink(*head, target, tally);
  }
  stripe.latch.Unlock();
  return below_head;
}

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_CHAIN_PRUNER_H_
