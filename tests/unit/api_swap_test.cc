// Transaction::SwapKeyspaces().

#include <atomic>
#include <string>
#include <thread>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::Optional;

constexpr auto kAborted = absl::StatusCode::kAborted;

class SwapTest : public DatabaseTest {
 protected:
  SwapTest() {
    a_ = OpenOrFail("a");
    b_ = OpenOrFail("b");
    Put("k", "in a", a_);
    Put("k", "in b", b_);
    Put("only a", "x", a_);
  }

  std::optional<std::string> Get(Transaction& tx, std::string_view key, Keyspace keyspace) {
    NACRE_EXPECT_OK(tx.Use(keyspace));
    const auto value = tx.Get(key);
    EXPECT_THAT(value, IsOk());
    if (!value.ok() || !value->has_value()) return std::nullopt;
    return std::string(**value);
  }
  void PutIn(Transaction& tx, Keyspace keyspace, std::string_view key, std::string_view value) {
    NACRE_EXPECT_OK(tx.Use(keyspace));
    NACRE_EXPECT_OK(tx.Put(key, value));
  }

  Keyspace a_;
  Keyspace b_;
};

TEST_F(SwapTest, IsSeenInsideAtOnceAndOutsideFromTheCommit) {
  Transaction tx = db_->Begin();
  PutIn(tx, a_, "before", "written in a");
  NACRE_ASSERT_OK(tx.SwapKeyspaces(a_, b_));
  EXPECT_THAT(Get(tx, "k", a_), Optional(Eq("in b")));
  EXPECT_THAT(Get(tx, "k", b_), Optional(Eq("in a")));
  EXPECT_THAT(Get(tx, "before", b_), Optional(Eq("written in a"))) << "own writes move along";
  EXPECT_EQ(Get(tx, "before", a_), std::nullopt);
  PutIn(tx, a_, "after", "written in a");
  NACRE_EXPECT_OK(tx.Use(b_));
  EXPECT_THAT(ScanKeys(tx, Range::All()), ElementsAre("before", "k", "only a"));
  EXPECT_THAT(Latest("k", a_), Optional(Eq("in a")));

  const Snapshot before = db_->GetSnapshot();
  const absl::StatusOr<Timestamp> committed = tx.Commit();
  ASSERT_THAT(committed, IsOk());
  EXPECT_EQ(*committed, db_->clock());
  EXPECT_THAT(Latest("k", a_), Optional(Eq("in b")));
  EXPECT_THAT(Latest("after", a_), Optional(Eq("written in a")));
  EXPECT_THAT(Latest("before", b_), Optional(Eq("written in a")));
  EXPECT_THAT(db_->KeyCount(a_), Yields(2u));
  EXPECT_THAT(db_->KeyCount(b_), Yields(3u));
  EXPECT_THAT(before.Get("k", a_), Holds("in a"));
  VacuumAll();
  EXPECT_THAT(before.Get("k", a_), Holds("in a"));
}

TEST_F(SwapTest, AloneIsACommit) {
  for (const Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    const Timestamp before = db_->clock();
    Transaction tx = db_->Begin({.isolation = isolation});
    NACRE_ASSERT_OK(tx.SwapKeyspaces(a_, b_));
    ASSERT_THAT(tx.Commit(), IsOk());
    EXPECT_EQ(ToInteger(db_->clock()), ToInteger(before) + 1);
  }
  EXPECT_THAT(Latest("k", a_), Optional(Eq("in a"))) << "twice is as never";
}

TEST_F(SwapTest, RollbackForgetsIt) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.SwapKeyspaces(a_, b_));
  tx.Rollback();
  EXPECT_THAT(Latest("k", a_), Optional(Eq("in a")));
}

TEST_F(SwapTest, ASavepointTakesBackWhatCameAfterIt) {
  const Keyspace c = OpenOrFail("c");
  Put("k", "in c", c);
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.SwapKeyspaces(a_, b_));
  const Savepoint savepoint = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.SwapKeyspaces(b_, c));
  PutIn(tx, c, "new", "goes");
  EXPECT_THAT(Get(tx, "k", c), Optional(Eq("in a")));
  NACRE_ASSERT_OK(tx.RollbackTo(savepoint));
  EXPECT_THAT(Get(tx, "k", a_), Optional(Eq("in b")));
  EXPECT_THAT(Get(tx, "k", b_), Optional(Eq("in a")));
  EXPECT_THAT(Get(tx, "k", c), Optional(Eq("in c")));
  ASSERT_THAT(tx.Commit(), IsOk());
  EXPECT_THAT(Latest("k", a_), Optional(Eq("in b")));
  EXPECT_THAT(Latest("k", c), Optional(Eq("in c")));
  EXPECT_EQ(Latest("new", c), std::nullopt);
}

TEST_F(SwapTest, SwappedBackIsNoChange) {
  const Timestamp before = db_->clock();
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.SwapKeyspaces(a_, b_));
  NACRE_ASSERT_OK(tx.SwapKeyspaces(b_, a_));
  NACRE_ASSERT_OK(tx.SwapKeyspaces(a_, a_));
  ASSERT_THAT(tx.Commit(), IsOk());
  EXPECT_EQ(db_->clock(), before);
}

