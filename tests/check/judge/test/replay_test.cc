#include <gtest/gtest.h>

#include <string>

#include "nacre/check/judge.h"
#include "tests/check/judge/test/history_text.h"

namespace nacre::check {
namespace {

std::string NameAt(const std::string& text, Level level) {
  const Verdict verdict = Judge(Parsed(text), level);
  if (verdict.ruling == Ruling::kUnknown) return "unknown";
  return verdict.ruling == Ruling::kHolds ? "holds" : verdict.violations[0].name();
}
std::string AtSnapshot(const std::string& text) { return NameAt(text, Level::kSnapshotIsolation); }

TEST(Replay, ReadsAnswerWhatTheSnapshotHas) {
  const std::string writes = "T1 ok time=0..1 | write x 1\nT2 ok time=1..2 | write x 2\n";
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=0..? | read x nil"), "holds");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=1..? | read x 1"), "holds");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=2..? | read x 2"), "holds");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=2..? | read x 1"), "G-SIb");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=1..? | read x 2"), "G-SIa");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=1..? | read x 9"), "thin-air-read");
}

TEST(Replay, TellsAbortedAndIntermediateReads) {
  EXPECT_EQ(AtSnapshot("T1 fail time=0..? | write x 1\nT2 ok time=1..? | read x 1"), "G1a");
  EXPECT_EQ(AtSnapshot("T1 ok time=0..1 | write x 1 | write x 2\nT2 ok time=1..? | read x 1"),
            "G1b");
}

TEST(Replay, OwnWritesStandOnTopOfTheSnapshot) {
  EXPECT_EQ(
      AtSnapshot("T1 ok time=0..1 | append x 1\n"
                 "T2 ok time=1..2 | append x 2 | list x [1 2] | write y 3 | read y 3 | delete y | "
                 "read y nil | scan w z {x [1 2]}"),
      "holds");
  EXPECT_EQ(AtSnapshot("T1 ok time=0..1 | write x 1 | read x nil"), "internal");
  EXPECT_EQ(AtSnapshot("T1 ok time=0..1 | write x 1 | scan a z {}"), "internal");
}

TEST(Replay, ConcurrentWritersOfOneKeyAreAConflictUnderSnapshotIsolationOnly) {
  const std::string blind = "T1 ok time=0..1 | write x 1\nT2 ok time=0..2 | write x 2\n";
  EXPECT_EQ(AtSnapshot(blind), "G-SIa");
  EXPECT_EQ(NameAt(blind, Level::kSerializable), "holds");
  EXPECT_EQ(NameAt(blind, Level::kReadAtomic), "holds");
  const std::string read =
      "T1 ok time=0..1 | write x 1\nT2 ok time=0..2 | read x nil | write x 2\n";
  EXPECT_EQ(AtSnapshot(read), "lost-update");
}

TEST(Replay, ScansFindWhatIsThereAndNothingElse) {
  const std::string writes =
      "T1 ok time=0..1 | write r1 1 | write r2 2\nT2 ok time=1..2 | delete r1\n";
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=1..? | scan r s {r1 1 r2 2}"), "holds");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=2..? | scan r s {r2 2}"), "holds");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=2..? | scan r nil {r1 1 r2 2}"), "G-SIb");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=1..? | scan r s {r2 2}"), "G-SIb");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=1..? | scan r s limit {r1 1}"), "holds");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=1..? | scan r s limit {r2 2}"), "G-SIb");
  EXPECT_EQ(AtSnapshot(writes + "T3 ok time=1..? | rscan r s limit {r2 2}"), "holds");
}

TEST(Replay, ASnapshotHasWhatItsSessionAndRealTimeSawBefore) {
  const std::string session = "T1 s=a ok time=0..1 | write x 1\nT2 s=a ok time=0..? | read y nil\n";
  EXPECT_EQ(AtSnapshot(session), "holds");
  EXPECT_EQ(NameAt(session, Level::kStrongSessionSnapshotIsolation), "G-SIb-process");
  const std::string real_time =
      "T1 ok real=1..2 time=0..1 | write x 1\nT2 ok real=3..4 time=0..? | read y nil\n";
  EXPECT_EQ(NameAt(real_time, Level::kStrongSessionSnapshotIsolation), "holds");
  EXPECT_EQ(NameAt(real_time, Level::kStrongSnapshotIsolation), "G-SIb-realtime");
}

