// What each shipped schedule calls bad, as a history, and at which levels it is a violation. And
// the other way round: what the engine answers in the interleavings of the schedule is none.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

#include "nacre/check/format.h"
#include "nacre/check/judge.h"
#include "tests/check/explore/exploration.h"
#include "tests/check/explore/interleavings.h"
#include "tests/check/explore/shipped_schedules.h"

namespace nacre::check::explore {
namespace {

struct BadOutcome {
  std::string schedule;
  std::string history;
  // For each of kLevels, from read-committed to strict-serializable: H holds, V violated, ?
  // unknown.
  std::string expected;
  std::string name;  // Of the violation at the first level that forbids it.
};

// Not the false alarm it may seem: that somebody is aborted without need is no violation of a level
// by what was read and written.
const char kEveryLevelHolds[] = "HHHHHHHH";

// Who writes reads first, where the levels are told apart by the order of the versions.
const std::string kK = "T0 ok | write k1 10 | write k2 20\n";
const std::string kR = "T0 ok | write r:1 10 | write r:2 20\n";
const std::string kFork =
    "T1 ok | write x 1\nT2 ok | write y 1\n"
    "T3 ok | read x 1 | read y nil\nT4 ok | read x nil | read y 1\n";

const BadOutcome kBadOutcomes[] = {
    // The final state (11, 22), with the order of the writes to be seen.
    {"g0_dirty_write",
     "T1 ok | append k1 11 | append k2 21\nT2 ok | append k1 12 | append k2 22\n"
     "T3 ok | list k1 [12 11] | list k2 [21 22]\n",
     "VVVVVVVV", "G0"},
    {"g1a_aborted_read", kK + "T1 fail | write k1 101\nT2 ok | read k1 101\n", "VVVVVVVV", "G1a"},
    {"g1a_aborted_read_scan", kK + "T1 fail | write k1 101\nT2 ok | scan k1 k3 {k1 101 k2 20}\n",
     "VVVVVVVV", "G1a"},
    {"g1b_intermediate_read", kK + "T1 ok | write k1 101 | write k1 11\nT2 ok | read k1 101\n",
     "VVVVVVVV", "G1b"},
    {"g1c_circular_information_flow",
     kK + "T1 ok | write k1 11 | read k2 22\nT2 ok | write k2 22 | read k1 11\n", "VVVVVVVV",
     "G1c"},
    {"otv_observed_transaction_vanishes",
     kK + "T1 ok | write k1 11 | write k2 19\nT2 ok | write k1 12 | write k2 18\n"
          "T3 ok | read k1 11 | read k2 18\n",
     "HVVVVVVV", ""},
    {"otv_observer_begins_after_commit",
     kK + "T1 ok | read k1 10 | read k2 20 | write k1 11 | write k2 19\n"
          "T3 ok | read k1 11 | read k2 20\n",
     "HVVVVVVV", "fractured-read"},
    {"pmp_phantom_read",
     kR + "T1 ok | scan r: r; {r:1 10 r:2 20} | scan r:3 r:9 {r:3 30}\nT2 ok | write r:3 30\n",
     "HVVVVVVV", "non-repeatable-read"},
    // Whether T1 missed r:2 because of T2, or saw it before T0 wrote it, the values do not tell: of
    // a
    // level that admits both, the judge says so.
    {"pmp_phantom_delete",
     kR + "T1 ok | scan r: r; {r:1 10 r:2 20} | scan r: r; {r:1 10}\nT2 ok | delete r:2\n",
     "HVVVVVVV", "non-repeatable-read"},
    {"pmp_phantom_update",
     kR + "T1 ok | scan r: r; {r:1 10 r:2 20} | scan r: r; {r:1 10 r:2 21}\n"
          "T2 ok | write r:2 21\n",
     "HVVVVVVV", "non-repeatable-read"},
    {"pmp_phantom_reverse_scan",
     kR + "T1 ok | rscan r: r; {r:2 20 r:1 10} | rscan r: r; {r:3 30 r:2 20 r:1 10}\n"
          "T2 ok | write r:3 30\n",
     "HVVVVVVV", "non-repeatable-read"},
    {"pmp_phantom_limited_scan",
     kR + "T1 ok | scan r: r; limit {r:1 10 r:2 20} | scan r: r; limit {r:0 5 r:1 10}\n"
          "T2 ok | write r:0 5\n",
     "HVVVVVVV", "non-repeatable-read"},
    // A count of 2 and then of 3.
    {"pmp_phantom_count",
     kR + "T1 ok | scan r: r; {r:1 10 r:2 20} | scan r: r; {r:1 10 r:2 20 r:3 30}\n"
          "T2 ok | write r:3 30\n",
     "HVVVVVVV", "non-repeatable-read"},
    {"pmp_write_predicate",
     kK + "T1 ok | read k1 10 | write k1 20 | read k2 20 | write k2 30\n"
          "T2 ok | scan k1 k9 {k1 10 k2 20} | delete k2\n",
     "HHHVVVVV", "lost-update"},
    // Both write the same value.
    {"p4_lost_update", kK + "T1 ok | read k1 10 | write k1 11\nT2 ok | read k1 10 | write k1 11\n",
     "HHHVVVVV", "lost-update"},
    {"p4_insert_insert", "T1 ok | read n nil | write n 1\nT2 ok | read n nil | write n 2\n",
     "HHHVVVVV", "lost-update"},
    {"g_single_read_skew",
     kK + "T1 ok | read k1 10 | read k2 18\n"
          "T2 ok | read k1 10 | read k2 20 | write k1 12 | write k2 18\n",
     "HVVVVVVV", "fractured-read"},
    {"g_single_predicate",
     kK + "T1 ok | scan k1 k9 {k1 10 k2 20} | scan k1 k9 {k1 12 k2 20}\nT2 ok | write k1 12\n",
     "HVVVVVVV", "non-repeatable-read"},
    {"g_single_write_predicate",
     kK + "T1 ok | read k1 10 | scan k1 k9 {k1 10 k2 20} | delete k2\n"
          "T2 ok | read k1 10 | read k2 20 | write k1 12 | write k2 18\n",
     "HHHVVVVV", "lost-update"},
    {"g2_item_write_skew",
     kK + "T1 ok | read k1 10 | read k2 20 | write k1 11\n"
          "T2 ok | read k1 10 | read k2 20 | write k2 21\n",
     "HHHHHHVV", "write-skew"},
    {"g2_phantom_write_skew",
     kR + "T1 ok | scan r: r; {r:1 10 r:2 20} | write r:3 30\n"
          "T2 ok | scan r: r; {r:1 10 r:2 20} | write r:4 42\n",
     "HHHHHHVV", "G2"},
    {"g2_item_read_only_anomaly",
     "T0 ok | write x 0 | write y 0\nT1 ok | read y 0 | write y 20\n"
     "T2 ok | read x 0 | read y 0 | write x -11\nT3 ok | read x 0 | read y 20\n",
     "HHHHHHVV", "G2-item"},
    {"read_only_anomaly_control",
     "T0 ok | write x 0 | write y 0\nT1 ok | read y 0 | write y 20\n"
     "T2 fail | read x 0 | read y 0 | write x -11\n",
     kEveryLevelHolds, ""},
    {"read_only_anomaly_safe_snapshot",
     "T0 ok | write x 0 | write y 0\nT1 ok | read y 0 | write y 20\n"
     "T2 fail | read x 0 | read y 0 | write x -11\nT3 ok | read x 0 | read y 0\n",
     kEveryLevelHolds, ""},
    {"long_fork_readers_before", kFork, "HHHVVVVV", "long-fork"},
    {"long_fork_readers_between", kFork, "HHHVVVVV", "long-fork"},
    {"long_fork_readers_around", kFork, "HHHVVVVV", "long-fork"},
    {"p2_non_repeatable_read", kK + "T1 ok | read k1 10 | read k1 11\nT2 ok | write k1 11\n",
     "HVVVVVVV", "non-repeatable-read"},
    // Of one that commits: levels say nothing of what an aborted transaction saw of itself.
    {"int_internal_consistency", kK + "T1 ok | write k1 11 | read k1 10\n", "VVVVVVVV", "internal"},
    {"session_monotonic_snapshot",
     kK + "T1 s=1 ok real=1..2 | read k1 10 | write k1 11\nT2 s=1 ok real=3..4 | read k1 10\n",
     "HHVHVVHV", ""},
    {"real_time_snapshot",
     kK + "T1 s=1 ok real=1..2 | read k1 10 | write k1 11\nT2 s=2 ok real=3..4 | read k1 10\n",
     "HHHHHVHV", "G-single-realtime"},
    // First-committer-wins is about snapshots: by timestamps the two are concurrent.
    {"blind_writes",
     "T0 ok time=0..1 | write k1 10\nT1 ok time=1..2 | write k1 11\n"
     "T2 ok time=1..3 | write k1 12\n",
     "HHHVVVHH", "G-SIa"},
    {"no_conflict_disjoint_keys",
     kK + "T1 ok | read k1 10 | write k1 11\nT2 fail | read k2 20 | write k2 21\n",
     kEveryLevelHolds, ""},
    {"no_conflict_one_edge_reader_first",
     kK + "T1 ok | read k1 10 | write k3 1\nT2 fail | write k1 11\n", kEveryLevelHolds, ""},
    {"no_conflict_one_edge_writer_first",
     kK + "T1 fail | read k1 10 | write k3 1\nT2 ok | write k1 11\n", kEveryLevelHolds, ""},
    {"abort_releases_begin_before",
     kK + "T1 fail | write k1 101\nT2 ok | read k1 101 | write k1 11\n", "VVVVVVVV", "G1a"},
    {"abort_releases_begin_during",
     kK + "T1 fail | write k1 101\nT2 ok | read k1 10 | write k1 11\nT3 ok | read k1 101\n",
     "VVVVVVVV", "G1a"},
    // What the abort restored covers the write of T2.
    {"abort_releases_begin_after",
     kK + "T1 fail real=1..2 | write k1 101\nT2 ok real=3..4 | read k1 10 | write k1 11\n"
          "T3 ok real=5..6 | read k1 10\n",
     "HHHHHVHV", "G-single-realtime"},
};

void PrintTo(const BadOutcome& bad, std::ostream* out) { *out << bad.schedule; }

class BadOutcomeTest : public ::testing::TestWithParam<BadOutcome> {};

TEST_P(BadOutcomeTest, IsAViolationAtTheLevelsThatForbidIt) {
  std::istringstream in(GetParam().history);
  const absl::StatusOr<History> history = ReadHistory(in, Format::kNative);
  ASSERT_TRUE(history.ok()) << history.status();
  std::string got;
  std::string name;
  std::string words;
  for (const Level level : kLevels) {
    const Verdict verdict = Judge(*history, level);
    got += verdict.ruling == Ruling::kHolds ? 'H' : verdict.ruling == Ruling::kViolated ? 'V' : '?';
    if (verdict.ruling == Ruling::kViolated && name.empty()) name = verdict.violations[0].name();
    words += std::string(ToString(level)) + ": " + verdict.ToString();
  }
  EXPECT_EQ(got, GetParam().expected) << words;
  if (!GetParam().name.empty()) {
    EXPECT_EQ(name, GetParam().name) << words;
  }
}

INSTANTIATE_TEST_SUITE_P(All, BadOutcomeTest, ::testing::ValuesIn(kBadOutcomes),
                         [](const auto& parameter) { return parameter.param.schedule; });

TEST(BadOutcomes, AreKnownOfEveryShippedSchedule) {
  std::map<std::string, int> known;
  for (const BadOutcome& bad : kBadOutcomes) ++known[bad.schedule];
  for (const ShippedSchedule& shipped : ShippedSchedules()) {
    EXPECT_EQ(known[std::string(shipped.name)], 1) << shipped.name;
  }
  EXPECT_EQ(known.size(), ShippedSchedules().size());
}

// --- Two judges that know nothing of each other, of what the engine does ---

// How many interleavings of a schedule are judged, spread evenly over all. 0: all.
uint64_t OrdersMax() {
  const char* text = std::getenv("NACRE_ORDERS_MAX");
  return text == nullptr ? 60 : std::strtoull(text, nullptr, 10);
}

void JudgeOrder(const Schedule& schedule, Isolation level, const std::vector<size_t>& order) {
  const OrderedRun run = RunInOrder(schedule, level, order);
  ASSERT_TRUE(run.promise.ok()) << run.promise;
  const Level judged = JudgedLevel(level);
  const Verdict by_time = Judge(run.history, judged);
  ASSERT_EQ(by_time.ruling, Ruling::kHolds) << by_time.ToString();
  const Verdict by_values = Judge(run.history, judged, {.ignore_timestamps = true});
  ASSERT_NE(by_values.ruling, Ruling::kViolated) << by_values.ToString();
}

class EngineRunTest : public ::testing::TestWithParam<Isolation> {};

TEST_P(EngineRunTest, OfEveryScheduleIsNoViolationForTheModelNorForTheJudge) {
  uint64_t judged = 0;
  for (const ShippedSchedule& shipped : ShippedSchedules()) {
    SCOPED_TRACE(shipped.name);
    const Schedule schedule = *ParseSchedule(shipped.text);
    const uint64_t all =
        ForEachInterleaving(schedule, Reduction::kCommuting, [](const auto&) { return true; });
    const uint64_t stride = OrdersMax() == 0 ? 1 : std::max<uint64_t>(1, all / OrdersMax());
    uint64_t number = 0;
    ForEachInterleaving(schedule, Reduction::kCommuting, [&](const std::vector<size_t>& order) {
      if (number++ % stride != 0) return true;
      ++judged;
      JudgeOrder(schedule, GetParam(), order);
      return !HasFatalFailure();
    });
  }
  EXPECT_GT(judged, ShippedSchedules().size());
}

INSTANTIATE_TEST_SUITE_P(All, EngineRunTest,
                         ::testing::Values(Isolation::kSnapshot, Isolation::kSerializable),
                         [](const auto& parameter) { return std::string(Name(parameter.param)); });

}  // namespace
}  // namespace nacre::check::explore
