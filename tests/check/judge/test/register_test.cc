// Registers whose order the values leave open: what is said of them, and in which words.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"
#include "tests/check/judge/test/rule_store.h"

namespace nacre::check {
namespace {

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string Said(const std::string& text, Level level) {
  return Judge(Parsed(text), level).ToString();
}

TEST(Registers, WhicheverOfTwoBlindWritesWasFirstTheCycleOfEachCaseIsTold) {
  const std::string text =
      "T1 ok | write x 1 | write p 1\n"
      "T2 ok | write x 2 | write q 2\n"
      "T3 ok | write a 1\n"
      "T4 ok | write b 1\n"
      "T5 ok | read q 2 | read a nil\n"
      "T6 ok | read x 1 | read a 1\n"
      "T7 ok | read p 1 | read b nil\n"
      "T8 ok | read x 2 | read b 1\n";
  for (const Level level : {Level::kSnapshotIsolation, Level::kSerializable}) {
    const Verdict verdict = Judge(Parsed(text), level);
    ASSERT_EQ(verdict.ruling, Ruling::kViolated) << verdict.ToString();
    const Violation& violation = verdict.violations[0];
    EXPECT_EQ(violation.name(), "long-fork") << violation.words;
    EXPECT_EQ(violation.edges.size(), 4u) << violation.words;
    EXPECT_TRUE(Has(violation.words, "T1 wrote x before T2")) << violation.words;
    EXPECT_TRUE(Has(violation.words, "T2 wrote x before T1")) << violation.words;
    EXPECT_FALSE(violation.remark.empty());
  }
}

TEST(Registers, FourCasesOfTwoKeysAreToldWithTheirFourCycles) {
  const std::string writers =
      "T1 ok | write x 1 | write p 1\n"
      "T2 ok | write x 2 | write q 1\n"
      "T3 ok | write y 3 | write r 1\n"
      "T4 ok | write y 4 | write s 1\n";
  const std::string readers[] = {"T11 ok | read x 1 | read s 1\nT12 ok | read y 3 | read q 1\n",
                                 "T21 ok | read x 1 | read r 1\nT22 ok | read y 4 | read q 1\n",
                                 "T31 ok | read x 2 | read s 1\nT32 ok | read y 3 | read p 1\n",
                                 "T41 ok | read x 2 | read r 1\nT42 ok | read y 4 | read p 1\n"};
  const std::string all = writers + readers[0] + readers[1] + readers[2] + readers[3];
  const Verdict verdict = Judge(Parsed(all), Level::kSnapshotIsolation);
  ASSERT_EQ(verdict.ruling, Ruling::kViolated);
  for (const char* part : {"it is open whether", "cycle 1", "cycle 2", "cycle 3", "cycle 4"}) {
    EXPECT_TRUE(Has(verdict.violations[0].words, part)) << verdict.violations[0].words;
  }
  // Without any one of the cases it can be explained.
  for (int without = 0; without < 4; ++without) {
    std::string text = writers;
    for (int i = 0; i < 4; ++i) text += i == without ? "" : readers[i];
    EXPECT_EQ(Judge(Parsed(text), Level::kSnapshotIsolation).ruling, Ruling::kHolds)
        << Said(text, Level::kSnapshotIsolation);
  }
}

TEST(Registers, ATimeLimitOfZeroIsUnknownAndSaysWhatWasOpenAndWhatToDo) {
  const std::string text =
      "T1 ok | write x 1\n"
      "T2 ok | write x 2\n"
      "T3 ok | write x 3\n"
      "T4 ok | read x 2\n";
  const History history = Parsed(text);
  EXPECT_EQ(Judge(history, Level::kSerializable).ruling, Ruling::kHolds);
  for (const Level level : {Level::kSnapshotIsolation, Level::kStrictSerializable}) {
    const Verdict verdict = Judge(history, level, {.time_limit = absl::ZeroDuration()});
    EXPECT_EQ(verdict.ruling, Ruling::kUnknown);
    EXPECT_NE(verdict.reason.find("writes to x"), std::string::npos) << verdict.reason;
    EXPECT_NE(verdict.reason.find("longer limit"), std::string::npos) << verdict.reason;
  }
}

TEST(Registers, ATimeLimitOfZeroStillFindsWhatHangsOnNoOrder) {
  const std::string lost =
      "T1 ok | write x 1\n"
      "T2 ok | read x 1 | write x 2\n"
      "T3 ok | read x 1 | write x 3\n"
      "T4 ok | write y 1\nT5 ok | write y 2\nT6 ok | write y 3\n";
  EXPECT_EQ(
      Judge(Parsed(lost), Level::kSnapshotIsolation, {.time_limit = absl::ZeroDuration()}).ruling,
      Ruling::kViolated);
  EXPECT_EQ(Judge(Parsed("T1 ok | write x 1\nT2 ok | read x 1 | write x 2"), Level::kSerializable,
                  {.time_limit = absl::ZeroDuration()})
                .ruling,
            Ruling::kHolds);
}

TEST(Registers, AMissingValueMayBeThatOfTheStartOrOfAnyDeletion) {
  const std::string deleted =
      "T1 s=1 ok real=1..2 | write x 1\n"
      "T2 s=1 ok real=3..4 | delete x\n"
      "T3 s=1 ok real=5..6 | read x nil\n";
  EXPECT_EQ(Judge(Parsed(deleted), Level::kStrictSerializable).ruling, Ruling::kHolds);
  const std::string not_yet =
      "T1 s=1 ok real=1..2 | write x 1\n"
      "T3 s=1 ok real=3..4 | read x nil\n"
      "T2 s=1 ok real=5..6 | delete x\n";
  EXPECT_EQ(Judge(Parsed(not_yet), Level::kSerializable).ruling, Ruling::kHolds);
  const Verdict verdict = Judge(Parsed(not_yet), Level::kStrictSerializable);
  ASSERT_EQ(verdict.ruling, Ruling::kViolated);
  EXPECT_NE(verdict.violations[0].words.find("T3 read x from T2"), std::string::npos)
      << verdict.ToString();
}

TEST(Registers, AnIndeterminateDeletionHappenedOnlyIfItExplainsARead) {
  const std::string text =
      "T1 s=1 ok real=1..2 | write x 1\n"
      "T2 s=2 info real=3..? | delete x\n"
      "T3 s=1 ok real=5..6 | read x ";
  for (const char* value : {"nil", "1"}) {
    EXPECT_EQ(Judge(Parsed(text + value), Level::kStrictSerializable).ruling, Ruling::kHolds)
        << Said(text + value, Level::kStrictSerializable);
  }
  // Once it has, it has.
  const std::string back = text + "nil\nT4 s=1 ok real=7..8 | read x 1\n";
  EXPECT_EQ(Judge(Parsed(back), Level::kStrictSerializable).ruling, Ruling::kViolated);
}

TEST(Registers, AValueThatACommittedAndAnIndeterminateTransactionWroteMayBeOfEither) {
  const std::string text =
      "T1 s=1 ok real=1..2 | write x 1\n"
      "T2 s=2 info real=3..? | write x 1\n"
      "T3 s=1 ok real=3..4 | write x 2\n"
      "T4 s=1 ok real=5..6 | read x 1\n";
  EXPECT_EQ(Judge(Parsed(text), Level::kStrictSerializable).ruling, Ruling::kHolds)
      << Said(text, Level::kStrictSerializable);
}

TEST(Registers, ManyAppendsThatNoReadShowsAreDecidedToo) {
  std::string text;
  for (int i = 0; i < 12; ++i) {
    const std::string n = std::to_string(i);
    text += "T" + n + " ok | append x " + n + " | list k" + n + " [] | append k" +
            std::to_string((i + 1) % 12) + " 1\n";
  }
  EXPECT_NE(Judge(Parsed(text), Level::kSnapshotIsolation).ruling, Ruling::kUnknown)
      << Said(text, Level::kSnapshotIsolation);
}

bool Wrote(const RecordedTxn& txn, const std::string& key) {
  return std::any_of(txn.ops.begin(), txn.ops.end(), [&](const RecordedOp& op) {
    return op.text.rfind("write " + key + " ", 0) == 0;
  });
}

// Of three that came one after the other, the last reads what the second overwrote, be it blindly.
bool ReadWhatWasOverwritten(std::vector<RecordedTxn>& txns) {
  for (RecordedTxn& reader : txns) {
    for (RecordedOp& read : reader.ops) {
      const std::string key = read.text.substr(5);
      if (!reader.committed || read.answer.empty() || Wrote(reader, key)) continue;
      const auto before = [&](const RecordedTxn& a, const RecordedTxn& b) {
        return a.committed && a.completed < b.invoked && Wrote(a, key);
      };
      for (const RecordedTxn& second : txns) {
        for (const RecordedTxn& first : txns) {
          if (!before(second, reader) || !before(first, second)) continue;
          for (const RecordedOp& op : first.ops) {
            if (op.text.rfind("write " + key + " ", 0) == 0) read.answer = op.text.substr(8);
          }
          return true;
        }
      }
    }
  }
  return false;
}

TEST(Registers, AReadOfWhatWasOverwrittenBeforeItBeganIsFoundByValuesAndRealTime) {
  int broken = 0;
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    std::vector<RecordedTxn> txns =
        RunStore({.validate = false, .data = StoreRules::Data::kRegisters}, seed);
    if (!ReadWhatWasOverwritten(txns)) continue;
    ++broken;
    for (const Level level : {Level::kStrongSnapshotIsolation, Level::kStrictSerializable}) {
      const Verdict verdict = Judge(Parsed(ToText(txns)), level, {.ignore_timestamps = true});
      ASSERT_EQ(verdict.ruling, Ruling::kViolated)
          << "seed " << seed << " " << ToString(level) << "\n"
          << ToText(txns) << verdict.ToString();
    }
  }
  EXPECT_GT(broken, 100);
}

// ONE-UPDATE-EACH
TEST(Registers, MoreUpdatesOfAValueThanThereWereVersionsOfItAreALostUpdateWithoutASearch) {
  std::string text;
  for (int i = 1; i <= 40; ++i) {
    const std::string n = std::to_string(i);
    text += "T" + n + " ok | write x 1\n";
    text +=
        "T" + std::to_string(100 + i) + " ok | read x 1 | write x " + std::to_string(i + 1) + "\n";
  }
  const JudgeOptions no_search = {.time_limit = absl::ZeroDuration()};
  EXPECT_EQ(Judge(Parsed(text), Level::kSnapshotIsolation, no_search).ruling, Ruling::kUnknown);
  text += "T200 ok | read x 1 | write x 50\n";
  for (const Level level : kLevels) {
    const Verdict verdict = Judge(Parsed(text), level, no_search);
    EXPECT_EQ(verdict.Has(Anomaly::kLostUpdate), Forbids(level, Anomaly::kLostUpdate, Order::kData))
        << verdict.ToString();
  }
  const Verdict verdict = Judge(Parsed(text), Level::kSerializable, no_search);
  EXPECT_TRUE(Has(verdict.ToString(), "41 transactions")) << verdict.ToString();
}

TEST(Registers, WhatAnIndeterminateTransactionAppendedIsMissedByThoseWhoSawItsOtherWrites) {
  const std::string one =
      "T0 ok | write x 1 | write a 1\nT1 info | delete x | append y 1\n"
      "T3 ok | read a 1 | read x nil | list y [";
  const std::string either = "T2 info | delete x | append z 1\n" + one + "] | list z [";
  for (const Level level : kLevels) {
    if (!Forbids(level, Anomaly::kLostUpdate, Order::kData)) continue;
    EXPECT_EQ(Judge(Parsed(one + "]"), level).ruling, Ruling::kViolated) << ToString(level);
    EXPECT_EQ(Judge(Parsed(one + "1]"), level).ruling, Ruling::kHolds) << ToString(level);
    // T2's deletion explains it as well, unless that is missed too.
    EXPECT_EQ(Judge(Parsed(either + "1]"), level).ruling, Ruling::kHolds) << ToString(level);
    EXPECT_EQ(Judge(Parsed(either + "]"), level).ruling, Ruling::kViolated) << ToString(level);
  }
}

}  // namespace
}  // namespace nacre::check
