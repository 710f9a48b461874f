#ifndef NACRE_ENGINE_BASE_SHARDED_COUNTER_H_
#define NACRE_ENGINE_BASE_SHARDED_COUNTER_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/base/epoch.h"

namespace nacre::base {

// A number that many threads add to and few read. The sum is exact when nobody adds.
class ShardedCounter {
 public:
  void Add(int64_t delta) {
    shards_[EpochDomain::ThreadIndex() % kShards].value.fetch_add(delta, std::memory_order_relaxed);
  }
  int64_t Sum() const {
    int64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr size_t kShards = 16;
  struct alignas(64) Shard {
    std::atomic<int64_t> value{0};
  };
  std::array<Shard, kShards> shards_;
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_SHARDED_COUNTER_H_
