#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/model/driver.h"

namespace nacre::model {
namespace {

constexpr int kDatabases = 20;
constexpr int kStepsEach = 5000;

// From NACRE_SEED, to repeat a failure; otherwise a new one.
uint64_t FirstSeed() {
  if (const char* text = std::getenv("NACRE_SEED"); text != nullptr) {
    return std::strtoull(text, nullptr, 10);
  }
  return std::random_device()();
}

void RunMany(DriverOptions options) {
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + kDatabases; ++seed) {
    std::printf("NACRE_SEED=%llu: ", static_cast<unsigned long long>(seed));
    options.seed = seed;
    options.steps = kStepsEach;
    Driver(options).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(RandomModel, SnapshotTransactions_WithPassesOfTheVacuum) { RunMany({.serializable = false}); }

TEST(RandomModel, BothLevels_WithPassesOfTheVacuum) { RunMany({}); }

TEST(RandomModel, BothLevels_BesideTheVacuumThread) { RunMany({.vacuum_thread = true}); }

}  // namespace
}  // namespace nacre::model
