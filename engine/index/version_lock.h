#ifndef NACRE_ENGINE_INDEX_VERSION_LOCK_H_
#define NACRE_ENGINE_INDEX_VERSION_LOCK_H_

#include <atomic>
#include <cstdint>
#include <thread>

// The lock of one index node: writers exclude each other, readers write nothing and notice
// afterwards whether a writer came by (optimistic lock coupling: Leis et al., "The ART of Practical
// Synchronization", DaMoN 2016).
//
//   bit 0       obsolete: the node was replaced, and is never written again
//   bit 1       locked
//   bits 2..63  counts the critical sections that changed something
//
// Invariant READ-STABLE: if ReadBegin() or TryReadBegin() gave v and Unchanged(v) is true, then all
// that was loaded between them (with acquire loads) is the node's content at one moment between
// them.
//
//   reader                              writer
//   1. v = word, unlocked (acquire)     a. word: v -> v + kLocked (compare-and-swap, acquire)
//   2. loads the node (acquire)         b. stores to the node (release)
//   3. word == v still?                 c. word = v + 2 * kLocked (release)
//
// Suppose (2) reads a value stored at (b) by a writer that locked after v. The acquire load
// synchronizes with the release store, so (a) happens before (3), and by coherence (3) reads the
// locked word or a later one, never v: the reader repeats. Suppose (2) reads none: since (1)
// synchronizes with the (c) that wrote v, it reads no value older than that either. No fence is
// needed, the later load needs no order of its own (it can not move before acquire loads), and the
// thread sanitizer understands it all. On x86-64 every one of these loads and stores is an ordinary
// mov.

namespace nacre::index::internal {

class VersionLock {
 public:
  // The version to validate against. Waits while a writer is inside, which is a few dozen stores.
  uint64_t ReadBegin() const {
    const uint64_t word = word_.load(std::memory_order_acquire);
    return __builtin_expect((word & kLocked) == 0, 1) ? word : WaitUnlocked();
  }
  // The version without waiting: false while a writer is inside.
  bool TryReadBegin(uint64_t* version) const {
    *version = word_.load(std::memory_order_acquire);
    return (*version & kLocked) == 0;
  }
  bool Unchanged(uint64_t version) const {
    return word_.load(std::memory_order_relaxed) == version;
  }
  static bool IsObsolete(uint64_t version) { return (version & kObsolete) != 0; }

  // Locks if nothing has changed since `version`. Never waits, so the order of locking is free.
  bool TryLock(uint64_t version) {
    return !IsObsolete(version) &&
           word_.compare_exchange_strong(version, version + kLocked, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }
  // Ends the critical section; readers that overlapped it repeat.
  void Unlock() {
    word_.store(word_.load(std::memory_order_relaxed) + kLocked, std::memory_order_release);
  }
  // For a critical section that stored nothing.
  void UnlockUnchanged() {
    word_.store(word_.load(std::memory_order_relaxed) - kLocked, std::memory_order_release);
  }
  // The node was replaced and has kept its content for the readers that are still in it.
  void UnlockObsolete() {
    word_.store(word_.load(std::memory_order_relaxed) + kLocked + kObsolete,
                std::memory_order_release);
  }

 private:
  static constexpr uint64_t kObsolete = 1;
  static constexpr uint64_t kLocked = 2;

  [[gnu::noinline, gnu::cold]] uint64_t WaitUnlocked() const {
    for (int spins = 0;; ++spins) {
      const uint64_t word = word_.load(std::memory_order_acquire);
      if ((word & kLocked) == 0) return word;
      if (spins < kSpinsBeforeYield) {
        Pause();
      } else {
        // The owner may have lost its processor: spinning would keep it from getting it back.
        std::this_thread::yield();
      }
    }
  }
  static void Pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  static constexpr int kSpinsBeforeYield = 64;

  std::atomic<uint64_t> word_{0};
};
static_assert(sizeof(VersionLock) == 8);

}  // namespace nacre::index::internal

#endif  // NACRE_ENGINE_INDEX_VERSION_LOCK_H_
