#include "engine/txn/home_slots.h"

#include <algorithm>
#include <vector>

namespace nacre::txn {

namespace internal {
constinit thread_local NACRE_STATIC_TLS std::array<CachedHome, kHomesCached> cached_homes;
}  // namespace internal

namespace {

constinit std::atomic<uint64_t> next_number{1};
// Not part of HeldHomes, which it outlives.
constinit thread_local bool thread_ends = false;

// What a thread has to give back.
class HeldHomes {
 public:
  ~HeldHomes() {
    thread_ends = true;
    internal::cached_homes = {};
    for (const Held& held : held_) held.slot->lent.store(false, std::memory_order_release);
  }

  SnapshotSlot* Find(const HomeSlots* homes) const {
    const auto found = std::find_if(held_.begin(), held_.end(),
                                    [&](const Held& held) { return held.homes.get() == homes; });
    return found == held_.end() ? nullptr : found->slot;
  }
  void Add(const std::shared_ptr<HomeSlots>& homes, SnapshotSlot* slot) {
    std::erase_if(held_, [](const Held& held) { return held.homes->abandoned(); });
    held_.push_back({homes, slot});
  }

 private:
  struct Held {
    std::shared_ptr<HomeSlots> homes;
    SnapshotSlot* slot;
  };
  std::vector<Held> held_;
};

}  // namespace

HomeSlots::HomeSlots(size_t homes_max)
    : number_(next_number.fetch_add(1, std::memory_order_relaxed)),
      table_(homes_max, /*of_homes=*/true),
      homes_max_(homes_max) {}

SnapshotSlot* HomeSlots::Lend(const std::shared_ptr<HomeSlots>& homes) {
  if (thread_ends) return nullptr;
  static thread_local HeldHomes held;
  SnapshotSlot* slot = held.Find(homes.get());
  if (slot == nullptr) {
    slot = homes->LendAny();
    if (slot == nullptr) return nullptr;
    held.Add(homes, slot);
  }
  internal::cached_homes[homes->number_ & (internal::kHomesCached - 1)] = {homes->number_, slot};
  return slot;
}

SnapshotSlot* HomeSlots::LendAny() {
  const size_t size = size_.load(std::memory_order_relaxed);
  SnapshotSlot* slot = nullptr;
  for (size_t i = 0; i < size && slot == nullptr; ++i) {
    // Acquire: what the thread that had it has left behind, the ids above all. Its snapshot may be
    // open still, with another thread.
    const bool idle = !SnapshotSlot::IsTaken(at(i).state.load(std::memory_order_relaxed));
    if (idle && !at(i).lent.load(std::memory_order_acquire)) slot = &at(i);
  }
  if (slot == nullptr) {
    if (size >= homes_max_ || (size == table_.size() && !table_.Grow())) return nullptr;
    slot = &at(size);
    size_.store(size + 1, std::memory_order_release);
  }
  slot->lent.store(true, std::memory_order_relaxed);
  return slot;
}

}  // namespace nacre::txn
