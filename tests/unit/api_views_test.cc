// How long views live, what they cost, and limits that earlier tests did not reach.

#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/api_fixture.h"

namespace nacre {
namespace {

TEST(ViewsTest, ScanViews_LiveUntilTheEndOfTheTransaction_AlsoWhereSnapshotsGrowTooOld) {
  Options options;
  options.max_snapshot_age = absl::Hours(1);
  auto db = Database::Open(options).value();
  const std::string long_value(300, 'v');
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(db->Transact([&](Transaction& tx) {
                    return tx.Put("key" + std::to_string(1000 + i), long_value);
                  }).ok());
  }
  Transaction tx = db->Begin();
  std::vector<std::pair<std::string_view, std::string_view>> seen;
  ASSERT_TRUE(tx.Scan(Range::All(), [&](std::string_view key, std::string_view value) {
                  seen.emplace_back(key, value);
                  return true;
                }).ok());
  ASSERT_EQ(seen.size(), 500u);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(seen[i].first, "key" + std::to_string(1000 + i));
    EXPECT_EQ(seen[i].second, long_value);
  }
}

TEST(ViewsTest, KeptExpiry_DoesNotCountWhatNobodyCanSee) {
  Options options;
  options.write_set_bytes_max = 1000;
  auto db = Database::Open(options).value();
  Transaction tx = db->Begin();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(tx.Put("k", std::string(900, 'v'), {.keep_expiry = true}).ok()) << i;
    ASSERT_TRUE(tx.Exists("k").value());
  }
  EXPECT_TRUE(tx.Commit().ok());
}

TEST(ViewsTest, CountedAndDrawnOwnWrites_AreSeenByNobody) {
  Options options;
  options.write_set_bytes_max = 1000;
  auto db = Database::Open(options).value();
  Transaction tx = db->Begin();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(tx.Put("k", std::string(900, 'v')).ok()) << i;
    ASSERT_EQ(tx.Count(Range::All()).value(), 1u);
    ASSERT_EQ(tx.RandomKey().value(), "k");
  }
  EXPECT_TRUE(tx.Commit().ok());
}

// Where an iterator stands, the value stays until it moves.
TEST(ViewsTest, OwnWriteUnderAnIterator_StaysWhenItIsReplaced) {
  auto db = Database::Open().value();
  Transaction tx = db->Begin();
  ASSERT_TRUE(tx.Put("k", "first").ok());
  Iterator at = tx.NewIterator();
  at.SeekToFirst();
  ASSERT_TRUE(at.Valid());
  const std::string_view value = at.value();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(tx.Put("k", std::string(5, 'x')).ok());
  EXPECT_EQ(value, "first");
}

TEST(ViewsTest, KeysThatAScanHasShown_StayWhenTheirWritesAreTakenBack) {
  Options options;
  options.write_set_bytes_max = 1000;
  auto db = Database::Open(options).value();
  Transaction tx = db->Begin();
  const Savepoint savepoint = tx.SetSavepoint();
  std::vector<std::string_view> shown;
  const auto scan = [&] {
    return tx.Scan(Range::All(), [&shown](std::string_view key, std::string_view) {
      shown.push_back(key);
      return true;
    });
  };
  ASSERT_TRUE(tx.Put("alpha", "1").ok());
  ASSERT_TRUE(scan().ok());
  ASSERT_TRUE(tx.RollbackTo(savepoint).ok());
  ASSERT_TRUE(tx.Put("omega", "2").ok());
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0], "alpha");
  // What stays counts.
  ASSERT_TRUE(tx.RollbackTo(savepoint).ok());
  for (int round = 0; round < 9; ++round) {
    ASSERT_TRUE(tx.Put(std::string(100, 'k'), "").ok()) << round;
    ASSERT_TRUE(scan().ok());
    ASSERT_TRUE(tx.RollbackTo(savepoint).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(tx.Put(std::string(100, 'k'), "")));
}

// Keys that nobody has seen, but that have others behind them which were shown.
TEST(ViewsTest, KeysBelowOneThatWasShown_CountToo) {
  Options options;
  options.write_set_bytes_max = 1000;
  auto db = Database::Open(options).value();
  Transaction tx = db->Begin();
  const Savepoint savepoint = tx.SetSavepoint();
  for (int round = 0; round < 9; ++round) {
    ASSERT_TRUE(tx.Put("z" + std::string(98, 'k'), "").ok()) << round;
    ASSERT_TRUE(tx.Put("b", "").ok());
    ASSERT_TRUE(
        tx.Scan(Range::All(), [](std::string_view, std::string_view) { return false; }).ok());
    ASSERT_TRUE(tx.RollbackTo(savepoint).ok());
  }
  EXPECT_FALSE(tx.Put("z" + std::string(150, 'k'), "").ok());
}

