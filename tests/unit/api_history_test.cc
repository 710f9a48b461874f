// Reading the past: GetSnapshotAt(), as_of, history_retention; and its end: max_snapshot_age.

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

constexpr auto kOutOfRange = absl::StatusCode::kOutOfRange;

class HistoryTest : public DatabaseTest {
 protected:
  void OpenRetaining(absl::Duration retention) {
    Options options = DefaultOptions();
    options.history_retention = retention;
    Open(options);
  }
};

TEST_F(HistoryTest, EveryRetainedTimestampReadsWhatWasCommittedThen) {
  OpenRetaining(absl::Hours(1));
  std::vector<Timestamp> timestamps;
  for (int i = 0; i < 20; ++i) {
    timestamps.push_back(Put("k", std::to_string(i)));
    if (i % 5 == 4) timestamps.push_back(Delete("k"));
  }
  VacuumAll();
  for (size_t i = 0; i < timestamps.size(); ++i) {
    absl::StatusOr<Snapshot> snapshot = db_->GetSnapshotAt(timestamps[i]);
    ASSERT_THAT(snapshot, IsOk()) << i;
    EXPECT_EQ(snapshot->read_timestamp(), timestamps[i]);
    if (i % 6 == 5) {
      EXPECT_THAT(snapshot->Get("k"), IsAbsent());
    } else {
      EXPECT_THAT(snapshot->Get("k"), Holds(std::to_string(i / 6 * 5 + i % 6)));
    }
  }
}

