#include "vacuum/expirer.h"

#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/base/faults.h"
#include "engine/txn/expire.h"

namespace nacre::vacuum {

size_t Expirer::RemoveDue(size_t keys_max) {
  if (index_.size() == 0) return 0;
  const mvcc::ExpiryMs now = store_.time.Refresh();
  size_t removed = 0;
  // Each time another shard comes first, so that none starves behind the bound.
  ++first_shard_;
  for (size_t i = 0; i < ExpiryIndex::kShards && removed < keys_max; ++i) {
    const size_t shard = (first_shard_ + i) % ExpiryIndex::kShards;
    ExpiryIndex::Due after{INT64_MIN, nullptr};
    while (removed < keys_max && RemoveBatch(shard, now, after, removed)) {
    }
  }
  return removed;
}

bool Expirer::RemoveBatch(size_t shard, mvcc::ExpiryMs now, ExpiryIndex::Due& after,
                          size_t& removed) {
  due_.clear();
  garbage_.clear();
  {
    txn::CommitGate::Passage passage(store_.gate, /*owner=*/false);
    base::EpochPin pin;
    index_.PeekDue(shard, now, after, kBatchKeys, due_);
    for (const ExpiryIndex::Due& due : due_) {
      if (RemoveOne(due)) ++removed;
      after = due;
    }
  }
  if (!garbage_.empty()) store_.garbage->Accept(garbage_);
  return due_.size() == kBatchKeys;
}

bool Expirer::RemoveOne(const ExpiryIndex::Due& due) {
  mvcc::Record* record = due.second;
  // Readable: it was in the index, hence in its tree, within this pin.
  txn::Stripe& stripe = store_.latches.at(store_.latches.IndexOf(record->tree_id(), record->key()));
  if (!stripe.latch.TryLock()) return false;
  NACRE_STEP(kPruneLatched);
  const bool still_due = index_.Contains(due);
  if (still_due) {
    txn::Tree* tree = store_.keyspaces.FindTree(record->tree_id());
    NACRE_CHECK(tree != nullptr, "a record with an expiry has outlived its tree");
    for (const txn::Garbage& entry : txn::CommitExpiry(store_, *tree, record)) {
      garbage_.push_back(entry);
    }
  }
  stripe.latch.Unlock();
  return still_due;
}

}  // namespace nacre::vacuum
