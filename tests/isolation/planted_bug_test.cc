// Each bug of nacre/testing.h that a schedule can show, and that the explorer notices it. Those
// that need more than a schedule are in trap_test.cc.

#include "tests/isolation/cases.h"
#include "tests/isolation/exploration.h"

namespace nacre::check::explore {
namespace {

using testing::Bug;

constexpr Isolation kSnapshot = Isolation::kSnapshot;
constexpr Isolation kSerializable = Isolation::kSerializable;
const ExploreOptions kWholeOperations{};
const ExploreOptions kFewPreemptions{.preemptions_max = 2};

TEST(PlantedBug, SkipReadValidation_IsNoticedByWriteSkew) {
  ExpectNoticed(Bug::kSkipReadValidation, "SERIAL",
                Of(Load("g2_item_write_skew"), {.level = kSerializable}), kWholeOperations);
}

TEST(PlantedBug, SkipRangeValidation_IsNoticedByPhantomWriteSkew) {
  ExpectNoticed(Bug::kSkipRangeValidation, "SERIAL",
                Of(Load("g2_phantom_write_skew"), {.level = kSerializable}), kWholeOperations);
}

TEST(PlantedBug, ForgetExistsRead_IsNoticedByWriteSkewOnAbsence) {
  const Schedule skew = Steps("{}",
                              "T1: BEGIN\nT1: EXISTS b\nT1: SET a 1\nT1: COMMIT\n"
                              "T2: BEGIN\nT2: EXISTS a\nT2: SET b 1\nT2: COMMIT\n");
  ExpectNoticed(Bug::kForgetExistsRead, "SERIAL", Of(skew, {.level = kSerializable}),
                kWholeOperations);
}

TEST(PlantedBug, ForgetExistsRead_IsNoticedByWriteSkewOnACount) {
  const Schedule skew = Steps("{}",
                              "T1: BEGIN\nT1: COUNT a z\nT1: SET a 1\nT1: COMMIT\n"
                              "T2: BEGIN\nT2: COUNT a z\nT2: SET b 1\nT2: COMMIT\n");
  ExpectNoticed(Bug::kForgetExistsRead, "SERIAL", Of(skew, {.level = kSerializable}),
                kWholeOperations);
}

TEST(PlantedBug, SkipWriteConflict_IsNoticedByALostUpdate) {
  ExpectNoticed(Bug::kSkipWriteConflict, "FIRST-COMMITTER",
                Of(Load("p4_lost_update"), {.level = kSnapshot}), kWholeOperations);
}

TEST(PlantedBug, VisibleBelow_IsNoticedByAReadOfTheNewestCommit) {
  ExpectNoticed(Bug::kVisibleBelow, "SNAPSHOT-READ",
                Of(Load("real_time_snapshot"), {.level = kSnapshot}), kWholeOperations);
}

// T1 begins, then the key is inserted, deleted, and its record unlinked: only the floor of the
// stripe remembers.
TEST(PlantedBug, IgnoreFloor_IsNoticedByABlindWriteOfAKeyThatCameAndWent) {
  const Schedule schedule = Steps("k=1",
                                  "T1: BEGIN\nT1: SET n 1\nT1: COMMIT\n"
                                  "T2: BEGIN\nT2: SET n 2\nT2: COMMIT\n"
                                  "T3: BEGIN\nT3: DEL n\nT3: COMMIT\n");
  ExpectNoticed(Bug::kIgnoreFloor, "FIRST-COMMITTER",
                Of(schedule, {.level = kSnapshot, .vacuum_passes = 1}), kWholeOperations);
}

TEST(PlantedBug, PruneOneTooMany_IsNoticedByAHeldSnapshot) {
  ExpectNoticed(Bug::kPruneOneTooMany, "SNAPSHOT-READ",
                Of(Load("p2_non_repeatable_read"), {.level = kSnapshot, .vacuum_passes = 1}),
                kWholeOperations);
}

const char kTwoKeysAtOnce[] =
    "T1: BEGIN\nT1: SET k1 11\nT1: SET k2 21\nT1: COMMIT\n"
    "T2: BEGIN\nT2: GET k1\nT2: GET k2\nT2: GET k1\nT2: COMMIT\n";

// A reader of half a commit.
TEST(PlantedBug, PublishBeforeLinking_IsNoticedByAReaderOfTwoKeys) {
  ExpectNoticed(
      Bug::kPublishBeforeLinking, "SNAPSHOT-READ",
      Of(Steps("k1=10 k2=20", kTwoKeysAtOnce), {.level = kSnapshot, .yield_at_steps = true}),
      kFewPreemptions);
}

TEST(PlantedBug, SplitSequencer_IsNoticedByTwoCommittersAndAReader) {
  const Schedule schedule = Steps("x=0 y=0",
                                  "T1: BEGIN\nT1: SET x 1\nT1: COMMIT\n"
                                  "T2: BEGIN\nT2: SET y 1\nT2: COMMIT\n"
                                  "T3: BEGIN\nT3: GET x\nT3: GET y\nT3: COMMIT\n");
  ExpectNoticed(Bug::kSplitSequencer, "broken",
                Of(schedule, {.level = kSnapshot, .yield_at_steps = true}), kFewPreemptions);
}

// Judged by the values alone: no order of the transactions gives them.
class SerialOrderProgram : public ScheduleProgram {
 public:
  SerialOrderProgram(const Schedule& schedule, const ScheduleProgramOptions& options)
      : ScheduleProgram(schedule, options), initial_(schedule.initial) {}
  absl::Status Check() override {
    const std::vector<TransactionRecord> history = History();
    if (SomeSerialOrderExplains(initial_, history)) return absl::OkStatus();
    std::string text = "no serial order explains:";
    for (const TransactionRecord& record : history) text += "\n    " + record.ToString();
    return absl::InternalError(text);
  }

