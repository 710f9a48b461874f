#include "vacuum/promoter.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/base/faults.h"
#include "engine/base/prefetch.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"

namespace nacre::vacuum {

using mvcc::Record;
using mvcc::Version;

// The waits for memory of all of them overlap: records, then stripes and heads.
void Promoter::TakeAll(absl::Span<void* const> records) noexcept {
  std::array<txn::Stripe*, base::RetireList::kTakenAtOnce> stripes;
  std::array<txn::Garbage, base::RetireList::kTakenAtOnce> promoted;
  if (queue_.is_long()) [[unlikely]] {
    for (void* const record : records) Record::FreeSlot(record);
    return;
  }
  for (void* const record : records) {
    for (const int line : {0, 64, 128}) {
      base::PrefetchForWrite(static_cast<const char*>(record) + line);
    }
  }
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& record = *static_cast<const Record*>(records[i]);
    const uint64_t hash = txn::LatchTable::HashOf(record.tree_id(), record.key());
    stripes[i] = &store_.latches.at(store_.latches.IndexOf(hash));
    base::PrefetchForWrite(stripes[i]);
    // Only named: it may be gone.
    base::PrefetchForWrite(record.head());
  }
  size_t count = 0;
  int64_t bytes = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    auto* const record = static_cast<Record*>(records[i]);
    Version* const old = Promote(*record, *stripes[i]);
    if (old == nullptr) {
      Record::FreeSlot(record);
      continue;
    }
    bytes += static_cast<int64_t>(old->memory_bytes());
    promoted[count++] = {nullptr, old, 0};
  }
  if (count == 0) return;
  store_.counters.memory_bytes.Add(-bytes);
  // The slot was an object more.
  Push({promoted.data(), count}, /*counted=*/true);
}

Version* Promoter::Promote(Record& record, txn::Stripe& stripe) {
  // Who holds it mostly links a newer version, which finds the slot free or not. A key that stays
  // apart by this does so until its next update.
  if (!stripe.latch.TryLock()) return nullptr;
  NACRE_STEP(kPruneLatched);
  Version* old = nullptr;
  // The head of a record that has left the index may be gone.
  if (!record.removed()) {
    NACRE_CHECK(record.head() != nullptr, "a record without a version stands in the index");
    if (Version* const copy = record.InlineAgain(*record.head()); copy != nullptr) {
      old = record.ReplaceHead(copy);
      NACRE_STEP(kPruneUnlinked);
    }
  }
  stripe.latch.Unlock();
  return old;
}

Promoter::Replacement Promoter::Replace(const txn::Garbage& entry, txn::Stripe& stripe,
                                        PruneTally& tally) {
  Replacement done;
  if (queue_.is_long() || !stripe.latch.TryLock()) return done;
  NACRE_STEP(kPruneLatched);
  Record& record = *entry.record;
  Version& target = *entry.version;
  Version* const head = record.head();
  if (ChainPruner::IsRightBelowValue(*head, target)) {
    NACRE_CHECK(target.commit_timestamp() < entry.superseded_at &&
                    entry.superseded_at <= head->commit_timestamp(),
                "a chain is not in commit order");
    ++tally.steps;
    ChainPruner::Unlink(*head, target, tally);
    done.unlinked = true;
    if (Version* const copy = record.InlineOver(*head); copy != nullptr) {
      NACRE_STEP(kSlotWrittenOver);
      done.promoted = record.ReplaceHead(copy);
      NACRE_STEP(kSlotWrittenOver);
      tally.bytes += static_cast<int64_t>(done.promoted->memory_bytes());
    }
  }
  stripe.latch.Unlock();
  return done;
}

void Promoter::Push(absl::Span<const txn::Garbage> promoted, bool counted) {
  store_.counters.versions_promoted.Add(static_cast<int64_t>(promoted.size()));
  queue_.PushPromoted(promoted, counted);
}

void Promoter::NameEntries(absl::Span<txn::Garbage> entries) {
  uint64_t timestamp = 0;
  for (txn::Garbage& entry : entries) {
    if (entry.superseded_at != 0) continue;
    if (entry.record != nullptr && !entry.version->displaced()) continue;
    if (timestamp == 0) timestamp = store_.sequencer.CommitNothing();
    entry.superseded_at = timestamp;
  }
}

}  // namespace nacre::vacuum
