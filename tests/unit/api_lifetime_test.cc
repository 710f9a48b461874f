// The database outlives what was taken from it; otherwise the program is stopped, with the reason.

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

class LifetimeDeathTest : public DatabaseTest {
 protected:
  LifetimeDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(LifetimeDeathTest, DatabaseDestroyedWhileATransactionIsOpen_IsStopped) {
  EXPECT_DEATH(
      {
        Transaction tx = db_->Begin();
        db_.reset();
      },
      "invariant broken");
}

TEST_F(LifetimeDeathTest, DatabaseDestroyedWhileASnapshotIsHeld_IsStopped) {
  EXPECT_DEATH(
      {
        Snapshot snapshot = db_->GetSnapshot();
        db_.reset();
      },
      "invariant broken");
}

TEST_F(LifetimeDeathTest, DatabaseDestroyedWhileAnIteratorKeepsItsSnapshot_IsStopped) {
  EXPECT_DEATH(
      {
        Iterator iterator = db_->GetSnapshot().NewIterator();
        db_.reset();
      },
      "invariant broken");
}

class LifetimeTest : public DatabaseTest {};

TEST_F(LifetimeTest, FinishedTransactionsMayOutliveTheDatabase) {
  Transaction committed = db_->Begin();
  NACRE_ASSERT_OK(committed.Put("k", "v"));
  NACRE_ASSERT_OK(committed.Commit());
  Transaction rolled_back = db_->Begin();
  rolled_back.Rollback();
  const Keyspace other = OpenOrFail("other");
  Transaction swapped = db_->Begin();
  NACRE_ASSERT_OK(swapped.SwapKeyspaces(Keyspace(), other));
  NACRE_ASSERT_OK(swapped.Commit());
  db_.reset();
  EXPECT_FALSE(committed.active());
  EXPECT_THAT(committed.Get("k"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(rolled_back.Get("k"), StatusIs(absl::StatusCode::kFailedPrecondition));
  for (Transaction* finished : {&committed, &rolled_back, &swapped}) {
    EXPECT_THAT(finished->Commit(), StatusIs(absl::StatusCode::kFailedPrecondition));
  }
}

TEST_F(LifetimeTest, ADatabaseWithGarbageAndPendingWorkIsDestroyedCleanly) {
  const Keyspace other = OpenOrFail("other");
  for (int i = 0; i < 1000; ++i) {
    Put(std::to_string(i % 100), std::to_string(i));
    PutExpiring("e" + std::to_string(i), "v", clock_.In(i));
    Put(std::to_string(i), "v", other);
  }
  NACRE_ASSERT_OK(db_->FlushKeyspace(other));
  NACRE_ASSERT_OK(db_->Verify());
  db_.reset();  // The leak checker of the sanitizer build is the judge.
}

TEST_F(LifetimeTest, SeveralDatabasesInOneProcessAreIndependent) {
  std::unique_ptr<Database> other = *Database::Open({});
  Put("k", "here");
  EXPECT_THAT(other->Begin().Get("k"), IsAbsent());
  Transaction here = db_->Begin();
  Transaction there = other->Begin();
  NACRE_EXPECT_OK(there.Put("k", "there"));
  NACRE_EXPECT_OK(there.Commit());
  EXPECT_THAT(here.Get("k"), Holds("here"));
  NACRE_EXPECT_OK(other->Verify());
}

TEST_F(LifetimeTest, OpenedAndClosedManyTimes) {
  for (int i = 0; i < 50; ++i) {
    Open(Options());  // With the vacuum thread.
    Put("k", std::to_string(i));
  }
}

}  // namespace
}  // namespace nacre::api
