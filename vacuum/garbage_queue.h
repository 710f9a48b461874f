#ifndef NACRE_VACUUM_GARBAGE_QUEUE_H_
#define NACRE_VACUUM_GARBAGE_QUEUE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/types/span.h"
#include "engine/base/epoch.h"
#include "engine/base/latch.h"
#include "engine/base/mutex.h"
#include "engine/txn/garbage_sink.h"
#include "vacuum/entry_list.h"

namespace nacre::vacuum {

// Where commits leave what they superseded. Sharded by thread, so that committers do not meet; a
// push is an uncontended lock and a copy. Thread-safe.
class GarbageQueue {
 public:
  // Few enough to be in the cache of the processor still, versions and records and all, where they
  // were made; enough to pay for a scan, and for an epoch.
  static constexpr size_t kOwnEntries = 512;

  // approximate_size() may lag behind by a quarter of `backlog_max`, the size beyond which shares
  // of work are owed.
  explicit GarbageQueue(size_t backlog_max);

  // Called by the thread that made the garbage: it then owes a share of the work.
  void Push(absl::Span<const txn::Garbage> entries);
  // What does not have to be soon, as of no commit: nobody owes anything for it, and it does not
  // make OwnIsDue() earlier.
  void PushAlong(const txn::Garbage& entry);
  // Puts back what was taken and could not be looked at. Nobody owes anything for it.
  void Return(absl::Span<const txn::Garbage> entries);

  // O(shards): whole vectors change hands.
  void TakeAll(EntryList& taken);
  // The same, but for the shards from which their own threads have taken since it was called last,
  // and which are not longer than those let them grow.
  void TakeUntended(EntryList& taken);
  // Takes at most `count` entries, from the shard of the calling thread first.
  void TakeSome(size_t count, std::vector<txn::Garbage>& taken);

  // How many entries were pushed to the shard of the calling thread since it was asked last; 0 if
  // there are fewer than kPushedMin. One load, mostly.
  size_t TakePushed() {
    std::atomic<size_t>& pushed = OwnShard().pushed;
    const size_t count = pushed.load(std::memory_order_relaxed);
    if (count < kPushedMin) return 0;
    pushed.store(0, std::memory_order_relaxed);
    return count;
  }
  // Whether that shard has grown by kOwnEntries of Push() since TakeOwn(). One load.
  bool OwnIsDue() { return OwnShard().due.load(std::memory_order_relaxed); }
  // Takes all of it.
  void TakeOwn(std::vector<txn::Garbage>& taken);

  // How many entries the calling thread, or another one of its shard, has pushed since it was asked
  // last: all of those beyond the backlog, and of those before only the last commit's.
  size_t TakeOwed();

  // One load; may be off by what the constructor says. For the question whether there is too much.
  size_t approximate_size() const { return reported_.load(std::memory_order_relaxed); }
  // Exact when nobody pushes. O(shards).
  size_t size() const;

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Shard& shard : shards_) {
      base::MutexLock lock(shard.mutex);
      for (const txn::Garbage& entry : shard.entries) visit(entry);
    }
  }

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kPushedMin = 16;
  struct alignas(64) Shard {
    mutable base::Latch mutex;
    // Hints to its own threads, which read them without the mutex. A stale one is as good.
    std::atomic<bool> due{false};
    std::atomic<size_t> pushed{0};
    // Its own threads have taken from it since a pass looked.
    bool tended ABSL_GUARDED_BY(mutex) = false;
    std::vector<txn::Garbage> entries ABSL_GUARDED_BY(mutex);
    size_t due_at ABSL_GUARDED_BY(mutex) = kOwnEntries;
    size_t owed ABSL_GUARDED_BY(mutex) = 0;
    // Part of `entries` that is contained in reported_.
    size_t reported ABSL_GUARDED_BY(mutex) = 0;
  };

  Shard& OwnShard() { return shards_[base::EpochDomain::ThreadIndex() % kShards]; }
  void TakeShard(Shard& shard, EntryList& taken) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  // After a change of its entries.
  void Report(Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  const size_t backlog_max_;
  const size_t report_every_;
  std::array<Shard, kShards> shards_;
  // Sum of Shard::reported. Written when a shard has grown by report_every_ or was taken from; read
  // after each commit.
  alignas(64) std::atomic<size_t> reported_{0};
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_GARBAGE_QUEUE_H_
