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
  // not to be had here, or slots of the process are light under the other one: first of all, then.
  // Nobody else is inside the engine.
  static bool SetKindForTesting(Kind kind);
};

// The light side of a slot that one thread owns, and that says by itself how far its thread has
// come. Of a thread that has moved on since (a) the rare side need not ask for a barrier: it reads
// that from the slot. Of one that stands still it has to, and then makes it pay for its own fences
// until it has paid for some, so that a thread that idles costs one Heavy() and not one each time.
//
// Invariant SELF-FENCED: let the rare side pass a full fence after (a), see FencesItself(), and
// then do (c). One of (3) and (c) sees the other side, as in ASYMMETRIC, without a Heavy().
//
//   the owner                                 who asks, one at a time for a slot
//   1. stores x                               a. mode: light -> asked
//   2. Fence(): mode is light?                b. Heavy()
//      if not, a full fence                   c. mode: asked -> fenced
//   3. loads y
//
//   If (2) has missed (a), then by ASYMMETRIC (1) is visible after (b), so to whoever has read (c).
//   The owner alone goes back, fenced -> light, and has a full fence between that and its next (3):
//   if the rare side misses it after its own fence, the owner sees y from then on.
//   Forbidden: one mode for asked and fenced. Another one reads it before (b), and trusts in a
//   fence that the owner, which has looked at its mode before (a), does not make.
//   Forbidden: to load x first and the mode second. (b) may come between them.
class LightSide {
 public:
  // Fences that a thread pays for before they are free again: about a microsecond.
  static constexpr int kFencesPaid = 128;

  // The owner, between (1) and (3).
  void Fence() {
    if (!TryFence()) [[unlikely]]
      FenceInFull();
  }
  // Fence() where that is free. False: it is not, and nothing is done.
  bool TryFence() const {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const bool is_free = mode_.load(std::memory_order_relaxed) == kLight;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return is_free;
  }

  bool FencesItself() const { return mode_.load(std::memory_order_acquire) == kFenced; }
  // False if the owner fences itself.
  bool Ask();
  // After the Heavy(). Nothing where it was not asked.
  void Grant();

 private:
  static constexpr uint8_t kFenced = 0;
  static constexpr uint8_t kAsked = 1;
  static constexpr uint8_t kLight = 2;  // Only where Light() is free.

  void FenceInFull();

  std::atomic<uint8_t> mode_{kFenced};
  uint8_t paid_ = 0;  // Owner only.
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_ASYMMETRIC_FENCE_H_
