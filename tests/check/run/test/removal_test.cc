// What a run has written is removed: while it goes on, and at its end.

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/check/run/test/failing_target.h"
#include "tests/check/run/test/run_for_test.h"

namespace nacre::check::run {
namespace {

using ::testing::HasSubstr;

// So many that most are removed while the run goes on, of 75 stretches.
RunOptions LongRun() { return OptionsForTest(4 * 75 * kTransactionsPerStretch); }

bool RemovedAll(const Failure& failure) {
  return std::includes(failure.removed.begin(), failure.removed.end(), failure.written.begin(),
                       failure.written.end());
}

Judged RunOn(Failure& failure, const RunOptions& options) {
  OneTarget source([&] { return std::make_unique<FailingTarget>(failure); });
  return RunAndJudge(source, "list-append", options);
}

TEST(Removal, OfWhatTheTargetDidNotLetGoOfIsTriedAgain) {
  Failure failure;
  failure.removals_refused = 3;
  const Judged judged = RunOn(failure, LongRun());
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  EXPECT_EQ(failure.removals_refused, 0u);
  EXPECT_TRUE(RemovedAll(failure));
  EXPECT_LT(failure.removed_last, failure.written.size() / 2);
}

// Who fits into the limits of the target and of this process does so to the end.
TEST(Removal, WhileTheRunGoesOnNeedsNoConnectionOfItsOwn) {
  Failure failure;
  RunOn(failure, LongRun());
  EXPECT_LT(failure.removed_last, failure.removed.size());
  // The sessions, the one that sets up, and at the end the one that removes the rest.
  EXPECT_EQ(failure.connections, 4u + 1u + 1u);
}

TEST(Removal, ThatWasNotPossibleIsTold) {
  Failure failure;
  failure.removals_refused = UINT64_MAX;
  const Judged judged = RunOn(failure, OptionsForTest(400));
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  ASSERT_FALSE(judged.verdict.notes.empty());
  EXPECT_THAT(judged.verdict.notes.back(),
              HasSubstr("Keys of this run were left in a failing store"));
}

}  // namespace
}  // namespace nacre::check::run
