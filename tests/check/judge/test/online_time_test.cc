// Judging by timestamps while the history grows, and what follows when they are left.

#include <gtest/gtest.h>

#include <string>

#include "nacre/check/online.h"
#include "tests/check/judge/test/flawed_store.h"
#include "tests/check/judge/test/history_text.h"
#include "tests/check/judge/test/online_compare.h"

namespace nacre::check {
namespace {

const OnlineOptions kNothing = {.horizon = 0, .step = 1, .filter_bytes = 1 << 12};

TEST(OnlineTime, ASnapshotFromBeforeWhatIsKeptIsAViolationByTimestamps) {
  std::string text;
  for (int i = 1; i <= 20; ++i) {
    const std::string n = std::to_string(i);
    text += "T" + n + " s=1 ok real=" + std::to_string(2 * i) + ".." + std::to_string(2 * i + 1) +
            " time=" + std::to_string(i - 1) + ".." + n + " | write x " + n + "\n";
  }
  text += "T30 s=2 ok real=100..101 time=3..? | read x 3\n";
  const Verdict strong = Online(text, Level::kStrongSnapshotIsolation);
  EXPECT_TRUE(strong.Has(Anomaly::kGSIb, Order::kRealTime)) << strong.ToString();
  EXPECT_EQ(Online(text, Level::kSnapshotIsolation).ruling, Ruling::kUnknown);
}

TEST(OnlineTime, TheOrderOfTheCommitsOfWhatWasDroppedStandsThoughThoseBehindItHaveAnother) {
  std::string text;
  for (int i = 1; i <= 20; ++i) {
    const std::string n = std::to_string(i);
    text += "T" + n + " s=1 ok real=" + std::to_string(2 * i) + ".." + std::to_string(2 * i + 1) +
            " time=" + std::to_string(i - 1) + ".." + n + " | write x " + n + "\n";
  }
  // T31 committed later and stands before T30, of which it saw nothing.
  text +=
      "T30 s=2 ok real=100..110 time=20..21 | read x 20 | write y 1\n"
      "T31 s=3 ok real=101..111 time=20..22 | read x 20 | read y nil | write z 1\n";
  const std::string back = "T32 s=4 ok real=120..121 time=22..? | read x 20 | read z nil\n";
  for (const Level level : {Level::kSerializable, Level::kStrictSerializable}) {
    EXPECT_EQ(Online(text, level).ruling, Ruling::kHolds) << ToString(level);
    EXPECT_EQ(Online(text + back, level).ruling, Judge(Parsed(text + back), level).ruling);
  }
}

// In a store whose clock does not go with real time a commit may come late.
TEST(OnlineTime, ACommitFromBeforeWhatWasJudgedByTimestampsIsNotOverlooked) {
  const std::string writes =
      "T1 s=1 ok real=1..2 time=0..1 | write q 1\n"
      "T2 s=2 ok real=3..4 time=10..11 | write y 2 | write z 2\n"
      "T3 s=2 ok real=5..6 time=12..13 | write a 1\n"
      "T4 s=2 ok real=7..8 time=14..15 | write a 2\n"
      "T5 s=3 ok real=9..10 time=2..3 | write x 9 | write z 9\n"
      "T6 s=4 ok real=11..12 time=20..21 | read x 9 | read z 2 | write b 1\n"
      "T7 s=2 ok real=13..14 time=30..31 | write a 3\n"
      "T8 s=2 ok real=15..16 time=40..41 | write a 4\n"
      "T9 s=2 ok real=17..18 time=50..51 | write a 5\n"
      "T10 s=2 ok real=19..20 time=60..61 | write a 6\n"
      "T11 s=5 ok real=21..22 time=70..71 | read z 9 | read y 2 | write c 1\n";
  const std::string read_before =
      "T1 s=1 ok real=1..2 time=10..? | read x nil\n"
      "T2 s=2 ok real=3..4 time=20..21 | write y 1\n"
      "T3 s=2 ok real=5..6 time=30..31 | write y 2\n"
      "T4 s=2 ok real=7..8 time=40..41 | write y 3\n"
      "T5 s=3 ok real=9..10 time=4..5 | write x 1\n";
  const std::string overwritten =
      "T1 s=1 ok real=1..2 time=0..1 | write y 1\n"
      "T2 s=2 ok real=3..4 time=10..11 | write y 2\n"
      "T3 s=2 ok real=5..6 time=20..21 | write a 1\n"
      "T4 s=2 ok real=7..8 time=30..31 | write a 2\n"
      "T5 s=3 ok real=9..10 time=2..3 | write y 9\n"
      "T6 s=2 ok real=11..12 time=40..41 | write a 3\n"
      "T7 s=2 ok real=13..14 time=50..51 | write a 4\n"
      "T8 s=2 ok real=15..16 time=60..61 | write a 5\n"
      "T9 s=2 ok real=17..18 time=70..? | read y 2\n";
  for (const uint32_t step : {1u, 4u}) {
    const OnlineOptions options = {.horizon = 2, .step = step, .filter_bytes = 1 << 12};
    for (const Level level : {Level::kSnapshotIsolation, Level::kStrongSessionSnapshotIsolation,
                              Level::kSerializable}) {
      for (const std::string& text : {writes, read_before, overwritten}) {
        const Ruling whole = Judge(Parsed(text), level).ruling;
        const Ruling online = Online(text, level, options).ruling;
        EXPECT_TRUE(online == whole || online == Ruling::kUnknown) << ToString(level) << "\n"
                                                                   << text;
      }
    }
    EXPECT_EQ(Judge(Parsed(writes), Level::kSerializable).ruling, Ruling::kViolated);
    EXPECT_EQ(Judge(Parsed(read_before), Level::kSnapshotIsolation).ruling, Ruling::kViolated);
    EXPECT_EQ(Judge(Parsed(overwritten), Level::kSnapshotIsolation).ruling, Ruling::kHolds);
  }
}

TEST(OnlineTime, AnOutcomeThatWasSeenIsNoDoubtOnceNothingIsToCome) {
  const std::string text =
      "T0 s=1 info real=1..? | write x 2\n"
      "T1 s=2 ok real=3..4 time=10..20 | read x 2 | write y 2\n";
  EXPECT_EQ(Online(text, Level::kSnapshotIsolation, OnlineOptions()).ruling, Ruling::kHolds);
}

TEST(OnlineTime, TimestampsThatAreLookedAtNoMoreDoNotHold) {
  const std::string maybe =
      "T0 s=1 info real=5..? | write x 2\n"
      "T1 s=1 ok real=4..9 time=11..20 | read x 2 | write y 2\n"
      "T2 s=2 ok real=22..28 time=91..100 | write y 3\n"
      "T3 s=0 ok real=25..31 time=91..110 | write y 0\n";
  const std::string order =
      "T1 s=1 ok real=1..5 time=1..2 | write y 1\n"
      "T2 s=2 ok real=2..6 time=1..3 | read y nil | write x 1\n"
      "T3 s=1 ok real=7..8 time=5..5 | write z 1\n";
  for (const Level level : {Level::kSnapshotIsolation, Level::kStrongSnapshotIsolation}) {
    for (const std::string& text : {maybe, order}) {
      ASSERT_EQ(Judge(Parsed(text), level).ruling, Ruling::kViolated) << text;
      EXPECT_NE(Online(text, level, kShort).ruling, Ruling::kHolds) << ToString(level) << text;
    }
  }
  // A serial order need not be that of the timestamps.
  for (const Level level : {Level::kSerializable, Level::kStrictSerializable}) {
    EXPECT_EQ(Online(order, level, kShort).ruling, Judge(Parsed(order), level).ruling);
  }
}

TEST(OnlineTime, ASnapshotFromBeforeWhatIsKeptIsNotOverlookedIfNothingWasReadOfIt) {
  const std::string text =
      "T1 s=1 ok real=1..2 time=0..1 | write m 1\nT2 s=1 ok real=3..4 time=2..3 | write n 1\n"
      "T3 s=1 ok real=8..9 time=0..4 | write k 1\n";
  EXPECT_EQ(Online(text, Level::kSnapshotIsolation, kNothing).ruling, Ruling::kHolds);
  for (const Level level :
       {Level::kStrongSessionSnapshotIsolation, Level::kStrongSnapshotIsolation}) {
    EXPECT_EQ(Judge(Parsed(text), level).ruling, Ruling::kViolated);
    EXPECT_NE(Online(text, level, kNothing).ruling, Ruling::kHolds) << ToString(level);
  }
}

TEST(OnlineTime, ADroppedDeletionConflictsWithWhoBeganBeforeIt) {
  const std::string text =
      "T1 s=1 ok real=1..2 time=1..2 | delete k\nT2 s=1 ok real=3..4 time=3..4 | write m 3\n"
      "T4 s=1 ok real=6..9 time=1..5 | write k 4\n";
  const Verdict verdict = Online(text, Level::kSnapshotIsolation, kNothing);
  EXPECT_TRUE(verdict.Has(Anomaly::kGSIa)) << verdict.ToString();
}

// What was dropped is shown in front of what is kept, but did not come before it.
TEST(OnlineTime, AnUnknownOutcomeDoesNotFollowWhatItsSessionDidLater) {
  const std::string text =
      "T1 s=1 info real=1..? | write m 2 | write k 3\n"
      "T2 s=1 ok real=4..7 time=2..4 | write k 4\n"
      "T3 s=2 ok real=8..12 time=4..? | read m 2 | read k 4\n";
  for (const Level level :
       {Level::kStrongSessionSnapshotIsolation, Level::kStrongSnapshotIsolation}) {
    ASSERT_EQ(Judge(Parsed(text), level).ruling, Ruling::kHolds);
    EXPECT_NE(Online(text, level, kNothing).ruling, Ruling::kViolated) << ToString(level);
  }
}

constexpr Level kSnapshotLevels[] = {Level::kSnapshotIsolation,
                                     Level::kStrongSessionSnapshotIsolation,
                                     Level::kStrongSnapshotIsolation};

// Judges random histories with unknown outcomes at each level. Returns how many verdicts are known.
int CompareUnknownOutcomes(const OnlineOptions& options, bool may_be_unknown) {
  const FlawedStore::Shape shapes[] = {
      {}, {.lists = true, .scans = true}, {.again = true}, {.lists = true, .old = true}};
  int known = 0;
  for (uint32_t seed = FirstSeed(); seed < FirstSeed() + 1'000; ++seed) {
    const std::string text = FlawedStore(seed, shapes[seed % 4]).History();
    const History history = Parsed(text);
    for (const Level level : kSnapshotLevels) {
      const Verdict whole = Judge(history, level);
      const OnlineRun online = JudgeOnline(history, level, options);
      const Ruling ruling = online.verdict.ruling;
      known += ruling != Ruling::kUnknown ? 1 : 0;
      if (may_be_unknown && ruling == Ruling::kUnknown) continue;
      // Without real time what comes later may explain what is a violation now.
      if (online.added < history.size() && whole.ruling != Ruling::kViolated &&
          level != Level::kStrongSnapshotIsolation) {
        continue;
      }
      EXPECT_EQ(ruling, whole.ruling)
          << "NACRE_SEED=" << seed << ", step " << options.step << ", " << ToString(level) << "\n"
          << text << whole.ToString() << online.verdict.ToString();
    }
    if (testing::Test::HasFailure()) break;
  }
  return known;
}

// As long as nothing is dropped it makes no difference when it is looked at.
TEST(OnlineTime, UnknownOutcomesAreJudgedAsOnTheWholeUntilSomethingIsDropped) {
  for (const uint32_t step : {1u, 3u, 100u}) {
    const int known =
        CompareUnknownOutcomes({.horizon = 100, .step = step, .filter_bytes = 1 << 12}, false);
    EXPECT_GT(known, 2'950);
  }
}

TEST(OnlineTime, WhatWasDroppedMakesUnknownOutcomesUnknownButNeverWrong) {
  for (const uint32_t horizon : {0u, 2u}) {
    const int known =
        CompareUnknownOutcomes({.horizon = horizon, .step = 1, .filter_bytes = 1 << 12}, true);
    EXPECT_GT(known, 1'500);
  }
}

}  // namespace
}  // namespace nacre::check
