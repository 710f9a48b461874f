#ifndef NACRE_ENGINE_BASE_LATCH_H_
#define NACRE_ENGINE_BASE_LATCH_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "engine/base/asymmetric_fence.h"

namespace nacre::base {

// A lock for a few stores: to take it is one locked instruction, to give it back is none. Who meets
// it held looks again for about a microsecond, for it is mostly free by then, and then sleeps.
//
// Who goes to sleep may hold others, and pays for a Heavy() with them held: that happens only after
// looks in vain, and costs less than the sleep.
//
// It must outlive the Unlock() of every thread, which looks at it once more after another one may
// have it: so it is for what lives as long as the database. Else see Mutex.
//
// Invariant WOKEN: nobody sleeps while the latch is free, for longer than a wake-up takes.
//
//   who gives it back                         who goes to sleep
//   1. state = free                           a. waiting += 1
//      Light()                                b. Heavy()
//   2. loads waiting: if not 0, wakes one     c. sleeps while state is not free
//
// By ASYMMETRIC (asymmetric_fence.h) one sees the other. (a) and (b) are done once for all rounds
// of (c): whoever gives the latch back later sees (a) all the more. Between the load in (c) and the
// sleep nothing is lost, because the wake-up comes behind a full fence, or the load does.
class ABSL_LOCKABLE Latch {
 public:
  Latch() = default;
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    if (!TryLock()) [[unlikely]]
      LockBusy();
  }
  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    uint32_t state = kFree;
    return state_.compare_exchange_strong(state, kHeld, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    state_.store(kFree, std::memory_order_release);
    AsymmetricFence::Light();
    if (waiting_.load(std::memory_order_relaxed) != 0) [[unlikely]]
      WakeOne();
  }

  // Tells the analysis that the caller holds the latch, where it cannot see it.
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}

 private:
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kHeld = 1;

  void LockBusy() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  void WakeOne();

  std::atomic<uint32_t> state_{kFree};
  // How many sleep or are about to. Written by those, read by who gives the latch back; a stale 0
  // is what WOKEN is about.
  std::atomic<uint32_t> waiting_{0};
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_LATCH_H_