TEST(Replay, AReaderThatSawMoreMakesTheNextSnapshotOfItsSessionStale) {
  const std::string text =
      "T1 s=b ok time=0..5 | write x 1\nT2 s=a ok time=7..? | read x 1\nT3 s=a ok time=";
  EXPECT_EQ(NameAt(text + "4..? | read x nil", Level::kStrongSessionSnapshotIsolation),
            "G-SIb-process");
  // Between 6 and 7 nothing was committed.
  EXPECT_EQ(NameAt(text + "6..? | read x 1", Level::kStrongSessionSnapshotIsolation), "holds");
}

TEST(Replay, ACommitLiesBehindItsBegin) {
  EXPECT_EQ(AtSnapshot("T1 ok time=5..5 | write x 1"), "timestamp-order");
}

TEST(Replay, WriteSkewIsNotSerializableAndHasItsCycle) {
  const std::string text =
      "T1 ok time=0..1 | read x nil | write y 1\nT2 ok time=0..2 | read y nil | write x 1\n";
  EXPECT_EQ(AtSnapshot(text), "holds");
  EXPECT_EQ(NameAt(text, Level::kSerializable), "write-skew");
}

TEST(Replay, AnotherSerialOrderThanThatOfTheCommitsIsAsGood) {
  // T1 read x before T2 wrote it, and committed after it.
  EXPECT_EQ(NameAt("T1 ok time=0..2 | read x nil | write y 1\nT2 ok time=0..1 | write x 1\n",
                   Level::kSerializable),
            "holds");
}

TEST(Replay, ADeletedListBeginsAnew) {
  const std::string text =
      "T1 ok time=0..1 | append x 1 | append x 2\nT2 ok time=1..? | list x [1 2]\n"
      "T3 ok time=1..2 | delete x\nT4 ok time=2..3 | append x 3 | append x 4\n";
  EXPECT_EQ(AtSnapshot(text + "T5 ok time=3..? | list x [3 4]"), "holds");
  EXPECT_EQ(AtSnapshot(text + "T5 ok time=3..? | list x [1 2]"), "G-SIb");
}

TEST(Replay, WhoseDeletionWasSeenFollowsFromTheSnapshot) {
  // Serializable only in another order than that of the commits, so the graph has to decide.
  const std::string text =
      "T1 ok time=0..1 | read x nil | write x 1\nT2 ok time=1..2 | read x 1 | delete x\n"
      "T3 ok time=2..5 | read x nil | read y nil | write z 1\n";
  EXPECT_EQ(NameAt(text + "T4 ok time=2..4 | write x 2\n", Level::kSerializable), "holds");
  EXPECT_EQ(NameAt(text + "T4 ok time=2..4 | read z nil | read x nil | write x 2\n",
                   Level::kSerializable),
            "write-skew");
}

TEST(Replay, SerializableIsAnySerialOrderThatExplainsTheAnswers) {
  // T10 comes after T9 and so read x from it, though it began before T9 committed.
  EXPECT_EQ(NameAt("T1 ok time=1..5 | write x v\nT9 ok time=6..15 | write x v | write y w\n"
                   "T10 ok time=10..20 | read x v | read y w | write z 1\n"
                   "T11 ok time=31..35 | write q 1\nT12 ok time=30..40 | read q nil | write r 1\n",
                   Level::kSerializable),
            "holds");
  for (const char* first : {"1..10", "1..20"}) {
    EXPECT_EQ(NameAt(std::string("T1 ok time=") + first +
                         " | write x 1\nT2 ok time=2..20 | write x 2 | write y 2\n"
                         "T3 ok time=25..? | read x 1 | read y 2",
                     Level::kSerializable),
              "holds");
  }
  const std::string late =
      "T0 ok time=1..2 | read x nil\nT1 ok time=4..6 | read x nil | delete x | read x nil\n"
      "T2 ok time=3..5 | write x 1\n";
  EXPECT_EQ(NameAt(late, Level::kSerializable), "holds");
  EXPECT_EQ(NameAt(late, Level::kStrictSerializable), "holds");
}

