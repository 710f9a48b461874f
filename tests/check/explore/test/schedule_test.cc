#include "tests/check/explore/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "tests/check/explore/schedule_runner.h"

namespace nacre::check::explore {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHead =
    "anomaly: 0 test\n"
    "source: here\n"
    "licence: none\n"
    "initial: k1=10 k2=20\n";

std::string ErrorOf(const std::string& body) {
  absl::StatusOr<Schedule> schedule = ParseSchedule(std::string(kHead) + body);
  return schedule.ok() ? "parsed" : std::string(schedule.status().message());
}

TEST(ScheduleParser, ReadsEveryPartOfASchedule) {
  absl::StatusOr<Schedule> schedule =
      ParseSchedule(std::string(kHead) +
                    "# a comment\n"
                    "T1: BEGIN READONLY\n"
                    "T1: SCAN r: r; REV LIMIT 3 WHERE VALUE % 5 = 0 -> {r:1=10, r:2=20}\n"
                    "T2: BEGIN\n"
                    "T1: COMMIT\n"
                    "T2: SET k1 -7\n"
                    "T2: ABORT\n"
                    "both prevented: T1 -> k1=10 k2=20\n"
                    "snapshot stronger: none -> {}\n");
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_EQ(schedule->anomaly, "0 test");
  EXPECT_EQ(schedule->initial, (State{{"k1", "10"}, {"k2", "20"}}));
  EXPECT_THAT(schedule->Sessions(), ElementsAre("T1", "T2"));
  ASSERT_EQ(schedule->steps.size(), 6u);
  EXPECT_TRUE(schedule->steps[0].operation.read_only);
  EXPECT_EQ(schedule->steps[0].line, 6);

  const Step& scan = schedule->steps[1];
  EXPECT_EQ(scan.operation.kind, OperationKind::kScan);
  EXPECT_EQ(scan.operation.key, "r:");
  EXPECT_EQ(scan.operation.end, "r;");
  EXPECT_TRUE(scan.operation.reverse);
  EXPECT_EQ(scan.operation.limit, 3u);
  ASSERT_TRUE(scan.operation.where.has_value());
  EXPECT_EQ(scan.operation.where->modulus, 5);
  EXPECT_EQ(scan.expected, "{r:1=10, r:2=20}");
  EXPECT_EQ(schedule->steps[4].operation.value, "-7");
  EXPECT_EQ(schedule->steps[5].operation.kind, OperationKind::kRollback);

  ASSERT_EQ(schedule->outcomes.size(), 3u);
  EXPECT_EQ(schedule->outcomes[1].level, Isolation::kSerializable);
  EXPECT_THAT(schedule->outcomes[1].committed, ElementsAre("T1"));
  EXPECT_EQ(schedule->outcomes[2].verdict, ScheduleVerdict::kStronger);
  EXPECT_TRUE(schedule->outcomes[2].committed.empty());
  EXPECT_TRUE(schedule->outcomes[2].final_state.empty());
}

TEST(ScheduleParser, KnowsFlushesAndShortLivedSnapshots) {
  const std::string text =
      "anomaly: a\ninitial: k=1\nsnapshots: short-lived\n\n"
      "T1: FLUSH\nT1: FLUSH\n\n"
      "snapshot required: T1 T1/2 -> {}\nserializable required: T1 T1/2 -> {}\n";
  const absl::StatusOr<Schedule> schedule = ParseSchedule(text);
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_TRUE(schedule->short_lived_snapshots);
  EXPECT_TRUE(schedule->has_flush());
  EXPECT_EQ(ToText(*schedule), text);
  EXPECT_EQ(ErrorOf("snapshots: old\n"), "line 5: snapshots can be short-lived, and nothing else");
  EXPECT_EQ(ErrorOf("snapshots: short-lived\nsnapshots: short-lived\n"),
            "line 6: 'snapshots' is given twice");
  EXPECT_EQ(ErrorOf("T1: BEGIN\nT1: FLUSH\n"), "line 6: T1 is inside its transaction");
}

TEST(ScheduleParser, NamesTheLineAndTheFault) {
  EXPECT_EQ(ErrorOf("T1: BEGIN\nT1: GTE k1\n"), "line 6: unknown operation 'GTE'");
  EXPECT_EQ(ErrorOf("T1: BEGIN\nT1: SET k1\n"), "line 6: expected a value at the end");
  EXPECT_EQ(ErrorOf("T1: BEGIN\nT1: SCAN a\n"), "line 6: expected the end of the range at the end");
  EXPECT_EQ(ErrorOf("T1: BEGIN\nT1: GET k1 k2\n"), "line 6: unexpected 'k2'");
  EXPECT_EQ(ErrorOf("T1: BEGIN\nT1: GET k1 ->\n"), "line 6: expected a value after '->'");
  EXPECT_EQ(ErrorOf("T1: BEGIN\nT1: ADD k1 x\n"), "line 6: 'x' is not a number: ADD needs one");
  EXPECT_EQ(ErrorOf("T1: BEGIN\nT1: DELSCAN a b\n"), "line 6: DELSCAN needs WHERE");
  EXPECT_EQ(ErrorOf("T1: BEGIN\nT1: SCAN a b WHERE VALUE % 0 = 0\n"),
            "line 6: the modulus must be positive");
  EXPECT_EQ(ErrorOf("T1 BEGIN\n"), "line 5: expected 'name: ...'");
  EXPECT_EQ(ErrorOf("T1: GET k1\n"), "line 5: T1 is not in a transaction");
  EXPECT_EQ(ErrorOf("T1: BEGIN\nT1: BEGIN\n"), "line 6: T1 begins inside its transaction");
  EXPECT_EQ(ErrorOf("frobnicate: yes\n"), "line 5: unknown line 'frobnicate'");
  EXPECT_EQ(ErrorOf("source: there\n"), "line 5: 'source' is given twice");
  EXPECT_EQ(ErrorOf("T1: BEGIN\ninitial: k=1\n"),
            "line 6: 'initial' must stand before the first step");
}

TEST(ScheduleParser, RefusesOutcomesThatCannotBe) {
  const std::string steps = "T1: BEGIN\nT1: COMMIT\n";
  EXPECT_EQ(ErrorOf(steps + "both prevented: T2 -> {}\n"), "line 7: no transaction 'T2'");
  EXPECT_EQ(ErrorOf(steps + "both fine: T1 -> {}\n"), "line 7: unknown verdict 'fine'");
  EXPECT_EQ(ErrorOf(steps + "weak prevented: T1 -> {}\n"),
            "line 7: unknown isolation level 'weak'");
  EXPECT_EQ(ErrorOf(steps + "both prevented: T1\n"),
            "line 7: expected 'transactions -> final state'");
  EXPECT_EQ(ErrorOf(steps + "both prevented: T1 -> k1\n"),
            "line 7: expected key=value, found 'k1'");
  EXPECT_EQ(ErrorOf(steps + "both prevented: T1 -> k1=1 k1=2\n"),
            "line 7: key 'k1' is given twice");
  EXPECT_EQ(ErrorOf(steps + "both violated: T1 -> {}\n"), "line 7: unknown verdict 'violated'");
  EXPECT_EQ(ErrorOf(steps + "snapshot prevented: T1 -> {}\n"),
            "line 7: no outcome is given for serializable");
  EXPECT_EQ(ErrorOf(steps + "both prevented: T1 -> {}\nT1: BEGIN\n"),
            "line 8: steps must stand before the outcomes");
  EXPECT_EQ(ErrorOf("T1: BEGIN\nboth prevented: none -> {}\n"),
            "line 6: T1 never ends its transaction");
}

TEST(ScheduleParser, NamesTheSecondTransactionOfASession) {
  EXPECT_EQ(ErrorOf("S1: BEGIN\nS1: COMMIT\nS1: BEGIN\nS1: COMMIT\nboth required: S1 S1/2 -> {}\n"),
            "parsed");
  EXPECT_EQ(ErrorOf("S1: BEGIN\nS1: COMMIT\nboth required: S1 S1/2 -> {}\n"),
            "line 7: no transaction 'S1/2'");
}

TEST(Operation, PrintsWhatItParses) {
  for (const char* text : {"BEGIN", "BEGIN READONLY", "COMMIT", "ROLLBACK", "GET k",
                           "GETFORUPDATE k", "EXISTS k", "SET k v", "DEL k", "ADD k -3", "SCAN a b",
                           "SCAN a b REV LIMIT 2", "SCAN a b WHERE VALUE % 5 = 0", "COUNT a b",
                           "DELSCAN a b WHERE VALUE = 20", "SAVEPOINT", "ROLLBACKTO"}) {
    absl::StatusOr<Operation> operation = ParseOperation(text);
    ASSERT_TRUE(operation.ok()) << text << ": " << operation.status();
    EXPECT_EQ(ToString(*operation), text);
  }
}

TEST(ScheduleFiles, AllParseAndCiteSourceAndLicence) {
  std::set<std::string> anomalies;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(NACRE_SCHEDULES_DIR)) {
    absl::StatusOr<Schedule> schedule = LoadSchedule(entry.path().string());
    ASSERT_TRUE(schedule.ok()) << schedule.status();
    EXPECT_TRUE(anomalies.insert(schedule->anomaly).second)
        << entry.path() << ": another file has the anomaly " << schedule->anomaly;
    ++files;
  }
  EXPECT_GE(files, 38);
}

