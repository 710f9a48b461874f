#include "vacuum/chain_pruner.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/base/faults.h"

namespace nacre::vacuum {

using mvcc::Record;
using mvcc::Version;

void PruneTally::AddTo(txn::Counters& counters) const {
  if (versions != 0) counters.versions_pruned.Add(static_cast<int64_t>(versions));
  if (records != 0) counters.records_removed.Add(static_cast<int64_t>(records));
  if (bytes != 0) counters.memory_bytes.Add(-bytes);
}

ChainPruner::Outcome ChainPruner::Prune(txn::Garbage& entry, txn::Stripe& stripe, const Scan& scan,
                                        size_t rounds_max, PruneTally& tally,
                                        std::vector<txn::Garbage>& again) {
  NACRE_CHECK(base::EpochDomain::IsPinned(), "a chain was walked without a pin");
  if (entry.version->unlinked()) return Outcome::kUnlinked;
  Walk walk{entry, scan, tally};
  for (size_t round = 0; round < rounds_max; ++round) {
    if (!stripe.latch.TryLock()) return Outcome::kBusy;
    NACRE_STEP(kPruneLatched);
    const Outcome outcome = PruneLatched(stripe, walk, again);
    stripe.latch.Unlock();
    if (outcome != Outcome::kUnfinished) return outcome;
  }
  return Outcome::kUnfinished;
}

ChainPruner::Outcome ChainPruner::PruneLatched(txn::Stripe& stripe, Walk& walk,
                                               std::vector<txn::Garbage>& again) {
  Record* record = walk.entry.record;
  Version* target = walk.entry.version;
  if (target->unlinked()) return Outcome::kUnlinked;  // Since the latch was asked for.

  walk.unlinked_any = false;
  const bool finished = WalkDown(walk);
  Version* head = record->head();
  if (head->is_tombstone() && head->previous() == nullptr) {
    RemoveRecord(stripe, record, walk.tally);
    walk.unlinked_any = true;
  }
  if (walk.unlinked_any && waiting_.Take(record, head)) again.push_back({record, head, 0});
  if (target->unlinked()) return Outcome::kUnlinked;
  if (target == head) {
    waiting_.Put(record, target);
    return Outcome::kWaits;
  }
  if (!finished) return Outcome::kUnfinished;
  NACRE_CHECK(walk.met, "an entry's version is neither in its chain nor unlinked");
  return Outcome::kNeeded;
}

bool ChainPruner::WalkDown(Walk& walk) {
  const Scan& scan = walk.scan;
  Version* target = walk.entry.version;
  Version* newer = walk.cursor;
  if (newer == nullptr || newer->unlinked()) newer = walk.entry.record->head();
  NACRE_CHECK(newer != nullptr, "a record with a garbage entry has no version");
  // A tombstone at the head has no end to walk to: what it covers is looked at as far as it goes.
  const bool target_is_head = newer == target;
  if (target_is_head) walk.met = true;

  for (size_t steps = 0; Version* version = newer->previous();) {
    if (steps++ == kStepsPerLatch) {
      walk.cursor = newer;
      return false;
    }
    ++walk.tally.steps;
    uint64_t superseded = newer->commit_timestamp();
    if (version == target) {
      if (walk.entry.superseded_at == 0) walk.entry.superseded_at = superseded;
      superseded = walk.entry.superseded_at;
    }
    const uint64_t committed = version->commit_timestamp();
    NACRE_CHECK(committed != 0 && committed < superseded, "a chain is not in commit order");
    if (scan.MayPrune(committed, superseded)) {
      Unlink(*newer, *version, walk.tally);
      walk.unlinked_any = true;
    } else {
      newer = version;
    }
    if (version == target && !target_is_head) {
      walk.met = true;
      return true;
    }
  }
  return true;
}

void ChainPruner::RemoveRecord(txn::Stripe& stripe, Record* record, PruneTally& tally) {
  Version* tombstone = record->head();
  const uint64_t committed = tombstone->commit_timestamp();
  NACRE_CHECK(committed != 0, "a record was to be removed in the middle of a commit");
  stripe.floor = std::max(stripe.floor, committed);
  txn::Tree* tree = store_.keyspaces.FindTree(record->tree_id());
  NACRE_CHECK(tree != nullptr, "a record has outlived its tree");
  NACRE_CHECK(tree->index.Remove(record->key(), record), "a record with versions is not indexed");
  tombstone->set_unlinked();
  NACRE_STEP(kPruneUnlinked);
  ++tally.versions;
  ++tally.records;
  tally.bytes += static_cast<int64_t>(tombstone->memory_bytes() + record->memory_bytes());
  record->NoteRemoved();
  store_.retired.Add(record, Record::Free);
}

}  // namespace nacre::vacuum