TEST(Replay, AnIndeterminateTransactionThatNobodySawExplainsNothing) {
  EXPECT_EQ(AtSnapshot("T1 ok time=1..2 | write x 1\nT3 info | write x 9\n"
                       "T2 ok time=5..? | read x nil"),
            "G-SIb");
  EXPECT_EQ(AtSnapshot("T1 ok time=1..2 | append x 1\nT3 info | append x 9\n"
                       "T2 ok time=5..? | list x []"),
            "G-SIb");
  EXPECT_EQ(AtSnapshot("T3 info | append x 9\nT1 ok time=1..6 | append x 1\n"
                       "T2 ok time=5..? | list x [1]"),
            "G-SIa");
}

TEST(Replay, AListWithoutWhatWasThereBeforeItsOwnElementsMissesThat) {
  const Verdict verdict =
      Judge(Parsed("T1 ok time=1..2 | append l 2\nT3 ok time=2..3 | append l 4\n"
                   "T2 ok time=3..5 | append l 6 | list l [4 6]\n"),
            Level::kSnapshotIsolation);
  ASSERT_EQ(verdict.violations.size(), 1u);
  EXPECT_EQ(verdict.violations[0].name(), "G-SIb");
  EXPECT_EQ(verdict.violations[0].txns, (std::vector<TxnId>{0, 2}));
  EXPECT_EQ(AtSnapshot("T2 ok time=3..5 | append l 6 | list l [4]\n"), "internal");
}

TEST(Replay, AnAnswerThatShowsAnUnknownOutcomeIsNamed) {
  const Verdict verdict = Judge(Parsed("T1 ok time=1..2 | write x 1\nT2 info | write x 9\n"
                                       "T3 ok time=5..? | read x 9\nT4 ok time=6..? | read x 1\n"),
                                Level::kSnapshotIsolation);
  ASSERT_EQ(verdict.violations.size(), 1u);
  EXPECT_EQ(verdict.violations[0].txns, (std::vector<TxnId>{0, 1, 2, 3}));
  EXPECT_EQ(verdict.violations[0].words,
            "T4 (line 4) read x = 1 with a snapshot of 6, when what a transaction of unknown "
            "outcome had written to x was there, as that of T3 (line 3) shows");
}

TEST(Replay, WhatAnIndeterminateTransactionExplainsHidesNothingElse) {
  const std::string seen = "T3 info | write y 1\nT4 ok time=6..? | read y 1\n";
  EXPECT_EQ(AtSnapshot(seen + "T1 ok time=1..2 | write x 1\nT2 ok time=5..? | read x nil"),
            "G-SIb");
  // Not of the same transaction, nor on the same key.
  EXPECT_EQ(
      AtSnapshot(seen + "T1 ok time=1..2 | write x 1\nT2 ok time=7..? | read y 1 | read x nil"),
      "G-SIb");
  EXPECT_EQ(AtSnapshot(seen + "T1 ok time=7..8 | write y 2\nT2 ok time=9..? | read y nil"),
            "G-SIb");
}

TEST(Replay, WhatWasSeenOfAnIndeterminateTransactionIsThereFromThenOn) {
  const std::string value =
      "T1 ok time=1..2 | write x 1\nT2 info | write x 9 | write y 9\n"
      "T3 ok time=5..? | read x 9\n";
  EXPECT_EQ(AtSnapshot(value + "T4 ok time=6..? | read x 9 | read y 9"), "holds");
  EXPECT_EQ(AtSnapshot(value + "T4 ok time=4..? | read x 1"), "holds");
  EXPECT_EQ(AtSnapshot(value + "T4 ok time=6..? | read x 1"), "G-SIb");
  EXPECT_EQ(AtSnapshot(value + "T4 ok time=6..7 | write x 2\nT5 ok time=8..? | read x 9"), "G-SIb");
  EXPECT_EQ(AtSnapshot(value + "T4 ok time=6..7 | write y 2\nT5 ok time=8..? | read y 9"), "G-SIb");
  const std::string list =
      "T1 ok time=1..2 | append x 1\nT2 info | append x 9\nT3 ok time=3..4 | append x 2\n"
      "T4 ok time=5..? | list x ";
  EXPECT_EQ(AtSnapshot(list + "[1 9 2]\nT5 ok time=6..? | list x [1 9 2]"), "holds");
  EXPECT_EQ(AtSnapshot(list + "[1 2 9]\nT5 ok time=6..? | list x [1 2 9]"), "holds");
  EXPECT_EQ(AtSnapshot(list + "[1 2 9]\nT5 ok time=6..? | list x [1 2]"), "G-SIb");
  EXPECT_EQ(AtSnapshot(list + "[1 9]"), "G-SIb");
  EXPECT_EQ(AtSnapshot(list + "[1 2]\nT5 ok time=6..? | list x [1 9 2]"), "G-SIb");
  EXPECT_EQ(AtSnapshot(list + "[1 2 9 9]"), "G-SIb");
}

