#ifndef NACRE_ENGINE_TXN_EXPIRE_H_
#define NACRE_ENGINE_TXN_EXPIRE_H_

#include <array>

#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"

namespace nacre::txn {

// Commits the removal of a value whose time has come, as a tombstone of its own commit.
// Preconditions: pinned; inside the commit gate; the latch of the record's stripe is held; its
// newest committed version is a value with an expiry at or before store.time.Last(). Calls
// ExpiryChanged(). The caller hands the two entries on after it has released the latch.
std::array<Garbage, 2> CommitExpiry(Store& store, Tree& tree, mvcc::Record* record);

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_EXPIRE_H_
