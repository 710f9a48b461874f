// Time, floors and generations where they meet: what two transactions may conclude from each other.

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "nacre/database.h"

namespace nacre {
namespace {

class OneCutTest : public ::testing::Test {
 protected:
  OneCutTest() {
    Options options;
    options.vacuum_thread = false;
    options.time_source = [this] { return absl::FromUnixMillis(now_ms_); };
    db_ = Database::Open(options).value();
  }
  void TearDown() override { EXPECT_TRUE(db_->Verify().ok()) << db_->Verify(); }

  void Put(std::string_view key, std::string_view value, PutOptions options = {}) {
    ASSERT_TRUE(db_->Transact([&](Transaction& tx) { return tx.Put(key, value, options); }).ok());
  }
  void Delete(std::string_view key) {
    ASSERT_TRUE(db_->Transact([&](Transaction& tx) { return tx.Delete(key); }).ok());
  }

  std::atomic<int64_t> now_ms_{1000};
  std::unique_ptr<Database> db_;
};

TEST_F(OneCutTest, ChangedSince_OfAKeyThatCameWentAndCameBack_AsksTheFloor) {
  const Snapshot since = db_->GetSnapshot();
  Put("k", "1");
  Delete("k");
  ASSERT_GT(db_->RunVacuumOnce(), 0u);
  ASSERT_TRUE(db_->DumpKey("k").empty());
  Transaction tx = db_->Begin();
  EXPECT_TRUE(tx.ChangedSince("k", since).value());
  Put("k", "2");  // Newer than tx: the only version it meets says nothing about what was before.
  EXPECT_TRUE(tx.ChangedSince("k", since).value());
}

TEST_F(OneCutTest, GetForUpdateAlone_NoticesThatItsKeyspaceWasFlushed) {
  Put("k", "1");
  Transaction tx = db_->Begin();
  ASSERT_TRUE(tx.GetForUpdate("k").ok());
  ASSERT_TRUE(db_->FlushKeyspace(Keyspace()).ok());
  EXPECT_TRUE(absl::IsAborted(tx.Commit().status()));
}

TEST_F(OneCutTest, LockedTransaction_HoldsTheTimeStillUntilItsCommit) {
  Put("x", "old");
  Put("k", "1", {.expiry = absl::FromUnixMillis(1500)});
  const Database::LockedKey keys[] = {{Keyspace(), "k"}, {Keyspace(), "x"}};
  auto committed = db_->TransactLocked(keys, [&](Transaction& tx) -> absl::Status {
    EXPECT_TRUE(tx.Exists("k").value());
    std::thread([&] {
      now_ms_ = 2000;
      Transaction other = db_->Begin({.isolation = Isolation::kSerializable});
      // It reads x before this transaction's write, so it may not see k as gone already.
      EXPECT_EQ(other.Get("x").value(), "old");
      EXPECT_TRUE(other.Exists("k").value());
      EXPECT_TRUE(other.Commit().ok());
    }).join();
    return tx.Put("x", "new");
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(db_->now(), absl::FromUnixMillis(2000));
  EXPECT_FALSE(db_->Begin().Exists("k").value());
}

TEST_F(OneCutTest, ClockThatStepsBackAfterARefusedMove_HoldsUpNobody) {
  Put("k", "1", {.expiry = absl::FromUnixMillis(1'000'000)});
  const auto refuse_a_move = [&](std::optional<std::string_view>) {
    now_ms_ = 5000;
    EXPECT_EQ(db_->now(), absl::FromUnixMillis(1000));
    now_ms_ = 1000;
    return Modification::Put("v");
  };
  ASSERT_TRUE(db_->Modify("a", refuse_a_move).ok());
  ASSERT_TRUE(db_->Modify("a", [](auto) { return Modification::Put("w"); }).ok());
  EXPECT_EQ(db_->now(), absl::FromUnixMillis(5000));
}

TEST_F(OneCutTest, TimeMovesAgainAlthoughLockedTransactionsNeverPause) {
  Put("k", "1", {.expiry = absl::FromUnixMillis(1'000'000)});
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, key = std::to_string(i)] {
      while (!stop) {
        EXPECT_TRUE(db_->Modify(key, [](auto) { return Modification::Put("v"); }).ok());
      }
    });
  }
  // Ends only if the movers are let in between the holders.
  for (int64_t now = 2000; now <= 2050; ++now) {
    now_ms_ = now;
    while (db_->now() < absl::FromUnixMillis(now)) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace nacre
