// Judging while the history grows: the same verdicts as on the whole, in bounded memory.

#include "nacre/check/online.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"
#include "tests/check/judge/test/endless_store.h"
#include "tests/check/judge/test/history_text.h"
#include "tests/check/judge/test/online_compare.h"

namespace nacre::check {
namespace {

using Data = StoreRules::Data;

// Transactions one after the other that write and read another key, from `time` on.
std::string Filler(int first, int count, int time) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(first + i);
    text += "T" + n + " s=f ok real=" + std::to_string(time + 2 * i) + ".." +
            std::to_string(time + 2 * i + 1) + " | append filler " + n + " | list filler [";
    for (int e = first; e <= first + i; ++e) text += (e == first ? "" : " ") + std::to_string(e);
    text += "]\n";
  }
  return text;
}

class Kinds : public testing::TestWithParam<Data> {};

TEST_P(Kinds, AreJudgedTheSameOnlineWhateverTheHorizonAndTheSteps) {
  const OnlineTally tally = CompareOnline(GetParam(), FirstSeed(), 120);
  EXPECT_GT(tally.holds, 50);
  EXPECT_GT(tally.violated, 50);
  EXPECT_GT(tally.dropped, 100);
}

INSTANTIATE_TEST_SUITE_P(Online, Kinds,
                         testing::Values(Data::kLists, Data::kRegisters, Data::kRegistersAndScans));

