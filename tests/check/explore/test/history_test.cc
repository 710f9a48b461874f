#include "tests/check/explore/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nacre::check::explore {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Outcome = TransactionRecord::Outcome;

// Operations with their answers: {"GET k1", "10"}.
TransactionRecord Committed(const std::string& name, Isolation level, uint64_t read,
                            uint64_t commit,
                            std::vector<std::pair<std::string, std::string>> operations) {
  TransactionRecord record;
  record.name = name;
  record.level = level;
  record.read_timestamp = read;
  record.commit_timestamp = commit;
  record.outcome = Outcome::kCommitted;
  record.began = 1;
  record.ended = 1000;
  for (const auto& [text, answer] : operations) {
    record.operations.push_back({*ParseOperation(text), answer});
  }
  return record;
}

TransactionRecord Conflicted(TransactionRecord record) {
  record.outcome = Outcome::kConflict;
  return record;
}

const State kInitial = {{"k1", "10"}, {"k2", "20"}};
constexpr Isolation kSnapshot = Isolation::kSnapshot;
constexpr Isolation kSerializable = Isolation::kSerializable;

std::string Check(const std::vector<TransactionRecord>& history) {
  absl::Status status = CheckHistory(kInitial, 1, history);
  return status.ok() ? "ok" : std::string(status.message());
}

TEST(History, ACorrectHistoryPassesAndYieldsTheFinalState) {
  State final_state;
  absl::Status status =
      CheckHistory(kInitial, 1,
                   {Committed("T1", kSerializable, 1, 2, {{"GET k1", "10"}, {"SET k1 11", "ok"}}),
                    Committed("T2", kSerializable, 2, 3, {{"ADD k1 5", "16"}, {"DEL k2", "ok"}}),
                    Committed("T3", kSerializable, 2, 2, {{"SCAN k1 k9 REV", "{k2=20, k1=11}"}}),
                    Committed("T4", kSnapshot, 3, 3, {{"COUNT k1 k9", "1"}, {"EXISTS k2", "0"}})},
                   {}, &final_state);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(final_state, (State{{"k1", "16"}}));
}

TEST(History, AReadOfTheFutureBreaksSnapshotRead) {
  EXPECT_THAT(Check({Committed("T1", kSnapshot, 1, 2, {{"SET k1 11", "ok"}}),
                     Committed("T2", kSnapshot, 1, 1, {{"GET k1", "11"}})}),
              AllOf(StartsWith("SNAPSHOT-READ broken by T2"),
                    HasSubstr("GET k1 answered 11, and the model 10")));
}

TEST(History, AMissedOwnWriteBreaksSnapshotReadInAnAbortedTransactionToo) {
  EXPECT_THAT(Check({Committed("T1", kSnapshot, 1, 2, {{"SET k1 11", "ok"}}),
                     Conflicted(Committed("T2", kSnapshot, 1, 0,
                                          {{"SET k1 12", "ok"}, {"GET k1", "10"}}))}),
              StartsWith("SNAPSHOT-READ broken by T2"));
}

TEST(History, OneTimestampForTwoCommitsBreaksUnique) {
  EXPECT_THAT(Check({Committed("T1", kSnapshot, 1, 2, {{"SET k1 11", "ok"}}),
                     Committed("T2", kSnapshot, 1, 2, {{"SET k2 21", "ok"}})}),
              StartsWith("UNIQUE broken by T2"));
}

TEST(History, ALostUpdateBreaksFirstCommitter) {
  EXPECT_THAT(Check({Committed("T1", kSnapshot, 1, 2, {{"ADD k1 1", "11"}}),
                     Committed("T2", kSnapshot, 1, 3, {{"ADD k1 1", "11"}})}),
              AllOf(StartsWith("FIRST-COMMITTER broken by T2"), HasSubstr("key k1")));
}

TEST(History, ALockedKeyThatWasWrittenBreaksFirstCommitter) {
  EXPECT_THAT(
      Check({Committed("T1", kSnapshot, 1, 2, {{"SET k1 11", "ok"}}),
             Committed("T2", kSnapshot, 1, 3, {{"GETFORUPDATE k1", "10"}, {"SET k2 5", "ok"}})}),
      StartsWith("FIRST-COMMITTER broken by T2"));
}

