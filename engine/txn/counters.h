#ifndef NACRE_ENGINE_TXN_COUNTERS_H_
#define NACRE_ENGINE_TXN_COUNTERS_H_

#include <atomic>
#include <cstdint>

#include "engine/base/sharded_counter.h"

namespace nacre::txn {

// What Stats shows. Those that a commit touches are sharded.
struct Counters {
  base::ShardedCounter commits;
  base::ShardedCounter commits_read_only;
  base::ShardedCounter rollbacks;
  base::ShardedCounter conflicts_write;
  base::ShardedCounter conflicts_read;
  base::ShardedCounter conflicts_keyspace;
  base::ShardedCounter versions_created;
  base::ShardedCounter memory_bytes;  // Records and versions in chains; the index counts its own.
  std::atomic<uint64_t> commits_exclusive{0};

  base::ShardedCounter versions_pruned;
  base::ShardedCounter versions_promoted;
  base::ShardedCounter records_removed;
  base::ShardedCounter objects_freed;
  std::atomic<uint64_t> keys_expired{0};
  std::atomic<uint64_t> vacuum_passes{0};
  std::atomic<uint64_t> vacuum_assists{0};
  std::atomic<uint64_t> snapshots_too_old{0};
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_COUNTERS_H_