TEST(ScheduleFiles, AMissingFileIsNotFoundAndNamed) {
  absl::StatusOr<Schedule> schedule = LoadSchedule("no-such-schedule.txt");
  EXPECT_TRUE(absl::IsNotFound(schedule.status()));
  EXPECT_THAT(std::string(schedule.status().message()), HasSubstr("no-such-schedule.txt"));
}

// A target that answers from a script, to judge the judge.
class ScriptedTarget : public Target {
 public:
  std::map<std::string, absl::StatusOr<std::string>> answers;  // By operation.
  State final_state;

  std::string name() const override { return "scripted"; }
  absl::Status Reset(const State&) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<Session>> Connect(Isolation) override {
    return std::make_unique<ScriptedSession>(*this);
  }
  absl::StatusOr<State> ReadAll() override { return final_state; }
  absl::Status Verify() override { return absl::OkStatus(); }

 private:
  class ScriptedSession : public Session {
   public:
    explicit ScriptedSession(ScriptedTarget& target) : target_(target) {}
    absl::StatusOr<std::string> Execute(const Operation& operation) override {
      auto answer = target_.answers.find(ToString(operation));
      if (answer == target_.answers.end()) return std::string("ok");
      return answer->second;
    }

   private:
    ScriptedTarget& target_;
  };
};

