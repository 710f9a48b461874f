#ifndef NACRE_VACUUM_GARBAGE_QUEUE_H_
#define NACRE_VACUUM_GARBAGE_QUEUE_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/types/span.h"
#include "engine/base/epoch.h"
#include "engine/base/latch.h"
#include "engine/base/mutex.h"
#include "engine/base/sharded_counter.h"
#include "engine/txn/garbage_sink.h"
#include "vacuum/entry_list.h"

namespace nacre::vacuum {

// What a thread has left in its shard.
struct OwnGarbage {
  // Beyond this, nothing rests: a share looks at all that has rested at once, and what rests is not
  // counted for the backlog, but for memory_bytes_max. A little more than makes a share due.
  static constexpr size_t kRestingMax = 320;

  EntryBlock entries;
  EntryBlock promoted;
  uint64_t epoch = 0;  // Closed when all of it was there, if it rests.

  size_t size() const { return entries.size() + promoted.size(); }
  bool CanRest() const { return entries.size() <= kRestingMax && promoted.size() <= kRestingMax; }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const txn::Garbage& entry : entries) visit(entry);
    for (const txn::Garbage& entry : promoted) visit(entry);
  }
};

// Where commits leave what they superseded. Sharded by thread, so that committers do not meet.
// Thread-safe.
//
// Invariant OWN-PUSH: a shard belongs to the one thread whose index it is (OWN-PART in
// sharded_counter.h). That one appends to `fresh` without the mutex, most of the time; others with
// its index modulo kShards take the mutex and leave `fresh` alone.
//
//   the owner                                 who holds the mutex, the owner too
//   1. writes fresh[n], n = fresh_end         a. n = fresh_end (acquire)
//   2. fresh_end = n + 1 (release)            b. copies fresh[fresh_taken] to fresh[n - 1]
//                                             c. fresh_taken = n
//
//   Only the owner, under the mutex and with nothing left after (c), begins with fresh[0] again: so
//   what (b) reads is not written before the mutex was given back.
class GarbageQueue {
 public:
  // Few enough to be in the cache of the processor still, versions and records and all, where they
  // were made; enough to pay for a scan, and for an epoch.
  static constexpr size_t kOwnEntries = 256;
  static constexpr size_t kShards = base::ThreadPart::kOwned;
  // Of a shard that is longer, it is seen that its thread does not keep up.
  static constexpr size_t kLongMax = 6 * kOwnEntries;

  // approximate_size() may lag behind by a quarter of `backlog_max`, the size beyond which shares
  // of work are owed. A thread is due for its own garbage when there are `own_entries` more.
  explicit GarbageQueue(size_t backlog_max, size_t own_entries = kOwnEntries);

  // Called by the thread that made the garbage: it then owes a share of the work.
  void Push(absl::Span<const txn::Garbage> entries) {
    const size_t thread = base::EpochDomain::ThreadIndex();
    Shard& shard = shards_[thread % kShards];
    const size_t end = shard.fresh_end.load(std::memory_order_relaxed);
    const size_t limit = shard.fresh_limit.load(std::memory_order_relaxed);
    if (thread >= kShards || end + entries.size() > limit) [[unlikely]]
      return PushLocked(shard, entries, /*owner=*/thread < kShards);
    std::copy(entries.begin(), entries.end(), shard.fresh.begin() + static_cast<ptrdiff_t>(end));
    shard.fresh_end.store(end + entries.size(), std::memory_order_release);
    AddPushed(shard, entries.size());
  }
  // What does not have to be soon, as of no commit: nobody owes anything for it, and it does not
  // make OwnIsDue() earlier.
  void PushAlong(absl::Span<const txn::Garbage> entries);
  // The same of promoted versions, which stand apart from others. `counted`: by TakePushed(),
  // as objects to be freed beside what was pushed before.
  void PushPromoted(absl::Span<const txn::Garbage> entries, bool counted);
  // Puts back what was taken and could not be looked at. Nobody owes anything for it.
  void Return(absl::Span<const txn::Garbage> entries);
  // The same of what a scan up to `clock` knows nothing of. It is in no share's way until there is
  // a later scan.
  void SetAside(absl::Span<const txn::Garbage> entries, uint64_t clock);

  // O(shards): whole vectors change hands.
  void TakeAll(EntryList& taken);
  // The same, but for the shards from which their own threads have taken since it was called last,
  // and which are not longer than those let them grow. Returns from how many shards of others
  // it has taken.
  size_t TakeUntended(EntryList& taken);
  // Takes at most `count` entries, from the shard of the calling thread first. `scanned`: the clock
  // of the last scan.
  void TakeSome(size_t count, uint64_t scanned, std::vector<txn::Garbage>& taken);

  // How many entries were pushed to the shard of the calling thread since it was asked last; 0 if
  // there are fewer than kPushedMin. One load, mostly.
  size_t TakePushed() {
    std::atomic<size_t>& pushed = OwnShard().pushed;
    const size_t count = pushed.load(std::memory_order_relaxed);
    if (count < kPushedMin) return 0;
    pushed.store(0, std::memory_order_relaxed);
    return count;
  }
  // Whether that shard has grown by `own_entries` of Push() since TakeOwn(). One load.
  bool OwnIsDue() { return OwnShard().due.load(std::memory_order_relaxed); }
  // Takes all of it: what rests there, what is young, and what the last scan, up to `scanned`,
  // knows by now.
  struct OwnTaken {
    OwnGarbage rested;
    OwnGarbage young;
    EntryBlock known;
  };
  OwnTaken TakeOwn(uint64_t scanned);
  // Puts back what was `young`, to rest until its epoch has passed. Precondition: it CanRest().
  void Rest(OwnGarbage young);

