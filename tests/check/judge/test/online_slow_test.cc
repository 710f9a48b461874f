// The same as check_online_test, with as many histories and transactions as it takes to trust it.

#include <gtest/gtest.h>

#include "tests/check/judge/test/endless_store.h"
#include "tests/check/judge/test/online_compare.h"

namespace nacre::check {
namespace {

using Data = StoreRules::Data;

class Whole : public testing::TestWithParam<Data> {};

TEST_P(Whole, IsJudgedTheSameOnlineWhateverTheHorizonAndTheSteps) {
  const OnlineTally tally = CompareOnline(GetParam(), FirstSeed(), 2'000);
  RecordProperty("unknown", tally.unknown);
  EXPECT_GT(tally.holds, 1'000);
  EXPECT_GT(tally.violated, 1'000);
  EXPECT_GT(tally.dropped, 4'000);
  // Horizons are of none to twenty transactions here, and half of the stores read old states.
  EXPECT_LT(tally.unknown, (tally.holds + tally.violated) / 5);
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, Whole,
                         testing::Values(Data::kLists, Data::kRegisters, Data::kRegistersAndScans));

TEST(Online, IsTheSameAsOnTheWholeThoughValuesDoNotTellWhoWasSeen) {
  const OnlineTally tally = CompareOnlineLoose(FirstSeed(), 2'000);
  EXPECT_GT(tally.holds, 1'000);
  EXPECT_GT(tally.violated, 1'000);
}

void ExpectThatMemoryStaysFrom200kTo2M(const EndlessShape& shape, Level level) {
  OnlineJudge judge(level, {.keys_max = 1'000});
  EndlessStore store(shape);
  ASSERT_TRUE(store.Feed(judge, 200'000));
  const size_t early = judge.memory_bytes();
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(store.Feed(judge, 200'000)) << judge.verdict().ToString();
    EXPECT_LT(judge.memory_bytes(), early + early / 4) << judge.transactions() << " transactions";
  }
  EXPECT_EQ(judge.beyond_horizon(), 0u);
  EXPECT_EQ(judge.Finish().ruling, Ruling::kHolds) << judge.verdict().ToString();
}

TEST(OnlineMemory, OfListsStaysFrom200kTo2MTransactions) {
  ExpectThatMemoryStaysFrom200kTo2M({}, Level::kStrictSerializable);
}

TEST(OnlineMemory, OfTimestampsStaysFrom200kTo2MTransactions) {
  ExpectThatMemoryStaysFrom200kTo2M({.lists = false, .timestamps = true},
                                    Level::kStrongSnapshotIsolation);
}

}  // namespace
}  // namespace nacre::check
