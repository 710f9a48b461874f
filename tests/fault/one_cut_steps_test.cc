// What happens between two steps of one begin or commit, made to happen with a hook.

#include <atomic>
#include <memory>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "nacre/database.h"
#include "nacre/testing.h"
#include "tests/fault/at_step.h"

namespace nacre {
namespace {

TEST(OneCutStepsTest, TimeThatMovesInsideABegin_DoesNotSplitItsView) {
  std::atomic<int64_t> now_ms{1000};
  Options options;
  options.vacuum_thread = false;
  options.time_source = [&] { return absl::FromUnixMillis(now_ms); };
  auto db = Database::Open(options).value();
  ASSERT_TRUE(db->Transact([](Transaction& tx) {
                  (void)tx.Put("x", "old");
                  return tx.Put("k", "1", {.expiry = absl::FromUnixMillis(1500)});
                }).ok());
  std::optional<Transaction> begun;
  {
    AtStep between(testing::Step::kBegin, [&] {
      now_ms = 2000;
      Transaction other = db->Begin({.isolation = Isolation::kSerializable});
      EXPECT_FALSE(other.Exists("k").value());
      ASSERT_TRUE(other.Put("x", "new").ok());
      ASSERT_TRUE(other.Commit().ok());
    });
    begun.emplace(db->Begin({.isolation = Isolation::kSerializable}));
    ASSERT_TRUE(between.reached());
  }
  // x is what somebody wrote who had seen k gone: then k is gone.
  ASSERT_EQ(begun->Get("x").value(), "new");
  EXPECT_FALSE(begun->Exists("k").value());
}

// A begin that has asked for no time, since nothing could expire, is taken back.
TEST(OneCutStepsTest, TheFirstExpiryInsideABegin_DoesNotSplitItsView) {
  for (const Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    std::atomic<int64_t> now_ms{1000};
    Options options;
    options.vacuum_thread = false;
    options.time_source = [&] { return absl::FromUnixMillis(now_ms); };
    auto db = Database::Open(options).value();
    ASSERT_TRUE(db->Transact([](Transaction& tx) { return tx.Put("x", "old"); }).ok());
    // Until begins of this thread make do without a call.
    for (int i = 0; i < 1000; ++i) db->Begin().Rollback();
    const uint64_t rollbacks = db->GetStats().rollbacks;
    std::optional<Transaction> begun;
    {
      AtStep between(testing::Step::kBeginRegistered, [&] {
        ASSERT_TRUE(db->Transact([](Transaction& tx) {
                        return tx.Put("k", "1", {.expiry = absl::FromUnixMillis(1500)});
                      }).ok());
        now_ms = 2000;
        ASSERT_TRUE(db->Transact([](Transaction& tx) {
                        EXPECT_FALSE(tx.Exists("k").value());
                        return tx.Put("x", "new");
                      }).ok());
      });
      begun.emplace(db->Begin({.isolation = isolation}));
      ASSERT_TRUE(between.reached());
    }
    EXPECT_EQ(db->GetStats().active_snapshots, 1u);
    EXPECT_EQ(db->GetStats().rollbacks, rollbacks);
    ASSERT_EQ(begun->Get("x").value(), "new");
    EXPECT_FALSE(begun->Exists("k").value());
  }
}

TEST(OneCutStepsTest, SnapshotThatGrowsTooOldInsideACommit_DoesNotHideADeletionInARange) {
  Options options;
  options.vacuum_thread = false;
  options.max_snapshot_age = absl::Milliseconds(20);
  auto db = Database::Open(options).value();
  ASSERT_TRUE(db->Transact([](Transaction& tx) { return tx.Put("k", "1"); }).ok());
  Transaction tx = db->Begin({.isolation = Isolation::kSerializable});
  ASSERT_EQ(tx.Count(Range::Prefix("k")).value(), 1u);
  ASSERT_TRUE(tx.Put("other", "x").ok());
  ASSERT_TRUE(db->Transact([](Transaction& other) { return other.Delete("k"); }).ok());
  AtStep between(testing::Step::kCommitLinked, [&] {
    // Passes go by until one finds the snapshot too old and unlinks the record of k.
    while (db->GetStats().records_removed == 0) db->RunVacuumOnce();
  });
  const absl::Status status = tx.Commit().status();
  ASSERT_TRUE(between.reached());
  EXPECT_TRUE(absl::IsOutOfRange(status) || absl::IsAborted(status)) << status;
}

}  // namespace
}  // namespace nacre
