#ifndef NACRE_ENGINE_BASE_ASYMMETRIC_FENCE_H_
#define NACRE_ENGINE_BASE_ASYMMETRIC_FENCE_H_

#include <atomic>
#include <cstdint>

// Orders a store before a load on two sides, of which one runs all the time and the other rarely.
//
//   often                                 rarely
//   1. stores x                           a. stores y, or has loaded it
//   2. Light()                            b. Heavy()
//   3. loads y                            c. loads x
//
// Invariant ASYMMETRIC: (3) sees y as it was in (a), or newer, or (c) sees (1), or newer, or both.
//
// By membarrier: Light() only keeps the compiler from moving (3) before (1); the processor may
// still do that. Heavy() is membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED), which makes each thread
// of the process that runs pass a full barrier while the caller waits; one that does not run passes
// it as it is switched in. If (2) comes before that barrier in its thread, (1) is visible to (c);
// if it comes after it, so does (3), which then sees (a).
//
// By fences, where the system call is missing or refused (another system, an old kernel, a seccomp
// filter) and under the thread sanitizer, which knows nothing of it: both are sequentially
// consistent fences, and the light side pays for a real one.

namespace nacre::base {

namespace internal {
// Whether Light() may leave the barrier to Heavy(). Set once, before the first Heavy() looks for
// what a Light() without a barrier has ordered. Relaxed: a thread that misses it pays for a fence.
extern constinit std::atomic<bool> light_is_free;
}  // namespace internal

class AsymmetricFence {
 public:
  enum class Kind : uint8_t { kByMembarrier, kByFences };

  // Decided for the process by the first call. A thread makes one before its first Light(), else
  // that costs a real fence.
  static Kind Decide();

  static void Light() {
    if (internal::light_is_free.load(std::memory_order_relaxed)) [[likely]] {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      std::atomic_thread_fence(std::memory_order_seq_cst);
    }
  }
  // 1 to 3 us where other threads run. Also a full barrier of the calling thread.
  static void Heavy();
  // Calls of Heavy() so far in the process. For tests: where one is missing, hardly ever does
  // anything go wrong.
  static uint64_t heavy_count();

  // For tests, to have both kinds run on one machine. False, and nothing changes, if the kind is
  // not to be had here. Nobody else is inside the engine.
  static bool SetKindForTesting(Kind kind);
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_ASYMMETRIC_FENCE_H_
