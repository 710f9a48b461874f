#include "client/policy/circuit_breaker.h"

#include "gtest/gtest.h"

namespace nacre::client {
namespace {

using Admission = CircuitBreaker::Admission;
using Failure = CircuitBreaker::Failure;
using State = CircuitBreaker::State;
using std::chrono::milliseconds;

CircuitBreakerOptions Options() {
  CircuitBreakerOptions options;
  options.failures = 3;
  options.open_for = absl::Milliseconds(100);
  options.open_for_max = absl::Milliseconds(350);
  return options;
}

void Fail(CircuitBreaker& breaker, TimePoint now, int times) {
  for (int i = 0; i < times; ++i) breaker.OnFailure(now, false, Failure::kNoConnection);
}

TEST(CircuitBreaker, OpensAtTheLimitAndNotOneFailureBefore) {
  TimePoint now{};
  CircuitBreaker breaker(Options());
  Fail(breaker, now, 2);
  EXPECT_EQ(breaker.Admit(now), Admission::kAdmitted);
  Fail(breaker, now, 1);
  EXPECT_EQ(breaker.state(), State::kOpen);
  EXPECT_EQ(breaker.Admit(now), Admission::kRejected);
}

TEST(CircuitBreaker, ASuccessStartsTheCountAgain) {
  TimePoint now{};
  CircuitBreaker breaker(Options());
  for (int round = 0; round < 10; ++round) {
    Fail(breaker, now, 2);
    breaker.OnSuccess(false);
  }
  EXPECT_EQ(breaker.Admit(now), Admission::kAdmitted);
}

TEST(CircuitBreaker, AConnectionThatComesUpStartsTheCountOfConnectionsAgainAndNotThatOfAnswers) {
  TimePoint now{};
  CircuitBreaker breaker(Options());
  for (int round = 0; round < 10; ++round) {
    Fail(breaker, now, 2);
    breaker.OnConnected(false);
  }
  EXPECT_EQ(breaker.Admit(now), Admission::kAdmitted);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(breaker.Admit(now), Admission::kAdmitted);
    breaker.OnFailure(now, false, Failure::kNoAnswer);
    breaker.OnConnected(false);
  }
  EXPECT_EQ(breaker.Admit(now), Admission::kRejected);
}

TEST(CircuitBreaker, LetsOneProbeThroughWhenItsTimeHasPassed) {
  TimePoint now{};
  CircuitBreaker breaker(Options());
  Fail(breaker, now, 3);
  EXPECT_EQ(breaker.open_until(), now + milliseconds(100));
  EXPECT_EQ(breaker.Admit(now + milliseconds(100) - Nanoseconds(1)), Admission::kRejected);
  EXPECT_EQ(breaker.Admit(now + milliseconds(100)), Admission::kProbe);
  EXPECT_EQ(breaker.state(), State::kHalfOpen);
  EXPECT_EQ(breaker.Admit(now + milliseconds(100)), Admission::kRejected);
  EXPECT_EQ(breaker.Admit(now + std::chrono::hours(1)), Admission::kRejected);
}

TEST(CircuitBreaker, AProbeThatSucceedsCloses) {
  TimePoint now{};
  CircuitBreaker breaker(Options());
  Fail(breaker, now, 3);
  now += milliseconds(100);
  ASSERT_EQ(breaker.Admit(now), Admission::kProbe);
  breaker.OnSuccess(true);
  EXPECT_EQ(breaker.Admit(now), Admission::kAdmitted);
  Fail(breaker, now, 2);
  EXPECT_EQ(breaker.Admit(now), Admission::kAdmitted);
}

TEST(CircuitBreaker, EachFailedProbeDoublesTheTimeUpToTheMaximum) {
  TimePoint now{};
  CircuitBreaker breaker(Options());
  Fail(breaker, now, 3);
  for (int expected_ms : {100, 200, 350, 350}) {
    EXPECT_EQ(breaker.open_until() - now, milliseconds(expected_ms));
    now = breaker.open_until();
    ASSERT_EQ(breaker.Admit(now), Admission::kProbe);
    breaker.OnFailure(now, true, Failure::kNoConnection);
  }
}

TEST(CircuitBreaker, AfterASuccessfulProbeTheTimeIsTheFirstAgain) {
  TimePoint now{};
  CircuitBreaker breaker(Options());
  Fail(breaker, now, 3);
  now = breaker.open_until();
  ASSERT_EQ(breaker.Admit(now), Admission::kProbe);
  breaker.OnFailure(now, true, Failure::kNoConnection);
  now = breaker.open_until();
  ASSERT_EQ(breaker.Admit(now), Admission::kProbe);
  breaker.OnSuccess(true);
  Fail(breaker, now, 3);
  EXPECT_EQ(breaker.open_until() - now, milliseconds(100));
}

TEST(CircuitBreaker, AnAbandonedProbeLeavesItsPlaceToTheNextAndDoublesNothing) {
  TimePoint now{};
  CircuitBreaker breaker(Options());
  Fail(breaker, now, 3);
  now = breaker.open_until();
  ASSERT_EQ(breaker.Admit(now), Admission::kProbe);
  breaker.OnProbeAbandoned();
  EXPECT_EQ(breaker.Admit(now), Admission::kProbe);
  breaker.OnFailure(now, true, Failure::kNoConnection);
  EXPECT_EQ(breaker.open_until() - now, milliseconds(200));
}

TEST(CircuitBreaker, WhatWasAskedBeforeItOpenedDecidesNothing) {
  TimePoint now{};
  CircuitBreaker breaker(Options());
  Fail(breaker, now, 50);
  EXPECT_EQ(breaker.open_until() - now, milliseconds(100));
  Fail(breaker, now + milliseconds(50), 50);
  EXPECT_EQ(breaker.open_until() - now, milliseconds(100));
  breaker.OnSuccess(false);
  EXPECT_EQ(breaker.state(), State::kOpen);
  now = breaker.open_until();
  ASSERT_EQ(breaker.Admit(now), Admission::kProbe);
  Fail(breaker, now, 50);
  breaker.OnSuccess(false);
  EXPECT_EQ(breaker.state(), State::kHalfOpen);
}

TEST(CircuitBreaker, WithoutALimitItNeverOpens) {
  CircuitBreakerOptions options = Options();
  options.failures = 0;
  CircuitBreaker breaker(options);
  Fail(breaker, TimePoint{}, 1'000);
  EXPECT_EQ(breaker.Admit(TimePoint{}), Admission::kAdmitted);
}

TEST(CircuitBreaker, AnInfiniteOpenTimeNeverEnds) {
  CircuitBreakerOptions options = Options();
  options.open_for = options.open_for_max = absl::InfiniteDuration();
  CircuitBreaker breaker(options);
  const TimePoint now = TimePoint{} + std::chrono::hours(1);
  Fail(breaker, now, 3);
  EXPECT_EQ(breaker.open_until(), TimePoint::max());
  EXPECT_EQ(breaker.Admit(now + std::chrono::hours(24 * 365)), Admission::kRejected);
}

TEST(CircuitBreakerDeathTest, AVerdictWithoutAProbeIsAnInvariantBroken) {
  CircuitBreaker breaker(Options());
  EXPECT_DEATH(breaker.OnSuccess(true), "ONE-PROBE");
  EXPECT_DEATH(breaker.OnFailure(TimePoint{}, true, Failure::kNoAnswer), "ONE-PROBE");
  EXPECT_DEATH(breaker.OnProbeAbandoned(), "ONE-PROBE");
}

}  // namespace
}  // namespace nacre::client
