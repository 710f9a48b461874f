#ifndef NACRE_VACUUM_TREE_REAPER_H_
#define NACRE_VACUUM_TREE_REAPER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/mvcc/record.h"
#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"
#include "vacuum/chain_pruner.h"
#include "vacuum/expiry_index.h"
#include "vacuum/waiting_tombstones.h"

namespace nacre::vacuum {

// Takes apart the trees of dropped and flushed keyspaces, a bounded number of records at a time.
// Thread-compatible.
//
// Invariant UNREACHED: a tree is taken apart only when no transaction can find it: no generation
// holds it (so no snapshot sees it, and no commit can still succeed in it), and the epoch in which
// the last one was unlinked has passed (so no call that takes no snapshot is inside). What is left
// is the vacuum itself, which comes through the garbage entries and the expiry index, and meets the
// reaper at the latch of each key. The floor of a stripe need not be raised: nobody will ask about
// keys of this tree again, and no other tree has its id before it is gone.
class TreeReaper {
 public:
  TreeReaper(txn::Store& store, ExpiryIndex& expiries, WaitingTombstones& waiting)
      : store_(store), expiries_(expiries), waiting_(waiting) {}

  // `tree` has just lost its last generation.
  void Add(txn::Tree* tree);
  // Removes at most `records_max` records. Tombstones that stop waiting are added to `again`.
  // Returns how many were removed; less than asked for if nothing more can go now. Not pinned.
  size_t Reap(size_t records_max, PruneTally& tally, std::vector<txn::Garbage>& again);

  size_t trees() const { return trees_.size(); }

 private:
  static constexpr size_t kBatchRecords = 64;

  struct Dying {
    txn::Tree* tree;
    uint64_t epoch;        // Of its last generation.
    std::string next_key;  // The walk has passed everything before...
    bool begun = false;    // ...and, once begun, this key too.
    bool skipped = false;  // Records whose latch was busy are left behind.
  };

  // Returns how many records were looked at; 0 at the end of the tree.
  size_t ReapBatch(Dying& dying, size_t count, size_t& removed, PruneTally& tally,
                   std::vector<txn::Garbage>& again);
  bool RemoveRecord(txn::Tree& tree, mvcc::Record* record, PruneTally& tally,
                    std::vector<txn::Garbage>& again);

  txn::Store& store_;
  ExpiryIndex& expiries_;
  WaitingTombstones& waiting_;
  std::deque<Dying> trees_;
  std::vector<mvcc::Record*> batch_;
};

// Frees the records and versions of a tree at once. At the close of a database only: nobody else is
// left, and the versions that were unlinked have been freed by their entries.
void FreeTreeNow(txn::Tree& tree);

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_TREE_REAPER_H_