TEST(Replay, AnIndeterminateDeletionExplainsWhatIsMissing) {
  const std::string value = "T1 ok time=1..2 | write x 1\nT2 info | delete x\n";
  EXPECT_EQ(AtSnapshot(value + "T3 ok time=5..? | read x nil"), "holds");
  EXPECT_EQ(AtSnapshot(value + "T3 ok time=5..? | scan a z {}"), "holds");
  EXPECT_EQ(AtSnapshot(value + "T3 ok time=5..? | read x nil\nT4 ok time=6..? | read x 1"),
            "G-SIb");
  EXPECT_EQ(AtSnapshot(value + "T4 ok time=1..3 | write w 1\nT3 ok time=5..? | scan a z {}"),
            "G-SIb");
}

TEST(Replay, AnIndeterminateDeletionMayHaveMadeRoomForAnotherKind) {
  const std::string value = "T1 ok time=0..5 | write k v\n";
  EXPECT_EQ(AtSnapshot(value + "T2 info | delete k\nT3 ok time=10..? | list k []"), "holds");
  EXPECT_EQ(AtSnapshot(value + "T2 info | delete k\nT3 ok time=10..11 | append k 1 | list k [1]"),
            "holds");
  // Whether it did is told by the value in it, which is of no list.
  EXPECT_EQ(AtSnapshot(value + "T2 info | delete k | append k 1\nT3 ok time=10..? | list k [1]"),
            "unknown");
  EXPECT_EQ(AtSnapshot("T1 ok time=0..5 | append k 1\nT2 info | write k v\n"
                       "T3 ok time=10..? | read k v"),
            "holds");
  EXPECT_EQ(AtSnapshot(value + "T2 info | append k 1\nT3 ok time=10..? | list k []"), "G-SIb");
  EXPECT_EQ(AtSnapshot(value + "T4 ok time=5..6 | delete k | append k 1\nT2 info | append k 2\n"
                               "T3 ok time=10..? | read k v\n"),
            "G-SIb");
}

TEST(Replay, ManyIndeterminateTransactionsOfOnePlaceAreOrderedAsTheyWereSeen) {
  // A step for each three of them would not come to an end.
  constexpr int kTxns = 3'000;
  std::string appends;
  std::string elements;
  for (int i = 0; i < kTxns; ++i) {
    const std::string number = std::to_string(i);
    appends += "T" + number + " info | append k " + number + "\n";
    elements = number + (i == 0 ? "" : " ") + elements;
  }
  EXPECT_EQ(AtSnapshot(appends + "T9999 ok time=5..? | list k [" + elements + "]"), "holds");
}

TEST(Replay, AScanMayMissSeveralThatOneIndeterminateTransactionDeleted) {
  const std::string text =
      "T1 ok time=1..2 | write b 1 | write c 1 | write d 1 | write e 1 | write f 1\n"
      "T2 info | delete b | delete d | delete f\n";
  for (const std::string scan : {"scan a z {c 1 e 1}", "rscan a z {e 1 c 1}"}) {
    EXPECT_EQ(AtSnapshot(text + "T3 ok time=5..? | " + scan), "holds");
  }
  for (const std::string scan : {"scan a z {c 1}", "rscan a z {c 1}", "scan a z {c 1 d 1 e 1}"}) {
    EXPECT_EQ(AtSnapshot(text + "T3 ok time=5..? | " + scan), "G-SIb");
  }
}

TEST(Replay, AScanThatFindsAnIndeterminateWriteAndMissesACommitIsTold) {
  EXPECT_EQ(AtSnapshot("T1 ok time=1..2 | write x 1\nT2 info | write w 9\n"
                       "T3 ok time=5..? | scan a z {w 9}"),
            "G-SIb");
  EXPECT_EQ(AtSnapshot("T1 ok time=1..2 | write x 1\nT2 info | write w 9\n"
                       "T3 ok time=5..? | scan a z {w 9 x 1}"),
            "holds");
}

