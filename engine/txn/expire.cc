#include "engine/txn/expire.h"

#include "engine/base/check.h"

namespace nacre::txn {

std::array<Garbage, 2> CommitExpiry(Store& store, Tree& tree, mvcc::Record* record) {
  mvcc::Version* expired = record->head();
  NACRE_CHECK(
      expired != nullptr && !expired->is_tombstone() && expired->expiry() <= store.time.Last(),
      "only a value whose time has come may be removed");
  mvcc::Version* tombstone =
      mvcc::Version::NewExpiredTombstone(expired->expiry(), expired->commit_timestamp());
  tombstone->PrepareAsLeader();
  tombstone->set_previous(expired);
  record->set_head(tombstone);
  const RecentWrite write{record, LatchTable::HashOf(tree.id, record->key())};
  uint64_t timestamp;
  {
    base::MutexLock sequencer(store.sequencer.mutex());
    store.expiry_changes_pending.fetch_add(1, std::memory_order_relaxed);
    timestamp = store.sequencer.Clock() + 1;
    store.sequencer.Remember(timestamp, {&write, 1});
    tree.live_keys.fetch_sub(1, std::memory_order_relaxed);
    tombstone->Stamp(timestamp);
    store.sequencer.Publish(timestamp);
  }
  store.garbage->ExpiryChanged(record, expired->expiry(), mvcc::kNoExpiry);
  store.expiry_changes_pending.fetch_sub(1, std::memory_order_release);
  store.counters.versions_created.Add(1);
  store.counters.memory_bytes.Add(static_cast<int64_t>(tombstone->memory_bytes()));
  store.counters.keys_expired.fetch_add(1, std::memory_order_relaxed);
  return {Garbage{record, expired, timestamp}, Garbage{record, tombstone, 0}};
}

}  // namespace nacre::txn
