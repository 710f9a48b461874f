#ifndef NACRE_ENGINE_TXN_STORE_H_
#define NACRE_ENGINE_TXN_STORE_H_

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "engine/base/retire.h"
#include "engine/txn/commit_gate.h"
#include "engine/txn/commit_sink.h"
#include "engine/txn/counters.h"
#include "engine/txn/expiry_time.h"
#include "engine/txn/garbage_sink.h"
#include "engine/txn/keyspace_table.h"
#include "engine/txn/latch_table.h"
#include "engine/txn/sequencer.h"
#include "engine/txn/snapshot_registry.h"
#include "nacre/options.h"

namespace nacre::txn {

// Everything that the transactions of one database share. A plain aggregate: each part guards
// itself.
//
// Order of locks: KeyspaceTable::changes_mutex, CommitGate, stripes by index, sequencer. The vacuum
// only tries a stripe.
struct Store {
  explicit Store(const Options& store_options)
      : options(store_options),
        snapshots_grow_old(store_options.max_snapshot_age != absl::InfiniteDuration()),
        memory_bytes_max(store_options.memory_bytes_max),
        registry(sequencer.clock(), store_options.snapshots_max, snapshots_grow_old),
        latches(store_options.latch_stripes),
        keyspaces(store_options.keyspaces_max, retired),
        time(store_options.time_source, sequencer.mutex()) {}

  // As counted for memory_bytes_max.
  size_t MemoryBytes() const {
    return static_cast<size_t>(std::max<int64_t>(0, counters.memory_bytes.Sum())) +
           keyspaces.IndexBytes();
  }

  const Options options;
  // If so, a view into a version may dangle once the snapshot has grown too old: values are copied.
  const bool snapshots_grow_old;
  // Database::SetMemoryBytesMax() stores, commits load. Relaxed: a commit that misses a change came
  // before it.
  std::atomic<size_t> memory_bytes_max;
  base::RetireList retired;
  Sequencer sequencer;
  SnapshotRegistry registry;
  LatchTable latches;
  KeyspaceTable keyspaces;
  CommitGate gate;
  ExpiryTime time;
  // Set before the first value with an expiry is committed, never cleared. While it is unset, no
  // transaction needs to know the time.
  std::atomic<bool> expiry_used{false};
  // Commits that change expiries, are published, and which the vacuum's index of expiries does not
  // know yet. Raised inside the sequencer before the publication, lowered after the index has
  // followed (release): who reads 0 (acquire) inside the sequencer sees an index that is exact as
  // of the clock.
  std::atomic<uint32_t> expiry_changes_pending{0};
  // The vacuum may have pruned versions superseded at or below this. Stored before the fence of the
  // scan for such a prune; loaded after an AS OF snapshot has registered its ray, with a fence.
  std::atomic<uint64_t> retention_floor{0};
  Counters counters;
  // Set once, before the first transaction.
  GarbageSink* garbage = nullptr;
  CommitSink* log = nullptr;  // nullptr: in memory only.
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_STORE_H_
