#ifndef NACRE_ENGINE_TXN_HOME_SLOTS_H_
#define NACRE_ENGINE_TXN_HOME_SLOTS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/static_tls.h"
#include "engine/txn/snapshot_slot.h"

namespace nacre::txn {

namespace internal {

struct CachedHome {
  uint64_t registry = 0;
  SnapshotSlot* slot = nullptr;
};
inline constexpr size_t kHomesCached = 4;  // A power of two.
// The homes that the thread has asked for last. A registry that is gone is never asked for again:
// its number is not used twice.
extern constinit thread_local NACRE_STATIC_TLS std::array<CachedHome, kHomesCached> cached_homes;

}  // namespace internal

// The slots of one registry that threads have for themselves, each for as long as it runs. Threads
// and the registry own them together, so that either may end first.
class HomeSlots {
 public:
  explicit HomeSlots(size_t homes_max);
  HomeSlots(const HomeSlots&) = delete;
  HomeSlots& operator=(const HomeSlots&) = delete;

  // The home of the calling thread, nullptr if it has none yet.
  SnapshotSlot* OfThread() const {
    const internal::CachedHome& cached =
        internal::cached_homes[number_ & (internal::kHomesCached - 1)];
    return cached.registry == number_ ? cached.slot : nullptr;
  }
  // The same, found or lent. nullptr if there may be no more, and for a thread whose thread-local
  // variables are being destroyed: nobody would take it back. One thread at a time.
  static SnapshotSlot* Lend(const std::shared_ptr<HomeSlots>& homes);

  // Homes that were ever lent.
  size_t size() const { return size_.load(std::memory_order_acquire); }
  SnapshotSlot& at(size_t index) const { return table_.at(index); }

  // The registry ends.
  void Abandon() { abandoned_.store(true, std::memory_order_release); }
  bool abandoned() const { return abandoned_.load(std::memory_order_acquire); }
  uint64_t number() const { return number_; }

 private:
  SnapshotSlot* LendAny();

  const uint64_t number_;
  SlotTable table_;
  // Raised before the slot's first use, so that a pruner that misses the slot misses the store of
  // its first ray too.
  std::atomic<size_t> size_{0};
  const size_t homes_max_;
  std::atomic<bool> abandoned_{false};
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_HOME_SLOTS_H_
