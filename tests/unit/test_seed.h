#ifndef NACRE_TESTS_UNIT_TEST_SEED_H_
#define NACRE_TESTS_UNIT_TEST_SEED_H_

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace nacre {

// From NACRE_SEED if that is set; printed, so that a failure can be repeated.
inline uint64_t TestSeed() {
  const char* given = std::getenv("NACRE_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "NACRE_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace nacre

#endif  // NACRE_TESTS_UNIT_TEST_SEED_H_