 private:
  const State initial_;
};

// Fekete, O'Neil, O'Neil 2004. The withdrawal validates its reads; the deposit commits; a reader
// sees the deposit and no withdrawal; the withdrawal gets its timestamp.
TEST(PlantedBug, ValidateBeforeTimestamp_ShowsTheReadOnlyAnomaly) {
  const Schedule schedule = Load("g2_item_read_only_anomaly");
  const ScheduleProgramOptions options{.level = kSerializable, .yield_at_steps = true};
  ExpectNoticed(
      Bug::kValidateBeforeTimestamp, "no serial order explains",
      [&] { return std::make_unique<SerialOrderProgram>(schedule, options); }, kFewPreemptions);
}

TEST(PlantedBug, ValidateBeforeTimestamp_IsNoticedByWriteSkew) {
  ExpectNoticed(Bug::kValidateBeforeTimestamp, "SERIAL",
                Of(Load("g2_item_write_skew"), {.level = kSerializable, .yield_at_steps = true}),
                kFewPreemptions);
}

const char kReaderBesideTwoWriters[] =
    "T1: BEGIN\nT1: GET k\nT1: COMMIT\n"
    "T2: BEGIN\nT2: SET k 2\nT2: COMMIT\n"
    "T3: BEGIN\nT3: SET k 3\nT3: COMMIT\n";

// The reader loads the clock; a commit supersedes what it will read, and the pruner, which finds
// nobody registered, unlinks it.
TEST(PlantedBug, LateRegistration_LosesWhatABeginningSnapshotReads) {
  ExpectNoticed(Bug::kLateRegistration, "SNAPSHOT-READ",
                Of(Steps("k=1", kReaderBesideTwoWriters),
                   {.level = kSnapshot, .vacuum_passes = 1, .yield_at_steps = true}),
                {.preemptions_max = 1});
}

// The reader registers the point L; T2 commits at L + 1, and the reader draws that timestamp; T3
// supersedes T2's version, and the pruner finds no snapshot in its interval.
TEST(PlantedBug, RayAsPoint_LosesWhatABeginningSnapshotReads) {
  ExpectNoticed(Bug::kRayAsPoint, "SNAPSHOT-READ",
                Of(Steps("k=1", kReaderBesideTwoWriters),
                   {.level = kSnapshot, .vacuum_passes = 1, .yield_at_steps = true}),
                kFewPreemptions);
}

// The pruner looks who is there; the reader begins; T3 supersedes what it reads; the pruner, with
// the clock of now, finds that nobody needs it.
TEST(PlantedBug, ScanThenLoadClock_LosesWhatALaterSnapshotReads) {
  ExpectNoticed(Bug::kScanThenLoadClock, "SNAPSHOT-READ",
                Of(Steps("k=1", kReaderBesideTwoWriters),
                   {.level = kSnapshot, .vacuum_passes = 1, .yield_at_steps = true}),
                kFewPreemptions);
}

// Not a bug, but a lifetime: readers may follow a version's stamp to the first version of its
// commit (the leader), which T3 supersedes and the vacuum unlinks.
TEST(CommitStamp, OutlivesTheLeaderThatIsPrunedUnderAReader) {
  const Schedule schedule =
      Steps("k1=10 k2=20", std::string(kTwoKeysAtOnce) + "T3: BEGIN\nT3: SET k1 12\nT3: COMMIT\n");
  const ExploreResult result =
      Explore(Of(schedule, {.level = kSnapshot, .vacuum_passes = 1, .yield_at_steps = true}),
              kFewPreemptions);
  EXPECT_TRUE(result.failure.ok()) << result.ToString();
  EXPECT_TRUE(result.complete);
  std::printf("%s\n", result.ToString().c_str());
}

}  // namespace
}  // namespace nacre::check::explore
