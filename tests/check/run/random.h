#ifndef NACRE_TESTS_CHECK_RUN_RANDOM_H_
#define NACRE_TESTS_CHECK_RUN_RANDOM_H_

#include <cmath>
#include <cstdint>
#include <vector>

namespace nacre::check::run {

// SplitMix64 (Steele, Lea, Flood 2014). A new one for each transaction, so that what a transaction
// does depends on its seed, session and number alone, and not on how earlier ones ended.
class Random {
 public:
  Random(uint64_t seed, uint64_t stream, uint64_t number) {
    state_ = seed;
    state_ = Next() ^ stream;
    state_ = Next() ^ number;
    Next();
  }

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // From [0, bound); bound > 0.
  // The bounds of workloads are far below 2^64, so what the remainder favours does not show.
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  // From [low, high].
  uint64_t Between(uint64_t low, uint64_t high) { return low + Below(high - low + 1); }
  double Fraction() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  bool Chance(double share) { return Fraction() < share; }

 private:
  uint64_t state_;
};

// Numbers from [0, count), of which the k-th is drawn in proportion to 1 / (k + 1)^skew. Skew 0:
// all alike. Immutable.
class Zipf {
 public:
  Zipf(uint64_t count, double skew) : count_(count) {
    if (skew == 0) return;
    double sum = 0;
    up_to_.reserve(count);
    for (uint64_t k = 0; k < count; ++k) {
      up_to_.push_back(sum += std::pow(static_cast<double>(k + 1), -skew));
    }
    for (double& bound : up_to_) bound /= sum;
  }

  uint64_t Draw(Random& random) const {
    if (up_to_.empty()) return random.Below(count_);
    const double at = random.Fraction();
    uint64_t low = 0;
    uint64_t high = count_ - 1;
    while (low < high) {
      const uint64_t middle = (low + high) / 2;
      if (up_to_[middle] > at) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

 private:
  uint64_t count_;
  std::vector<double> up_to_;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_RANDOM_H_