// A store that orders transactions by one timestamp each has a serial order.
TEST(Replay, ACommitNoLaterThanItsBeginContradictsSnapshotsAlone) {
  const std::string text = "T1 ok time=5..5 | write x 1\nT2 ok time=7..7 | read x 1 | write x 2\n";
  EXPECT_EQ(AtSnapshot(text), "timestamp-order");
  EXPECT_EQ(NameAt(text, Level::kSerializable), "holds");
  EXPECT_EQ(NameAt(text, Level::kStrictSerializable), "holds");
  EXPECT_EQ(NameAt(text + "T3 ok time=9..9 | read x 1 | write x 3\n", Level::kSerializable),
            "lost-update");
}

TEST(Replay, TwoSnapshotsOfOneTimestampAreOneSnapshot) {
  const std::string writes = "T1 ok time=1..2 | write x 1\nT2 info | write x 9\n";
  const std::string old_read = "T3 ok time=7..? | read x 1\n";
  const std::string new_read = "T4 ok time=7..? | read x 9\n";
  EXPECT_EQ(AtSnapshot(writes + old_read + new_read), "G-SIb");
  EXPECT_EQ(AtSnapshot(writes + new_read + old_read), "G-SIb");
  EXPECT_EQ(AtSnapshot(writes + old_read + "T4 ok time=8..? | read x 9\n"), "holds");
}

TEST(Replay, ASnapshotThatHasOneWriteOfAnIndeterminateTransactionHasTheOthers) {
  const std::string maybe =
      "T1 ok time=1..2 | write q 1 | write z 1\n"
      "T2 info | write x 9 | write y 9 | delete z\n"
      "T3 ok time=7..? | read x 9\n";
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=8..? | read y nil\n"), "G-SIb");
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=8..? | read y 9 | read z nil\n"), "holds");
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=7..? | read y nil\n"), "G-SIb");
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=6..? | read y nil\n"), "holds");
  EXPECT_EQ(AtSnapshot("T4 ok time=7..? | read y nil\n" + maybe), "G-SIb");
  // What another wrote later stands.
  EXPECT_EQ(AtSnapshot(maybe + "T5 ok time=7..8 | write y 5\nT4 ok time=8..? | read y 5\n"),
            "holds");
  EXPECT_EQ(AtSnapshot(maybe + "T5 info | write y 5\nT4 ok time=8..? | read y 5\n"), "holds");
  // It may have been written before as well.
  EXPECT_EQ(AtSnapshot(maybe + "T5 ok time=3..4 | write y 5\nT4 ok time=8..? | read y 5\n"),
            "holds");
  // Deleted before T3 began: T1's z is older than what T3 saw only if T3's x is newer than it.
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=8..? | read z 1\n"), "holds");
}

TEST(Replay, ASnapshotThatHasOneAppendOfAnIndeterminateTransactionHasTheOthers) {
  const std::string maybe =
      "T1 ok time=1..2 | append x 1 | append y 1\nT2 info | append x 9 | append y 9 | write r 9\n"
      "T3 ok time=7..? | list x [1 9]\n";
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=8..? | list y [1]\n"), "G-SIb");
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=8..? | list y [1 9] | read r 9\n"), "holds");
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=8..? | read r nil\n"), "G-SIb");
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=7..? | list y [1]\n"), "G-SIb");
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=6..? | list y [1]\n"), "holds");
  // What was appended later stands behind it.
  const std::string later = maybe + "T5 ok time=9..10 | append y 5\nT4 ok time=10..? | list y ";
  EXPECT_EQ(AtSnapshot(later + "[1 9 5]\n"), "holds");
  EXPECT_EQ(AtSnapshot(later + "[1 5 9]\n"), "G-SIb");
  EXPECT_EQ(AtSnapshot(later + "[1 5]\n"), "G-SIb");
  EXPECT_EQ(AtSnapshot(maybe + "T5 ok time=9..10 | delete y\nT4 ok time=10..? | list y []\n"),
            "holds");
  // The first that shows it may be a register.
  EXPECT_EQ(AtSnapshot("T2 info | append x 9 | write r 9\nT3 ok time=7..? | read r 9\n"
                       "T4 ok time=8..? | list x []\n"),
            "G-SIb");
}