TEST(History, AWriteRolledBackToASavepointIsNone) {
  EXPECT_EQ(Check({Committed("T1", kSnapshot, 1, 2, {{"SET k1 11", "ok"}}),
                   Committed("T2", kSnapshot, 1, 3,
                             {{"SAVEPOINT", "ok"},
                              {"SET k1 12", "ok"},
                              {"ROLLBACKTO", "ok"},
                              {"GET k1", "10"},
                              {"SET k2 5", "ok"}})}),
            "ok");
}

TEST(History, WriteSkewBreaksSerialOnlyUnderSerializable) {
  auto skew = [](Isolation level) {
    return Check({Committed("T1", level, 1, 2, {{"GET k2", "20"}, {"SET k1 11", "ok"}}),
                  Committed("T2", level, 1, 3, {{"GET k1", "10"}, {"SET k2 21", "ok"}})});
  };
  EXPECT_EQ(skew(kSnapshot), "ok");
  EXPECT_THAT(skew(kSerializable), StartsWith("SERIAL broken by T2"));
}

TEST(History, APhantomBreaksSerial) {
  EXPECT_THAT(
      Check({Committed("T1", kSerializable, 1, 2, {{"SET k3 30", "ok"}}),
             Committed("T2", kSerializable, 1, 3, {{"COUNT k1 k9", "2"}, {"SET k4 1", "ok"}})}),
      StartsWith("SERIAL broken by T2"));
}

TEST(History, AStaleSnapshotBreaksStrict) {
  TransactionRecord writer = Committed("T1", kSnapshot, 1, 2, {{"SET k1 11", "ok"}});
  writer.ended = 5;
  TransactionRecord reader = Committed("T2", kSnapshot, 1, 1, {{"GET k1", "10"}});
  reader.began = 4;
  EXPECT_EQ(Check({writer, reader}), "ok");
  reader.began = 6;
  EXPECT_THAT(Check({writer, reader}),
              AllOf(StartsWith("STRICT broken by T2"), HasSubstr("after the commit of T1")));
}

TEST(History, AnAbortWithoutAConflictBreaksJustified) {
  const TransactionRecord writer = Committed("T1", kSnapshot, 1, 2, {{"SET k1 11", "ok"}});
  auto after = [&](Isolation level, std::vector<std::pair<std::string, std::string>> operations) {
    return Check({writer, Conflicted(Committed("T2", level, 1, 0, std::move(operations)))});
  };
  EXPECT_EQ(after(kSnapshot, {{"SET k1 12", "ok"}}), "ok");
  EXPECT_THAT(after(kSnapshot, {{"GET k1", "10"}, {"SET k2 12", "ok"}}),
              StartsWith("JUSTIFIED broken by T2"));
  EXPECT_EQ(after(kSerializable, {{"GET k1", "10"}, {"SET k2 12", "ok"}}), "ok");
  EXPECT_EQ(after(kSerializable, {{"COUNT k0 k9", "2"}, {"SET k2 12", "ok"}}), "ok");
  EXPECT_THAT(after(kSerializable, {{"GET k2", "20"}, {"SET k2 12", "ok"}}),
              StartsWith("JUSTIFIED broken by T2"));
}

TEST(SerialOrder, ReadOnlyAnomalyHasNoneAndItsControlHasOne) {
  const State initial = {{"x", "0"}, {"y", "0"}};
  std::vector<TransactionRecord> history = {
      Committed("T2", kSnapshot, 1, 3, {{"GET x", "0"}, {"GET y", "0"}, {"SET x -11", "ok"}}),
      Committed("T1", kSnapshot, 1, 2, {{"GET y", "0"}, {"SET y 20", "ok"}})};
  EXPECT_TRUE(SomeSerialOrderExplains(initial, history));
  history.push_back(Committed("T3", kSnapshot, 2, 2, {{"GET x", "0"}, {"GET y", "20"}}));
  EXPECT_FALSE(SomeSerialOrderExplains(initial, history));
}

}  // namespace
}  // namespace nacre::check::explore
