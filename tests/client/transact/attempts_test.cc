// What follows an attempt of a transaction.

#include "client/transact/attempts.h"

#include <chrono>
#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nacre/client/errors.h"

namespace nacre::client {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

const absl::Status kConflict = ErrorReply("CONFLICT key 'a' has changed");
const absl::Status kLost =
    MakeError(absl::StatusCode::kUnavailable, "connection reset", Outcome::kNotExecuted);

constexpr BackoffOptions kBackoff{absl::Milliseconds(100), absl::Milliseconds(400)};

class AttemptsTest : public testing::Test {
 protected:
  AttemptPolicy::Decision After(AttemptPolicy& policy, const absl::Status& status,
                                bool of_transaction = true) {
    return policy.After(status, of_transaction, now_, unit_, *budget_);
  }
  // So many reruns can be paid.
  void SetBudget(double reruns) {
    budget_.emplace(RetryBudgetOptions{.share = 0, .per_second_min = reruns}, now_);
  }
  void SetUp() override { SetBudget(1'000); }

  const TimePoint start_ = TimePoint() + std::chrono::hours(1);
  const TimePoint deadline_ = start_ + milliseconds(1000);
  TimePoint now_ = start_;
  double unit_ = 0.5;
  std::optional<RetryBudget> budget_;
};

TEST_F(AttemptsTest, AConflictIsRunAgainAfterAPauseWhoseCeilingDoubles) {
  AttemptPolicy policy(0, deadline_, kBackoff);
  policy.Begin();
  for (const int ceiling : {100, 200, 400, 400}) {
    const auto decision = After(policy, kConflict);
    EXPECT_TRUE(decision.run_again);
    EXPECT_EQ(decision.pause, milliseconds(ceiling / 2)) << "unit is one half";
  }
}

TEST_F(AttemptsTest, AConnectionLostBeforeTheCommitIsRunAgain) {
  AttemptPolicy policy(0, deadline_, kBackoff);
  policy.Begin();
  EXPECT_TRUE(After(policy, kLost).run_again);
}

// NEVER-TWICE.
TEST_F(AttemptsTest, WhatMayHaveHappenedIsNeverRunAgain) {
  AttemptPolicy policy(0, deadline_, kBackoff);
  policy.Begin();
  for (const absl::StatusCode code :
       {absl::StatusCode::kUnavailable, absl::StatusCode::kAborted, absl::StatusCode::kUnknown,
        absl::StatusCode::kDeadlineExceeded}) {
    for (const Outcome outcome : {Outcome::kUnknown, Outcome::kExecuted}) {
      const absl::Status status = MakeError(code, "lost", outcome);
      const auto decision = After(policy, status);
      EXPECT_FALSE(decision.run_again) << status;
      EXPECT_EQ(decision.status, status);
    }
  }
}

TEST_F(AttemptsTest, AStatusThatFnThoughtOfItselfIsFinal) {
  AttemptPolicy policy(0, deadline_, kBackoff);
  policy.Begin();
  const absl::Status own =
      MakeError(absl::StatusCode::kAborted, "not on Sundays", Outcome::kNotExecuted);
  const auto decision = After(policy, own, /*of_transaction=*/false);
  EXPECT_FALSE(decision.run_again);
  EXPECT_EQ(decision.status, own);
}

TEST_F(AttemptsTest, AnyOtherStatusIsFinal) {
  AttemptPolicy policy(0, deadline_, kBackoff);
  policy.Begin();
  for (const char* error : {"WRONGTYPE of a key", "ERR no", "NOTRANSACTION timed out",
                            "OOM used memory > 'maxmemory'"}) {
    const auto decision = After(policy, ErrorReply(error));
    EXPECT_FALSE(decision.run_again) << error;
    EXPECT_EQ(decision.status, ErrorReply(error));
  }
}

TEST_F(AttemptsTest, AttemptsMaxEndsWithTheConflict) {
  AttemptPolicy policy(2, deadline_, kBackoff);
  SetBudget(2);
  policy.Begin();
  EXPECT_TRUE(After(policy, kConflict).run_again);
  policy.Begin();
  const auto decision = After(policy, kConflict);
  EXPECT_FALSE(decision.run_again);
  EXPECT_TRUE(IsConflict(decision.status));
  EXPECT_EQ(ErrorCode(decision.status), "CONFLICT");
  EXPECT_THAT(std::string(decision.status.message()),
              HasSubstr("key 'a' has changed (after 2 attempts; no more by attempts_max)"));
  EXPECT_TRUE(budget_->TrySpend(now_)) << "an attempt that was not made has been paid";
}

TEST_F(AttemptsTest, APauseThatWouldPassTheDeadlineIsNotMade) {
  AttemptPolicy policy(0, deadline_, kBackoff);
  policy.Begin();
  now_ = deadline_ - milliseconds(51);
  EXPECT_TRUE(After(policy, kConflict).run_again) << "50 ms";
  EXPECT_FALSE(After(policy, kConflict).run_again) << "100 ms";
  now_ = deadline_;
  unit_ = 0;
  const auto decision = After(policy, kConflict);
  EXPECT_FALSE(decision.run_again);
  EXPECT_EQ(decision.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOf(decision.status), Outcome::kNotExecuted);
  EXPECT_THAT(std::string(decision.status.message()), HasSubstr("after 1 attempt;"));
}

TEST_F(AttemptsTest, ABudgetThatIsUsedUpEndsWithItsName) {
  AttemptPolicy policy(0, deadline_, kBackoff);
  SetBudget(1);
  policy.Begin();
  EXPECT_TRUE(After(policy, kConflict).run_again);
  policy.Begin();
  const auto decision = After(policy, kConflict);
  EXPECT_FALSE(decision.run_again);
  EXPECT_TRUE(decision.denied);
  EXPECT_EQ(decision.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(OutcomeOf(decision.status), Outcome::kNotExecuted);
  EXPECT_THAT(std::string(decision.status.message()), HasSubstr("retry_budget"));
}

TEST_F(AttemptsTest, ADeadlineThatNeverComesAllowsAnyPause) {
  AttemptPolicy policy(0, TimePoint::max(), kBackoff);
  policy.Begin();
  EXPECT_TRUE(After(policy, kConflict).run_again);
}

}  // namespace
}  // namespace nacre::client
