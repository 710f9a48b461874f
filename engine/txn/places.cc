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
  if (gathered > 1) Give(gathered - 1);
  const bool taken = gathered != 0 || TryTakeLeft();
  gathering_.store(false, std::memory_order_seq_cst);
  return taken;
}

void Places::Leave(Shard& shard) { Give(shard.kept.exchange(0, std::memory_order_seq_cst)); }

}  // namespace nacre::txn
