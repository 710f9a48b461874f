// Why an exploration ends, and what becomes of the levels behind its end.

#include "tests/check/program/explore_in_turn.h"

#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/check/program/patience.h"

namespace nacre::check {
namespace {

TEST(Patience, ThatIsInterruptedSaysSoAlsoWhenItsTimeIsUp) {
  run::StopEvent interrupt;
  Patience patience(absl::ZeroDuration(), interrupt);
  interrupt.Set();
  patience.Begin("exploring");
  EXPECT_FALSE(patience.GoesOn(0));
  EXPECT_EQ(patience.why_not(), "interrupted");
}

TEST(Patience, KeepsTheFirstReasonForItsEnd) {
  run::StopEvent interrupt;
  Patience patience(absl::ZeroDuration(), interrupt);
  patience.Begin("exploring");
  patience.GiveUp("a run without an end");
  EXPECT_FALSE(patience.GoesOn(1));
  EXPECT_EQ(patience.why_not(), "a run without an end");
  patience.Begin("shrinking");
  EXPECT_FALSE(patience.GoesOn(1));
  interrupt.Set();
  EXPECT_FALSE(patience.GoesOn(1));
  EXPECT_EQ(patience.why_not(), "--time-limit");
}

TEST(ExploreInTurn, PassesOverWhatComesBehindARunWithoutAnEnd) {
  const std::vector<Isolation> levels = {Isolation::kSnapshot, Isolation::kSerializable};
  for (const bool gives_up : {false, true}) {
    const run::StopEvent never;
    Patience patience(absl::InfiniteDuration(), never);
    std::vector<Isolation> explored;
    std::vector<Isolation> passed_over;
    const ExitCode exit_code = ExploreInTurn(
        levels, patience,
        [&](Isolation level) {
          explored.push_back(level);
          if (gives_up) patience.GiveUp("a run without an end");
          return gives_up ? kUnknown : kHolds;
        },
        [&](Isolation level) { passed_over.push_back(level); });
    EXPECT_EQ(exit_code, gives_up ? kUnknown : kHolds);
    EXPECT_EQ(explored.size(), gives_up ? 1u : 2u);
    EXPECT_EQ(passed_over.size(), gives_up ? 1u : 0u);
  }
}

TEST(ExploreInTurn, EndsWithTheFirstLevelThatIsViolated) {
  const run::StopEvent never;
  const Patience patience(absl::InfiniteDuration(), never);
  int explored = 0;
  const auto explore = [&](Isolation) { return ++explored == 1 ? kViolated : kHolds; };
  EXPECT_EQ(ExploreInTurn({Isolation::kSnapshot, Isolation::kSerializable}, patience, explore,
                          [](Isolation) { FAIL(); }),
            kViolated);
  EXPECT_EQ(explored, 1);
}

}  // namespace
}  // namespace nacre::check
