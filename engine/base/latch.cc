#include "engine/base/latch.h"

#include "engine/base/faults.h"

namespace nacre::base {
namespace {

// About a microsecond: as long as a wake-up takes.
constexpr int kLooks = 32;

void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

void Latch::LockBusy() {
#ifdef NACRE_FAULTS
  // All fibers run on one thread.
  while (HasStepHook()) {
    if (TryLock()) return;
    NACRE_STEP(kLatchBusy);
  }
#endif
  for (int look = 0; look < kLooks; ++look) {
    if (state_.load(std::memory_order_relaxed) == kFree && TryLock()) return;
    Pause();
  }
  waiting_.fetch_add(1, std::memory_order_relaxed);
  AsymmetricFence::Heavy();
  while (!TryLock()) state_.wait(kHeld, std::memory_order_relaxed);
  waiting_.fetch_sub(1, std::memory_order_relaxed);
}

void Latch::WakeOne() {
  // The library looks for sleepers before it wakes one, and need not have a fence for that.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  state_.notify_one();
}

}  // namespace nacre::base
