#include "client/policy/retry_budget.h"

#include <deque>
#include <utility>

#include "client/policy/random.h"
#include "gtest/gtest.h"

namespace nacre::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

RetryBudgetOptions Options(double share, double per_second_min,
                           absl::Duration window = absl::Seconds(16)) {
  RetryBudgetOptions options;
  options.share = share;
  options.per_second_min = per_second_min;
  options.window = window;
  return options;
}

int SpendAll(RetryBudget& budget, TimePoint now) {
  int spent = 0;
  while (budget.TrySpend(now)) ++spent;
  return spent;
}

TEST(RetryBudget, AShareOfTheRequestsIsPaidAndNotOneMore) {
  TimePoint now{};
  RetryBudget budget(Options(0.2, 0), now);
  budget.OnRequests(now, 4);
  EXPECT_EQ(SpendAll(budget, now), 0);
  budget.OnRequests(now, 1);
  EXPECT_EQ(SpendAll(budget, now), 1);
  budget.OnRequests(now, 95);
  EXPECT_EQ(SpendAll(budget, now), 19);
}

TEST(RetryBudget, RequestsOutOfTheWindowPayNothing) {
  TimePoint now{};
  RetryBudget budget(Options(0.5, 0), now);
  budget.OnRequests(now, 100);
  EXPECT_TRUE(budget.TrySpend(now + seconds(15)));
  EXPECT_TRUE(budget.TrySpend(now + seconds(16) - Nanoseconds(1)));
  EXPECT_FALSE(budget.TrySpend(now + seconds(16)));
}

TEST(RetryBudget, WhatWasSpentIsForgottenWithTheWindowToo) {
  TimePoint now{};
  RetryBudget budget(Options(0.1, 0), now);
  budget.OnRequests(now, 100);
  EXPECT_EQ(SpendAll(budget, now), 10);
  now += seconds(16);
  budget.OnRequests(now, 100);
  EXPECT_EQ(SpendAll(budget, now), 10);
}

TEST(RetryBudget, ALongPauseForgetsEverything) {
  TimePoint now{};
  RetryBudget budget(Options(1, 0), now);
  budget.OnRequests(now, 1'000);
  now += std::chrono::hours(24 * 365);
  EXPECT_FALSE(budget.TrySpend(now));
  budget.OnRequests(now, 3);
  EXPECT_EQ(SpendAll(budget, now), 3);
}

TEST(RetryBudget, TheTricklePaysWithoutRequestsAndFillsUpToOneSecond) {
  TimePoint now{};
  RetryBudget budget(Options(0.2, 10), now);
  EXPECT_EQ(SpendAll(budget, now), 10);
  EXPECT_FALSE(budget.TrySpend(now + milliseconds(99)));
  EXPECT_TRUE(budget.TrySpend(now + milliseconds(101)));
  EXPECT_FALSE(budget.TrySpend(now + milliseconds(101)));
  EXPECT_EQ(SpendAll(budget, now + seconds(3600)), 10);
}

TEST(RetryBudget, ATrickleBelowOneASecondHoldsOneRerun) {
  TimePoint now{};
  RetryBudget budget(Options(0, 0.25), now);
  EXPECT_EQ(SpendAll(budget, now), 1);
  EXPECT_FALSE(budget.TrySpend(now + milliseconds(3'999)));
  EXPECT_TRUE(budget.TrySpend(now + milliseconds(4'001)));
}

TEST(RetryBudget, RequestsPayBeforeTheTrickleDoes) {
  TimePoint now{};
  RetryBudget budget(Options(0.5, 2), now);
  budget.OnRequests(now, 4);
  EXPECT_EQ(SpendAll(budget, now), 4);  // Two of each.
  now += seconds(16);
  EXPECT_EQ(SpendAll(budget, now), 2);
}

TEST(RetryBudget, NegativeSettingsPayNothing) {
  TimePoint now{};
  RetryBudget budget(Options(-1, -1), now);
  budget.OnRequests(now, 1'000'000);
  EXPECT_FALSE(budget.TrySpend(now + seconds(1)));
}

// Against the definition, request by request: in no window do reruns exceed the share of its
// requests and the trickle of the time.
TEST(RetryBudget, InNoWindowDoRerunsExceedTheShareAndTheTrickle) {
  Random random(20);
  const TimePoint start{};
  TimePoint now = start;
  constexpr double kShare = 0.3, kTrickle = 5;
  const auto window = milliseconds(160);
  RetryBudget budget(Options(kShare, kTrickle, absl::FromChrono(window)), now);
  std::deque<TimePoint> requests, reruns;
  int granted = 0;
  for (int i = 0; i < 50'000; ++i) {
    now += Nanoseconds(random.Next() % (random.Next() % 50 == 0 ? 100'000'000 : 1'000'000));
    budget.OnRequests(now, 1);
    requests.push_back(now);
    for (uint64_t tries = random.Next() % 3; tries > 0; --tries) {
      if (!budget.TrySpend(now)) continue;
      ++granted;
      reruns.push_back(now);
    }
    while (requests.front() <= now - 2 * window) requests.pop_front();
    while (!reruns.empty() && reruns.front() <= now - window) reruns.pop_front();
    // A rerun may have been paid by requests up to a window before it.
    const double seconds_of_trickle = std::chrono::duration<double>(window).count() + 1;
    ASSERT_LE(static_cast<double>(reruns.size()),
              kShare * static_cast<double>(requests.size()) + kTrickle * seconds_of_trickle);
  }
  EXPECT_GT(granted, 1'000);
}

}  // namespace
}  // namespace nacre::client
