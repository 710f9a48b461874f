// Snapshots that are held: where they are registered, and when they are at rest.

#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/txn/snapshot_registry.h"
#include "gtest/gtest.h"

namespace nacre::txn {
namespace {

using Active = SnapshotRegistry::Active;
using Registration = SnapshotRegistry::Registration;

class SnapshotRest : public ::testing::Test {
 protected:
  std::atomic<uint64_t> clock_{7};
  SnapshotRegistry registry_{clock_, /*snapshots_max=*/100};
};

// One that may be held for long, and one of the past.
TEST_F(SnapshotRest, AHeldSnapshotLeavesTheHomeToTransactions) {
  registry_.Release(registry_.Register(0).value());
  const Registration held = registry_.Register(0, SnapshotRegistry::Age::kHeld).value();
  const Registration past = registry_.RegisterAt(held.read_timestamp, 0).value();
  SnapshotRegistry::Settle(past);
  const Registration transaction = registry_.Register(0).value();
  EXPECT_TRUE(transaction.slot->is_home);
  EXPECT_FALSE(held.slot->is_home);
  EXPECT_FALSE(past.slot->is_home);
  EXPECT_EQ(registry_.active_count(), 3u);
  for (const Registration& each : {held, past, transaction}) registry_.Release(each);
}

TEST_F(SnapshotRest, RestAndWakeAreSeenByScans) {
  const Registration held = registry_.Register(0, SnapshotRegistry::Age::kHeld).value();
  const auto look = [&] {
    std::vector<Active> active;
    registry_.Collect(active);
    EXPECT_EQ(active.size(), 1u);
    EXPECT_EQ(active[0].read_timestamp, held.read_timestamp);
    EXPECT_FALSE(active[0].is_ray);
    return active[0].at_rest;
  };
  EXPECT_FALSE(look());
  SnapshotRegistry::Rest(held);
  EXPECT_TRUE(look());
  SnapshotRegistry::Wake(held);
  EXPECT_FALSE(look());
  registry_.Release(held);
}

}  // namespace
}  // namespace nacre::txn
