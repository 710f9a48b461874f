#include "vacuum/tree_reaper.h"

#include <algorithm>
#include <string_view>

#include "absl/types/span.h"
#include "engine/base/check.h"
#include "engine/base/epoch.h"

namespace nacre::vacuum {

using mvcc::Record;
using mvcc::Version;

void TreeReaper::Add(txn::Tree* tree) {
  trees_.push_back({tree, base::EpochDomain::Advance(), std::string()});
}

size_t TreeReaper::Reap(size_t records_max, PruneTally& tally, std::vector<txn::Garbage>& again) {
  size_t removed = 0;
  while (removed < records_max && !trees_.empty()) {
    Dying& dying = trees_.front();
    if (!base::EpochDomain::HasPassed(dying.epoch)) break;
    const size_t count = std::min(kBatchRecords, records_max - removed);
    if (ReapBatch(dying, count, removed, tally, again) != 0) continue;
    if (dying.skipped) {
      // From the beginning, next time: whoever held those latches needs a moment.
      dying.begun = dying.skipped = false;
      dying.next_key.clear();
      break;
    }
    store_.keyspaces.RemoveTree(dying.tree);
    trees_.pop_front();
  }
  return removed;
}

size_t TreeReaper::ReapBatch(Dying& dying, size_t count, size_t& removed, PruneTally& tally,
                             std::vector<txn::Garbage>& again) {
  base::EpochPin pin;
  batch_.resize(count);
  const size_t found = dying.tree->index.CollectForward(dying.next_key, /*inclusive=*/!dying.begun,
                                                        absl::MakeSpan(batch_));
  for (size_t i = 0; i < found; ++i) {
    if (RemoveRecord(*dying.tree, batch_[i], tally, again)) {
      ++removed;
    } else {
      dying.skipped = true;
    }
  }
  if (found != 0) {
    dying.next_key = batch_[found - 1]->key();
    dying.begun = true;
  }
  return found;
}

bool TreeReaper::RemoveRecord(txn::Tree& tree, Record* record, PruneTally& tally,
                              std::vector<txn::Garbage>& again) {
  txn::Stripe& stripe = store_.latches.at(store_.latches.IndexOf(tree.id, record->key()));
  if (!stripe.latch.TryLock()) return false;
  Version* head = record->head();
  // An expirer or an entry of this key may have removed the record since it was collected.
  const bool present = head == nullptr || !head->unlinked();
  if (present) {
    if (waiting_.Take(record, head)) again.push_back({record, head, 0});
    for (Version* version = head; version != nullptr; version = version->previous()) {
      NACRE_CHECK(version->commit_timestamp() != 0, "a commit is under way in a dropped tree");
      version->set_unlinked();
      ++tally.versions;
      tally.bytes += static_cast<int64_t>(version->memory_bytes());
    }
    if (head != nullptr && !head->is_tombstone()) {
      // The live version: nothing superseded it, so it has no entry, and its expiry is indexed.
      expiries_.Change(record, head->expiry(), mvcc::kNoExpiry);
      tree.live_keys.fetch_sub(1, std::memory_order_relaxed);
      mvcc::RetireVersion(store_.retired, record, head);
    }
    NACRE_CHECK(tree.index.Remove(record->key(), record), "a record of a tree is not indexed");
    ++tally.records;
    tally.bytes += static_cast<int64_t>(record->memory_bytes());
    record->NoteRemoved();
    store_.retired.Add(record, Record::Free);
  }
  stripe.latch.Unlock();
  return true;
}

void FreeTreeNow(txn::Tree& tree) {
  base::EpochPin pin;  // The index wants one.
  std::vector<Record*> records;
  std::vector<Record*> batch(1024);
  bool begun = false;
  for (;;) {
    // The key of a record that is still there: nothing is freed before all are known.
    const std::string_view from = begun ? records.back()->key() : std::string_view();
    const size_t found = tree.index.CollectForward(from, !begun, absl::MakeSpan(batch));
    records.insert(records.end(), batch.begin(), batch.begin() + static_cast<ptrdiff_t>(found));
    if (found == 0) break;
    begun = true;
  }
  for (Record* record : records) {
    Version* version = record->head();
    while (version != nullptr) {
      Version* older = version->previous();
      mvcc::FreeVersion(record, version);
      version = older;
    }
    Record::Free(record);
  }
}

}  // namespace nacre::vacuum
