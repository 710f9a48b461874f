#ifndef NACRE_ENGINE_TXN_KEYSPACE_COMMIT_H_
#define NACRE_ENGINE_TXN_KEYSPACE_COMMIT_H_

#include <cstdint>

#include "absl/types/span.h"
#include "engine/txn/keyspace_table.h"
#include "engine/txn/store.h"

namespace nacre::txn {

struct GenerationChange {
  uint32_t keyspace = 0;
  Tree* contents = nullptr;  // nullptr: the keyspace ends.
};

// Gives keyspaces new contents, in one commit, while no other commits. The caller holds
// store.keyspaces.changes_mutex(). O(changes), after the commits in flight are through.
uint64_t CommitGenerations(Store& store, absl::Span<const GenerationChange> changes) noexcept
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(store.keyspaces.changes_mutex());

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_KEYSPACE_COMMIT_H_
