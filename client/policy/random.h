#ifndef NACRE_CLIENT_POLICY_RANDOM_H_
#define NACRE_CLIENT_POLICY_RANDOM_H_

// A source of randomness for jitter: the same numbers for the same seed. Not for secrets.
//
// SplitMix64; Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).

#include <cstdint>
#include <random>

namespace nacre::client {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  // Seeded by the system, differently in each process.
  static Random Seeded() {
    std::random_device device;
    return Random((uint64_t{device()} << 32) | device());
  }

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // Even in [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POLICY_RANDOM_H_
