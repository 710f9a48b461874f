#ifndef NACRE_ENGINE_TXN_LATEST_H_
#define NACRE_ENGINE_TXN_LATEST_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/mvcc/version.h"
#include "engine/txn/store.h"

namespace nacre::txn {

struct LatestVersion {
  const mvcc::Version* version = nullptr;  // nullptr: none.
  mvcc::ExpiryMs now = 0;
};

// The newest committed version of one key, without a registered snapshot. The caller is pinned
// throughout. kNotFound if there is no such keyspace.
//
// Invariant NEWEST: the version returned was the newest one committed at some instant of the call.
// Nothing registered holds it, so the walk must not depend on a version that may be pruned: only
// superseded ones are. The walk stops at the first version with a timestamp; if that lies above the
// clock that was loaded before, the clock is loaded again, so that no later transaction of this
// thread can miss what was seen here. If it had to pass a prepared version, that one is looked at
// again afterwards: while it has no timestamp, what stands behind it is not superseded.
absl::StatusOr<LatestVersion> FindLatest(Store& store, uint32_t keyspace, std::string_view key);

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_LATEST_H_