TEST(Online, MemoryIsOfTheHorizonAndNotOfTheHistory) {
  OnlineJudge judge(Level::kStrictSerializable, {.horizon = 200, .keys_max = 100});
  EndlessStore store({.keys = 20, .writes_a_key = 20});
  ASSERT_TRUE(store.Feed(judge, 2'000));
  const size_t early = judge.memory_bytes();
  ASSERT_TRUE(store.Feed(judge, 18'000));
  EXPECT_LT(judge.memory_bytes(), early + early / 4);
  EXPECT_LT(judge.kept(), 1'000u);
  EXPECT_EQ(judge.Finish().ruling, Ruling::kHolds) << judge.verdict().ToString();
}

TEST(Online, RegistersWithBlindWritesAreDecidedThoughTheAnswersDoNotTellTheirOrder) {
  for (const Level level : kLevels) {
    OnlineJudge judge(level, {.horizon = 100, .keys_max = 100});
    EndlessStore store({.lists = false, .at_once = true, .keys = 20, .writes_a_key = 1'000});
    ASSERT_TRUE(store.Feed(judge, 2'000));
    EXPECT_LT(judge.kept(), 400u) << ToString(level);
    ASSERT_TRUE(store.Drain(judge));
    EXPECT_EQ(judge.Finish().ruling, Ruling::kHolds)
        << ToString(level) << ": " << judge.verdict().ToString();
  }
}

TEST(Online, AnOldReadAmongBlindWritesIsAViolation) {
  OnlineJudge judge(Level::kStrictSerializable, {.horizon = 100, .keys_max = 100});
  EndlessStore store({.lists = false, .at_once = true, .keys = 20, .writes_a_key = 1'000});
  ASSERT_TRUE(store.Feed(judge, 1'000));
  store.Break();
  EXPECT_FALSE(store.Feed(judge, 1'000));
  EXPECT_EQ(judge.Finish().ruling, Ruling::kViolated);
}

TEST(Online, WhoWroteLastIsNotTakenFromWhoAnsweredLast) {
  const std::string text =
      "T2 s=2 ok real=2..4 | write x 2\n"
      "T1 s=1 ok real=1..5 | write x 1\n"
      "T3 s=3 ok real=6..7 | read x 2\n"
      "T4 s=3 ok real=8..9 | read y nil\n";
  for (const Level level : kLevels) {
    EXPECT_EQ(Online(text, level).ruling, Ruling::kHolds) << ToString(level);
  }
}

TEST(Online, AViolationIsToldWithinAStepLongAfterTheBeginning) {
  OnlineJudge judge(Level::kStrictSerializable, {.horizon = 100, .step = 50});
  EndlessStore store({});
  ASSERT_TRUE(store.Feed(judge, 3'000));
  store.Break();
  EXPECT_FALSE(store.Feed(judge, 300));
  ASSERT_EQ(judge.verdict().ruling, Ruling::kViolated);
  for (const TxnId t : judge.verdict().violations[0].txns) EXPECT_LT(t, judge.evidence().size());
}

TEST(Online, AReadOfAListOlderThanWhatIsKeptIsAViolationInRealTime) {
  const std::string text = "T1 s=1 ok real=1..2 | append x 1\nT2 s=1 ok real=3..4 | list x [1]\n" +
                           Filler(10, 20, 10) + "T3 s=2 ok real=100..101 | list x []\n";
  const Verdict strong = Online(text, Level::kStrongSnapshotIsolation);
  ASSERT_EQ(strong.ruling, Ruling::kViolated);
  EXPECT_TRUE(strong.Has(Anomaly::kGSingle, Order::kRealTime)) << strong.ToString();
  // Without real time it is legal, as far as anybody can still tell.
  EXPECT_EQ(Online(text, Level::kSnapshotIsolation).ruling, Ruling::kUnknown);
}

TEST(Online, AReadOfARegisterOlderThanWhatIsKeptIsAViolationInRealTime) {
  const std::string text =
      "T1 s=1 ok real=1..2 | write x 1\nT2 s=1 ok real=3..4 | read x 1 | write x 2\n" +
      Filler(10, 20, 10) + "T3 s=2 ok real=100..101 | read x 1\n";
  const Verdict strong = Online(text, Level::kStrictSerializable);
  ASSERT_EQ(strong.ruling, Ruling::kViolated) << strong.ToString();
  EXPECT_FALSE(strong.notes.empty());
  EXPECT_EQ(Online(text, Level::kSerializable).ruling, Ruling::kUnknown);
}

// NEWEST-KEPT: the order of two writes at the same time is not known once they are dropped.
TEST(Online, AReadOfOneOfTwoConcurrentDroppedWritesIsNotCalledOld) {
  const std::string text = "T1 s=1 ok real=1..5 | write x 1\nT2 s=2 ok real=2..6 | write x 2\n" +
                           Filler(10, 20, 10) + "T3 s=3 ok real=100..101 | read x ";
  for (const char* value : {"1\n", "2\n"}) {
    EXPECT_NE(Online(text + value, Level::kStrictSerializable).ruling, Ruling::kViolated);
  }
}

// LAST-READER: T1 answered last, and yet T2 wrote x last, as T3 shows. Strong snapshot isolation is
// violated, so no order is known.
TEST(Online, WhatIsDroppedLeavesNoStateThatItsOwnReadsForbid) {
  const std::string text =
      "T8 s=a ok real=1..2 | write q 1\nT9 s=b ok real=3..4 | read q nil\n"
      "T2 s=2 ok real=5..8 | write x 2\nT1 s=1 ok real=5..9 | write x 1 | write y 1\n"
      "T3 s=3 ok real=10..11 | read y 1 | read x 2\n" +
      Filler(10, 20, 20);
  const std::string read = "T4 s=3 ok real=100..101 | read x ";
  const OnlineOptions options = {.horizon = 4, .step = 3, .filter_bytes = 1 << 12};
  EXPECT_EQ(Online(text + read + "2\n", Level::kCausal, options).ruling, Ruling::kHolds);
  const Verdict back = Online(text + read + "1\n", Level::kCausal, options);
  EXPECT_EQ(back.ruling, Ruling::kViolated) << back.ToString();
}

// DROPPED-IS-KNOWN
TEST(Online, AnOldValueIsNotTakenForOneThatNobodyWrote) {
  const std::string text =
      "T1 s=1 ok real=1..2 | write x 1\nT2 s=1 ok real=3..4 | read x 1 | write x 2\n" +
      Filler(10, 20, 10) + "T3 s=2 ok real=100..101 | read x ";
  for (const Level level : {Level::kReadCommitted, Level::kReadAtomic, Level::kSerializable}) {
    EXPECT_EQ(Online(text + "1\n", level).ruling, Ruling::kUnknown) << ToString(level);
    const Verdict thin_air = Online(text + "3\n", level);
    EXPECT_TRUE(thin_air.Has(Anomaly::kThinAirRead)) << thin_air.ToString();
  }
}

// SETTLED
TEST(Online, AReadOfAWriterThatHasNotReturnedIsNoThinAirRead) {
  const std::string text =
      "T1 s=1 ok real=2..3 | list x [1]\n" + Filler(10, 20, 10) +
      "T2 s=2 ok real=1..100 | append x 1\nT3 s=3 ok real=4..101 | list x [1 2]\n";
  const Verdict verdict = Online(text, Level::kStrictSerializable);
  ASSERT_EQ(verdict.ruling, Ruling::kViolated);
  EXPECT_EQ(verdict.violations[0].txns.size(), 1u);  // T3 alone, of the 2.
  EXPECT_NE(verdict.violations[0].words.find("T3"), std::string::npos) << verdict.ToString();
}

// PROMISE-KEPT
TEST(Online, ATransactionFromBeforeWhatWasSaidToBeOpenMakesItUnknown) {
  OnlineJudge judge(Level::kStrictSerializable, kShort);
  judge.Append("x", "1");
  EXPECT_TRUE(judge.Add({.invoked = 5, .completed = 6}, 7));
  judge.Append("x", "2");
  EXPECT_TRUE(judge.Add({.invoked = 4, .completed = 8}, kNever));
  EXPECT_EQ(judge.Finish().ruling, Ruling::kUnknown);
  EXPECT_NE(judge.verdict().reason.find("invoked at 4"), std::string::npos);
}

// FORGOTTEN-IS-KNOWN
TEST(Online, AKeyThatWasForgottenMakesItUnknown) {
  const std::string text = "T1 s=1 ok real=1..2 | append x 1\nT2 s=1 ok real=3..4 | list x [1]\n" +
                           Filler(10, 20, 10) + "T3 s=2 ok real=100..101 | list x []\n";
  OnlineOptions options = kShort;
  options.keys_max = 1;
  const Verdict verdict = Online(text, Level::kStrictSerializable, options);
  EXPECT_EQ(verdict.ruling, Ruling::kUnknown);
  EXPECT_NE(verdict.reason.find("forgotten"), std::string::npos) << verdict.reason;
}

// LISTS-AGREE
TEST(Online, AListThatDiffersFromWhatWasDroppedIsAViolation) {
  const std::string text =
      "T1 s=1 ok real=1..2 | append x 1\nT2 s=1 ok real=3..4 | append x 2 | list x [1 2]\n"
      "T3 s=1 ok real=5..6 | list x [1 2]\n" +
      Filler(10, 20, 10) + "T4 s=2 ok real=100..101 | list x [2 1]\n";
  for (const Level level : kLevels) {
    EXPECT_TRUE(Online(text, level).Has(Anomaly::kIncompatibleOrder)) << ToString(level);
  }
}

// EVERY-MAYBE-KEPT
TEST(Online, AnIndeterminateWriteMayBeSeenHoweverLate) {
  const std::string text = "T1 s=1 info real=1..? | append x 1\n" + Filler(10, 20, 10) +
                           "T2 s=2 ok real=100..101 | list x [1]\n";
  EXPECT_EQ(Online(text, Level::kStrictSerializable).ruling, Ruling::kHolds);
  OnlineOptions options = kShort;
  options.indeterminate_max = 0;
  EXPECT_EQ(Online(text, Level::kStrictSerializable, options).ruling, Ruling::kUnknown);
}

TEST(Online, AnOldReadOfAnOpenTransactionIsStillJudgedByWhatItSaw) {
  // T9 is open all the time, so nothing that it overlaps may be dropped.
  const std::string text =
      Filler(10, 20, 10) + "T9 s=9 ok real=1..100 | list x [] | list filler [10 11 12]\n";
  EXPECT_EQ(Online(text, Level::kStrictSerializable).ruling, Ruling::kHolds);
}

TEST(Online, ASearchThatIsNotNeededDoesNotTakeTheTimeOfAStep) {
  std::string text =
      "T1 ok real=1..2 | write x 1\n"
      "T2 ok real=3..4 | write x 0\n";
  for (int t = 3; t <= 21; ++t) {
    text += "T" + std::to_string(t) + " ok real=5.." + std::to_string(60 + t) +
            (t < 12 ? " | write x 1\n" : " | read x 1 | write x " + std::to_string(100 + t) + "\n");
  }
  for (const Level level : {Level::kReadCommitted, Level::kReadAtomic}) {
    EXPECT_EQ(Online(text, level, OnlineOptions()).ruling, Ruling::kHolds) << ToString(level);
  }
}

TEST(Online, IsTheSameAsOnTheWholeThoughValuesDoNotTellWhoWasSeen) {
  const OnlineTally tally = CompareOnlineLoose(FirstSeed(), 250);
  EXPECT_GT(tally.holds, 300);
  EXPECT_GT(tally.violated, 100);
  EXPECT_GT(tally.dropped, 300);
}

// Keeps one transaction.
const OnlineOptions kTiny = {.horizon = 1, .step = 1, .filter_bytes = 1 << 12};
const OnlineOptions kTinyInTwos = {.horizon = 1, .step = 2, .filter_bytes = 1 << 12};

// Expects what the judge of the whole says, or that it is unknown.
void ExpectNoOtherVerdict(const std::string& text, const OnlineOptions& options = kTiny) {
  const History history = Parsed(text);
  for (const Level level : kLevels) {
    const Ruling whole = Judge(history, level).ruling;
    const Verdict online = JudgeOnline(history, level, options).verdict;
    if (online.ruling == Ruling::kUnknown || whole == Ruling::kUnknown) continue;
    EXPECT_EQ(online.ruling, whole) << ToString(level) << "\n" << text << online.ToString();
  }
}

// The same of a history that is `ruling` at `level` as a whole.
void ExpectNoOther(Ruling ruling, Level level, const std::string& text) {
  ASSERT_EQ(Judge(Parsed(text), level).ruling, ruling) << text;
  ExpectNoOtherVerdict(text);
}

// ABSENT-IS-NOT-FRONTIER
TEST(Online, AScanFindsWhatWasThereBeforeAllThatIsKept) {
  std::string text = "T1 s=1 ok real=1..2 | write a 1\n";
  for (int i = 2; i < 12; ++i) {
    const std::string n = std::to_string(i);
    text += "T" + n + " s=1 ok real=" + std::to_string(2 * i) + ".." + std::to_string(2 * i + 1) +
            " | scan a b {a 1} | write z " + n + "\n";
  }
  for (const Level level : kLevels) {
    EXPECT_EQ(Online(text, level, kTiny).ruling, Ruling::kHolds) << ToString(level);
  }
}

// DROPPED-STANDS-ALONE
TEST(Online, AnAbsenceThatOnlyAnIndeterminateDeletionExplainsIsNotDroppedWithoutIt) {
  ExpectNoOther(Ruling::kViolated, Level::kSerializable,
                "T1 s=1 ok real=1..2 | write x 1 | write a 1\n"
                "T2 s=2 info real=3..? | delete x\n"
                "T3 s=3 ok real=5..6 | read a 1 | read x nil | read y nil\n"
                "T4 s=4 ok real=7..8 | read b nil\n"
                "T5 s=3 ok real=9..10 | read x 1 | write y 1\n");
}

TEST(Online, AReadOfAValueWrittenTwiceIsNotDroppedWithoutTheWriterThatItNeeds) {
  ExpectNoOther(Ruling::kViolated, Level::kSerializable,
                "T1 ok real=1..10 | read x v | read z nil | read y nil\n"
                "T2 ok real=1..11 | write x v | write w 1\n"
                "T3 ok real=1..12 | write x v | write z 1\n"
                "T4 ok real=1..13 | read w nil | write q 1\n"
                "T5 ok real=20..21 | read q nil | write y 1\n");
}

// SOURCE-IN-PART
TEST(Online, ReadsOfADroppedValueThatWasWrittenTwiceAccuseNobody) {
  ExpectNoOther(Ruling::kHolds, Level::kSerializable,
                "T1 ok real=1..2 | write x 1\n"
                "T2 ok real=3..4 | write x 1\n"
                "T3 ok real=5..6 | read x 1 | write x 2\n"
                "T4 ok real=7..8 | read x 1 | write x 3\n");
  ExpectNoOther(Ruling::kHolds, Level::kStrictSerializable,
                "T1 ok s=1 real=1..2 | write x 1 | write a 1\n"
                "T2 info s=2 real=1..? | write x 1\n"
                "T3 ok s=3 real=5..6 | write x 1\n"
                "T6 ok s=4 real=9..10 | read q nil\n"
                "T7 ok s=4 real=11..12 | read x 1 | write x 2\n"
                "T8 ok s=4 real=13..14 | read x 1 | write x 3\n");
}

TEST(Online, AnAbsenceThatADroppedDeletionExplainsAccusesNobody) {
  ExpectNoOther(Ruling::kHolds, Level::kStrictSerializable,
                "T1 ok s=1 real=1..2 | write x 1\n"
                "T2 ok s=1 real=3..6 | delete x\n"
                "T3 ok s=2 real=4..7 | write x 2\n"
                "T4 ok s=3 real=8..9 | read q nil\n"
                "T5 ok s=3 real=10..11 | read q nil\n"
                "T6 ok s=2 real=12..20 | read x nil\n"
                "T7 ok s=4 real=13..21 | delete x | write x 3\n");
}

TEST(Online, AReadOfAValueThatAnOpenTransactionWritesAgainAccusesNobodyYet) {
  // T4 saw T3's value, which is known only later.
  const std::string text =
      "T1 ok s=1 real=1..2 | write x 1\n"
      "T2 ok s=1 real=3..4 | read x 1 | write x 2\n"
      "T4 ok s=2 real=6..7 | read x 1\n"
      "T3 ok s=1 real=5..8 | read x 2 | write x 1\n";
  for (const Level level : {Level::kStrongSnapshotIsolation, Level::kStrictSerializable}) {
    ASSERT_EQ(Judge(Parsed(text), level).ruling, Ruling::kHolds) << ToString(level);
    EXPECT_NE(Online(text, level, kTiny).ruling, Ruling::kViolated) << ToString(level);
  }
}

// UNKNOWN-END
TEST(Online, NothingFollowsAnIndeterminateTransactionInItsSessionWhenItIsSeenAtLast) {
  const std::string text =
      "T0 s=1 info real=1..7 | delete x\n"
      "T1 s=1 ok real=1..8 | write x 1\n"
      "T5 s=1 ok real=2..16 | read x nil | write x 4\n"
      "T6 s=3 ok real=5..18 | read x 4\n"
      "T7 s=4 ok real=13..20 | write x 7\n"
      "T8 s=5 ok real=13..23 | delete x\n"
      "T9 s=1 ok real=16..26 | read x nil | delete x\n"
      "T12 s=6 ok real=20..31 | write x 10\n"
      "T13 s=2 ok real=22..33 | read x 7\n";
  ExpectNoOtherVerdict(text);
  ExpectNoOtherVerdict(text, kTinyInTwos);
}

TEST(Online, AnUnknownOutcomeAtTheBeginningIsNoTimestamp) {
  const std::string text =
      "T1 s=1 info real=1..? | write x 1\n"
      "T2 s=2 ok real=3..4 | read x nil\n"
      "T3 s=2 ok real=5..6 | read x 1\n";
  OnlineOptions options = kTiny;
  options.horizon = 100;
  EXPECT_EQ(Online(text, Level::kSnapshotIsolation, options).ruling, Ruling::kHolds);
}

// LIMIT-OF-A-STEP
TEST(Online, AfterAStepThatTookTheTimeLimitNothingIsSearchedAnyMore) {
  // Of ten that read x 1 and overwrite it, one finds none of the nine that are left: T1's was
  // overwritten before all of them. There is no short proof of it.
  std::string text = "T1 ok real=1..2 | write x 1\nT2 ok real=3..4 | write x 0\n";
  int txns = 2;
  const auto add = [&](const std::string& rest) {
    ++txns;
    text += "T" + std::to_string(txns) + " ok real=5.." + std::to_string(60 + txns) + rest + "\n";
  };
  for (int i = 0; i < 9; ++i) add(" | write x 1");
  for (int i = 0; i < 10; ++i) add(" | read x 1 | write x " + std::to_string(100 + i));
  text += Filler(30, 20, 200);
  int looks = 0;
  OnlineOptions options = kTiny;
  options.horizon = 100;
  options.judge.time_limit = absl::Seconds(50);
  options.judge.clock = [&looks] { return absl::UnixEpoch() + absl::Seconds(++looks); };
  const Verdict verdict = Online(text, Level::kStrictSerializable, options);
  EXPECT_EQ(verdict.ruling, Ruling::kUnknown);
  EXPECT_NE(verdict.reason.find("time limit of 50s"), std::string::npos) << verdict.reason;
  EXPECT_GT(looks, 50);
  EXPECT_LT(looks, 600);
}

// --- memory, whatever happens ---

// Adds transactions one after the other, what `operate` makes of each, and expects that they take
// no more memory from some time on.
template <typename Operate>
void ExpectBounded(OnlineJudge& judge, Operate operate) {
  uint64_t now = 1;
  size_t early = 0;
  for (int i = 0; i < 12'000; ++i) {
    FinishedTxn txn = {.invoked = now, .completed = now + 1, .number = static_cast<uint64_t>(i)};
    operate(std::to_string(i), txn, i);
    judge.Add(txn, now + 2);
    now += 2;
    if (i == 3'000) early = judge.memory_bytes();
  }
  EXPECT_LT(judge.memory_bytes(), early + early / 4);
  EXPECT_LT(judge.kept(), 500u);
}

const OnlineOptions kSmall = {.horizon = 50, .keys_max = 200, .filter_bytes = 1 << 14};

TEST(OnlineMemory, IsBoundedWithAnIndeterminateTransactionAtTheFront) {
  OnlineJudge judge(Level::kStrictSerializable, kSmall);
  ExpectBounded(judge, [&](const std::string& n, FinishedTxn& txn, int i) {
    judge.Write("k" + n, "v");
    txn.session = "s";
    if (i == 0) txn.outcome = Outcome::kIndeterminate;
  });
}

// EVERY-MAYBE-KEPT: up to a bound, and beyond it nothing.
TEST(OnlineMemory, IsBoundedHoweverManyOutcomesAreUnknown) {
  OnlineOptions options = kSmall;
  options.indeterminate_max = 10;
  OnlineJudge judge(Level::kStrictSerializable, options);
  ExpectBounded(judge, [&](const std::string& n, FinishedTxn& txn, int i) {
    judge.Write("k", "v" + n);
    judge.BeginList("l" + n);
    judge.Element(n);
    judge.EndList();
    txn.outcome = i % 10 == 0 ? Outcome::kIndeterminate : Outcome::kAborted;
  });
  EXPECT_EQ(judge.kept(), 0u);
  EXPECT_EQ(judge.Finish().ruling, Ruling::kUnknown);
}

TEST(OnlineMemory, IsBoundedHoweverManyAbortedTransactionsHaveRead) {
  OnlineJudge judge(Level::kStrictSerializable, kSmall);
  ExpectBounded(judge, [&](const std::string& n, FinishedTxn& txn, int) {
    judge.Read("k" + n, "v" + n);
    txn.outcome = Outcome::kAborted;
  });
  EXPECT_EQ(judge.Finish().ruling, Ruling::kHolds);
}

TEST(OnlineMemory, IsBoundedWhenNothingCanBeProven) {
  OnlineOptions options = kSmall;
  options.undecided_max = 200;
  OnlineJudge judge(Level::kStrictSerializable, options);
  ExpectBounded(judge, [&](const std::string& n, FinishedTxn& txn, int i) {
    if (i == 0) judge.Write("x", "1");
    if (i == 1) {
      judge.Delete("x");
      txn.outcome = Outcome::kIndeterminate;
    }
    if (i == 2) judge.ReadAbsent("x");  // Only the deletion explains it.
    if (i > 2) judge.Write("y", n);
  });
  EXPECT_EQ(judge.Finish().ruling, Ruling::kUnknown);
}

}  // namespace
}  // namespace nacre::check
