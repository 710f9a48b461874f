#include "engine/txn/places.h"

#include "engine/base/faults.h"

namespace nacre::txn {

bool Places::TryTakeLeft() {
  size_t taken = taken_.load(std::memory_order_seq_cst);
  while (taken < limit_) {
    if (taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_seq_cst)) return true;
  }
  return false;
}

bool Places::TryGather() {
  base::MutexLock lock(mutex_);
  gathering_.store(true, std::memory_order_seq_cst);
  size_t gathered = 0;
  for (Shard& shard : shards_) {
    gathered += shard.kept.exchange(0, std::memory_order_seq_cst);
    NACRE_STEP(kPlacesGathered);
  }
  if (gathered > 1) Leave(gathered - 1);
  const bool taken = gathered != 0 || TryTakeLeft();
  gathering_.store(false, std::memory_order_seq_cst);
  return taken;
}

void Places::LeaveOne(std::atomic<size_t>& kept) {
  size_t count = kept.load(std::memory_order_seq_cst);
  while (count != 0) {
    if (!kept.compare_exchange_weak(count, count - 1, std::memory_order_seq_cst)) continue;
    NACRE_STEP(kPlacesLeaving);
    return Leave(1);
  }
}

}  // namespace nacre::txn