// The key of a record that was read stands there, and takes no room.
TEST(ViewsTest, KeysThatWereRead_AreNotKeptWhenTheirWritesAreTakenBack) {
  Options options;
  options.write_set_bytes_max = 1000;
  auto db = Database::Open(options).value();
  const std::string key(100, 'k');
  ASSERT_TRUE(db->Transact([&](Transaction& tx) { return tx.Put(key, "1"); }).ok());
  Transaction tx = db->Begin();
  const Savepoint savepoint = tx.SetSavepoint();
  for (int round = 0; round < 100; ++round) {
    ASSERT_EQ(tx.Get(key).value(), "1");
    ASSERT_TRUE(tx.Put(key, "2").ok()) << round;
    ASSERT_TRUE(
        tx.Scan(Range::All(), [](std::string_view, std::string_view) { return true; }).ok());
    ASSERT_TRUE(tx.RollbackTo(savepoint).ok());
  }
}

TEST(ViewsTest, VisitThatMovesItsTransaction_GoesOn) {
  auto db = Database::Open().value();
  Transaction tx = db->Begin({.isolation = Isolation::kSerializable});
  ASSERT_TRUE(tx.Put("a", "1").ok());
  ASSERT_TRUE(tx.Put("b", "2").ok());
  std::optional<Transaction> moved;
  int visited = 0;
  EXPECT_TRUE(tx.Scan(Range::All(), [&](std::string_view, std::string_view) {
                  ++visited;
                  if (!moved) moved.emplace(std::move(tx));
                  return true;
                }).ok());
  EXPECT_EQ(visited, 2);
  EXPECT_TRUE(moved->Commit().ok());
}

TEST(ViewsTest, SavepointsTakenBack_LeaveNoKeysBehind) {
  auto db = Database::Open().value();
  Transaction tx = db->Begin();
  ASSERT_TRUE(tx.Put("first", "1").ok());
  for (int i = 0; i < 1000; ++i) {
    const Savepoint savepoint = tx.SetSavepoint();
    ASSERT_TRUE(tx.Put("key" + std::to_string(i), "2").ok());
    ASSERT_TRUE(tx.RollbackTo(savepoint).ok());
  }
  ASSERT_TRUE(tx.Put("last", "3").ok());
  ASSERT_TRUE(tx.Commit().ok());
  EXPECT_EQ(db->KeyCount().value(), 2u);
  EXPECT_TRUE(db->Verify().ok());
}

TEST(ViewsTest, OversizePut_OnAFinishedTransaction_SaysThatItIsFinished) {
  Options options;
  options.value_bytes_max = 10;
  auto db = Database::Open(options).value();
  Transaction tx = db->Begin();
  tx.Rollback();
  EXPECT_TRUE(absl::IsFailedPrecondition(tx.Put("k", "more than ten bytes")));
}

TEST(ViewsTest, SnapshotsMax_HasABound) {
  Options options;
  options.snapshots_max = SIZE_MAX;
  EXPECT_TRUE(absl::IsInvalidArgument(Database::Open(options).status()));
  options.snapshots_max = (1u << 24) + 1;
  EXPECT_TRUE(absl::IsInvalidArgument(Database::Open(options).status()));
}

TEST(ViewsTest, ChangedSince_OfAnUndeclaredKey_IsRefusedInsideTransactLocked) {
  auto db = Database::Open().value();
  const Snapshot since = db->GetSnapshot();
  const Database::LockedKey key{Keyspace(), "k"};
  ASSERT_TRUE(db->TransactLocked({&key, 1}, [&](Transaction& tx) {
                  EXPECT_FALSE(tx.ChangedSince("k", since).value());
                  EXPECT_TRUE(absl::IsFailedPrecondition(tx.ChangedSince("other", since).status()));
                  return absl::OkStatus();
                }).ok());
}

TEST(ViewsTest, Verify_HoldsWhileADroppedKeyspaceIsEmptied) {
  auto db = Database::Open().value();
  for (int batch = 0; batch < 10; ++batch) {
    WriteBatch writes;
    for (int i = 0; i < 2000; ++i) writes.Put(std::to_string(batch * 10000 + i), "v");
    ASSERT_TRUE(db->Write(writes).ok());
  }
  ASSERT_TRUE(db->FlushKeyspace(Keyspace()).ok());
  while (db->GetStats().records_removed < 20000) {
    const absl::Status verified = db->Verify();
    ASSERT_TRUE(verified.ok()) << verified;
  }
}

TEST(ViewsTest, InsertsAlone_DoNotLeaveReplacedIndexNodesBehind) {
  auto db = Database::Open().value();
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(db->Transact([&](Transaction& tx) { return tx.Put(std::to_string(i), "v"); }).ok());
  }
  // Nothing happens any more; the vacuum comes by itself. The test's time limit is the failure.
  while (db->GetStats().objects_retired > 4096) std::this_thread::yield();
}

}  // namespace
}  // namespace nacre
