#include "vacuum/promoter.h"

#include <cstdint>

#include "engine/base/check.h"
#include "engine/base/faults.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"

namespace nacre::vacuum {

using mvcc::Record;
using mvcc::Version;

void Promoter::Take(void* record) noexcept {
  if (!Promote(static_cast<Record*>(record))) Record::FreeSlot(record);
}

bool Promoter::Promote(Record* record) {
  txn::Stripe& stripe = store_.latches.at(store_.latches.IndexOf(record->tree_id(), record->key()));
  // Who holds it mostly links a newer version, which finds the slot free or not. A key that stays
  // apart by this does so until its next update.
  if (!stripe.latch.TryLock()) return false;
  NACRE_STEP(kPruneLatched);
  Version* copy = nullptr;
  Version* old = nullptr;
  // The head of a record that has left the index may be gone.
  if (!record->removed()) {
    old = record->head();
    NACRE_CHECK(old != nullptr, "a record without a version stands in the index");
    copy = record->InlineAgain(*old);
  }
  if (copy != nullptr) {
    record->ReplaceHead(copy);
    NACRE_STEP(kPruneUnlinked);
  }
  stripe.latch.Unlock();
  if (copy == nullptr) return false;
  store_.counters.memory_bytes.Add(-static_cast<int64_t>(old->memory_bytes()));
  store_.counters.versions_promoted.Add(1);
  queue_.PushAlong({nullptr, old, 0});
  return true;
}

void Promoter::NameEntries(absl::Span<txn::Garbage> entries) {
  uint64_t timestamp = 0;
  for (txn::Garbage& entry : entries) {
    if (entry.record != nullptr || entry.superseded_at != 0) continue;
    if (timestamp == 0) timestamp = store_.sequencer.CommitNothing();
    entry.superseded_at = timestamp;
  }
}

}  // namespace nacre::vacuum
