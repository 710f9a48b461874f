// Whether a key changed since a snapshot was taken, as WATCH asks.

#include "absl/status/statusor.h"
#include "engine/base/epoch.h"
#include "engine/mvcc/visibility.h"
#include "engine/txn/begin.h"
#include "engine/txn/transaction_state.h"

namespace nacre::txn {

absl::StatusOr<bool> TransactionState::ChangedSince(std::string_view key, const ReadView& since) {
  if (absl::Status status = CheckActive(); !status.ok()) return status;
  if (locked()) {
    if (absl::Status status = ResolveCurrent(); !status.ok()) return status;
    const uint64_t hash = LatchTable::HashOf(current_.tree_id, key);
    if (writes().Find(current_.tree, hash, key) == nullptr) return NotDeclared(key);
  }
  return LatchedOrSeenChangedSince(key, since);
}

absl::StatusOr<bool> TransactionState::LatchedOrSeenChangedSince(std::string_view key,
                                                                 const ReadView& since) {
  base::EpochPin pin;
  if (since.IsTooOld() || view_.IsTooOld()) return TooOldError();
  const absl::StatusOr<GenerationUse> now = Resolve(keyspace_);
  if (!now.ok() && !absl::IsNotFound(now.status())) return now.status();
  const Generation* then = store_.keyspaces.Find(keyspace_, since.read_timestamp);
  const auto present_in = [&](const Tree& tree, const ReadView& view) {
    const mvcc::Version* version = FindVersion(tree, key, view);
    return version != nullptr && mvcc::IsLive(*version, view.now);
  };
  bool changed = false;
  if (now.ok() && now->generation == then) {
    changed = HasChangedBetween(store_, *now->committed, key, since, view_, locked());
  } else {
    changed = (then != nullptr && present_in(*then->tree, since)) ||
              (now.ok() && present_in(*now->committed, view_));
  }
  if (since.IsTooOld() || view_.IsTooOld()) return TooOldError();
  // The answer depends on the key: it is a read like any other.
  if (serializable() && now.ok()) {
    absl::StatusOr<std::optional<Value>> read =
        ReadCommitted(now->committed, key, Tracking::kTracked);
    if (!read.ok()) return read.status();
  }
  return changed;
}

}  // namespace nacre::txn
