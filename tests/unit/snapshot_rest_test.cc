// Snapshots that are held: where they are registered, and when they are at rest.

#include <array>
#include <atomic>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "engine/txn/snapshot_registry.h"
#include "gtest/gtest.h"

namespace nacre::txn {
namespace {

using Active = SnapshotRegistry::Active;
using Registration = SnapshotRegistry::Registration;

class SnapshotRest : public ::testing::Test {
 protected:
  // What a scan sees of it.
  Active Seen(const Registration& registration) const {
    std::vector<Active> all;
    registry_.Collect(all);
    for (const Active& each : all) {
      if (each.slot == registration.slot) return each;
    }
    ADD_FAILURE() << "it is not registered";
    return {};
  }

  std::atomic<uint64_t> clock_{7};
  SnapshotRegistry registry_{clock_, /*snapshots_max=*/100};
};

// One that may be held for long, and one of the past.
TEST_F(SnapshotRest, AHeldSnapshotLeavesTheHomeToTransactions) {
  registry_.Release(registry_.Register(0).value());
  const Registration held = registry_.Register(0, SnapshotRegistry::Holder::kSnapshot).value();
  const Registration past = registry_.RegisterAt(held.read_timestamp, 0).value();
  SnapshotRegistry::Settle(past);
  const Registration transaction = registry_.Register(0).value();
  EXPECT_TRUE(transaction.slot->is_home);
  EXPECT_FALSE(held.slot->is_home);
  EXPECT_FALSE(past.slot->is_home);
  EXPECT_EQ(registry_.active_count(), 3u);
  for (const Registration& each : {held, past, transaction}) registry_.Release(each);
}

TEST_F(SnapshotRest, ScansSeeWhetherAnybodyLooks) {
  const Registration held = registry_.Register(0, SnapshotRegistry::Holder::kSnapshot).value();
  const auto at_rest = [&] { return Seen(held).at_rest; };
  EXPECT_FALSE(at_rest()) << "who registers it looks at it";
  EXPECT_TRUE(SnapshotRegistry::EndLook(held));
  EXPECT_TRUE(at_rest());
  SnapshotRegistry::BeginLook(held);
  SnapshotRegistry::BeginLook(held);
  EXPECT_FALSE(at_rest());
  EXPECT_FALSE(SnapshotRegistry::EndLook(held)) << "another one still looks";
  EXPECT_FALSE(at_rest());
  EXPECT_TRUE(SnapshotRegistry::EndLook(held));
  EXPECT_TRUE(at_rest());
  registry_.Release(held);
}

// Also the next one in a slot that was left at rest.
TEST_F(SnapshotRest, NothingRestsThatHasJustBegun) {
  const Registration first = registry_.Register(0, SnapshotRegistry::Holder::kSnapshot).value();
  SnapshotRegistry::EndLook(first);
  registry_.Release(first);
  const Registration past = registry_.RegisterAt(5, 0).value();
  ASSERT_EQ(past.slot, first.slot);
  EXPECT_TRUE(Seen(past).is_ray);
  EXPECT_FALSE(Seen(past).at_rest);
  SnapshotRegistry::Settle(past);
  EXPECT_FALSE(Seen(past).at_rest);
  const Registration home = registry_.Register(0).value();
  const Registration second = registry_.Register(0).value();
  ASSERT_TRUE(home.slot->is_home);
  ASSERT_FALSE(second.slot->is_home);
  for (const Registration& each : {home, second}) EXPECT_FALSE(Seen(each).at_rest);
  for (const Registration& each : {past, home, second}) registry_.Release(each);
}

using SnapshotRestDeath = SnapshotRest;

TEST_F(SnapshotRestDeath, WhoHasNotBegunToLookCanNotStop) {
  const Registration held = registry_.Register(0, SnapshotRegistry::Holder::kSnapshot).value();
  SnapshotRegistry::EndLook(held);
  EXPECT_DEATH(SnapshotRegistry::EndLook(held), "who had not begun");
  registry_.Release(held);
}

// As many threads as begin blocks of ids at once, and more transactions than one has.
TEST_F(SnapshotRest, EachHasAnIdOfItsOwn) {
  constexpr int kThreads = 3;
  constexpr uint64_t kEach = 3 * SnapshotSlot::kIdsAtOnce;
  std::array<std::vector<uint64_t>, kThreads> ids;
  std::vector<std::thread> threads;
  for (std::vector<uint64_t>& own : ids) {
    threads.emplace_back([this, &own] {
      for (uint64_t i = 0; i < kEach; ++i) {
        own.push_back(registry_.NewId());
        const Registration registration = registry_.Register(0).value();
        own.push_back(registration.id);
        registry_.Release(registration);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<uint64_t> all;
  for (const std::vector<uint64_t>& own : ids) all.insert(own.begin(), own.end());
  EXPECT_EQ(all.size(), kThreads * 2 * kEach);
  EXPECT_EQ(all.count(0), 0u) << "it says that there is none";
}

}  // namespace
}  // namespace nacre::txn
