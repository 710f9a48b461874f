#ifndef NACRE_ENGINE_TXN_COMMIT_GATE_H_
#define NACRE_ENGINE_TXN_COMMIT_GATE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "engine/base/epoch.h"
#include "engine/base/faults.h"
#include "engine/base/mutex.h"

namespace nacre::txn {

// Lets one transaction run while no other commits, so that everything finishes in the end.
//
// Every committer passes the gate before its first latch and leaves when it holds none. Who closes
// it waits for those inside. Both sides store first and load second, seq_cst, so at least one sees
// the other.
class CommitGate {
 public:
  // Inside the gate. Movable nowhere: lives on the committer's stack.
  class Passage {
   public:
    // `owner`: the caller has closed the gate itself and passes.
    Passage(CommitGate& gate, bool owner) : gate_(gate), shard_(nullptr) {
      if (!owner) shard_ = gate_.Enter();
    }
    ~Passage() {
      if (shard_ != nullptr) shard_->fetch_sub(1, std::memory_order_release);
    }
    Passage(const Passage&) = delete;
    Passage& operator=(const Passage&) = delete;

   private:
    CommitGate& gate_;
    std::atomic<int32_t>* shard_;
  };

  // Closed for all others. One at a time; waits for the committers inside.
  class ABSL_SCOPED_LOCKABLE Closed {
   public:
    explicit Closed(CommitGate& gate) ABSL_EXCLUSIVE_LOCK_FUNCTION(gate.owner_mutex_)
        : gate_(gate) {
      gate_.owner_mutex_.Lock();
      gate_.closed_.store(true, std::memory_order_seq_cst);
      for (Shard& shard : gate_.shards_) {
        while (shard.inside.load(std::memory_order_seq_cst) != 0) Pause();
      }
    }
    ~Closed() ABSL_UNLOCK_FUNCTION() {
      gate_.closed_.store(false, std::memory_order_release);
      gate_.owner_mutex_.Unlock();
    }
    Closed(const Closed&) = delete;
    Closed& operator=(const Closed&) = delete;

   private:
    CommitGate& gate_;
  };

 private:
  static constexpr size_t kShards = 16;
  struct alignas(64) Shard {
    std::atomic<int32_t> inside{0};
  };

  std::atomic<int32_t>* Enter() {
    std::atomic<int32_t>& inside = shards_[base::EpochDomain::ThreadIndex() % kShards].inside;
    for (;;) {
      inside.fetch_add(1, std::memory_order_seq_cst);
      if (!closed_.load(std::memory_order_seq_cst)) return &inside;
      inside.fetch_sub(1, std::memory_order_release);
      // Sleeps until the owner is through, rather than spinning against it.
      WaitUntilOpen();
    }
  }

  void WaitUntilOpen() ABSL_LOCKS_EXCLUDED(owner_mutex_) { base::MutexLock wait(owner_mutex_); }

  // A committer inside may have been preempted: give it the core.
  static void Pause() {
    NACRE_STEP(kLatchBusy);
    std::this_thread::yield();
  }

  std::array<Shard, kShards> shards_;
  alignas(64) std::atomic<bool> closed_{false};
  base::Mutex owner_mutex_;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_COMMIT_GATE_H_