TEST(Replay, AScanThatMissesAWriteOfAnIndeterminateTransactionThatWasSeenIsTold) {
  const std::string maybe = "T2 info | write x 2 | write b 2\nT3 ok time=10..? | read x 2\n";
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=10..? | scan a c {}\n"), "G-SIb");
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=9..? | scan a c {}\n"), "holds");
  EXPECT_EQ(AtSnapshot(maybe + "T4 ok time=10..? | scan a c {b 2}\n"), "holds");
}

TEST(Replay, WhatAnotherIndeterminateTransactionMayHaveOverwrittenIsNoViolation) {
  for (const char* reads : {"read m nil | read k 1", "read k 1 | read m nil"}) {
    EXPECT_EQ(AtSnapshot(std::string("T1 info | write k 1 | write m 1\nT2 ok time=4..? | ") +
                         reads + "\nT3 info | delete m\n"),
              "holds");
  }
  for (const char* reads : {"read k 1 | read x 2", "read x 2 | read k 1"}) {
    EXPECT_EQ(
        AtSnapshot("T1 ok time=0..5 | write k 1 | write x 1\nT2 info | write x 2 | write k 2\n"
                   "T5 info | write k 1\nT4 ok time=10..? | " +
                   std::string(reads)),
        "holds");
  }
  EXPECT_EQ(AtSnapshot("T1 ok time=9..? | read k nil\nT2 info | write m 1 | write k 2\n"
                       "T3 ok time=9..? | read m 1 | read x 4\nT4 info | write x 4 | delete k\n"),
            "holds");
}

TEST(Replay, AnIndeterminateTransactionOverlapsNobodyWhoWroteTheSame) {
  EXPECT_EQ(AtSnapshot("T1 info | write m 1\nT2 ok time=8..? | read m 1\n"
                       "T3 ok time=1..11 | read m nil | write m 2\n"),
            "G-SIa");
  EXPECT_EQ(
      AtSnapshot("T1 ok time=1..10 | write k 2 | read m nil\nT2 info | write m 1 | write k 1\n"
                 "T3 ok time=9..? | read m 1\n"),
      "G-SIa");
  // It would have to commit behind T1 and with it.
  EXPECT_EQ(
      AtSnapshot("T1 ok time=1..3 | write k 2\nT2 info | delete k\nT3 ok time=3..? | read k nil\n"),
      "G-SIb");
}

TEST(Replay, AnIndeterminateTransactionCommitsBehindItsBegin) {
  const std::string read = "T2 ok time=5..? | read x 1\n";
  EXPECT_EQ(AtSnapshot("T1 info time=4..? | write x 1\n" + read), "holds");
  for (const std::string begin : {"5", "10"}) {
    const Verdict verdict = Judge(Parsed("T1 info time=" + begin + "..? | write x 1\n" + read),
                                  Level::kSnapshotIsolation);
    ASSERT_EQ(verdict.violations.size(), 1u) << verdict.ToString();
    EXPECT_EQ(verdict.violations[0].name(), "G-SIa");
    EXPECT_EQ(verdict.violations[0].words,
              "T1 (line 1), whose outcome is unknown, can have committed at no time: T2 (line 2) "
              "read x = 1 with a snapshot of 5, so before 5; T1 (line 1) began at " +
                  begin + ", so not before");
  }
}

TEST(Replay, AnIndeterminateTransactionCommitsBeforeWhoeverWroteTheSameSinceItsBegin) {
  const std::string others =
      "T1 ok time=4..5 | list k [] | append k b\nT2 ok time=7..7 | list k [b a]\n";
  EXPECT_EQ(AtSnapshot("T0 info time=5..? | append k a\n" + others), "holds");
  const Verdict verdict =
      Judge(Parsed("T0 info time=3..? | append k a\n" + others), Level::kSnapshotIsolation);
  ASSERT_EQ(verdict.violations.size(), 1u) << verdict.ToString();
  EXPECT_EQ(verdict.violations[0].name(), "G-SIa");
  EXPECT_NE(verdict.violations[0].words.find("T1 (line 2) wrote k too and committed at 5, when T0 "
                                             "(line 1) had begun at 3, so before that"),
            std::string::npos)
      << verdict.violations[0].words;
}

