#ifndef NACRE_ENGINE_BASE_SPARE_BLOCK_H_
#define NACRE_ENGINE_BASE_SPARE_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "engine/base/sanitizers.h"
#include "engine/base/static_tls.h"

namespace nacre::base {

// Memory for objects of one type that come and go on a thread, mostly one at a time: a thread keeps
// the block of the last object that it deleted for the next one it makes. Under the address
// sanitizer nothing is kept, so that it sees every use after the end.
template <typename T>
class SpareBlock {
 public:
  // Whether a block is kept at all.
  static constexpr bool kKeeps = !kAddressSanitized;

  static void* Take() {
    void* const kept = Kept();
    if (kept == nullptr) [[unlikely]]
      return ::operator new(sizeof(T));
    TakeKept();
    return kept;
  }
  // What Take() would return without allocating; nullptr if none is kept.
  static void* Kept() { return block_ > kNotKept ? reinterpret_cast<void*>(block_) : nullptr; }
  // Precondition: one is kept.
  static void TakeKept() { block_ = kTaken; }

  static void Give(void* given) {
    if (block_ != kTaken) [[unlikely]]
      return GiveFirstOrDelete(given);
    block_ = reinterpret_cast<uintptr_t>(given);
  }

 private:
  // What stands in the place of a block.
  static constexpr uintptr_t kTaken = 0;
  static constexpr uintptr_t kNotKept = 1;  // None was given yet, or the thread ends.

  [[gnu::noinline]] static void GiveFirstOrDelete(void* given) {
    if (!kKeeps || block_ != kNotKept || thread_ends_) {
      ::operator delete(given);
      return;
    }
    static thread_local AtThreadEnd at_thread_end;
    (void)at_thread_end;
    block_ = reinterpret_cast<uintptr_t>(given);
  }

  // Objects of other thread-local variables, and static ones on the main thread, may outlive the
  // one that frees the block. So the state is not part of it: what a destructor writes to its own
  // object is nobody's to read, and compilers leave it out.
  static inline constinit thread_local NACRE_STATIC_TLS uintptr_t block_ = kNotKept;
  static inline constinit thread_local bool thread_ends_ = false;

  struct AtThreadEnd {
    ~AtThreadEnd() {
      thread_ends_ = true;
      const uintptr_t kept = std::exchange(block_, kNotKept);
      if (kept > kNotKept) ::operator delete(reinterpret_cast<void*>(kept));
    }
  };
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_SPARE_BLOCK_H_