Schedule LostUpdate() {
  return *LoadSchedule(std::string(NACRE_SCHEDULES_DIR) + "/p4_lost_update.txt");
}

TEST(ScheduleVerdict, ALostUpdateIsViolated) {
  ScriptedTarget target;
  target.answers.emplace("GET k1", std::string("10"));
  target.final_state = {{"k1", "11"}, {"k2", "20"}};
  absl::StatusOr<RunReport> report = RunSchedule(LostUpdate(), Isolation::kSnapshot, target);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->committed, ElementsAre("T1", "T2"));
  EXPECT_EQ(report->verdict, ScheduleVerdict::kViolated);
}

TEST(ScheduleVerdict, AnAbortedSessionSkipsTheRestOfItsLines) {
  ScriptedTarget target;
  target.answers.emplace("GET k1", std::string("10"));
  target.answers.emplace("SET k1 11", absl::AbortedError("k1"));
  target.final_state = {{"k1", "11"}, {"k2", "20"}};
  // Both conflict at SET, so nobody commits: not an outcome that the schedule lists.
  absl::StatusOr<RunReport> report = RunSchedule(LostUpdate(), Isolation::kSnapshot, target);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->committed.empty());
  EXPECT_EQ(report->verdict, ScheduleVerdict::kViolated);
  EXPECT_EQ(report->steps.back().kind, StepResult::Kind::kSkipped);
}

TEST(ScheduleVerdict, AWrongAnswerInACommittedTransactionIsViolated) {
  const Schedule schedule =
      *LoadSchedule(std::string(NACRE_SCHEDULES_DIR) + "/p2_non_repeatable_read.txt");
  ScriptedTarget target;
  target.answers.emplace("GET k1", std::string("11"));
  target.final_state = {{"k1", "11"}, {"k2", "20"}};
  absl::StatusOr<RunReport> report = RunSchedule(schedule, Isolation::kSnapshot, target);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->verdict, ScheduleVerdict::kViolated);
  ASSERT_EQ(report->wrong_answers.size(), 2u);
  EXPECT_THAT(report->wrong_answers[1], HasSubstr("T1: GET k1 answered 11, not 10"));
}

TEST(ScheduleVerdict, WriteSkewIsAllowedUnderSnapshotAndViolatesSerializable) {
  const Schedule schedule =
      *LoadSchedule(std::string(NACRE_SCHEDULES_DIR) + "/g2_item_write_skew.txt");
  ScriptedTarget target;
  target.answers.emplace("GET k1", std::string("10"));
  target.answers.emplace("GET k2", std::string("20"));
  target.final_state = {{"k1", "11"}, {"k2", "21"}};
  EXPECT_EQ(RunSchedule(schedule, Isolation::kSnapshot, target)->verdict,
            ScheduleVerdict::kAllowed);
  EXPECT_EQ(RunSchedule(schedule, Isolation::kSerializable, target)->verdict,
            ScheduleVerdict::kViolated);
}

TEST(ScheduleVerdict, ABrokenTargetIsAnErrorAndNotAVerdict) {
  ScriptedTarget target;
  target.answers.emplace("GET k1", absl::UnavailableError("the server closed the connection"));
  absl::StatusOr<RunReport> report = RunSchedule(LostUpdate(), Isolation::kSnapshot, target);
  EXPECT_TRUE(absl::IsUnavailable(report.status()));
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("T1: GET k1"));
}

}  // namespace
}  // namespace nacre::check::explore
