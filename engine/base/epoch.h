#ifndef NACRE_ENGINE_BASE_EPOCH_H_
#define NACRE_ENGINE_BASE_EPOCH_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/base/asymmetric_fence.h"
#include "engine/base/check.h"
#include "engine/base/static_tls.h"

// Epochs answer one question: may memory that was unlinked be freed? They know nothing of
// transaction time, and a pin lasts one call into the engine, never as long as a transaction.
//
// Invariant EPOCH-SAFE: memory that was unlinked before Advance() returned E is not reached by
// anybody once HasPassed(E) is true. (Nor is what was superseded before, by who looks for what is
// newest: it is no longer what they find. RESTED in vacuum/promoter.h relies on that.)
//
//   reader (Pin)                              reclaimer
//   1. e = global (acquire)                   a. unlinks the object
//   2. slot = e, pinned (release)             b. E = global++, and a full fence
//      Fence()                                c. loads every slot (acquire): free when each
//   3. global == e still? (acquire)              says > E, or is unpinned and fences itself,
//      else again from 2, with what it is        or is unpinned after a Heavy()
//   4. slot = e, unpinned (release)
//
// If (c) reads e from (2) or (4) and e > E, the thread has read a value published by (b) or later,
// with (a) visible, and never reads an older one again: neither this pin nor a later one finds the
// object, and what it has read under an earlier one is over. If (c) reads e from (2) and e <= E,
// the object is kept. If (c) reads an old (4), and so may have missed a pin that came since, then
// by SELF-FENCED or ASYMMETRIC (3) of that pin sees at least E + 1: the reader repeats with an e >
// E, whose acquire load makes (a) visible, and it can not find the object. (Who does not repeat
// goes on to (4), and has reached nothing.)
//
// So it costs no barrier to look at threads that keep pinning, and one Heavy() to look at one that
// has stopped; from then on that one fences itself.
// One Heavy() serves every later look at the slots for the same E: a reader whose (2) comes before
// it is seen by all of them, one whose (2) comes after it has an e > E.

namespace nacre::base {

namespace internal {

// Written by its thread, read by reclaimers. Slots are reused by later threads and never freed, so
// a reclaimer may walk the list without a lock.
struct alignas(64) EpochSlot {
  // The epoch of the pin, or after its end that less one, which is even: of the last pin.
  std::atomic<uint64_t> epoch{0};
  LightSide light;
  std::atomic<bool> taken{true};
  // Owner only: taken for one pin, by a thread whose thread-local variables are being destroyed.
  bool borrowed = false;
  uint32_t nested = 0;  // Owner only: pins besides the first.
  size_t index = 0;     // Constant after registration.
  EpochSlot* next = nullptr;

  static constexpr bool IsPin(uint64_t epoch) { return epoch % 2 != 0; }
  // The owner.
  bool IsPinned() const { return IsPin(epoch.load(std::memory_order_relaxed)); }
  // Steps 1 to 3 of a pin. False: its fence is not free, or its epoch was closed meanwhile.
  bool TryPin();
  // Ends the pin, if it is the last one: step 4.
  void Unpin() {
    if (nested != 0) [[unlikely]] {
      --nested;
      return;
    }
    epoch.store(epoch.load(std::memory_order_relaxed) - 1, std::memory_order_release);
  }
};
static_assert(sizeof(EpochSlot) == 64);

// Always odd.
struct alignas(64) EpochCounter {
  std::atomic<uint64_t> value{1};
};
extern constinit EpochCounter global_epoch;
// Null before the first use on a thread, and after its last.
extern constinit thread_local NACRE_STATIC_TLS EpochSlot* epoch_slot;

inline bool EpochSlot::TryPin() {
  const uint64_t now = global_epoch.value.load(std::memory_order_acquire);
  epoch.store(now, std::memory_order_release);
  return light.TryFence() && global_epoch.value.load(std::memory_order_acquire) == now;
}

EpochSlot* TakeEpochSlot();
// Steps 1 to 3 of a pin whose fence was not free, or whose epoch was closed meanwhile.
void PinAgain(EpochSlot* slot);
void GiveBackBorrowedSlot();

}  // namespace internal

// One domain for the process, shared by all databases: threads register once.
class EpochDomain {
 public:
  // The ThreadIndex() of all threads that are ending, at once. While such a thread is pinned it has
  // the index of the slot that it has borrowed, until the end of the pin: a ThreadPart made under
  // the pin must not outlive it.
  static constexpr size_t kEndingThread = SIZE_MAX;

  // Closes the current epoch and returns it. O(1), and a full fence.
  static uint64_t Advance();
  // True when no thread is pinned in `epoch`, which Advance() has returned, or before it.
  // O(threads), and a Heavy() if a thread has stopped pinning.
  static bool HasPassed(uint64_t epoch);
  // The same without a Heavy(), for who holds locks. kUnknown: HasPassed() would find out, for
  // everybody.
  enum class Passed : uint8_t { kNo, kYes, kUnknown };
  static Passed Look(uint64_t epoch);
  // True while the calling thread is pinned.
  static bool IsPinned() {
    return internal::epoch_slot != nullptr && internal::epoch_slot->IsPinned();
  }
  // A small number that differs between running threads, for spreading load over shards.
  static size_t ThreadIndex() {
    const internal::EpochSlot* slot = internal::epoch_slot;
    return slot != nullptr ? slot->index : RegisterThread();
  }

 private:
  static size_t RegisterThread();
  static bool FindOut(uint64_t epoch);
};

// Keeps everything that the calling thread can reach from being freed. May be nested, also across
// the fibers of one thread: the outermost pin counts. Must end on the thread that began it.
class EpochPin {
 public:
  EpochPin() {
    internal::EpochSlot* slot = internal::epoch_slot;
    if (slot == nullptr) [[unlikely]]
      slot = internal::TakeEpochSlot();
    slot_ = slot;
    if (slot->IsPinned()) {
      ++slot->nested;
      return;
    }
    if (!slot->TryPin()) [[unlikely]]
      internal::PinAgain(slot);
  }
  ~EpochPin() {
    internal::EpochSlot* slot = slot_;
    NACRE_CHECK(slot == internal::epoch_slot, "a pin ended on a thread that did not begin it");
    slot->Unpin();
    if (slot->borrowed && !slot->IsPinned()) [[unlikely]]
      internal::GiveBackBorrowedSlot();
  }
  EpochPin(const EpochPin&) = delete;
  EpochPin& operator=(const EpochPin&) = delete;

 private:
  internal::EpochSlot* slot_;  // Of the thread, which has it for as long as it is pinned.
};

// An EpochPin where that takes no call, and two stores: the thread is not pinned, its fence is free
// and the epoch is not closed in the same moment. Else nothing is held. (Where fences are never
// free, nothing ever is, and the stores are lost beside the fence that the other pin makes.)
class TryEpochPin {
 public:
  TryEpochPin() : slot_(internal::epoch_slot) {
    if (slot_ == nullptr) return;
    if (slot_->IsPinned()) [[unlikely]] {
      slot_ = nullptr;
    } else if (!slot_->TryPin()) [[unlikely]] {
      slot_->Unpin();
      slot_ = nullptr;
    }
  }
  ~TryEpochPin() {
    if (slot_ != nullptr) slot_->Unpin();
  }
  TryEpochPin(const TryEpochPin&) = delete;
  TryEpochPin& operator=(const TryEpochPin&) = delete;

  bool held() const { return slot_ != nullptr; }

 private:
  internal::EpochSlot* slot_;
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_EPOCH_H_
