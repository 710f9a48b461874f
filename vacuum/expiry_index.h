#ifndef NACRE_VACUUM_EXPIRY_INDEX_H_
#define NACRE_VACUUM_EXPIRY_INDEX_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "engine/base/mutex.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"

namespace nacre::vacuum {

// Which record is due when.
//
// Invariant EXPIRY-EXACT: (t, record) is in the index iff the newest committed version of the
// record is a value with the expiry t. Kept so by every change being made under the latch of the
// record. So a record in the index is in its tree, and one whose chain is a lone tombstone is not
// in here.
//
// Thread-safe.
class ExpiryIndex {
 public:
  static constexpr size_t kShards = 16;
  using Due = std::pair<mvcc::ExpiryMs, mvcc::Record*>;

  // The latch of the record is held. Returns true if the index was empty before. O(log n).
  bool Change(mvcc::Record* record, mvcc::ExpiryMs before, mvcc::ExpiryMs after);
  bool Contains(const Due& due) const;

  // The first `count` that are due at `now` in one shard, beyond `after`. Each record is readable
  // within the pin of the caller.
  void PeekDue(size_t shard, mvcc::ExpiryMs now, const Due& after, size_t count,
               std::vector<Due>& found) const;
  // What is indexed of one tree.
  struct TreeTotal {
    size_t keys = 0;
    size_t due = 0;                   // Of these, as of a given time.
    absl::int128 present_millis = 0;  // Sum of the expiries of those that are not due.

    // Of those that are not due at `now`, which is the time that `due` was counted at. 0 if there
    // are none.
    int64_t MeanTimeToLive(mvcc::ExpiryMs now) const;
  };
  // nullopt if more than `due_max` records are due that stand beside those of the tree: its own,
  // and those of other trees in the same shards. The caller is pinned. O(shards + due_max).
  std::optional<TreeTotal> CountTree(uint32_t tree_id, mvcc::ExpiryMs now, size_t due_max) const;
  // How many are due, counted up to about `count_max`.
  size_t CountDue(mvcc::ExpiryMs now, size_t count_max) const;
  // The earliest expiry, kNoExpiry if there is none. O(shards).
  mvcc::ExpiryMs Earliest() const;

  // seq_cst: see WakeBell.
  size_t size() const { return size_.load(std::memory_order_seq_cst); }

 private:
  struct alignas(64) Shard {
    mutable base::Mutex mutex;
    absl::btree_set<Due> by_time ABSL_GUARDED_BY(mutex);
    absl::flat_hash_map<uint32_t, TreeTotal> by_tree ABSL_GUARDED_BY(mutex);  // None is due.

    void Count(const mvcc::Record& record, mvcc::ExpiryMs expiry, int change)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  };

  static size_t IndexOf(const mvcc::Record* record) {
    return reinterpret_cast<uintptr_t>(record) / 64 % kShards;
  }

  std::array<Shard, kShards> shards_;
  std::atomic<size_t> size_{0};
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_EXPIRY_INDEX_H_