TEST_F(SwapTest, ConflictsWithChangesOfEitherKeyspace) {
  const auto swap_against = [&](auto change) {
    Transaction tx = db_->Begin();
    EXPECT_THAT(tx.SwapKeyspaces(a_, b_), IsOk());
    change();
    return tx.Commit().status();
  };
  EXPECT_THAT(swap_against([&] { ASSERT_THAT(db_->SwapKeyspaces(a_, b_), IsOk()); }),
              StatusIs(kAborted));
  EXPECT_THAT(swap_against([&] { ASSERT_THAT(db_->FlushKeyspace(b_), IsOk()); }),
              StatusIs(kAborted));
  EXPECT_THAT(swap_against([&] { Put("other", "v", a_); }), IsOk()) << "no key was touched";
}

TEST_F(SwapTest, WritersThatOverlapItConflict) {
  Transaction writer = db_->Begin({.keyspace = a_});
  NACRE_ASSERT_OK(writer.Put("k", "late"));
  Transaction reader = db_->Begin({.isolation = Isolation::kSerializable, .keyspace = b_});
  NACRE_ASSERT_OK(reader.Get("k"));
  NACRE_ASSERT_OK(reader.Use(Keyspace()));
  NACRE_ASSERT_OK(reader.Put("elsewhere", "v"));
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.SwapKeyspaces(a_, b_));
  ASSERT_THAT(tx.Commit(), IsOk());
  EXPECT_THAT(writer.Commit(), StatusIs(kAborted));
  EXPECT_THAT(reader.Commit(), StatusIs(kAborted));
}

TEST_F(SwapTest, AWriteOfTheSameKeyStillConflicts) {
  Transaction tx = db_->Begin();
  PutIn(tx, a_, "k", "mine");
  NACRE_ASSERT_OK(tx.SwapKeyspaces(a_, b_));
  Put("k", "theirs", a_);
  EXPECT_THAT(tx.Commit(), StatusIs(kAborted));
  EXPECT_THAT(Latest("k", a_), Optional(Eq("theirs"))) << "nothing was applied";
}

TEST_F(SwapTest, IsRefusedWhereItCanNotBe) {
  Transaction read_only = db_->Begin({.read_only = true});
  EXPECT_THAT(read_only.SwapKeyspaces(a_, b_), StatusIs(absl::StatusCode::kFailedPrecondition));
  Transaction tx = db_->Begin();
  EXPECT_THAT(tx.SwapKeyspaces(a_, Keyspace(999)), StatusIs(absl::StatusCode::kNotFound));
  tx.Rollback();
  EXPECT_THAT(tx.SwapKeyspaces(a_, b_), StatusIs(absl::StatusCode::kFailedPrecondition));
  const Database::LockedKey key{a_, "k"};
  EXPECT_THAT(
      db_->TransactLocked({&key, 1}, [&](Transaction& t) { return t.SwapKeyspaces(a_, b_); }),
      StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(SwapTest, WatchersSeeItAsAChange) {
  const Snapshot since = db_->GetSnapshot();
  Transaction mine = db_->Begin({.keyspace = a_});
  NACRE_ASSERT_OK(mine.SwapKeyspaces(a_, b_));
  NACRE_ASSERT_OK(mine.Use(a_));
  EXPECT_THAT(mine.ChangedSince("k", since), Yields(false)) << "its own changes do not count";
  ASSERT_THAT(mine.Commit(), IsOk());
  Transaction tx = db_->Begin({.keyspace = a_});
  EXPECT_THAT(tx.ChangedSince("k", since), Yields(true));
  EXPECT_THAT(tx.ChangedSince("none", since), Yields(false));
}

// Else it would wait here for the gate, which this thread has closed.
TEST_F(SwapTest, DoomedByItsReads_ItFailsWithoutTheGate) {
  Transaction doomed = db_->Begin({.isolation = Isolation::kSerializable, .keyspace = a_});
  EXPECT_THAT(Get(doomed, "k", a_), Optional(Eq("in a")));
  NACRE_EXPECT_OK(
      doomed.Scan(Range::All(), [](std::string_view, std::string_view) { return true; }));
  NACRE_ASSERT_OK(doomed.SwapKeyspaces(a_, b_));
  Put("another", "phantom", a_);
  NACRE_EXPECT_OK(db_->Transact(
      [&](Transaction&) {
        EXPECT_THAT(doomed.Commit(), StatusIs(kAborted, "range"));
        return absl::OkStatus();
      },
      {.attempts_max = 1, .exclusive_from_attempt = 1}));
  EXPECT_THAT(Latest("k", a_), Optional(Eq("in a")));
}

// Swaps in both directions against writers: every commit takes all or nothing, so "k" is always in
// both keyspaces, and the two values never mix.
TEST_F(SwapTest, ThreadsThatSwapAndWriteNeverTearIt) {
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; !done; ++i) {
      NACRE_EXPECT_OK(db_->Transact(
          [&](Transaction& tx) {
            absl::Status status = tx.Use(i % 2 == 0 ? a_ : b_);
            return status.ok() ? tx.Put("extra", std::to_string(i)) : status;
          },
          {.attempts_max = 1000, .exclusive_from_attempt = 8}));
    }
  });
  for (int i = 0; i < 500; ++i) {
    NACRE_ASSERT_OK(db_->Transact(
        [&](Transaction& tx) { return tx.SwapKeyspaces(a_, b_); },
        {.transaction = {.isolation = Isolation::kSerializable}, .exclusive_from_attempt = i % 3}));
    const Snapshot now = db_->GetSnapshot();
    EXPECT_THAT(now.Get("k", a_), Holds(i % 2 == 0 ? "in b" : "in a"));
    EXPECT_THAT(now.Get("k", b_), Holds(i % 2 == 0 ? "in a" : "in b"));
  }
  done = true;
  writer.join();
  VacuumAll();
}

}  // namespace
}  // namespace nacre::api
