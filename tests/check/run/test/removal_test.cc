// What a run has written is removed: while it goes on, and at its end.

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/check/run/test/failing_target.h"
#include "tests/check/run/test/run_for_test.h"
#include "tests/check/run/written_keys.h"

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

TEST(Removal, ThatIsAlwaysRefusedIsNotAskedForWithoutEnd) {
  Failure failure;
  failure.removals_refused = UINT64_MAX;
  const Judged judged = RunOn(failure, LongRun());
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  // The last time, when the run is over.
  EXPECT_LE(failure.removals_asked, WrittenKeys::kRefusalsMax + 1);
}

WrittenKeys::Names NameOf(uint64_t stretch) { return {"k" + std::to_string(stretch)}; }

TEST(WrittenKeys, ThatTheTargetKeepsAreTriedEverMoreRarelyAndThenForgotten) {
  WrittenKeys keys;
  std::vector<uint64_t> tries;
  constexpr uint64_t kStretches = 5000;
  for (uint64_t stretch = 0; stretch < kStretches; ++stretch) {
    keys.Add(stretch, NameOf(stretch));
    auto old = keys.TakeOld(stretch);
    if (old.empty()) continue;
    tries.push_back(stretch);
    keys.Refused(stretch, std::move(old));
  }
  ASSERT_EQ(tries.size(), WrittenKeys::kRefusalsMax);
  for (size_t i = 2; i < tries.size(); ++i) {
    EXPECT_EQ(tries[i] - tries[i - 1], 2 * (tries[i - 1] - tries[i - 2]));
  }
  EXPECT_LT(keys.All().size(), 100u);
  EXPECT_EQ(keys.All().size() + keys.forgotten(), kStretches);
}

TEST(WrittenKeys, AreAllTriedAgainOnceTheTargetLetsGoOfSome) {
  WrittenKeys keys;
  uint64_t stretch = 0;
  const auto take = [&] {
    for (;; ++stretch) {
      keys.Add(stretch, NameOf(stretch));
      auto old = keys.TakeOld(stretch);
      if (!old.empty()) return old;
    }
  };
  for (uint32_t i = 0; i + 1 < WrittenKeys::kRefusalsMax; ++i) keys.Refused(stretch, take());
  EXPECT_FALSE(take().empty());
  keys.Removed();
  keys.Refused(stretch, take());
  EXPECT_FALSE(take().empty());
  EXPECT_EQ(keys.forgotten(), 0u);
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
