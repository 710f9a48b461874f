// What follows an attempt of a transaction.

#include "client/transact/attempts.h"

#include <chrono>

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

class AttemptsTest : public testing::Test {
 protected:
  AttemptPolicy::Decision After(const AttemptPolicy& policy, const absl::Status& status,
                                bool of_transaction = true) {
    const auto draw_pause = [this] { return pause_; };
    const auto take_retry = [this] {
      ++retries_asked_;
      return retries_asked_ <= budget_;
    };
    return policy.After(status, of_transaction, now_,
                        {.draw_pause = draw_pause, .take_retry = take_retry});
  }

  const TimePoint start_ = TimePoint() + std::chrono::hours(1);
  const TimePoint deadline_ = start_ + milliseconds(1000);
  TimePoint now_ = start_;
  Nanoseconds pause_ = milliseconds(10);
  int budget_ = 1'000;
  int retries_asked_ = 0;
};

TEST_F(AttemptsTest, AConflictIsRunAgainAfterThePauseThatWasDrawn) {
  AttemptPolicy policy(0, deadline_);
  policy.Begin();
  pause_ = milliseconds(37);
  const auto decision = After(policy, kConflict);
  EXPECT_TRUE(decision.run_again);
  EXPECT_EQ(decision.pause, milliseconds(37));
  EXPECT_EQ(retries_asked_, 1);
}

TEST_F(AttemptsTest, AConnectionLostBeforeTheCommitIsRunAgain) {
  AttemptPolicy policy(0, deadline_);
  policy.Begin();
  EXPECT_TRUE(After(policy, kLost).run_again);
}

// NEVER-TWICE.
TEST_F(AttemptsTest, WhatMayHaveHappenedIsNeverRunAgain) {
  AttemptPolicy policy(0, deadline_);
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
  EXPECT_EQ(retries_asked_, 0);
}

TEST_F(AttemptsTest, AStatusThatFnThoughtOfItselfIsFinal) {
  AttemptPolicy policy(0, deadline_);
  policy.Begin();
  const absl::Status own =
      MakeError(absl::StatusCode::kAborted, "not on Sundays", Outcome::kNotExecuted);
  const auto decision = After(policy, own, /*of_transaction=*/false);
  EXPECT_FALSE(decision.run_again);
  EXPECT_EQ(decision.status, own);
}

TEST_F(AttemptsTest, AnyOtherStatusIsFinal) {
  AttemptPolicy policy(0, deadline_);
  policy.Begin();
  for (const char* error : {"WRONGTYPE of a key", "ERR no", "NOTRANSACTION timed out",
                            "OOM used memory > 'maxmemory'"}) {
    const auto decision = After(policy, ErrorReply(error));
    EXPECT_FALSE(decision.run_again) << error;
    EXPECT_EQ(decision.status, ErrorReply(error));
  }
}

TEST_F(AttemptsTest, AttemptsMaxEndsWithTheConflict) {
  AttemptPolicy policy(2, deadline_);
  policy.Begin();
  EXPECT_TRUE(After(policy, kConflict).run_again);
  policy.Begin();
  const auto decision = After(policy, kConflict);
  EXPECT_FALSE(decision.run_again);
  EXPECT_TRUE(IsConflict(decision.status));
  EXPECT_EQ(ErrorCode(decision.status), "CONFLICT");
  EXPECT_THAT(std::string(decision.status.message()),
              HasSubstr("key 'a' has changed (after 2 attempts; no more by attempts_max)"));
  EXPECT_EQ(retries_asked_, 1) << "an attempt that was not made has been paid";
}

TEST_F(AttemptsTest, APauseThatWouldPassTheDeadlineIsNotMade) {
  AttemptPolicy policy(0, deadline_);
  policy.Begin();
  now_ = deadline_ - milliseconds(11);
  EXPECT_TRUE(After(policy, kConflict).run_again);
  now_ = deadline_ - milliseconds(10);
  EXPECT_FALSE(After(policy, kConflict).run_again);
  now_ = deadline_;
  pause_ = {};
  const auto decision = After(policy, kConflict);
  EXPECT_FALSE(decision.run_again);
  EXPECT_EQ(decision.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOf(decision.status), Outcome::kNotExecuted);
  EXPECT_THAT(std::string(decision.status.message()), HasSubstr("after 1 attempt;"));
  EXPECT_EQ(retries_asked_, 1) << "an attempt that was not made has been paid";
}

TEST_F(AttemptsTest, ABudgetThatIsUsedUpEndsWithItsName) {
  AttemptPolicy policy(0, deadline_);
  budget_ = 1;
  policy.Begin();
  EXPECT_TRUE(After(policy, kConflict).run_again);
  policy.Begin();
  const auto decision = After(policy, kConflict);
  EXPECT_FALSE(decision.run_again);
  EXPECT_EQ(decision.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(OutcomeOf(decision.status), Outcome::kNotExecuted);
  EXPECT_THAT(std::string(decision.status.message()), HasSubstr("retry_budget"));
}

TEST_F(AttemptsTest, ADeadlineThatNeverComesAllowsAnyPause) {
  AttemptPolicy policy(0, TimePoint::max());
  policy.Begin();
  pause_ = std::chrono::hours(1);
  EXPECT_TRUE(After(policy, kConflict).run_again);
}

}  // namespace
}  // namespace nacre::client
