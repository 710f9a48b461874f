#ifndef NACRE_ENGINE_TXN_COMMIT_GATE_H_
#define NACRE_ENGINE_TXN_COMMIT_GATE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "engine/base/asymmetric_fence.h"
#include "engine/base/faults.h"
#include "engine/base/mutex.h"
#include "engine/base/sharded_counter.h"

namespace nacre::txn {

// Lets one transaction run while no other commits, so that everything finishes in the end.
//
// Every committer passes the gate before its first latch and leaves when it holds none. Who closes
// it waits for those inside. Both sides store first and load second, with a Light() here and a
// Heavy() there between the two, so at least one sees the other (ASYMMETRIC).
class CommitGate {
 public:
  // Inside the gate. Movable nowhere: lives on the committer's stack.
  class Passage {
   public:
    // `owner`: the caller has closed the gate itself and passes.
    Passage(CommitGate& gate, bool owner) : gate_(gate), enters_(!owner) {
      if (enters_) gate_.Enter(part_);
    }
    ~Passage() {
      if (enters_) gate_.Leave(part_);
    }
    Passage(const Passage&) = delete;
    Passage& operator=(const Passage&) = delete;

   private:
    CommitGate& gate_;
    const base::ThreadPart part_;
    const bool enters_;
  };

  // Closed for all others. One at a time; waits for the committers inside.
  class ABSL_SCOPED_LOCKABLE Closed {
   public:
    explicit Closed(CommitGate& gate) ABSL_EXCLUSIVE_LOCK_FUNCTION(gate.owner_mutex_)
        : gate_(gate) {
      gate_.owner_mutex_.Lock();
      gate_.closed_.store(true, std::memory_order_relaxed);
      base::AsymmetricFence::Heavy();
      for (Shard& shard : gate_.shards_) {
        while (shard.inside.load(std::memory_order_acquire) != 0) Pause();
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
  struct alignas(64) Shard {
    std::atomic<int32_t> inside{0};
  };

  void Enter(const base::ThreadPart& part) {
    for (;;) {
      part.Add(shards_[part.index()].inside, 1, std::memory_order_relaxed);
      base::AsymmetricFence::Light();
      if (!closed_.load(std::memory_order_acquire)) return;
      Leave(part);
      // Sleeps until the owner is through, rather than spinning against it.
      WaitUntilOpen();
    }
  }
  void Leave(const base::ThreadPart& part) {
    part.Add(shards_[part.index()].inside, -1, std::memory_order_release);
  }

  void WaitUntilOpen() ABSL_LOCKS_EXCLUDED(owner_mutex_) { base::MutexLock wait(owner_mutex_); }

  // A committer inside may have been preempted: give it the core.
  static void Pause() {
    NACRE_STEP(kLatchBusy);
    std::this_thread::yield();
  }

  std::array<Shard, base::ThreadPart::kCount> shards_;
  alignas(64) std::atomic<bool> closed_{false};
  base::Mutex owner_mutex_;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_COMMIT_GATE_H_
