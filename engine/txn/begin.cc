#include "engine/txn/begin.h"

#include "absl/strings/str_cat.h"
#include "engine/mvcc/visibility.h"

namespace nacre::txn {
namespace {

absl::Status TooMany(const Store& store) {
  return absl::ResourceExhaustedError(absl::StrCat("snapshots_max, ", store.options.snapshots_max,
                                                   ", transactions and snapshots are open"));
}

void Release(Store& store, const SnapshotRegistry::Registration& registration) {
  store.registry.Release(registration);
  store.garbage->SnapshotEnded();
}

}  // namespace

absl::Status BeginView(Store& store, uint64_t owner, BegunView& begun,
                       SnapshotRegistry::Holder holder) {
  for (;;) {
    begun.knows_time = store.expiry_used.load(std::memory_order_acquire);
    begun.now = begun.knows_time ? store.time.Refresh() : store.time.Last();
    const auto registration = store.registry.Register(owner, holder);
    if (!registration) return TooMany(store);
    // Unless the time moved meanwhile, the read timestamp was drawn at this time. If there was
    // none, the first value with an expiry may have been committed meanwhile, below the read
    // timestamp.
    const bool one_cut = begun.knows_time ? store.time.Last() == begun.now
                                          : !store.expiry_used.load(std::memory_order_acquire);
    if (one_cut) {
      begun.read_timestamp = registration->read_timestamp;
      begun.registration = *registration;
      return absl::OkStatus();
    }
    Release(store, *registration);
  }
}

absl::Status BeginViewAt(Store& store, uint64_t timestamp, uint64_t owner, BegunView& begun) {
  if (timestamp > store.sequencer.Clock()) {
    return absl::OutOfRangeError(absl::StrCat("timestamp ", timestamp, " lies in the future"));
  }
  begun.knows_time = true;
  begun.now = store.time.Refresh();
  const auto registration = store.registry.RegisterAt(timestamp, owner);
  if (!registration) return TooMany(store);
  if (timestamp < store.retention_floor.load(std::memory_order_seq_cst)) {
    Release(store, *registration);
    return absl::OutOfRangeError(absl::StrCat("the history at timestamp ", timestamp,
                                              " is gone; see Options::history_retention"));
  }
  SnapshotRegistry::Settle(*registration);
  begun.read_timestamp = timestamp;
  begun.registration = *registration;
  return absl::OkStatus();
}

bool HasChangedBetween(Store& store, const Tree& tree, std::string_view key, const ReadView& since,
                       const ReadView& until, bool latched) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  const mvcc::Record* record = tree.index.Find(key);
  for (const mvcc::Version* version = record == nullptr ? nullptr : record->head();
       version != nullptr; version = version->previous()) {
    const uint64_t committed = version->commit_timestamp();
    if (committed == 0 || committed > until.read_timestamp) continue;
    if (committed > since.read_timestamp) {
      const bool removes_what_was_expired = version->is_expired_tombstone() &&
                                            version->expiry() <= since.now &&
                                            version->replaced() <= since.read_timestamp;
      if (!removes_what_was_expired) return true;
      continue;
    }
    // Untouched; but its time may have come meanwhile.
    return !version->is_tombstone() && version->expiry() > since.now &&
           version->expiry() <= until.now;
  }
  // Nothing as old as `since` is left: whatever came and went since then is in the floor.
  Stripe& stripe = store.latches.at(store.latches.IndexOf(tree.id, key));
  if (latched) return stripe.floor > since.read_timestamp;
  base::MutexLock lock(stripe.latch);
  return stripe.floor > since.read_timestamp;
}

}  // namespace nacre::txn
