#include "engine/base/epoch.h"

#include <pthread.h>

#include <utility>

namespace nacre::base {

namespace internal {

constinit EpochCounter global_epoch;
constinit thread_local NACRE_STATIC_TLS EpochSlot* epoch_slot = nullptr;

namespace {

constinit std::atomic<EpochSlot*> slots_head{nullptr};
// Somebody is asking slots to fence themselves (LightSide).
constinit std::atomic<bool> asking{false};
// Outlives the object that sets it: see SpareBlock.
constinit thread_local bool thread_ends = false;

void GiveBack(EpochSlot* slot) { slot->taken.store(false, std::memory_order_release); }

// Gives the slot back when its thread ends.
struct AtThreadEnd {
  ~AtThreadEnd() {
    thread_ends = true;
    EpochSlot* slot = std::exchange(epoch_slot, nullptr);
    if (slot == nullptr) return;
    NACRE_CHECK(!slot->IsPinned(), "a thread ended while it was pinned");
    GiveBack(slot);
  }
};

// The one with the lowest index, for which most is kept (OWN-PART). Indices fall along the list.
EpochSlot* FindFreeSlot() {
  for (;;) {
    EpochSlot* lowest = nullptr;
    for (EpochSlot* slot = slots_head.load(std::memory_order_acquire); slot != nullptr;
         slot = slot->next) {
      if (!slot->taken.load(std::memory_order_relaxed)) lowest = slot;
    }
    bool free = false;
    if (lowest == nullptr ||
        lowest->taken.compare_exchange_strong(free, true, std::memory_order_acq_rel)) {
      return lowest;
    }
  }
}

// A child of fork() has one thread. What the others had pinned in the parent, nobody unpins in the
// child: its own databases would never free anything.
void ForgetOtherThreads() {
  for (EpochSlot* slot = slots_head.load(std::memory_order_acquire); slot != nullptr;
       slot = slot->next) {
    if (slot == epoch_slot) continue;
    slot->nested = 0;
    slot->borrowed = false;
    slot->epoch.store(0, std::memory_order_relaxed);
    GiveBack(slot);
  }
  // The one who asked has stayed in the parent.
  asking.store(false, std::memory_order_relaxed);
}

EpochSlot* AddSlot() {
  static const int registered = pthread_atfork(nullptr, nullptr, &ForgetOtherThreads);
  NACRE_CHECK(registered == 0, "no memory for a handler of fork()");
  auto* slot = new EpochSlot;
  EpochSlot* head = slots_head.load(std::memory_order_acquire);
  do {
    slot->next = head;
    slot->index = head == nullptr ? 0 : head->index + 1;
    // A reclaimer that misses the new slot misses the store of its first pin too: EPOCH-SAFE.
  } while (!slots_head.compare_exchange_weak(head, slot, std::memory_order_seq_cst));
  return slot;
}

}  // namespace

EpochSlot* TakeEpochSlot() {
  AsymmetricFence::Decide();
  if (!thread_ends) {
    static thread_local AtThreadEnd at_thread_end;
    (void)at_thread_end;
  }
  EpochSlot* slot = FindFreeSlot();
  if (slot == nullptr) slot = AddSlot();
  // Nothing is called at the end of this thread any more: the slot goes back with the pin.
  slot->borrowed = thread_ends;
  return epoch_slot = slot;
}

void PinAgain(EpochSlot* slot) {
  uint64_t epoch;
  do {
    epoch = global_epoch.value.load(std::memory_order_acquire);
    slot->epoch.store(epoch, std::memory_order_release);
    slot->light.Fence();
  } while (global_epoch.value.load(std::memory_order_acquire) != epoch);
}

void GiveBackBorrowedSlot() {
  EpochSlot* slot = std::exchange(epoch_slot, nullptr);
  slot->borrowed = false;
  GiveBack(slot);
}

}  // namespace internal

uint64_t EpochDomain::Advance() {
  const uint64_t epoch = internal::global_epoch.value.fetch_add(2, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return epoch;
}

EpochDomain::Passed EpochDomain::Look(uint64_t epoch) {
  using internal::EpochSlot;
  Passed passed = Passed::kYes;
  for (const EpochSlot* slot = internal::slots_head.load(std::memory_order_acquire);
       slot != nullptr; slot = slot->next) {
    // A thread need not be told of its own pins.
    const bool sure = slot->light.FencesItself() || slot == internal::epoch_slot;
    const uint64_t seen = slot->epoch.load(std::memory_order_acquire);
    if (seen > epoch) continue;
    if (EpochSlot::IsPin(seen)) return Passed::kNo;
    if (!sure) passed = Passed::kUnknown;
  }
  return passed;
}

bool EpochDomain::HasPassed(uint64_t epoch) {
  const Passed passed = Look(epoch);
  return passed == Passed::kUnknown ? FindOut(epoch) : passed == Passed::kYes;
}

bool EpochDomain::FindOut(uint64_t epoch) {
  using internal::EpochSlot;
  EpochSlot* const head = internal::slots_head.load(std::memory_order_acquire);
  // Who meets another one here makes do with a Heavy() of its own.
  const bool asks = !internal::asking.exchange(true, std::memory_order_acquire);
  for (EpochSlot* slot = head; asks && slot != nullptr; slot = slot->next) {
    const uint64_t seen = slot->epoch.load(std::memory_order_relaxed);
    if (seen <= epoch && !EpochSlot::IsPin(seen)) slot->light.Ask();
  }
  AsymmetricFence::Heavy();
  for (EpochSlot* slot = head; asks && slot != nullptr; slot = slot->next) slot->light.Grant();
  if (asks) internal::asking.store(false, std::memory_order_release);
  for (const EpochSlot* slot = head; slot != nullptr; slot = slot->next) {
    const uint64_t seen = slot->epoch.load(std::memory_order_acquire);
    if (seen <= epoch && EpochSlot::IsPin(seen)) return false;
  }
  return true;
}

size_t EpochDomain::RegisterThread() {
  return internal::thread_ends ? kEndingThread : internal::TakeEpochSlot()->index;
}

}  // namespace nacre::base
