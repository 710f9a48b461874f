#ifndef NACRE_VACUUM_WAITING_TOMBSTONES_H_
#define NACRE_VACUUM_WAITING_TOMBSTONES_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "engine/base/mutex.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"

namespace nacre::vacuum {

// Tombstones that stand at the head of their chain above versions which are still needed. Nothing
// can be done about them before something below them goes, which has an entry of its own, or
// something is committed above them.
//
// Invariant ONE-WAITS: only the head of a chain waits. Whoever unlinks a version of the record
// takes the tombstone out, and so does the commit that supersedes it, each under the latch under
// which it does that. So their number is bounded by the versions that snapshots hold, not by the
// number of deletes.
//   Forbidden: a superseded tombstone that goes on waiting. No snapshot reads it, but it stays in
//   its chain for as long as one reads below it.
//   Forbidden: parking the tombstone on the snapshot that needs what it covers. A key that is
//   written and deleted in turn under one held snapshot would leave an entry there each time round.
//
// Every call is made with the latch of the record's stripe held, which orders the calls for one
// record. Thread-safe.
class WaitingTombstones {
 public:
  // `tombstone` is the head of the chain. None of the record waits.
  void Put(mvcc::Record* record, mvcc::Version* tombstone);
  // Takes `head` out if it waits. It is the head of the chain, or was until this commit.
  bool Take(mvcc::Record* record, mvcc::Version* head);

  // Forgets everything.
  void Clear();

  size_t size() const { return size_.load(std::memory_order_relaxed); }

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Shard& shard : shards_) {
      base::MutexLock lock(shard.mutex);
      for (const auto& [record, tombstone] : shard.tombstones) visit(record, tombstone);
    }
  }

 private:
  // Committers come here with their latches held, so no call does much at a time: a tree never
  // moves all that it holds, as a growing hash table does.
  static constexpr size_t kShards = 256;
  struct alignas(64) Shard {
    mutable base::Mutex mutex;
    absl::btree_map<mvcc::Record*, mvcc::Version*> tombstones ABSL_GUARDED_BY(mutex);
  };

  Shard& ShardOf(const mvcc::Record* record) {
    return shards_[reinterpret_cast<uintptr_t>(record) / 64 % kShards];
  }

  std::array<Shard, kShards> shards_;
  // 0: nobody need look. Whoever holds the latch sees what was put under it.
  std::atomic<size_t> size_{0};
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_WAITING_TOMBSTONES_H_
