#ifndef NACRE_ENGINE_BASE_SPARE_BLOCK_H_
#define NACRE_ENGINE_BASE_SPARE_BLOCK_H_

#include <cstddef>
#include <new>

namespace nacre::base {

// Memory for objects of one type that come and go on a thread, mostly one at a time: a thread keeps
// the block of the last object that it deleted for the next one it makes. Under the address
// sanitizer nothing is kept, so that it sees every use after the end.
template <typename T>
class SpareBlock {
 public:
  static void* Take() {
    Slot& slot = MySlot();
    void* const block = slot.block;
    slot.block = nullptr;
    return block != nullptr ? block : ::operator new(sizeof(T));
  }

  static void Give(void* block) {
    Slot& slot = MySlot();
    if (!kKeeps || slot.block != nullptr || slot.thread_ends) {
      ::operator delete(block);
    } else {
      slot.block = block;
    }
  }

 private:
#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool kKeeps = false;
#elif defined(__has_feature)
  static constexpr bool kKeeps = !__has_feature(address_sanitizer);
#else
  static constexpr bool kKeeps = true;
#endif

  struct Slot {
    void* block = nullptr;
    // Objects of other thread-local variables may outlive this one.
    bool thread_ends = false;
    ~Slot() {
      ::operator delete(block);
      block = nullptr;
      thread_ends = true;
    }
  };

  static Slot& MySlot() {
    static thread_local Slot slot;
    return slot;
  }
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_SPARE_BLOCK_H_
