#include "tests/check/explore/exploration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/check/explore/shipped_schedules.h"
#include "tests/check/explore/shrink.h"

namespace nacre::check::explore {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Schedule Read(const std::string& text) {
  absl::StatusOr<Schedule> schedule = ParseSchedule(text);
  EXPECT_TRUE(schedule.ok()) << schedule.status() << "\n" << text;
  return schedule.ok() ? *std::move(schedule) : Schedule();
}

std::vector<std::string> StepsOf(const Schedule& schedule) {
  std::vector<std::string> steps;
  for (const Step& step : schedule.steps) {
    steps.push_back(step.session + ": " + ToString(step.operation));
  }
  return steps;
}

constexpr char kTwoTransactions[] =
    "anomaly: a\ninitial: {}\n"
    "T1: BEGIN\nT1: SET k 1\nT1: COMMIT\nT2: BEGIN\nT2: SET l 1\nT2: COMMIT\n";

TEST(Exploration, OfASumThatIsTooLargeIsAMistake) {
  const Exploration exploration = ExploreOrders(Read("anomaly: a\ninitial: k=9223372036854775807\n"
                                                     "T1: BEGIN\nT1: ADD k 1\nT1: COMMIT\n"),
                                                {});
  ASSERT_TRUE(exploration.failure.has_value());
  EXPECT_TRUE(exploration.failure->is_mistake);
  EXPECT_THAT(exploration.failure->message, HasSubstr("makes a number too large"));
}

TEST(Exploration, EndsWhenItIsTold) {
  for (const bool bounded : {false, true}) {
    ExplorationOptions options;
    if (bounded) options.preemptions_max = 3;
    options.reduction = Reduction::kNone;
    std::vector<uint64_t> asked;
    options.goes_on = [&](uint64_t runs) {
      asked.push_back(runs);
      return runs < 2;
    };
    const Exploration exploration = ExploreOrders(Read(kTwoTransactions), options);
    EXPECT_FALSE(exploration.complete);
    EXPECT_EQ(exploration.runs, 2u);
    EXPECT_THAT(asked, ElementsAre(0, 1, 2));
    EXPECT_THAT(exploration.coverage,
                StartsWith("gave up after 2 of 20 interleavings of operations"));
  }
}

TEST(Exploration, JudgesAFlushAsATransactionThatDeletesEverything) {
  const Exploration exploration = ExploreSchedule(
      Read("anomaly: a\ninitial: k=1\n"
           "T1: BEGIN\nT1: GET k -> 1\nT2: FLUSH\nT1: GET k -> 1\nT1: SET n 1\nT1: COMMIT\n"
           "T3: BEGIN\nT3: GET k -> nil\nT3: COMMIT\n"
           "both prevented: T2 T3 -> {}\n"),
      {.level = Isolation::kSerializable});
  EXPECT_FALSE(exploration.failure.has_value()) << exploration.failure->message;
  EXPECT_EQ(exploration.as_written, ScheduleVerdict::kPrevented);
  EXPECT_TRUE(exploration.complete);
}

// What a snapshot that is too old would read is gone, so nobody is answered.
TEST(Exploration, ASnapshotThatIsTooOldEndsItsTransaction) {
  const std::string text =
      "anomaly: a\ninitial: k=1\n%T1: BEGIN\nT2: BEGIN\nT2: SET k 2\nT2: COMMIT\nV1: VACUUM\n"
      "T1: GET k\nT1: COMMIT\n";
  const auto committed = [&](const std::string& header) {
    std::string with = text;
    const Schedule schedule = Read(with.replace(text.find('%'), 1, header));
    std::vector<size_t> order(schedule.steps.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    const OrderedRun run = RunInOrder(schedule, Isolation::kSnapshot, order);
    EXPECT_TRUE(run.promise.ok()) << run.promise;
    return run.report.committed;
  };
  EXPECT_THAT(committed(""), ElementsAre("T1", "T2"));
  EXPECT_THAT(committed("snapshots: short-lived\n"), ElementsAre("T2"));
}

TEST(Exploration, OfStepsTellsARunWithoutAnEnd) {
  ExplorationOptions options;
  options.steps = true;
  options.pieces_max = 3;
  const Exploration exploration = ExploreSchedule(Read(kTwoTransactions), options);
  EXPECT_EQ(exploration.stuck, "some participant waits for ever");
  EXPECT_FALSE(exploration.complete);
  EXPECT_FALSE(exploration.failure.has_value());
  EXPECT_THAT(exploration.coverage, StartsWith("gave up after 1 interleavings of steps"));
  EXPECT_THAT(exploration.stuck_pieces,
              ElementsAre("T1 runs to its end", "T2 runs to before SET l 1"));
}

TEST(Shrink, KeepsWhatItHasBehindARunWithoutAnEnd) {
  ExplorationOptions options;
  options.steps = true;
  options.pieces_max = 3;
  int asked = 0;
  options.goes_on = [&](uint64_t) {
    ++asked;
    return true;
  };
  FailedRun failure;
  failure.rule = "SNAPSHOT-READ";
  failure.preemptions = 1;
  const Shrunk shrunk = Shrink(Read(kTwoTransactions), options, failure);
  EXPECT_EQ(shrunk.stuck, "some participant waits for ever");
  EXPECT_EQ(shrunk.failure.rule, "SNAPSHOT-READ");
  EXPECT_EQ(StepsOf(shrunk.schedule), StepsOf(Read(kTwoTransactions)));
  EXPECT_EQ(asked, 1);
}

TEST(Exploration, OfTooMuchToCountSaysSo) {
  std::string text = "anomaly: a\ninitial: {}\n";
  for (int session = 1; session <= 8; ++session) {
    const std::string name = "T" + std::to_string(session) + ": ";
    text += name + "BEGIN\n" + name + "SET k" + name.substr(1, 1) + " 1\n" + name + "COMMIT\n";
  }
  ExplorationOptions options;
  options.goes_on = [&](uint64_t runs) { return runs < 1; };
  EXPECT_EQ(ExploreOrders(Read(text), options).coverage,
            "gave up after 1 of more than 1000000000000000 interleavings of operations");
}

TEST(ScheduleText, OfEveryShippedScheduleReadsBackTheSame) {
  ASSERT_FALSE(ShippedSchedules().empty());
  for (const ShippedSchedule& shipped : ShippedSchedules()) {
    const std::string text = ToText(Read(std::string(shipped.text)));
    EXPECT_EQ(ToText(Read(text)), text);
  }
}

TEST(ScheduleText, KeepsWhatExpiresAndWhatStandsOutsideOfTransactions) {
  const std::string text =
      "anomaly: test\ninitial: k=1\nexpiry: k=2\n\n"
      "T1: BEGIN\nT1: SET n 1 EXPIRES 3\nT1: COMMIT\nC1: ADVANCE 2\nV1: VACUUM\n";
  EXPECT_EQ(ToText(Read(text)), text);
}

TEST(ScheduleText, RefusesASecondInitialState) {
  EXPECT_THAT(
      std::string(ParseSchedule("anomaly: a\ninitial: k=1\ninitial: k=2\n").status().message()),
      HasSubstr("line 3: 'initial' is given twice"));
}

TEST(ScheduleText, RefusesASecondLineOfExpiries) {
  EXPECT_THAT(std::string(ParseSchedule("anomaly: a\ninitial: k=1 l=1\nexpiry: k=2\nexpiry: l=3\n")
                              .status()
                              .message()),
              HasSubstr("line 4: 'expiry' is given twice"));
}

TEST(ScheduleText, RefusesTimeThatCannotBeAddedUp) {
  const std::string begin = "anomaly: a\ninitial: k=1\n";
  for (const char* line : {"C1: ADVANCE 999999999\nC1: ADVANCE 2\n",
                           "C1: ADVANCE 1\nC1: ADVANCE 9223372036854775807\n",
                           "T1: BEGIN\nT1: SET k 1 EXPIRES 1000000001\n",
                           "V1: VACUUM\nexpiry: k=9223372036854775807\n"}) {
    EXPECT_THAT(std::string(ParseSchedule(begin + line).status().message()),
                HasSubstr("line 4: time ends with the second 1000000000"));
  }
}

TEST(ScheduleText, RefusesTimeInsideOfATransaction) {
  EXPECT_THAT(
      std::string(
          ParseSchedule("anomaly: a\ninitial: {}\nT1: BEGIN\nT1: ADVANCE 1\n").status().message()),
      HasSubstr("line 4: T1 is inside its transaction"));
  EXPECT_THAT(
      std::string(ParseSchedule("anomaly: a\ninitial: {}\nC1: ADVANCE 0\n").status().message()),
      HasSubstr("line 3: '0' is not a number of seconds"));
  EXPECT_THAT(
      std::string(
          ParseSchedule("anomaly: a\ninitial: {}\nexpiry: k=1\nV1: VACUUM\n").status().message()),
      HasSubstr("no key 'k' can expire"));
}

const char kWriteSkew[] =
    "anomaly: test\ninitial: x=0 y=0\n"
    "T1: BEGIN\nT1: GET x\nT1: SET y 1\nT1: COMMIT\n"
    "T2: BEGIN\nT2: GET y\nT2: SET x 1\nT2: COMMIT\n";

TEST(Exploration, RunsEveryInterleavingOrOneOfEachClass) {
  const Exploration all = ExploreSchedule(Read(kWriteSkew), {});
  EXPECT_FALSE(all.failure) << all.failure->message;
  EXPECT_TRUE(all.complete);
  EXPECT_EQ(all.runs, 70u);
  const Exploration classes =
      ExploreSchedule(Read(kWriteSkew), {.reduction = Reduction::kCommuting});
  EXPECT_TRUE(classes.complete);
  EXPECT_LT(classes.runs, 70u);
  EXPECT_THAT(classes.coverage, HasSubstr("of 70"));
}

TEST(Exploration, OfMoreThanCanBeRunInSecondsTakesThoseThatDifferInReadsAsOne) {
  std::string text = "anomaly: test\ninitial: k=1\n";
  for (const std::string session : {"T1: ", "T2: "}) {
    text += session + "BEGIN\n";
    for (int i = 0; i < 8; ++i) text += session + "GET k\n";
    text += session + "COMMIT\n";
  }
  const Exploration exploration = ExploreSchedule(Read(text), {});
  EXPECT_TRUE(exploration.complete);
  EXPECT_LT(exploration.runs, 184756u);  // 20! / (10! 10!)
  EXPECT_EQ(exploration.coverage,
            std::to_string(exploration.runs) +
                " of 184756 interleavings of operations; those that differ only in the order of "
                "neighbours that read or begin were taken as one");
}

TEST(Exploration, BoundsPreemptionsAndNothingElse) {
  const Exploration serial = ExploreSchedule(Read(kWriteSkew), {.preemptions_max = 0});
  EXPECT_TRUE(serial.complete);
  EXPECT_EQ(serial.runs, 2u);
  // T1 pauses at one of three places, or T2 does; or both sessions run at once.
  const Exploration one = ExploreSchedule(Read(kWriteSkew), {.preemptions_max = 1});
  EXPECT_EQ(one.runs, 2u + 6u);
}

TEST(Exploration, GivesUpBehindSoManyRunsAndSaysSo) {
  const Exploration some = ExploreSchedule(Read(kWriteSkew), {.runs_max = 3});
  EXPECT_FALSE(some.failure);
  EXPECT_FALSE(some.complete);
  EXPECT_EQ(some.runs, 3u);
}

TEST(Exploration, AKeyThatExpiresDoesSoForWhoBeginsLater) {
  const Schedule schedule = Read(
      "anomaly: test\ninitial: k=1\nexpiry: k=2\n"
      "T1: BEGIN\nT1: GET k -> 1\nC1: ADVANCE 2\nT1: GET k -> 1\nT1: COMMIT\n"
      "T2: BEGIN\nT2: GET k -> nil\nT2: SET k 2 EXPIRES 4\nT2: COMMIT\n"
      "V1: VACUUM\nT3: BEGIN\nT3: SCAN a z -> {k=2}\nT3: COMMIT\n"
      "C1: ADVANCE 2\nT4: BEGIN\nT4: COUNT a z -> 0\nT4: COMMIT\n");
  for (const Isolation level : {Isolation::kSnapshot, Isolation::kSerializable}) {
    const Exploration exploration = ExploreSchedule(schedule, {.level = level, .runs_max = 2000});
    EXPECT_FALSE(exploration.failure) << exploration.failure->message;
    EXPECT_EQ(exploration.as_written, ScheduleVerdict::kUnlisted);
  }
}

TEST(RecordedHistory, OfAWriteSkewIsOneForTheJudgeOfValuesToo) {
  const Schedule schedule = Read(kWriteSkew);
  const OrderedRun run = RunInOrder(schedule, Isolation::kSnapshot, {0, 1, 2, 4, 5, 6, 3, 7});
  EXPECT_TRUE(run.promise.ok()) << run.promise;
  for (const bool ignore_timestamps : {false, true}) {
    const JudgeOptions options{.ignore_timestamps = ignore_timestamps};
    EXPECT_EQ(Judge(run.history, Level::kStrongSnapshotIsolation, options).ruling, Ruling::kHolds);
    const Verdict serial = Judge(run.history, Level::kSerializable, options);
    ASSERT_EQ(serial.ruling, Ruling::kViolated) << serial.ToString();
    if (!ignore_timestamps) {
      EXPECT_EQ(serial.violations[0].name(), "write-skew");
    }
  }
}

// --- What the schedule itself says ---

Shrunk ShrunkOutcome(const Schedule& schedule) {
  const Exploration exploration = ExploreSchedule(schedule, {});
  EXPECT_TRUE(exploration.failure.has_value());
  EXPECT_EQ(exploration.failure->rule, kOutcomeRule);
  Shrunk shrunk = Shrink(schedule, {}, *exploration.failure);
  const Exploration again = ExploreSchedule(Read(ToText(shrunk.schedule)), {});
  EXPECT_TRUE(again.failure.has_value()) << ToText(shrunk.schedule);
  EXPECT_EQ(again.failure->rule, kOutcomeRule);
  return shrunk;
}

TEST(Shrink, AWrongExpectationIsLeftWithWhatMakesItWrong) {
  const Schedule schedule = Read(
      "anomaly: test\ninitial: k1=10 k2=20 k3=30\n"
      "T1: BEGIN\nT1: GET k1 -> 10\nT2: BEGIN READONLY\nT2: SCAN k1 k9 -> {k1=10, k2=20, k3=30}\n"
      "T1: SET k2 21\nT1: COMMIT\nT2: GET k2 -> 21\nT2: GET k3 -> 30\nT2: COMMIT\n"
      "both required: T1 T2 -> k1=10 k2=21 k3=30\n");
  const Shrunk shrunk = ShrunkOutcome(schedule);
  EXPECT_THAT(StepsOf(shrunk.schedule), ElementsAre("T2: BEGIN", "T2: GET k2", "T2: COMMIT"));
  EXPECT_EQ(shrunk.schedule.initial, (State{{"k2", "20"}}));
  EXPECT_THAT(shrunk.failure.message, StartsWith("OUTCOME broken: line"));
  EXPECT_THAT(shrunk.failure.message, HasSubstr("T2: GET k2 answered 20, not 21"));
}

TEST(Shrink, AnUnlistedOutcomeStaysTheOneItWas) {
  const Schedule schedule = Read(
      "anomaly: test\ninitial: k1=10 k2=20\n"
      "T1: BEGIN\nT1: GET k1\nT1: SET k2 21\nT1: COMMIT\n"
      "T2: BEGIN\nT2: GET k2\nT2: SET k1 11\nT2: COMMIT\n"
      "both required: T1 T2 -> k1=99 k2=21\n");
  const Shrunk shrunk = ShrunkOutcome(schedule);
  EXPECT_THAT(StepsOf(shrunk.schedule), ElementsAre("T2: BEGIN", "T2: SET k1 11", "T2: COMMIT"));
  EXPECT_THAT(shrunk.failure.message, HasSubstr("committed: T2, final state {k1=11}"));
}

TEST(Shrink, WhoDidNotCommitIsStillThere) {
  const Schedule schedule = Read(
      "anomaly: test\ninitial: k=10 a=0 b=0\n"
      "T1: BEGIN\nT1: GET k\nT1: ADD a 1\nT2: BEGIN\nT2: GET k\nT2: ADD b 1\n"
      "T1: DEL k\nT2: DEL k\nT1: COMMIT\nT2: COMMIT\n"
      "both required: T1 T2 -> a=1 b=1\n");
  const Shrunk shrunk = ShrunkOutcome(schedule);
  EXPECT_THAT(StepsOf(shrunk.schedule), ElementsAre("T2: BEGIN", "T1: BEGIN", "T1: DEL k",
                                                    "T1: COMMIT", "T2: DEL k", "T2: COMMIT"));
  EXPECT_EQ(shrunk.failure.preemptions, 1);
  EXPECT_THAT(shrunk.failure.message, HasSubstr("committed: T1,"));
}

}  // namespace
}  // namespace nacre::check::explore
