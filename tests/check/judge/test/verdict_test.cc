// Histories on which a verdict is easily got wrong, judged at every level.

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"
#include "tests/check/judge/witness.h"

namespace nacre::check {
namespace {

// For each of kLevels: H holds, V violated, ? unknown.
std::string Rulings(const std::string& text, const JudgeOptions& options = {}) {
  const History history = Parsed(text);
  std::string rulings;
  for (const Level level : kLevels) {
    const Ruling ruling = Judge(history, level, options).ruling;
    rulings += ruling == Ruling::kHolds ? 'H' : ruling == Ruling::kViolated ? 'V' : '?';
  }
  return rulings;
}

// Of the first violation at the level.
std::string NameAt(Level level, const std::string& text) {
  const Verdict verdict = Judge(Parsed(text), level);
  return verdict.violations.empty() ? "none" : verdict.violations[0].name();
}
std::string WordsAt(Level level, const std::string& text) {
  const Verdict verdict = Judge(Parsed(text), level);
  return verdict.violations.empty() ? "none" : verdict.violations[0].words;
}

constexpr char kHolds[] = "HHHHHHHH";
constexpr char kViolated[] = "VVVVVVVV";
constexpr char kUnknown[] = "????????";

// --- OWN-ORDER ---

TEST(OwnOrder, AppendsOfOneTransactionStandInTheOrderInWhichItMadeThem) {
  const std::string text =
      "T1 ok | append x 2\nT2 ok | append x 1 | append x 3\nT3 ok | list x [3 1 2]\n";
  EXPECT_EQ(Rulings(text), kViolated);
  EXPECT_EQ(WordsAt(Level::kReadCommitted, text),
            "T3 (line 3) read x = [3 1 2], whose element 3 stands in it without the 1 that T2 "
            "(line 2) appended before it");
}

TEST(OwnOrder, NoneOfThemIsMissingBelowALaterOne) {
  const std::string two = "T1 ok | append x 1 | append x 2\n";
  EXPECT_EQ(Rulings(two + "T2 ok | list x [2]"), kViolated);
  EXPECT_EQ(NameAt(Level::kReadCommitted, two + "T2 ok | list x [2]"), "incompatible-order");
  const std::string three = "T1 ok | append x 1 | append x 2 | append x 3\n";
  EXPECT_EQ(Rulings(three + "T2 ok | list x [1 3]"), kViolated);
  EXPECT_EQ(Rulings(three + "T2 ok | list x [1 2 3]"), kHolds);
  EXPECT_EQ(NameAt(Level::kReadCommitted, three + "T2 ok | list x [1 2]"), "G1b");
}

TEST(OwnOrder, OneTransactionMayAppendAValueTwice) {
  const std::string twice = "T1 ok | append x 1 | append x 1\n";
  EXPECT_EQ(Rulings(twice + "T2 ok | list x [1 1]"), kHolds);
  EXPECT_EQ(NameAt(Level::kReadCommitted, twice + "T2 ok | list x [1]"), "G1b");
  // The other append comes behind what was read.
  EXPECT_EQ(Rulings(twice + "T3 ok | append x 3\nT2 ok | append x 4 | list x [1 3 4]"), kViolated);
  EXPECT_EQ(NameAt(Level::kReadCommitted, twice + "T2 ok | list x [1 1 1]"), "duplicate-elements");
}

// --- Values that are not unique ---

TEST(Duplicates, AnAppendThatWasTriedAgainAfterAnUnknownOutcomeMayStandTwice) {
  const std::string retried = "T1 s=1 info | append x 5\nT2 s=2 ok | append x 5\n";
  EXPECT_EQ(Rulings(retried + "T3 ok | list x [5 5]"), kHolds);
  EXPECT_EQ(NameAt(Level::kReadCommitted, retried + "T3 ok | list x [5 5 5]"),
            "duplicate-elements");
}

TEST(Duplicates, TheElementMayBeThatOfTheUnknownOutcome) {
  EXPECT_EQ(Rulings("T1 info real=1..? | append x 5\nT3 ok real=3..4 | list x [5]\n"
                    "T2 ok real=10..20 | append x 5\n")
                .find('V'),
            std::string::npos);
}

TEST(Duplicates, OneThatNobodyReadIsStillAnAppend) {
  EXPECT_EQ(Rulings("T1 ok | list x [] | append x 2\nT2 ok | list x [] | append x 3\n"
                    "T3 info | append x 3"),
            "HHHVVVVV");
}

TEST(Duplicates, WhoseAppendStandsWhereSaysNothingOfTheOrderOfTheOthers) {
  EXPECT_EQ(Rulings("T2 ok | append y 2\nT3 ok | append y 2 | append y 3\nT4 ok | list y [2 2 3]")
                .find('V'),
            std::string::npos);
  EXPECT_EQ(Rulings("T2 info | append y 2\nT3 ok | append y 2 | append y 3\nT4 ok | list y [2 3]")
                .find('V'),
            std::string::npos);
}

TEST(Duplicates, WhatOnlyAbortedTransactionsWroteIsG1a) {
  for (const std::string text : {"T1 fail | append x 1\nT2 fail | append x 1\nT3 ok | list x [1]",
                                 "T1 fail | write x 1\nT2 fail | write x 1\nT3 ok | read x 1"}) {
    EXPECT_EQ(Rulings(text), kViolated) << text;
    for (const Level level : kLevels) EXPECT_EQ(NameAt(level, text), "G1a") << text;
  }
}

TEST(Duplicates, WhatAllItsWritersOverwroteIsG1b) {
  const std::string text =
      "T1 ok | write x 1 | write x 2\nT2 ok | write x 1 | write x 3\nT3 ok | read x 1";
  EXPECT_EQ(Rulings(text), kViolated);
  for (const Level level : kLevels) EXPECT_EQ(NameAt(level, text), "G1b");
}

TEST(Duplicates, OneTransactionMayWriteAValueTwice) {
  EXPECT_EQ(Rulings("T1 ok | write x 1 | write x 1\nT2 ok | read x 1"), kHolds);
}

TEST(Deletions, AMissingValueIsExplainedByOneSourceOfItAlsoBelowSnapshotIsolation) {
  EXPECT_EQ(Rulings("T1 ok | write x 1\nT2 ok | delete x\nT3 ok | read x nil"), kHolds);
  // By the deletion only.
  EXPECT_EQ(Rulings("T1 s=1 ok | write x 1\nT2 s=1 ok | delete x\nT3 s=1 ok | read x nil"), kHolds);
  EXPECT_EQ(Rulings("T1 s=1 ok | write x 1\nT3 s=1 ok | read x nil\nT2 s=1 ok | delete x"),
            "HH?HVVHV");
  // Whatever the deletion did.
  EXPECT_EQ(Rulings("T1 ok | write x 1 | write y 1\nT2 ok | delete z\n"
                    "T3 ok | read x 1 | read y nil | read z nil")
                .substr(1),
            "VVVVVVV");
}

TEST(Deletions, AReadThatDiffersFromTheOneBeforeDoesNotMakeReadCommittedUnknown) {
  EXPECT_EQ(Rulings("T1 ok | write x 1\nT2 ok | delete x\nT3 ok | read x 1 | read x nil"),
            "HVVVVVVV");
}

TEST(Duplicates, InitialValuesOfATextHistoryMayBeWrittenAgain) {
  const std::string text = "w(1,0,0,0)\nw(2,0,0,0)\nr(1,0,1,1)\nw(1,5,1,1)\nr(1,5,2,2)\n";
  const History history = Parsed(text, Format::kText);
  for (const Level level : kLevels) {
    EXPECT_EQ(Judge(history, level).ruling, Ruling::kHolds) << ToString(level);
  }
}

// --- Lists that are deleted ---

TEST(OwnDelete, NothingOfOthersIsLeftOfAListThatTheTransactionDeleted) {
  const std::string before = "T1 ok time=1..2 | append x 0\nT2 ok time=3..4 | delete x | ";
  for (const std::string after : {"append x 1 | list x [1]", "list x []", "read x nil"}) {
    EXPECT_EQ(NameAt(Level::kSnapshotIsolation, before + after), "none") << after;
    EXPECT_EQ(Rulings(before + after).substr(3), "HHHHH") << after;
  }
  EXPECT_EQ(NameAt(Level::kSnapshotIsolation, before + "append x 1 | list x [0 1]"), "internal");
}

TEST(OwnDelete, AValueIsNoListAndAListNoValue) {
  const std::string value = "T1 ok time=1..2 | write x 5\n";
  EXPECT_EQ(NameAt(Level::kSnapshotIsolation, value + "T2 ok time=3..? | list x []"), "G-SIb");
  EXPECT_EQ(NameAt(Level::kSnapshotIsolation,
                   value + "T2 ok time=3..4 | append x 1\nT3 ok time=5..? | read x 5"),
            "G-SIb");
}

// --- SCAN-ANSWER ---

TEST(MixedKey, SilencesOnlyWhatWasDoneToIt) {
  const std::string mixed = "T1 ok | append m 1 | write n 1\nT2 ok | write m 2 | append n 2\n";
  EXPECT_EQ(Rulings(mixed), kUnknown);
  EXPECT_EQ(Rulings(mixed + "T3 ok | read m 7\n"), kUnknown);
  EXPECT_EQ(Rulings(mixed + "T3 ok | read x 7\n"), kViolated);
  EXPECT_EQ(Rulings(mixed + "T3 ok | list y [1]\n"), kViolated);
  EXPECT_EQ(Rulings(mixed + "T3 ok | write x 1 | write y 1\nT4 ok | read x 1 | read y nil\n"),
            "?VVVVVVV");
  const Verdict verdict = Judge(Parsed(mixed + "T3 ok | read x 7\n"), Level::kSerializable);
  ASSERT_EQ(verdict.notes.size(), 1u);
  EXPECT_NE(verdict.notes[0].find("key m"), std::string::npos) << verdict.notes[0];
  EXPECT_NE(verdict.notes[0].find("1 other"), std::string::npos) << verdict.notes[0];
}

TEST(MixedKey, SilencesNoScanOfOtherKeys) {
  const std::string mixed = "T1 ok | append m 1\nT2 ok | write m 2\n";
  // Each missed what the other wrote into the range.
  const std::string skew = mixed + "T3 ok | scan a n {} | write b 1\n";
  EXPECT_EQ(Rulings(skew + "T4 ok | scan a n {} | write c 1\n"), "??????VV");
  EXPECT_EQ(Rulings(skew + "T4 ok | scan a n {m 2} | write c 1\n"), "??????VV");
  EXPECT_EQ(Rulings(skew + "T4 ok | rscan a n limit {m 2} | write c 1\n"), kUnknown);
  EXPECT_EQ(Rulings(mixed + "T3 ok | write b 1 | write c 1\nT4 ok | rscan a n limit {m 2 c 1}\n"),
            kUnknown);
  EXPECT_EQ(Rulings(mixed + "T3 ok | write b 1 | write c 1\nT4 ok | scan a n limit {c 1 m 2}\n"),
            "?VVVVVVV");
}

TEST(MixedKey, ItsHistoryIsSearchedForNoMoreRoundsThanAnyOther) {
  // Whichever writes of x and y were first, somebody saw two writes in opposite orders.
  const std::string text =
      "T1 ok | write x 1 | write p 1\nT2 ok | write x 2 | write q 1\n"
      "T3 ok | write y 3 | write r 1\nT4 ok | write y 4 | write s 1\n"
      "T11 ok | read x 1 | read s 1\nT12 ok | read y 3 | read q 1\n"
      "T21 ok | read x 1 | read r 1\nT22 ok | read y 4 | read q 1\n"
      "T31 ok | read x 2 | read s 1\nT32 ok | read y 3 | read p 1\n"
      "T41 ok | read x 2 | read r 1\nT42 ok | read y 4 | read p 1\n";
  for (const std::string mixed : {"", "T5 ok | append m 1\nT6 ok | write m 2\n"}) {
    const History history = Parsed(text + mixed);
    const auto ruling = [&](uint32_t rounds_max) {
      std::optional<judge::Observations> witness;
      return judge::JudgeWithWitness(history, Level::kSnapshotIsolation, {}, witness, rounds_max)
          .ruling;
    };
    EXPECT_EQ(ruling(kNone), Ruling::kViolated) << mixed;
    EXPECT_EQ(ruling(0), Ruling::kUnknown) << mixed;
  }
}

TEST(ScanAnswer, IsKeysOfTheRangeEachOnceAndInOrder) {
  const std::string writes = "T1 ok time=1..2 | write b 1 | write c 1 | write d 1\n";
  for (const std::string scan :
       {"scan a z {b 1 b 1}", "scan a z {b 1 b 1 c 1 d 1}", "scan a c {b 1 c 1}",
        "scan c z {b 1 c 1 d 1}", "scan a z {c 1 b 1 d 1}", "scan a z limit {d 1 b 1}",
        "rscan a z {b 1 c 1 d 1}", "scan a z {a nil b 1 c 1 d 1}", "scan a z {a [] b 1 c 1 d 1}"}) {
    const std::string text = writes + "T2 ok time=3..? | " + scan;
    EXPECT_EQ(Rulings(text), kViolated) << scan;
    EXPECT_EQ(Rulings(text, {.ignore_timestamps = true}), kViolated) << scan;
    EXPECT_EQ(NameAt(Level::kSnapshotIsolation, text), "internal") << scan;
  }
  for (const std::string scan :
       {"scan a z {b 1 c 1 d 1}", "scan b d {b 1 c 1}", "rscan a z {d 1 c 1 b 1}",
        "scan a z limit {b 1 c 1}", "rscan a z limit {d 1}", "scan e z {}"}) {
    EXPECT_EQ(Rulings(writes + "T2 ok time=3..? | " + scan), kHolds) << scan;
  }
}

TEST(ScanAnswer, OfAnAbortedTransactionSaysNothing) {
  EXPECT_EQ(Rulings("T1 fail | scan a z {c 1 b 1}\nT2 ok | write b 1 | write c 1"), kHolds);
}

// --- UNKNOWN-END ---

TEST(UnknownEnd, WhatFollowsAnIndeterminateTransactionInItsSessionMayMissIt) {
  const std::string list =
      "T1 s=1 info | append x 1\nT2 s=1 ok | list x []\nT3 s=2 ok | list x [1]";
  EXPECT_EQ(Rulings(list), kHolds);
  const std::string value = "T1 s=1 info | write x 1\nT2 s=1 ok | read x nil\nT3 s=2 ok | read x 1";
  EXPECT_EQ(Rulings(value), kHolds);
}

TEST(UnknownEnd, ItFollowsWhatWasBeforeItAndThatLeadsPastIt) {
  // T2 happened after T1, so who saw T2 sees T1.
  EXPECT_EQ(Rulings("T1 s=1 ok | append x 1\nT2 s=1 info | append y 1\n"
                    "T3 s=2 ok | list y [1] | list x []"),
            "HHVHVVHV");
  EXPECT_EQ(Rulings("T1 s=1 ok | append x 1\nT2 s=1 info | append y 1\nT3 s=1 ok | list x []\n"
                    "T4 s=2 ok | list y [1]"),
            "HHVHVVHV");
}

TEST(Verdict, AFracturedReadIsToldBeforeALongerCausalViolation) {
  const History history = Parsed(
      "T1 ok | write a 1 | write b 1\nT2 ok | read b 1 | write c 1\n"
      "T3 ok | read c 1 | write d 1\nT4 ok | read d 1 | write e 1\n"
      "T5 ok | read e 1 | read a nil\n"
      "T6 ok | write p 1 | write q 1\nT7 ok | read p 1 | read q nil\n");
  const Verdict verdict = Judge(history, Level::kCausal, {.violations_max = 1});
  ASSERT_EQ(verdict.violations.size(), 1u);
  EXPECT_EQ(verdict.violations[0].name(), "fractured-read");
  EXPECT_EQ(verdict.violations[0].edges.size(), 2u);
}

TEST(Timestamps, ThatAreNotUsedAreNoted) {
  const std::string text = "T1 ok time=1..2 | write x 1\nT2 ok time=5..? | read x nil\n";
  const auto notes = [&](const std::string& more, Level level, bool ignore) {
    return Judge(Parsed(text + more), level, {.ignore_timestamps = ignore}).notes;
  };
  const Level snapshot = Level::kSnapshotIsolation;
  const std::string words =
      "the timestamps were not used, since not all transactions have theirs: ";
  EXPECT_EQ(notes("T3 ok | read q nil\n", snapshot, false),
            (std::vector<std::string>{words + "T3 (line 3) has no begin timestamp"}));
  EXPECT_EQ(notes("T3 ok time=3..? | write q 1\n", snapshot, false),
            (std::vector<std::string>{words + "T3 (line 3) has no commit timestamp"}));
  EXPECT_TRUE(notes("T3 ok | read q nil\n", snapshot, true).empty());
  EXPECT_TRUE(notes("T3 ok | read q nil\n", Level::kReadAtomic, false).empty());
  EXPECT_TRUE(notes("T3 fail | read q nil\n", snapshot, false).empty());
  EXPECT_TRUE(Judge(Parsed("T1 ok | write x 1\n"), snapshot).notes.empty());
}

TEST(Recording, OfWhichNothingCommittedIsUnknown) {
  const History nothing = Parsed("T1 fail | write x 1\nT2 info | write x 2\n");
  EXPECT_EQ(JudgeRecording(nothing, Level::kSerializable).ruling, Ruling::kUnknown);
  EXPECT_EQ(Judge(nothing, Level::kSerializable).ruling, Ruling::kHolds);
  EXPECT_EQ(JudgeRecording(Parsed("T1 ok | write x 1\n"), Level::kSerializable).ruling,
            Ruling::kHolds);
}

TEST(AppendsOfUnknownOutcome, CountAsSeenWithWhatElseTheirTransactionWrote) {
  // AddHappened: T1's append to a list that others' elements were read of.
  EXPECT_EQ(Rulings("T1 info | write x 9 | append y 1\nT2 ok | append y 7\n"
                    "T3 ok | read x 9 | list y [7]\n"),
            "HVVVVVVV");
}

}  // namespace
}  // namespace nacre::check