TEST(Replay, OfTwoIndeterminateTransactionsTheSecondBeganBehindTheCommitOfTheFirst) {
  const auto judged = [](const std::string& begin, const std::string& first) {
    return AtSnapshot("T1 info time=1..? | append k a\nT2 info time=" + begin +
                      "..? | append k b\nT3 ok time=" + first +
                      "..? | list k []\nT4 ok time=9..? | list k [a b]\n");
  };
  EXPECT_EQ(judged("5", "4"), "holds");
  EXPECT_EQ(judged("4", "4"), "G-SIa");
  EXPECT_EQ(judged("5", "0"), "holds");
  EXPECT_EQ(judged("1", "0"), "G-SIa");
  // Of a register, which was read as T2 left it, so that T1 was before.
  const auto read = [](const std::string& begin) {
    return AtSnapshot("T1 info time=1..? | write k 1 | write m 1\nT2 info time=" + begin +
                      "..? | write k 2\nT3 ok time=9..? | read m 1 | read k 2\n");
  };
  EXPECT_EQ(read("2"), "holds");
  EXPECT_EQ(read("1"), "G-SIa");
}

TEST(Replay, WhyAnIndeterminateTransactionCommittedAtNoTimeIsTold) {
  const Verdict verdict =
      Judge(Parsed("T2 info | append x 9 | append y 9\n"
                   "T3 ok time=7..? | list x [9]\nT4 ok time=8..? | list y []\n"),
            Level::kSnapshotIsolation);
  ASSERT_EQ(verdict.violations.size(), 1u);
  EXPECT_EQ(
      verdict.violations[0].words,
      "T2 (line 1), whose outcome is unknown, can have committed at no time: T3 (line 2) read x "
      "= [9] with a snapshot of 7, so before 7; T4 (line 3) read y = [] with a snapshot of 8, "
      "so not before 8");
  EXPECT_EQ(verdict.violations[0].txns, (std::vector<TxnId>{0, 1, 2}));
}

TEST(Replay, WhenSeveralMayHaveWrittenWhatWasSeenItIsNotGuessedAtWill) {
  // Either may have written x; whichever did, its other write was missed.
  const std::string text =
      "T1 info | write x 1 | write y 1\nT2 info | write x 1 | write z 1\n"
      "T3 ok time=5..? | read x 1\nT4 ok time=6..? | read y nil";
  EXPECT_EQ(AtSnapshot(text), "holds");
  const Verdict verdict = Judge(Parsed(text + " | read z nil"), Level::kSnapshotIsolation);
  ASSERT_EQ(verdict.violations.size(), 1u) << verdict.ToString();
  EXPECT_EQ(verdict.violations[0].name(), "G-SIb");
  EXPECT_EQ(verdict.violations[0].txns, (std::vector<TxnId>{0, 1, 2, 3}));
  EXPECT_EQ(
      verdict.violations[0].words,
      "2 transactions whose outcome is unknown left x so, and none of them can have committed "
      "when one has to: T3 (line 3) read x = 1 with a snapshot of 5, so before 5; T4 (line 4) "
      "read y and found nothing with a snapshot of 6, so not before 6; T4 (line 4) read z and "
      "found nothing with a "
      "snapshot of 6, so not before 6");
}

TEST(Replay, WhatAnIndeterminateTransactionMayHaveWrittenIsLeftToTheValues) {
  const std::string text =
      "T1 info | append x 1\nT2 ok time=0..? | list x []\nT3 ok time=3..? | list x [1]\n";
  EXPECT_EQ(AtSnapshot(text), "holds");
  EXPECT_EQ(AtSnapshot(text + "T4 ok time=3..? | list x [9]"), "thin-air-read");
}

TEST(Replay, PhantomsBetweenScansAreG2) {
  const std::string text =
      "T1 ok time=0..1 | scan r s {} | write r1 1\nT2 ok time=0..2 | scan r s {} | write r2 1\n";
  EXPECT_EQ(AtSnapshot(text), "holds");
  EXPECT_EQ(NameAt(text, Level::kSerializable), "G2");
}

}  // namespace
}  // namespace nacre::check
