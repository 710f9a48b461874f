#include "client/policy/backoff.h"

#include <cstdint>
#include <vector>

#include "client/policy/random.h"
#include "gtest/gtest.h"

namespace nacre::client {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, TheCeilingDoublesUpToTheMaximumAndStaysThere) {
  Backoff backoff({absl::Milliseconds(10), absl::Milliseconds(75)});
  std::vector<Nanoseconds> waits;
  for (int i = 0; i < 6; ++i) waits.push_back(backoff.Next(1));
  EXPECT_EQ(waits,
            (std::vector<Nanoseconds>{milliseconds(10), milliseconds(20), milliseconds(40),
                                      milliseconds(75), milliseconds(75), milliseconds(75)}));
}

TEST(Backoff, EachWaitIsDrawnEvenlyFromZeroToTheCeiling) {
  Backoff lowest({absl::Milliseconds(10), absl::Seconds(1)});
  Backoff middle({absl::Milliseconds(10), absl::Seconds(1)});
  for (int64_t ceiling_ms : {10, 20, 40, 80}) {
    EXPECT_EQ(lowest.Next(0), Nanoseconds(0));
    EXPECT_EQ(middle.Next(0.5), Nanoseconds(milliseconds(ceiling_ms)) / 2);
  }
}

TEST(Backoff, SeededRandomnessStaysWithinTheCeilingAndReachesAllOfIt) {
  Random random(4);
  Nanoseconds least = Nanoseconds::max(), most = Nanoseconds(0), sum = Nanoseconds(0);
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kDraws; ++i) {
    Backoff backoff({absl::Milliseconds(8), absl::Milliseconds(8)});
    const Nanoseconds wait = backoff.Next(random.Unit());
    least = std::min(least, wait);
    most = std::max(most, wait);
    sum += wait;
  }
  EXPECT_LT(least, Nanoseconds(milliseconds(8)) / 100);
  EXPECT_GT(most, Nanoseconds(milliseconds(8)) * 99 / 100);
  EXPECT_LE(most, milliseconds(8));
  EXPECT_NEAR(static_cast<double>((sum / kDraws).count()), 4e6, 1e5);
}

TEST(Backoff, AResetBeginsAgain) {
  Backoff backoff({absl::Milliseconds(10), absl::Seconds(1)});
  backoff.Next(1);
  backoff.Next(1);
  backoff.Reset();
  EXPECT_EQ(backoff.Next(1), milliseconds(10));
}

TEST(Backoff, AnInitialWaitBeyondTheMaximumIsTheMaximum) {
  Backoff backoff({absl::Seconds(9), absl::Seconds(2)});
  EXPECT_EQ(backoff.Next(1), std::chrono::seconds(2));
  EXPECT_EQ(backoff.Next(1), std::chrono::seconds(2));
}

TEST(Backoff, AnInitialWaitOfZeroStillGrows) {
  Backoff backoff({absl::ZeroDuration(), absl::Seconds(2)});
  EXPECT_GT(backoff.Next(1), Nanoseconds(0));
  for (int i = 0; i < 40; ++i) backoff.Next(1);
  EXPECT_EQ(backoff.Next(1), std::chrono::seconds(2));
}

TEST(Backoff, AnInfiniteMaximumIsReachedWithoutOverflow) {
  Backoff backoff({absl::Hours(1), absl::InfiniteDuration()});
  Nanoseconds last(0);
  for (int i = 0; i < 100; ++i) {
    const Nanoseconds wait = backoff.Next(1);
    ASSERT_GE(wait, last);
    last = wait;
  }
  EXPECT_EQ(last, Nanoseconds::max());
}

}  // namespace
}  // namespace nacre::client
