#include "bench/ycsb/key_sequence.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace nacre::bench {
namespace {

constexpr double kZipfParameter = 0.99;

// Ranks with zipf's distribution, by inverting its cumulative sum. Exact, and a binary search a
// draw.
class ZipfRanks {
 public:
  explicit ZipfRanks(uint64_t ranks) : cumulative_(ranks) {
    double sum = 0;
    for (uint64_t rank = 0; rank < ranks; ++rank) {
      sum += std::pow(static_cast<double>(rank + 1), -kZipfParameter);
      cumulative_[rank] = sum;
    }
  }
  template <typename Generator>
  uint64_t Draw(Generator& generator) const {
    std::uniform_real_distribution<double> uniform(0, cumulative_.back());
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), uniform(generator));
    return std::min<uint64_t>(found - cumulative_.begin(), cumulative_.size() - 1);
  }

 private:
  std::vector<double> cumulative_;
};

}  // namespace

KeySequence::KeySequence(Distribution distribution, uint64_t keys, uint64_t seed)
    : indices_(kDrawn) {
  std::mt19937_64 generator(seed);
  if (distribution == Distribution::kUniform) {
    std::uniform_int_distribution<uint32_t> uniform(0, static_cast<uint32_t>(keys - 1));
    for (uint32_t& index : indices_) index = uniform(generator);
    return;
  }
  const ZipfRanks ranks(keys);
  // The same keys are popular for every thread and store.
  const std::vector<uint32_t> key_of_rank = RandomOrder(keys, /*seed=*/4711);
  for (uint32_t& index : indices_) index = key_of_rank[ranks.Draw(generator)];
}

std::vector<uint32_t> RandomOrder(uint64_t keys, uint64_t seed) {
  std::vector<uint32_t> order(keys);
  std::iota(order.begin(), order.end(), 0);
  Shuffle(order, seed);
  return order;
}

void Shuffle(std::vector<uint32_t>& order, uint64_t seed) {
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
}

}  // namespace nacre::bench
