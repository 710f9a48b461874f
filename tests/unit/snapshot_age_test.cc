// From when a registered snapshot is seen to exist.

#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/base/steady_clock.h"
#include "engine/txn/snapshot_registry.h"
#include "gtest/gtest.h"

namespace nacre::txn {
namespace {

// A transaction reads no clock when it begins: its age counts from the first look at it.
TEST(SnapshotAge, CountsFromTheFirstLookAtATransaction) {
  const std::atomic<uint64_t> clock{1};
  SnapshotRegistry registry(clock, 100);
  const auto began_ns = [&] {
    std::vector<SnapshotRegistry::Active> active;
    registry.Collect(active);
    EXPECT_EQ(active.size(), 1u);
    return active.at(0).began_ns;
  };
  const SnapshotRegistry::Registration first = registry.Register(0).value();
  const int64_t before = base::SteadyNs();
  const int64_t looked_at = began_ns();
  EXPECT_GE(looked_at, before);
  EXPECT_EQ(began_ns(), looked_at);
  registry.Release(first);
  // The next one in the same slot has an age of its own.
  const SnapshotRegistry::Registration next = registry.Register(0).value();
  EXPECT_EQ(next.slot, first.slot);
  EXPECT_GT(began_ns(), looked_at);
  registry.Release(next);
  const SnapshotRegistry::Registration stamped =
      registry.Register(0, SnapshotRegistry::Holder::kSnapshot).value();
  const int64_t after = base::SteadyNs();
  EXPECT_LE(began_ns(), after);
  registry.Release(stamped);
}

}  // namespace
}  // namespace nacre::txn
