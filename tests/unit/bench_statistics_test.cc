// The statistics by which the benchmark says what is reached.

#include <cstdint>
#include <vector>

#include "bench/ycsb/experiments/latencies.h"
#include "bench/ycsb/statistics.h"
#include "gtest/gtest.h"

namespace nacre::bench {
namespace {

TEST(Statistics, TheMedianOfAnOddNumberIsTheMiddleOne) {
  const Figure figure = FigureOf({9, 1, 5});
  EXPECT_EQ(figure.median, 5);
  EXPECT_EQ(figure.low, 1);
  EXPECT_EQ(figure.high, 9);
}

TEST(Statistics, TheMedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(FigureOf({8, 1, 2, 4}).median, 3);
}

TEST(Statistics, ARatioIsTakenWithinEachRepetition) {
  // The machine was ten times slower in the second repetition. The ratio of the medians would be 5.
  const Figure figure = FigureOfRatios({100, 10, 100}, {200, 20, 20});
  EXPECT_EQ(figure.median, .5);
  EXPECT_EQ(figure.low, .5);
  EXPECT_EQ(figure.high, 5);
}

TEST(Statistics, ARepetitionThatOneOfTheTwoLacksDoesNotCount) {
  EXPECT_EQ(FigureOfRatios({1, 2, 90}, {2, 4}).high, .5);
}

TEST(Latencies, ShortOnesAreToldExactly) {
  Latencies latencies;
  for (uint64_t nanos = 1; nanos <= 10; ++nanos) latencies.Add(nanos);
  EXPECT_DOUBLE_EQ(latencies.Micros(.5), .006);
  EXPECT_DOUBLE_EQ(latencies.Micros(.9), .010);
  EXPECT_DOUBLE_EQ(latencies.LongestMicros(), .010);
}

TEST(Latencies, APercentileIsAtMostATwentiethTooLongAndNeverTooShort) {
  Latencies latencies;
  constexpr uint64_t kCount = 1'000'000;
  for (uint64_t i = 1; i <= kCount; ++i) latencies.Add(i);
  for (const double share : {.01, .5, .99, .9999}) {
    const double exact = share * kCount / 1e3;
    EXPECT_GE(latencies.Micros(share), exact) << share;
    EXPECT_LE(latencies.Micros(share), exact * 1.05) << share;
  }
}

TEST(Latencies, OneInTenThousandDecidesTheLastPercentile) {
  Latencies latencies;
  for (int i = 0; i < 9'999; ++i) latencies.Add(1'000);
  latencies.Add(5'000'000);
  EXPECT_DOUBLE_EQ(latencies.Micros(.9999), 5'000);
  for (int i = 0; i < 10'001; ++i) latencies.Add(1'000);
  EXPECT_LE(latencies.Micros(.9999), 1.032) << "one in twenty thousand is above it";
}

TEST(Latencies, ThoseOfSeveralThreadsCountAsOne) {
  Latencies quick;
  Latencies slow;
  for (int i = 0; i < 3; ++i) quick.Add(10);
  slow.Add(7'000);
  quick.Merge(slow);
  EXPECT_EQ(quick.count(), 4u);
  EXPECT_DOUBLE_EQ(quick.Micros(.5), .010);
  EXPECT_DOUBLE_EQ(quick.Micros(.99), 7);
}

TEST(Latencies, TheLongestThatAClockCanTellHasABucket) {
  Latencies latencies;
  latencies.Add(UINT64_MAX);
  EXPECT_DOUBLE_EQ(latencies.Micros(.5), static_cast<double>(UINT64_MAX) / 1e3);
}

}  // namespace
}  // namespace nacre::bench
