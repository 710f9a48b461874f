// Every anomaly by a smallest history, at every level.

#include <gtest/gtest.h>

#include <string>

#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"

namespace nacre::check {
namespace {

struct Case {
  std::string title;
  std::string history;
  // For each of kLevels: H holds, V violated.
  std::string expected;
  // The first violation where it is violated by the lowest level of all.
  std::string name;
  // The same at strict-serializable, if it has another name there.
  std::string strict_name = "";
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.title; }

class AnomalyTest : public testing::TestWithParam<Case> {};

TEST_P(AnomalyTest, IsForbiddenWhereTheLevelSaysSo) {
  const Case& c = GetParam();
  const History history = Parsed(c.history);
  std::string got;
  std::string name;
  std::string all;
  Verdict strict;
  for (const Level level : kLevels) {
    const Verdict verdict = Judge(history, level);
    got += verdict.ruling == Ruling::kHolds ? 'H' : verdict.ruling == Ruling::kViolated ? 'V' : '?';
    if (verdict.ruling == Ruling::kViolated && name.empty()) name = verdict.violations[0].name();
    all += std::string(ToString(level)) + ": " + verdict.ToString();
    strict = verdict;
    EXPECT_EQ(verdict.ruling == Ruling::kViolated, !verdict.violations.empty());
    for (const Violation& violation : verdict.violations) {
      EXPECT_TRUE(Forbids(level, violation.anomaly, violation.order)) << all;
      for (size_t i = 0; i < violation.edges.size(); ++i) {
        EXPECT_EQ(violation.edges[i].to, violation.edges[(i + 1) % violation.edges.size()].from);
        EXPECT_FALSE(violation.edges[i].reason.empty());
      }
    }
  }
  EXPECT_EQ(got, c.expected) << all;
  EXPECT_EQ(name, c.name) << all;
  if (!c.strict_name.empty()) {
    ASSERT_FALSE(strict.violations.empty());
    EXPECT_EQ(strict.violations[0].name(), c.strict_name) << all;
  }
}

const Case kLists[] = {
    {"Nothing", "T1 ok | append x 1\nT2 ok | list x [1]", "HHHHHHHH", ""},
    {"ThinAir", "T1 ok | append x 1\nT2 ok | list x [1 9]", "VVVVVVVV", "thin-air-read"},
    {"ThinAirInAShortRead",
     "T1 ok | append x 1 | append x 2\nT2 ok | list x [1 2]\nT3 ok | list x [9]", "VVVVVVVV",
     "thin-air-read"},
    {"G1a", "T1 fail | append x 1\nT2 ok | list x [1]", "VVVVVVVV", "G1a"},
    {"G1aBelowACommittedAppend", "T1 fail | append x 1\nT2 ok | append x 2\nT3 ok | list x [1 2]",
     "VVVVVVVV", "G1a"},
    {"G1b", "T1 ok | append x 1 | append x 2\nT2 ok | list x [1]", "VVVVVVVV", "G1b"},
    {"OwnIntermediateVersionIsFine", "T1 ok | append x 1 | list x [1] | append x 2", "HHHHHHHH",
     ""},
    {"Duplicate", "T1 ok | append x 1\nT2 ok | list x [1 1]", "VVVVVVVV", "duplicate-elements"},
    {"IncompatibleOrder",
     "T1 ok | append x 1\nT2 ok | append x 2\nT3 ok | list x [1 2]\nT4 ok | list x [2]", "VVVVVVVV",
     "incompatible-order"},
    {"InternalOwnAppendMissed", "T1 ok | append x 1 | list x []", "VVVVVVVV", "internal"},
    {"InternalOwnAppendNotLast", "T1 ok | append x 1 | list x [1 2]\nT2 ok | append x 2",
     "VVVVVVVV", "internal"},
    {"InternalReadOfTheFuture", "T1 ok | list x [1] | append x 1", "VVVVVVVV", "internal"},
    {"NonRepeatableRead", "T1 ok | list x [] | list x [1]\nT2 ok | append x 1", "HVVVVVVV",
     "non-repeatable-read"},
    {"G0",
     "T1 ok | append x 1 | append y 1\nT2 ok | append x 2 | append y 2\nT3 ok | list x [1 2] | "
     "list y [2 1]",
     "VVVVVVVV", "G0"},
    {"G1c", "T1 ok | append x 1 | list y [1]\nT2 ok | append y 1 | list x [1]", "VVVVVVVV", "G1c"},
    {"G1cThroughAnIndeterminateWriter",
     "T1 info | append x 1 | append y 2\nT2 ok | append y 1 | list x [1]\nT3 ok | list y [2 1]",
     "HHHHHHHH", ""},
    {"G1cByAnIndeterminateWriter",
     "T1 info | append x 1 | append y 1\nT2 ok | list y [1] | append x 0\nT3 ok | list x [0 1]",
     "VVVVVVVV", "G1c"},
    {"FracturedRead", "T1 ok | append x 1 | append y 1\nT2 ok | list x [1] | list y []", "HVVVVVVV",
     "fractured-read"},
    {"FracturedReadBehindAnotherVersion",
     "T0 ok | append x 0\nT1 ok | append x 1 | append y 1\nT2 ok | list x [] | list y [1]\nT3 ok | "
     "list "
     "x [0 1]",
     "HVVVVVVV", "fractured-read"},
    {"CausalViolation",
     "T1 ok | append x 1\nT2 ok | list x [1] | append y 1\nT3 ok | list y [1] | list x []",
     "HHVVVVVV", "causal-violation"},
    {"CausalViolationThroughASession",
     "T1 s=a ok | append x 1\nT2 s=a ok | append y 1\nT3 s=b ok | list y [1] | list x []",
     "HHVHVVHV", "causal-violation-process", "G-single-process"},
    {"LostUpdate",
     "T1 ok | list x [] | append x 1\nT2 ok | list x [] | append x 2\nT3 ok | list x [1 2]",
     "HHHVVVVV", "lost-update"},
    {"LostUpdateThatNobodyRead", "T1 ok | list x [] | append x 1\nT2 ok | list x [] | append x 2",
     "HHHVVVVV", "lost-update"},
    {"OwnAppendsAtTheEndAreNoEvidenceOfTheirPlace",
     "T0 ok | append x 1\nT1 ok | append x 2 | list x [1 2]\nT2 ok | append x 3\nT3 ok | list x [1 "
     "3 2]",
     "HHHVVVVV", "lost-update"},
    {"GSingle",
     "T1 ok | list x [] | list y [1]\nT2 ok | append x 1\nT3 ok | append x 2 | append y 1\nT4 ok | "
     "list "
     "x [1 2]",
     "HVVVVVVV", "fractured-read", "G-single"},
    {"GSingleByOrderOfVersions",
     "T1 ok | append x 1 | append z 1\nT2 ok | append x 2 | append y 1\nT3 ok | list z [] | list y "
     "[1]\n"
     "T4 ok | list x [1 2]",
     "HHHVVVVV", "G-single"},
    {"LongFork",
     "T1 ok | append x 1\nT2 ok | append y 1\nT3 ok | list x [1] | list y []\nT4 ok | list x [] | "
     "list y "
     "[1]",
     "HHHVVVVV", "long-fork"},
    {"GNonadjacent",
     "T1 ok | append x 1\nT2 ok | append y 1\nT3 ok | list x [1] | append z 1\nT4 ok | list z [1] "
     "| list "
     "y []\nT5 ok | list x [] | list y [1]",
     "HHHVVVVV", "G-nonadjacent"},
    {"WriteSkew",
     "T1 ok | list x [] | list y [] | append x 1\nT2 ok | list x [] | list y [] | append y 1",
     "HHHHHHVV", "write-skew"},
    {"G2Item",
     "T1 ok | list x [] | append y 1\nT2 ok | list y [] | append z 1\nT3 ok | list z [] | append x "
     "1",
     "HHHHHHVV", "G2-item"},
    {"ReadOnlyAnomaly",
     "T2 ok | list x [] | list y [] | append x 1\nT1 ok | list y [] | append y 1\nT3 ok | list x "
     "[] | "
     "list y [1]",
     "HHHHHHVV", "G2-item"},
    {"StaleReadInASession", "T1 s=a ok | append x 1\nT2 s=a ok | list x []", "HHVHVVHV",
     "causal-violation-process", "G-single-process"},
    {"StaleReadInRealTime", "T1 ok real=1..2 | append x 1\nT2 ok real=3..4 | list x []", "HHHHHVHV",
     "G-single-realtime"},
    {"ConcurrentInRealTime", "T1 ok real=1..3 | append x 1\nT2 ok real=3..4 | list x []",
     "HHHHHHHH", ""},
    {"G0InASession", "T1 s=a ok | append x 1\nT2 s=a ok | append x 2\nT3 ok | list x [2 1]",
     "HHVHVVHV", "G0-process"},
    {"G0InRealTime",
     "T1 ok real=1..2 | append x 1\nT2 ok real=3..4 | append x 2\nT3 ok | list x [2 1]", "HHHHHVHV",
     "G0-realtime"},
    {"G1cInASession", "T1 s=a ok | list x [1]\nT2 s=a ok | append x 1", "HHVHVVHV", "G1c-process"},
    {"G1cInRealTime", "T1 ok real=1..2 | list x [1]\nT2 ok real=3..4 | append x 1", "HHHHHVHV",
     "G1c-realtime"},
    {"LongForkInSessions",
     "T1 s=a ok | append x 1\nT2 s=a ok | list y []\nT3 s=b ok | append y 1\nT4 s=b ok | list x []",
     "HHHHVVHV", "G-nonadjacent-process"},
    {"WriteSkewInASession",
     "T1 s=a ok | append y 1\nT2 s=a ok | list x []\nT3 ok | list y [] | append x 1", "HHHHHHHV",
     "G2-item-process"},
    {"WriteSkewInRealTime",
     "T1 ok real=1..2 | append y 1\nT2 ok real=3..4 | list x []\nT3 ok real=1..9 | list y [] | "
     "append x 1",
     "HHHHHHHV", "G2-item-realtime"},
    {"RealTimeOfAnUnknownEnd",
     "T1 info real=1..? | append x 1\nT2 ok real=3..4 | list x []\nT3 ok real=5..6 "
     "| list x [1]",
     "HHHHHHHH", ""},
    {"LostAppend",
     "T1 ok real=1..2 | append x 1\nT2 ok real=3..4 | append x 2\nT3 ok real=5..6 | list x [2]",
     "HHHHHVHV", "G0-realtime"},
    {"AbsentListIsEmpty", "T1 ok | append x 1\nT2 ok | read x nil\nT3 ok | list x [1]", "HHHHHHHH",
     ""},
    {"PhantomBetweenScans", "T1 ok | append r1 1 | append y 1\nT2 ok | scan r s {} | list y [1]",
     "HVVVVVVV", "fractured-read"},
    {"PredicateWriteSkew",
     "T1 ok | scan r s {} | append r1 1\nT2 ok | scan r s {} | append r2 1\nT3 ok | list r1 [1] | "
     "list r2 [1]",
     "HHHHHHVV", "G2"},
};

const Case kRegisters[] = {
    {"Nothing", "T1 ok | write x 1\nT2 ok | read x 1", "HHHHHHHH", ""},
    {"ThinAir", "T1 ok | write x 1\nT2 ok | read x 9", "VVVVVVVV", "thin-air-read"},
    {"G1a", "T1 fail | write x 1\nT2 ok | read x 1", "VVVVVVVV", "G1a"},
    {"G1b", "T1 ok | write x 1 | write x 2\nT2 ok | read x 1", "VVVVVVVV", "G1b"},
    {"IndeterminateWriteThatWasSeen", "T1 info | write x 1\nT2 ok | read x 1", "HHHHHHHH", ""},
    {"InternalOwnWriteMissed", "T1 ok | write x 1 | read x nil", "VVVVVVVV", "internal"},
    {"InternalOwnDeletionMissed", "T0 ok | write x 1\nT1 ok | read x 1 | delete x | read x 1",
     "VVVVVVVV", "internal"},
    {"NonRepeatableRead", "T1 ok | read x nil | read x 1\nT2 ok | write x 1", "HVVVVVVV",
     "non-repeatable-read"},
    {"G1c", "T1 ok | write x 1 | read y 1\nT2 ok | write y 1 | read x 1", "VVVVVVVV", "G1c"},
    {"FracturedRead", "T1 ok | write x 1 | write y 1\nT2 ok | read x 1 | read y nil", "HVVVVVVV",
     "fractured-read"},
    {"CyclicVersions",
     "T1 ok | write x 1 | write y 1\nT2 ok | write x 2 | write y 2\nT3 ok | read x 1 | read y "
     "2\nT4 ok | "
     "read y 2 | read x 1",
     "HVVVVVVV", "cyclic-versions"},
    {"CausalViolation",
     "T1 ok | write x 1\nT2 ok | read x 1 | write y 1\nT3 ok | read y 1 | read x nil", "HHVVVVVV",
     "causal-violation"},
    {"CausalViolationOfOverwrittenValue",
     "T0 ok | write x 0\nT1 ok | read x 0 | write x 1\nT2 ok | read x 1 | write y 1\nT3 ok | read "
     "y 1 | "
     "read x 0",
     "HHVVVVVV", "causal-violation", "G-single"},
    {"LostUpdate", "T1 ok | read x nil | write x 1\nT2 ok | read x nil | write x 2", "HHHVVVVV",
     "lost-update"},
    {"WriteSkew",
     "T1 ok | read x nil | read y nil | write x 1\nT2 ok | read x nil | read y nil | write y 1",
     "HHHHHHVV", "write-skew"},
    {"LongFork",
     "T1 ok | read x nil | write x 1\nT2 ok | write y 1\nT3 ok | read x 1 | read y nil\nT4 ok | "
     "read x nil "
     "| read y 1",
     "HHHVVVVV", "long-fork"},
    {"PredicateWriteSkew", "T1 ok | scan r s {} | write r1 1\nT2 ok | scan r s {} | write r2 1",
     "HHHHHHVV", "G2"},
    {"ScanThatMissesAnOwnWrite", "T1 ok | write r1 1 | scan r s {}", "VVVVVVVV", "internal"},
    {"LimitedScanSaysNothingOfTheRest",
     "T1 ok | write r1 1 | write r2 2\nT2 ok | scan r s limit {r1 1}\nT3 ok | rscan r s limit {r2 "
     "2}",
     "HHHHHHHH", ""},
};

std::string Title(const testing::TestParamInfo<Case>& info) { return info.param.title; }
INSTANTIATE_TEST_SUITE_P(Lists, AnomalyTest, testing::ValuesIn(kLists), Title);
INSTANTIATE_TEST_SUITE_P(Registers, AnomalyTest, testing::ValuesIn(kRegisters), Title);

TEST(Judge, AKeyThatIsListAndRegisterIsUnknownAndNamed) {
  const Verdict verdict = Judge(Parsed("T1 ok | append x 1 | write x 2"), Level::kReadCommitted);
  EXPECT_EQ(verdict.ruling, Ruling::kUnknown);
  EXPECT_NE(verdict.reason.find("key x"), std::string::npos);
}

TEST(Judge, ACounterexampleSaysItsTransactionsEdgesAndValues) {
  const History history = Parsed(
      "T5 ok | list x [] | list y [] | append x 1\nT6 ok | list x [] | list y [] | append y 2");
  const Verdict verdict = Judge(history, Level::kSerializable);
  ASSERT_EQ(verdict.violations.size(), 1u) << verdict.ToString();
  EXPECT_EQ(verdict.violations[0].words,
            "T5 (line 1) --rw y--> T6 (line 2) --rw x--> T5; T5 read y = [], without the 2 that T6 "
            "appended; T6 read x = [], without the 1 that T5 appended");
}

TEST(Judge, TheEdgeThatContradictsTheOthersIsToldLast) {
  const History history = Parsed(
      "T3 ok | read y 1 | read x 0\nT0 ok | write x 0\nT1 ok | read x 0 | write x 1\n"
      "T2 ok | read x 1 | write y 1");
  const Verdict verdict = Judge(history, Level::kSnapshotIsolation);
  ASSERT_EQ(verdict.violations.size(), 1u) << verdict.ToString();
  EXPECT_EQ(verdict.violations[0].words,
            "T1 (line 3) --wr x--> T2 (line 4) --wr y--> T3 (line 1) --rw x--> T1; T2 read x = 1, "
            "which T1 wrote; T3 read y = 1, which T2 wrote; T3 read x = 0, which T1 overwrote with "
            "1");
}

TEST(Judge, AnAppendThatNoReadShowsIsToldWithItsValueAlsoInTheOrderOfTimestamps) {
  const History history = Parsed(
      "T1 ok time=0..1 | list x [] | list y [] | append x 1\n"
      "T2 ok time=0..2 | list x [] | list y [] | append y 2");
  const Verdict verdict = Judge(history, Level::kSerializable);
  ASSERT_EQ(verdict.violations.size(), 1u) << verdict.ToString();
  EXPECT_EQ(verdict.violations[0].edges[0].reason,
            "T1 read y = [], without the 2 that T2 appended");
}

TEST(Judge, BothReadsThatDisagreeAboutTheOrderAreTold) {
  const Verdict verdict =
      Judge(Parsed("T1 ok | append x 1\nT2 ok | append x 2\nT3 ok | list x [2]\nT4 ok | list x [1 "
                   "2]"),
            Level::kReadCommitted);
  ASSERT_EQ(verdict.violations.size(), 1u) << verdict.ToString();
  EXPECT_EQ(verdict.violations[0].words,
            "T3 (line 3) read x = [2], but T4 (line 4) read x = [1 2]");
}

// A terminal obeys some bytes, and a value may be larger than any screen.
TEST(Judge, KeysAndValuesAreToldInAWayThatPeopleCanRead) {
  const std::string text = "T1 ok | read \"a b\\x1b[2J\" " + std::string(10'000, 'v') + "\n";
  const Verdict verdict = Judge(Parsed(text), Level::kReadCommitted);
  ASSERT_EQ(verdict.violations.size(), 1u);
  const std::string& words = verdict.violations[0].words;
  EXPECT_NE(words.find("read \"a b\\x1b[2J\" = vvv"), std::string::npos) << words;
  EXPECT_LT(words.size(), 300u) << words;
}

TEST(Judge, TheCounterexampleIsTheShortest) {
  // A ring of twenty write skews and, elsewhere, one of three.
  std::string text;
  const auto ring = [&](const std::string& key, int size, int first) {
    for (int i = 0; i < size; ++i) {
      text += "T" + std::to_string(first + i) + " ok | list " + key + std::to_string(i) +
              " [] | append " + key + std::to_string((i + 1) % size) + " 1\n";
    }
  };
  ring("a", 20, 0);
  ring("b", 3, 100);
  text += "T200 ok | list a0 [1] | append b9 1\nT201 ok | list b0 [] | append a9 0\n";
  const Verdict verdict = Judge(Parsed(text), Level::kSerializable, {.violations_max = 1});
  ASSERT_EQ(verdict.violations.size(), 1u);
  EXPECT_EQ(verdict.violations[0].txns.size(), 3u) << verdict.ToString();
}

TEST(Judge, EqualElementsAreThoseOfWhomeverThatExplains) {
  const std::string appends =
      "T1 ok real=1..2 | append x 1 | append y 1\nT2 ok real=3..4 | append x 1\n";
  const auto judged = [&](const std::string& text, Level level) {
    return Judge(Parsed(appends + text), level);
  };
  EXPECT_EQ(judged("T3 ok | list x []", Level::kSerializable).ruling, Ruling::kHolds);
  EXPECT_EQ(judged("T3 ok | list x [1]", Level::kSerializable).ruling, Ruling::kHolds);
  EXPECT_EQ(judged("T3 ok | list x [1] | list y []", Level::kSerializable).ruling, Ruling::kHolds);
  EXPECT_EQ(judged("T3 ok | list x [1 1] | list y [1]", Level::kSerializable).ruling,
            Ruling::kHolds);
  EXPECT_EQ(judged("T3 ok | list x [1 1] | list y []", Level::kSnapshotIsolation).ruling,
            Ruling::kViolated);
  const Verdict late =
      judged("T3 ok real=5..6 | list x [1] | list y [1]", Level::kStrictSerializable);
  EXPECT_EQ(late.ruling, Ruling::kViolated);
  EXPECT_EQ(late.violations[0].txns.size() + late.violations[0].witnesses.size(), 3u);
  ASSERT_FALSE(late.notes.empty());
  EXPECT_NE(late.notes.back().find("of 2 ways"), std::string::npos) << late.notes.back();
}

TEST(Judge, MoreEqualElementsThanCanBeTriedAreUnknown) {
  // All had returned, so all would have to be there.
  std::string text;
  for (int i = 0; i < 12; ++i) text += "T" + std::to_string(i) + " ok real=1..2 | append x 1\n";
  const std::string read = "T20 ok real=3..4 | list x ";
  EXPECT_EQ(Judge(Parsed(text + read + "[1]"), Level::kStrictSerializable).ruling,
            Ruling::kViolated);
  EXPECT_EQ(Judge(Parsed(text + read + "[1 1 1 1 1 1]"), Level::kSerializable).ruling,
            Ruling::kHolds);
  const Verdict many = Judge(Parsed(text + read + "[1 1 1 1 1 1]"), Level::kStrictSerializable);
  EXPECT_EQ(many.ruling, Ruling::kUnknown);
  EXPECT_EQ(many.reason,
            "of 6 reads it cannot be told whose write they saw; more than one transaction appended "
            "1 to x, and there are more ways than the 1000 that were tried");
}

TEST(Judge, MissingProcessesDoNotMakeItUnknown) {
  const History history = Parsed(
      "{:type :ok, :f :txn, :value [[:append 1 1] [:r 2 []]]}\n"
      "{:type :ok, :f :txn, :value [[:append 2 1] [:r 1 []]]}\n",
      Format::kEdn);
  EXPECT_EQ(Judge(history, Level::kSnapshotIsolation).ruling, Ruling::kHolds);
  EXPECT_TRUE(Judge(history, Level::kSerializable).Has(Anomaly::kWriteSkew));
  EXPECT_FALSE(Judge(history, Level::kSerializable).notes.empty());
}

TEST(Judge, UnreadAppendsMayHaveBeenWrittenInAnyOrderThatExplainsTheRest) {
  // U1 and U2 appended to k, unseen. U2 read y before Z wrote it, and U1 saw Z: only U2 before U1
  // is an order without a G-single.
  const std::string text =
      "T1 ok | append k 1\nT2 ok | append k 2 | list y [] | append a 1\nT3 ok | append y 1 | list "
      "b []\n"
      "T4 ok | list y [1] | append k 3\nT5 ok | append b 1 | list a []\nT6 ok | list k [1]\n";
  EXPECT_EQ(Judge(Parsed(text), Level::kSnapshotIsolation).ruling, Ruling::kHolds);
}

}  // namespace
}  // namespace nacre::check
