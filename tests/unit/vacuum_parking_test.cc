// The parking lot against brute force: whatever snapshots come and go, a version leaves the lot as
// soon as none is left in its interval, and not before.

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/test_seed.h"
#include "vacuum/parking_lot.h"
#include "vacuum/scan.h"

namespace nacre::vacuum {
namespace {

std::vector<Scan::Point> PointsOf(const std::set<uint64_t>& active) {
  std::vector<Scan::Point> points;
  for (uint64_t timestamp : active) points.push_back({timestamp, 0});
  return points;
}

// Entries are known by a number in place of the pointer.
txn::Garbage Entry(uint64_t number, uint64_t superseded_at) {
  return {reinterpret_cast<mvcc::Record*>(number * 16), nullptr, superseded_at};
}
uint64_t NumberOf(const txn::Garbage& entry) {
  return reinterpret_cast<uint64_t>(entry.record) / 16;
}

TEST(VacuumParking, AListFollowsItsSnapshotsFromNewestToOldest) {
  ParkingLot lot;
  EntryList released;
  lot.Park(Entry(1, 40), /*newest=*/30, /*oldest=*/10);
  lot.Advance(PointsOf({10, 20, 30}), released);
  EXPECT_TRUE(released.empty());
  lot.Advance(PointsOf({10, 20}), released);
  EXPECT_TRUE(released.empty());
  lot.Advance(PointsOf({10}), released);
  EXPECT_TRUE(released.empty());
  lot.Advance(PointsOf({5, 50}), released);
  EXPECT_EQ(released.size(), 1u);
  EXPECT_TRUE(lot.empty());
}

TEST(VacuumParking, WhatTheNextOlderSnapshotDoesNotSeeLeavesTheLotAsAList) {
  ParkingLot lot;
  EntryList released;
  lot.Park(Entry(1, 40), 30, 30);
  lot.Park(Entry(2, 40), 30, 20);
  lot.Advance(PointsOf({20}), released);
  EXPECT_EQ(released.size(), 1u);
  EXPECT_EQ(NumberOf(released.TakeBlock().front()), 1u);
  EXPECT_EQ(lot.size(), 1u);
}

TEST(VacuumParking, MovesWholeListsHoweverLong) {
  ParkingLot lot;
  EntryList released;
  constexpr size_t kEntries = 100'000;
  for (uint64_t i = 0; i < kEntries; ++i) lot.Park(Entry(i + 1, 400), 300, 100);
  lot.Advance(PointsOf({100, 200}), released);
  lot.Advance(PointsOf({100}), released);
  EXPECT_EQ(lot.lists_moved(), 2u);
  EXPECT_EQ(lot.size(), kEntries);
  lot.Advance(PointsOf({}), released);
  EXPECT_EQ(lot.lists_moved(), 3u);
  EXPECT_EQ(released.size(), kEntries);
}

TEST(VacuumParking, AgreesWithBruteForceUnderAnyOrderOfEnds) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 300; ++round) {
    ParkingLot lot;
    std::set<uint64_t> active;
    std::map<uint64_t, std::pair<uint64_t, uint64_t>> parked;  // Number to [b, e).
    uint64_t clock = 1;
    uint64_t next_number = 1;
    const auto seen = [&active](uint64_t b, uint64_t e) {
      const auto first = active.lower_bound(b);
      return first != active.end() && *first < e;
    };
    for (int step = 0; step < 120; ++step) {
      const uint64_t action = random() % 4;
      if (action == 0) {
        active.insert(clock);  // A snapshot of now.
      } else if (action == 1) {
        ++clock;
        const uint64_t b = 1 + random() % (clock - 1);
        const auto end = active.lower_bound(clock);
        if (seen(b, clock)) {
          lot.Park(Entry(next_number, clock), *std::prev(end), *active.lower_bound(b));
          parked[next_number++] = {b, clock};
        }
      } else if (action == 2 && !active.empty()) {
        active.erase(std::next(active.begin(), static_cast<ptrdiff_t>(random() % active.size())));
      } else {
        EntryList released;
        lot.Advance(PointsOf(active), released);
        released.ForEach([&](const txn::Garbage& entry) {
          const auto [b, e] = parked.at(NumberOf(entry));
          ASSERT_FALSE(seen(b, e)) << "released although a snapshot sees it";
          parked.erase(NumberOf(entry));
        });
        for (const auto& [number, interval] : parked) {
          ASSERT_TRUE(seen(interval.first, interval.second)) << "kept although nobody sees it";
        }
        ASSERT_EQ(lot.size(), parked.size());
      }
    }
  }
}

}  // namespace
}  // namespace nacre::vacuum