TEST_F(HistoryTest, AsOf_IsAReadOnlyTransactionAtThatTimestamp) {
  OpenRetaining(absl::Hours(1));
  const Timestamp then = Put("k", "then");
  Put("k", "now");
  Put("l", "later");
  VacuumAll();
  Transaction tx = db_->Begin({.as_of = then});
  EXPECT_TRUE(tx.read_only());
  EXPECT_EQ(tx.read_timestamp(), then);
  EXPECT_THAT(tx.Get("k"), Holds("then"));
  EXPECT_THAT(ScanKeys(tx, {}), ElementsAre("k"));
  EXPECT_THAT(tx.Put("k", "x"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(tx.Commit(), Yields(then));
}

TEST_F(HistoryTest, TheFutureIsOutOfRange) {
  const Timestamp now = Put("k", "v");
  const Timestamp future{ToInteger(now) + 1};
  EXPECT_THAT(db_->GetSnapshotAt(future), StatusIs(kOutOfRange));
  Transaction tx = db_->Begin({.as_of = future});
  EXPECT_THAT(tx.Get("k"), StatusIs(kOutOfRange));
  EXPECT_THAT(tx.Scan({}, [](std::string_view, std::string_view) { return true; }),
              StatusIs(kOutOfRange));
  EXPECT_THAT(tx.Commit(), StatusIs(kOutOfRange));
  Put("k", "w");
  EXPECT_THAT(db_->GetSnapshotAt(future), IsOk());  // It has become the present.
}

TEST_F(HistoryTest, TheNewestTimestampIsAlwaysInReach) {
  const Timestamp now = Put("k", "v");
  absl::StatusOr<Snapshot> snapshot = db_->GetSnapshotAt(now);
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(snapshot->Get("k"), Holds("v"));
}

TEST_F(HistoryTest, WithoutRetentionThePastIsOutOfRange) {
  const Timestamp then = Put("k", "then");
  Put("k", "now");
  VacuumAll();
  EXPECT_THAT(db_->GetSnapshotAt(then), StatusIs(kOutOfRange));
  EXPECT_THAT(db_->Begin({.as_of = then}).Get("k"), StatusIs(kOutOfRange));
}

TEST_F(HistoryTest, AfterTheRetentionThePastIsGoneAndItsVersionsToo) {
  OpenRetaining(kInstant);
  const Timestamp then = Put("k", "0");
  for (int i = 1; i < 10; ++i) Put("k", std::to_string(i));
  Put("other", "moves the clock on");
  VacuumAll();
  EXPECT_THAT(db_->GetSnapshotAt(then), StatusIs(kOutOfRange));
  EXPECT_EQ(db_->DumpKey("k").size(), 1u);
  EXPECT_EQ(db_->GetStats().versions_retained, 0u);
  EXPECT_THAT(Latest("k"), Optional(Eq("9")));
}

TEST_F(HistoryTest, RetainedVersionsAreCounted) {
  OpenRetaining(absl::Hours(1));
  for (int i = 0; i < 10; ++i) Put("k", std::to_string(i));
  VacuumAll();
  EXPECT_EQ(db_->DumpKey("k").size(), 10u);
  EXPECT_EQ(db_->GetStats().versions_retained, 9u);
}

TEST_F(HistoryTest, ASnapshotOfThePastHoldsItsVersionsBeyondTheRetention) {
  OpenRetaining(kInstant);
  const Timestamp then = Put("k", "then");
  Put("k", "now");
  // The past ends where a vacuum says so, and there was none yet.
  absl::StatusOr<Snapshot> held = db_->GetSnapshotAt(then);
  ASSERT_THAT(held, IsOk());
  Put("other", "moves the clock on");
  VacuumAll();
  EXPECT_THAT(db_->GetSnapshotAt(then), StatusIs(kOutOfRange));
  EXPECT_THAT(held->Get("k"), Holds("then"));
}

TEST_F(HistoryTest, KeyspacesOfThePastAreReadable) {
  OpenRetaining(absl::Hours(1));
  const Keyspace a = OpenOrFail("a");
  const Timestamp before_flush = Put("k", "v", a);
  NACRE_ASSERT_OK(db_->FlushKeyspace(a));
  const Timestamp before_drop = db_->clock();
  NACRE_ASSERT_OK(db_->DropKeyspace(a));
  VacuumAll();
  absl::StatusOr<Snapshot> full = db_->GetSnapshotAt(before_flush);
  ASSERT_THAT(full, IsOk());
  EXPECT_THAT(full->Get("k", a), Holds("v"));
  absl::StatusOr<Snapshot> emptied = db_->GetSnapshotAt(before_drop);
  ASSERT_THAT(emptied, IsOk());
  EXPECT_THAT(emptied->Get("k", a), IsAbsent());
}

// --- max_snapshot_age ---

class SnapshotAgeTest : public DatabaseTest {
 protected:
  SnapshotAgeTest() {
    Options options = DefaultOptions();
    options.max_snapshot_age = kInstant;
    Open(options);
    Put("k", "old");
  }
  // Supersedes what the snapshots see and has the vacuum take it, which finds them too old.
  void AgeAndSupersede() {
    for (int i = 0; i < 10; ++i) Put("k", "new");
    VacuumAll();
  }
};

TEST_F(SnapshotAgeTest, ASnapshotThatIsTooOldReadsOutOfRangeAndNothingElse) {
  Snapshot snapshot = db_->GetSnapshot();
  Iterator iterator = snapshot.NewIterator();
  AgeAndSupersede();
  EXPECT_EQ(db_->DumpKey("k").size(), 1u);  // It held nothing any more.
  EXPECT_THAT(snapshot.Get("k"), StatusIs(kOutOfRange));
  EXPECT_THAT(snapshot.Scan({}, [](std::string_view, std::string_view) { return true; }),
              StatusIs(kOutOfRange));
  EXPECT_THAT(snapshot.Count({}), StatusIs(kOutOfRange));
  iterator.SeekToFirst();
  EXPECT_FALSE(iterator.Valid());
  EXPECT_THAT(iterator.status(), StatusIs(kOutOfRange));
  EXPECT_EQ(db_->GetStats().snapshots_too_old, 1u);
  EXPECT_THAT(db_->GetSnapshot().Get("k"), Holds("new"));  // A fresh one works.
}

TEST_F(SnapshotAgeTest, ATransactionThatIsTooOldCanNeitherReadNorCommit) {
  Transaction tx = db_->Begin();
  EXPECT_THAT(tx.Get("k"), Holds("old"));
  NACRE_ASSERT_OK(tx.Put("other", "x"));
  AgeAndSupersede();
  EXPECT_THAT(tx.Get("k"), StatusIs(kOutOfRange));
  EXPECT_THAT(tx.Commit(), StatusIs(kOutOfRange));
  EXPECT_EQ(Latest("other"), std::nullopt);
}

TEST_F(SnapshotAgeTest, ViewsThatWereReadStayValidUntilTheTransactionFinishes) {
  Transaction tx = db_->Begin();
  absl::StatusOr<std::optional<std::string_view>> view = tx.Get("k");
  ASSERT_THAT(view, Holds("old"));
  AgeAndSupersede();
  EXPECT_EQ(**view, "old");
}

TEST_F(SnapshotAgeTest, AYoungSnapshotHoldsItsVersions) {
  Options options = DefaultOptions();
  options.max_snapshot_age = absl::Hours(10);
  Open(options);
  Put("k", "old");
  Snapshot snapshot = db_->GetSnapshot();
  AgeAndSupersede();
  EXPECT_THAT(snapshot.Get("k"), Holds("old"));
  EXPECT_EQ(db_->GetStats().snapshots_too_old, 0u);
}

TEST_F(SnapshotAgeTest, ChangedSince_ASnapshotThatIsTooOldIsOutOfRange) {
  Snapshot since = db_->GetSnapshot();
  AgeAndSupersede();
  EXPECT_THAT(db_->Begin().ChangedSince("k", since), StatusIs(kOutOfRange));
}

}  // namespace
}  // namespace nacre::api
