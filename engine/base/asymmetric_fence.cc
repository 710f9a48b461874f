#include "engine/base/asymmetric_fence.h"

// Clang and GCC tell of it in different ways.
#if defined(__SANITIZE_THREAD__)
#define NACRE_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NACRE_THREAD_SANITIZER 1
#endif
#endif

#if defined(__linux__) && !defined(NACRE_THREAD_SANITIZER) && __has_include(<linux/membarrier.h>)
#define NACRE_HAS_MEMBARRIER 1
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <chrono>
#include <thread>

#include "engine/base/check.h"

namespace nacre::base {

namespace internal {
constinit std::atomic<bool> light_is_free{false};
}  // namespace internal

namespace {

using Kind = AsymmetricFence::Kind;

constinit std::atomic<uint64_t> heavies{0};

#if defined(NACRE_HAS_MEMBARRIER)
long Membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }

bool Register() { return Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0; }

// The kernel may want memory for a moment (ENOMEM), which is no refusal: a few yields, then
// seconds.
bool Expedite() {
  constexpr int kYields = 1000;
  constexpr int kSleeps = 5000;
  for (int tries = 0;; ++tries) {
    if (Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return true;
    if (errno != ENOMEM || tries == kYields + kSleeps) return false;
    if (tries < kYields) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

bool HasMembarrier() {
  const long commands = Membarrier(MEMBARRIER_CMD_QUERY);
  return commands > 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0 && Register() &&
         Expedite();
}
#else
bool Register() { return false; }
bool Expedite() { return false; }
bool HasMembarrier() { return false; }
#endif

Kind Choose() { return HasMembarrier() ? Kind::kByMembarrier : Kind::kByFences; }

// What Heavy() does. Written before light_is_free is set, and by tests.
std::atomic<Kind>& ChosenKind() {
  static std::atomic<Kind> chosen(Choose());
  return chosen;
}

// Whether a slot has ever been light.
constinit std::atomic<bool> any_was_light{false};

void Announce(bool by_membarrier) {
  internal::light_is_free.store(by_membarrier, std::memory_order_seq_cst);
}

}  // namespace

Kind AsymmetricFence::Decide() {
  // The choice is made first: no Heavy() from now on makes do with less than a Light() needs.
  static const bool announced = [] {
    const bool by_membarrier = ChosenKind().load(std::memory_order_relaxed) == Kind::kByMembarrier;
    Announce(by_membarrier);
    return true;
  }();
  (void)announced;
  return ChosenKind().load(std::memory_order_relaxed);
}

void AsymmetricFence::Heavy() {
  heavies.fetch_add(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (ChosenKind().load(std::memory_order_relaxed) == Kind::kByMembarrier && !Expedite()) {
    // Linux hands the registration on to the child of a fork(), which is nowhere promised.
    const bool done = errno == EPERM && Register() && Expedite();
    NACRE_CHECK(done, "membarrier(), which other threads rely on, was refused after it had worked");
  }
  // The call returns without a barrier where it finds only one thread, or one processor.
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

uint64_t AsymmetricFence::heavy_count() { return heavies.load(std::memory_order_relaxed); }

bool AsymmetricFence::SetKindForTesting(Kind kind) {
  Decide();
  if (kind == Kind::kByMembarrier && Choose() != Kind::kByMembarrier) return false;
  if (kind == Kind::kByFences && any_was_light.load(std::memory_order_relaxed)) return false;
  ChosenKind().store(kind, std::memory_order_seq_cst);
  Announce(kind == Kind::kByMembarrier);
  return true;
}

bool LightSide::Ask() {
  uint8_t mode = mode_.load(std::memory_order_relaxed);
  return mode != kFenced && mode_.compare_exchange_strong(mode, kAsked, std::memory_order_seq_cst);
}

void LightSide::Grant() {
  uint8_t asked = kAsked;
  mode_.compare_exchange_strong(asked, kFenced, std::memory_order_release);
}

void LightSide::FenceInFull() {
  uint8_t mode = mode_.load(std::memory_order_relaxed);
  if (internal::light_is_free.load(std::memory_order_relaxed) && mode != kAsked &&
      ++paid_ >= kFencesPaid) {
    paid_ = 0;
    any_was_light.store(true, std::memory_order_relaxed);
    mode_.compare_exchange_strong(mode, kLight, std::memory_order_relaxed);
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace nacre::base
