// Interleavings of the numbered steps inside begin, read, commit and prune, run on one thread and
// judged by the model.

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/check/explore/schedule_program.h"
#include "tests/isolation/cases.h"

namespace nacre::check::explore {
namespace {

void ExploreSchedule(const Schedule& schedule, const ScheduleProgramOptions& program,
                     const ExploreOptions& options) {
  const ExploreResult result =
      Explore([&] { return std::make_unique<ScheduleProgram>(schedule, program); }, options);
  EXPECT_TRUE(result.failure.ok()) << result.ToString();
  EXPECT_TRUE(result.complete) << "the limit of runs was hit: " << result.ToString();
  std::printf("%s\n", result.ToString().c_str());
}

class StepInterleavings : public ::testing::TestWithParam<LeveledCase> {
 protected:
  void Explore(ScheduleProgramOptions program, const ExploreOptions& options) {
    program.level = GetParam().level;
    program.yield_at_steps = true;
    ExploreSchedule(Load(GetParam().schedule.file), program, options);
  }
};

TEST_P(StepInterleavings, OfTheTransactionsSatisfyTheModel) { Explore({}, {.preemptions_max = 2}); }

TEST_P(StepInterleavings, BesideAPassOfTheVacuumSatisfyTheModel) {
  Explore({.vacuum_passes = 1}, {.preemptions_max = 2});
}

TEST_P(StepInterleavings, BesideWhatCommitsDoForTheirGarbageSatisfyTheModel) {
  Explore({.own_shares = true}, {.preemptions_max = 2});
}

INSTANTIATE_TEST_SUITE_P(All, StepInterleavings, ::testing::ValuesIn(CasesAtBothLevels(true)),
                         TestName);

class CommitInterleavings : public StepInterleavings {};

// The operations before the commits are run in the order written; of the steps of the commits,
// every interleaving that exists.
TEST_P(CommitInterleavings, AllSatisfyTheModel) { Explore({.only_commits = true}, {}); }

INSTANTIATE_TEST_SUITE_P(All, CommitInterleavings, ::testing::ValuesIn(CasesAtBothLevels(true)),
                         TestName);

}  // namespace
}  // namespace nacre::check::explore