  // How many entries the calling thread, or another one of its shard, has pushed since it was asked
  // last: all of those beyond the backlog, and of those before only the last commit's, or the last
  // few.
  size_t TakeOwed();

  // Without what rests, of each thread 2 * kRestingMax at the most. One load; may be off by what
  // the constructor says. For the question whether there is too much.
  size_t approximate_size() const { return reported_.load(std::memory_order_relaxed); }
  // Whether it is nearly as long as it may be, however far that lags behind: what need not be
  // pushed now is not. One load.
  bool is_long() const { return approximate_size() > backlog_max_ - backlog_max_ / 4; }
  // Of how many entries at a time all that comes of them may be pushed, where the queue is short,
  // without making it long: what is displaced at once, and later what is promoted, of each of two
  // kinds (Vacuum::Pass()). By blocks, as they are taken.
  size_t portion() const {
    constexpr size_t kBlock = EntryList::kBlockEntries;
    return std::clamp<size_t>(backlog_max_ / 8 / kBlock * kBlock, kBlock, kPortionMax);
  }
  // Exact when nobody pushes. O(shards).
  size_t size() const;

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Shard& shard : shards_) {
      base::MutexLock lock(shard.mutex);
      shard.young.ForEach(visit);
      shard.resting.ForEach(visit);
      for (const txn::Garbage& entry : shard.aside) visit(entry);
      for (const txn::Garbage& entry : Fresh(shard)) visit(entry);
    }
  }

 private:
  static constexpr size_t kPushedMin = 16;
  static constexpr size_t kFreshMax = 32;
  static constexpr size_t kPortionMax = 2048;
  struct alignas(64) Shard {
    mutable base::Latch mutex;
    // Hints to its own threads, which read them without the mutex. A stale one is as good.
    std::atomic<bool> due{false};
    std::atomic<size_t> pushed{0};
    // Its own threads have taken from it since a pass looked.
    bool tended ABSL_GUARDED_BY(mutex) = false;
    OwnGarbage young ABSL_GUARDED_BY(mutex);
    OwnGarbage resting ABSL_GUARDED_BY(mutex);
    // No scan up to `aside_at` knows of it.
    EntryBlock aside ABSL_GUARDED_BY(mutex);
    uint64_t aside_at ABSL_GUARDED_BY(mutex) = 0;
    size_t due_at ABSL_GUARDED_BY(mutex) = 0;
    size_t owed ABSL_GUARDED_BY(mutex) = 0;
    // Part of `young` and `aside` that is contained in reported_.
    size_t reported ABSL_GUARDED_BY(mutex) = 0;

    // See OWN-PUSH. Up to where the owner may append without the mutex: written under it, read by
    // the owner. A stale one makes it take the mutex too early, or say too late that it is due.
    std::atomic<size_t> fresh_limit{0};
    std::atomic<size_t> fresh_end{0};
    size_t fresh_taken ABSL_GUARDED_BY(mutex) = 0;
    std::array<txn::Garbage, kFreshMax> fresh;
  };

  Shard& OwnShard() { return shards_[base::EpochDomain::ThreadIndex() % kShards]; }
  static void AddPushed(Shard& shard, size_t count) {
    shard.pushed.store(shard.pushed.load(std::memory_order_relaxed) + count,
                       std::memory_order_relaxed);
  }
  void PushLocked(Shard& shard, absl::Span<const txn::Garbage> entries, bool owner);
  static absl::Span<const txn::Garbage> Fresh(const Shard& shard)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex) {
    const size_t end = shard.fresh_end.load(std::memory_order_acquire);
    return absl::MakeConstSpan(shard.fresh).subspan(shard.fresh_taken, end - shard.fresh_taken);
  }
  // Moves what is fresh to the other entries, as pushed by one commit.
  void TakeFresh(Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  void Owe(Shard& shard, size_t count) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  void TakeShard(Shard& shard, EntryList& taken) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  // What is aside, if a scan up to `scanned` may know of it; else nothing.
  static EntryBlock TakeKnown(Shard& shard, uint64_t scanned)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  // Puts that back to the others, which is no reason for a share.
  static void MoveKnown(Shard& shard, uint64_t scanned) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  // Without what rests.
  static size_t SizeOf(const Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex) {
    return shard.young.size() + shard.aside.size();
  }
  // After a change of its entries.
  void Report(Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  const size_t backlog_max_;
  const size_t own_entries_;
  // By how much a shard may differ from what is reported of it, half of it fresh.
  const size_t lag_max_;
  std::array<Shard, kShards> shards_;
  // Sum of Shard::reported. Written when a shard has grown by half of lag_max_ or was taken from;
  // read after each commit.
  alignas(64) std::atomic<size_t> reported_{0};
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_GARBAGE_QUEUE_H_
