#ifndef NACRE_ENGINE_TXN_SEQUENCER_H_
#define NACRE_ENGINE_TXN_SEQUENCER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/types/span.h"
#include "engine/base/latch.h"
#include "engine/base/mutex.h"
#include "engine/base/prefetch.h"
#include "engine/mvcc/record.h"

namespace nacre::txn {

// One write of a recent commit.
struct RecentWrite {
  const mvcc::Record* record = nullptr;
  uint64_t hash = 0;  // LatchTable::HashOf() of its key.
};

// The one place where commits are put in order. Its lock is held for a few stores.
//
// Invariant CLOCK: the clock names only commits whose every version carries its timestamp already.
// It is advanced by one, under the mutex, after the leader of the commit was stamped. So a reader
// never waits and never sees half a commit, and commit order, log order, timestamp order and
// real-time order are one.
//
// The ring remembers what the last commits wrote, so that a serializable committer can look at
// those that passed it by between its validation and its turn. Record pointers in it are safe for a
// committer that was pinned before it loaded the clock it asks from: whatever was unlinked since
// then has not been freed.
//
// Invariant REMEMBERED: every commit after `forgotten_up_to_` has entered its writes. While nobody
// who was passed by has asked for kCommitsRemembered commits, commits raise that instead, and leave
// two lines alone that the core of the last one has. So the first who asks after a while may be
// told that they are forgotten, and validates once more; those who commit meanwhile know that
// somebody asks.
//   Forbidden: to leave out a commit without raising it. In its place stands one of long ago, and
//   who asks misses a write of what it has read.
class Sequencer {
 public:
  // The committer asks for commits in (C, clock]. More than this many are not remembered.
  static constexpr size_t kCommitsRemembered = 1024;
  static constexpr size_t kWritesRemembered = 16384;
  // A commit with more writes than this is not remembered in detail.
  static constexpr size_t kWritesPerCommitRemembered = 1024;

  Sequencer() : ring_(std::make_unique<Ring>()) {}

  base::Latch& mutex() ABSL_LOCK_RETURNED(mutex_) { return mutex_; }
  const std::atomic<uint64_t>& clock() const { return clock_; }
  uint64_t Clock() const { return clock_.load(std::memory_order_acquire); }

  // Starts loading what a commit is about to write, so that all of it comes side by side, and
  // before the mutex is held. The line of the mutex is not asked for before `known` is there, for
  // which the commit waits; what is loaded from it does not wait (decision 24 has why not).
  void PrefetchForCommit(uint64_t known) const ABSL_NO_THREAD_SAFETY_ANALYSIS {
    base::PrefetchForWriteAfter(known, &clock_);
    const uint64_t next = clock_.load(std::memory_order_relaxed) + 1;
    if (!IsAskedAt(next)) return;
    base::PrefetchForWrite(&ring_->entries[next % kCommitsRemembered]);
    const uint64_t first = writes_end_.load(std::memory_order_relaxed);
    base::PrefetchForWrite(&ring_->writes[first % kWritesRemembered]);
  }

  // A commit that writes nothing. Its timestamp is above every one that was read at before.
  uint64_t CommitNothing() ABSL_LOCKS_EXCLUDED(mutex_) {
    base::MutexLock lock(mutex_);
    const uint64_t timestamp = Clock() + 1;
    Remember(timestamp, {});
    Publish(timestamp);
    return timestamp;
  }

  // Enters a commit into the ring, if anybody asks, before Publish(timestamp).
  void Remember(uint64_t timestamp, absl::Span<const RecentWrite> writes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    // One without writes is entered in any case: it does not make others forgotten.
    if (!IsAskedAt(timestamp) && !writes.empty()) {
      forgotten_up_to_ = timestamp;
      return;
    }
    Entry& entry = ring_->entries[timestamp % kCommitsRemembered];
    uint64_t writes_end = writes_end_.load(std::memory_order_relaxed);
    entry.first = writes_end;
    entry.known = writes.size() <= kWritesPerCommitRemembered;
    entry.count = entry.known ? static_cast<uint32_t>(writes.size()) : 0;
    if (!entry.known) return;
    for (const RecentWrite& write : writes) ring_->writes[writes_end++ % kWritesRemembered] = write;
    writes_end_.store(writes_end, std::memory_order_relaxed);
  }

  // Those who load it in an order of their own have a fence for that: REGISTERED in
  // snapshot_registry.h.
  void Publish(uint64_t timestamp) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    clock_.store(timestamp, std::memory_order_release);
  }

  // Calls visit(write) for each write of the commits in (since, clock] until it returns false.
  enum class Recall : uint8_t { kComplete, kStopped, kForgotten };
  // kForgotten also if there would be more than `writes_max` writes to visit.
  template <typename Visit>
  Recall RecallSince(uint64_t since, uint64_t writes_max, Visit visit)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const uint64_t now = clock_.load(std::memory_order_relaxed);
    if (since == now) return Recall::kComplete;
    const uint64_t writes_end = writes_end_.load(std::memory_order_relaxed);
    asked_at_.store(now, std::memory_order_relaxed);
    if (now - since > kCommitsRemembered || since < forgotten_up_to_) return Recall::kForgotten;
    for (uint64_t timestamp = since + 1; timestamp <= now; ++timestamp) {
      const Entry& entry = ring_->entries[timestamp % kCommitsRemembered];
      if (!entry.known || entry.first + kWritesRemembered < writes_end) return Recall::kForgotten;
      if (entry.count > writes_max) return Recall::kForgotten;
      writes_max -= entry.count;
      for (uint64_t i = entry.first; i < entry.first + entry.count; ++i) {
        if (!visit(ring_->writes[i % kWritesRemembered])) return Recall::kStopped;
      }
    }
    return Recall::kComplete;
  }

 private:
  bool IsAskedAt(uint64_t timestamp) const {
    return timestamp - asked_at_.load(std::memory_order_relaxed) <= kCommitsRemembered;
  }

  struct Entry {
    uint64_t first = 0;
    uint32_t count = 0;
    bool known = true;
  };
  struct Ring {
    std::array<Entry, kCommitsRemembered> entries;
    std::array<RecentWrite, kWritesRemembered> writes;
  };

  // One line: all that a commit writes here, unless somebody asks. The clock is written under the
  // mutex and read by every transaction that begins.
  alignas(64) std::atomic<uint64_t> clock_{0};
  base::Latch mutex_;
  // Written under the mutex; a stale one costs a prefetch in vain.
  std::atomic<uint64_t> writes_end_{0};
  // The clock at the last RecallSince() of which anybody was passed by.
  std::atomic<uint64_t> asked_at_{0};
  uint64_t forgotten_up_to_ ABSL_GUARDED_BY(mutex_) = 0;
  const std::unique_ptr<Ring> ring_ ABSL_PT_GUARDED_BY(mutex_);
};

static_assert(sizeof(Sequencer) == 64, "a cache line");

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_SEQUENCER_H_
