#include "engine/base/epoch.h"

#include "engine/base/check.h"

namespace nacre::base {
namespace {

constexpr size_t kCacheLineBytes = 64;

// Written by its thread, read by reclaimers. Slots are reused by later threads and never freed, so
// a reclaimer may walk the list without a lock.
struct alignas(kCacheLineBytes) ThreadSlot {
  std::atomic<uint64_t> epoch{EpochDomain::kUnpinned};
  std::atomic<bool> taken{true};
  uint32_t depth = 0;  // Owner only.
  size_t index = 0;    // Constant after registration.
  ThreadSlot* next = nullptr;
};
static_assert(sizeof(ThreadSlot) == kCacheLineBytes);

alignas(kCacheLineBytes) constinit std::atomic<uint64_t> global_epoch{1};
constinit std::atomic<ThreadSlot*> slots_head{nullptr};
constinit thread_local ThreadSlot* thread_slot = nullptr;

// Gives the slot back when its thread ends.
struct SlotReturn {
  ~SlotReturn() {
    ThreadSlot* slot = thread_slot;
    thread_slot = nullptr;
    if (slot == nullptr) return;
    NACRE_CHECK(slot->depth == 0, "a thread ended while it was pinned");
    slot->taken.store(false, std::memory_order_release);
  }
};

ThreadSlot* Register() {
  static thread_local SlotReturn give_back;
  (void)give_back;
  for (ThreadSlot* slot = slots_head.load(std::memory_order_acquire); slot != nullptr;
       slot = slot->next) {
    bool free = false;
    if (slot->taken.compare_exchange_strong(free, true, std::memory_order_acq_rel)) {
      return thread_slot = slot;
    }
  }
  auto* slot = new ThreadSlot;
  ThreadSlot* head = slots_head.load(std::memory_order_acquire);
  do {
    slot->next = head;
    slot->index = head == nullptr ? 0 : head->index + 1;
    // seq_cst: a reclaimer that misses the new slot precedes its first pin in the single order.
  } while (!slots_head.compare_exchange_weak(head, slot, std::memory_order_seq_cst));
  return thread_slot = slot;
}

inline ThreadSlot* Current() {
  ThreadSlot* slot = thread_slot;
  return __builtin_expect(slot != nullptr, 1) ? slot : Register();
}

}  // namespace

uint64_t EpochDomain::Advance() { return global_epoch.fetch_add(1, std::memory_order_seq_cst); }

bool EpochDomain::HasPassed(uint64_t epoch) {
  for (ThreadSlot* slot = slots_head.load(std::memory_order_seq_cst); slot != nullptr;
       slot = slot->next) {
    const uint64_t pinned = slot->epoch.load(std::memory_order_seq_cst);
    if (pinned != kUnpinned && pinned <= epoch) return false;
  }
  return true;
}

bool EpochDomain::IsPinned() { return thread_slot != nullptr && thread_slot->depth != 0; }

size_t EpochDomain::ThreadIndex() { return Current()->index; }

EpochPin::EpochPin() {
  ThreadSlot* slot = Current();
  if (slot->depth++ != 0) return;
  uint64_t epoch = global_epoch.load(std::memory_order_acquire);
  for (;;) {
    slot->epoch.store(epoch, std::memory_order_seq_cst);
    const uint64_t again = global_epoch.load(std::memory_order_seq_cst);
    if (again == epoch) return;
    epoch = again;
  }
}

EpochPin::~EpochPin() {
  ThreadSlot* slot = thread_slot;
  NACRE_CHECK(slot != nullptr && slot->depth != 0, "a pin ended on a thread that did not begin it");
  if (--slot->depth == 0) slot->epoch.store(EpochDomain::kUnpinned, std::memory_order_release);
}

}  // namespace nacre::base
