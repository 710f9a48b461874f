#ifndef NACRE_ENGINE_TXN_READ_VIEW_H_
#define NACRE_ENGINE_TXN_READ_VIEW_H_

#include <string_view>

#include "absl/status/status.h"
#include "engine/base/faults.h"
#include "engine/mvcc/visibility.h"
#include "engine/txn/store.h"

namespace nacre::txn {

// What is the same in a transaction, a snapshot and an iterator: the state that they read.
struct ReadView {
  uint64_t read_timestamp = 0;
  mvcc::ExpiryMs now = INT64_MIN;
  // The slot is nullptr for a lock-first transaction, whose latches and pin hold what it reads.
  SnapshotRegistry::Registration registration;

  bool IsTooOld() const {
    return registration.slot != nullptr && SnapshotRegistry::IsTooOld(registration);
  }
};

// Always the view's own time, unless a bug is planted.
inline mvcc::ExpiryMs JudgeExpiryBy([[maybe_unused]] const Store& store, const ReadView& view) {
  if (NACRE_BUG(kExpireMidTransaction)) return const_cast<Store&>(store).time.Refresh();
  return view.now;
}

inline absl::Status TooOldError() {
  return absl::OutOfRangeError(
      "snapshot too old: it outlived Options::max_snapshot_age; begin again");
}

// The newest version of a key that the view sees, also if it is a tombstone or expired; nullptr if
// none. The caller is pinned and checks IsTooOld() after this, before it uses the result.
inline const mvcc::Version* FindVersion(const Tree& tree, std::string_view key,
                                        const ReadView& view, mvcc::Record** found = nullptr) {
  mvcc::Record* record = tree.index.Find(key);
  if (found != nullptr) *found = record;
  return record == nullptr ? nullptr : mvcc::FindVisible(*record, view.read_timestamp);
}

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_READ_VIEW_H_
