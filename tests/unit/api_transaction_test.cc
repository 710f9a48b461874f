// Transaction: point reads and writes, its own writes, commit, rollback, and what a finished one
// answers.

#include <array>
#include <thread>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

class TransactionTest : public DatabaseTest {};

TEST_F(TransactionTest, Get_OfAnEmptyDatabase_IsAbsent) {
  Transaction tx = db_->Begin();
  EXPECT_THAT(tx.Get("k"), IsAbsent());
  EXPECT_THAT(tx.Exists("k"), Yields(false));
  EXPECT_THAT(tx.GetInfo("k"), IsAbsent());
}

TEST_F(TransactionTest, Put_IsSeenByItselfAtOnceAndByOthersAfterCommit) {
  Transaction writer = db_->Begin();
  NACRE_ASSERT_OK(writer.Put("k", "v"));
  EXPECT_THAT(writer.Get("k"), Holds("v"));
  EXPECT_THAT(writer.Exists("k"), Yields(true));

  Transaction before = db_->Begin();
  EXPECT_THAT(before.Get("k"), IsAbsent());

  NACRE_ASSERT_OK(writer.Commit());
  EXPECT_THAT(before.Get("k"), IsAbsent());  // Still its snapshot.
  Transaction after = db_->Begin();
  EXPECT_THAT(after.Get("k"), Holds("v"));
}

TEST_F(TransactionTest, Put_CopiesKeyAndValue) {
  Transaction tx = db_->Begin();
  std::string key = "key";
  std::string value = "value";
  NACRE_ASSERT_OK(tx.Put(key, value));
  key.assign("xxx");
  value.assign("yyyyy");
  EXPECT_THAT(tx.Get("key"), Holds("value"));
  NACRE_ASSERT_OK(tx.Commit());
  EXPECT_THAT(Latest("key"), Optional(Eq("value")));
}

TEST_F(TransactionTest, Put_OfTheSameKeyAgain_TheLastWins) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "first"));
  NACRE_ASSERT_OK(tx.Put("k", "second"));
  EXPECT_THAT(tx.Get("k"), Holds("second"));
  NACRE_ASSERT_OK(tx.Commit());
  EXPECT_THAT(Latest("k"), Optional(Eq("second")));
  EXPECT_EQ(db_->DumpKey("k").size(), 1u);
}

TEST_F(TransactionTest, Get_ViewOutlivesAnOverwriteByTheSameTransaction) {
  Put("k", "committed");
  Transaction tx = db_->Begin();
  absl::StatusOr<std::optional<std::string_view>> committed = tx.Get("k");
  ASSERT_THAT(committed, Holds("committed"));
  NACRE_ASSERT_OK(tx.Put("k", std::string(1000, 'x')));
  absl::StatusOr<std::optional<std::string_view>> own = tx.Get("k");
  NACRE_ASSERT_OK(tx.Put("k", "third"));
  NACRE_ASSERT_OK(tx.Delete("k"));
  EXPECT_EQ(**committed, "committed");
  EXPECT_EQ(**own, std::string(1000, 'x'));
}

TEST_F(TransactionTest, Get_ViewOutlivesSupersedingCommitsAndTheVacuum) {
  Put("k", "seen");
  Transaction tx = db_->Begin();
  absl::StatusOr<std::optional<std::string_view>> view = tx.Get("k");
  ASSERT_THAT(view, Holds("seen"));
  for (int i = 0; i < 50; ++i) Put("k", std::to_string(i));
  Delete("k");
  VacuumAll();
  EXPECT_EQ(**view, "seen");
  EXPECT_THAT(tx.Get("k"), Holds("seen"));
}

TEST_F(TransactionTest, Delete_HidesTheKeyFromItselfThenFromOthers) {
  Put("k", "v");
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Delete("k"));
  EXPECT_THAT(tx.Get("k"), IsAbsent());
  EXPECT_THAT(tx.Exists("k"), Yields(false));
  EXPECT_THAT(tx.GetInfo("k"), IsAbsent());
  EXPECT_THAT(Latest("k"), Optional(Eq("v")));
  NACRE_ASSERT_OK(tx.Commit());
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(TransactionTest, Delete_OfAnAbsentKeyIsOk) {
  Transaction tx = db_->Begin();
  NACRE_EXPECT_OK(tx.Delete("never"));
  NACRE_EXPECT_OK(tx.Commit());
  EXPECT_EQ(Latest("never"), std::nullopt);
  EXPECT_THAT(db_->KeyCount(), Yields(0u));
}

TEST_F(TransactionTest, Delete_ThenPut_IsPresentAgain) {
  Put("k", "old");
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Delete("k"));
  NACRE_ASSERT_OK(tx.Put("k", "new"));
  EXPECT_THAT(tx.Get("k"), Holds("new"));
  NACRE_ASSERT_OK(tx.Commit());
  EXPECT_THAT(Latest("k"), Optional(Eq("new")));
  EXPECT_THAT(db_->KeyCount(), Yields(1u));
}

TEST_F(TransactionTest, EmptyAndBinaryKeysAndValuesAreOrdinary) {
  const std::string zeros(3, '\0');
  const std::string high = "\xff\xfe\xff";
  const std::string prefix = zeros.substr(0, 1);
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("", "the empty key"));
  NACRE_ASSERT_OK(tx.Put(zeros, "zeros"));
  NACRE_ASSERT_OK(tx.Put(prefix, "one zero"));
  NACRE_ASSERT_OK(tx.Put(high, ""));
  NACRE_ASSERT_OK(tx.Commit());

  Transaction reader = db_->Begin();
  EXPECT_THAT(reader.Get(""), Holds("the empty key"));
  EXPECT_THAT(reader.Get(zeros), Holds("zeros"));
  EXPECT_THAT(reader.Get(prefix), Holds("one zero"));
  EXPECT_THAT(reader.Get(high), Holds(""));
  EXPECT_THAT(reader.Get(zeros.substr(0, 2)), IsAbsent());
  EXPECT_THAT(reader.GetInfo(high), IsOk());
}

TEST_F(TransactionTest, GetInfo_TellsSizeExpiryAndVersion) {
  const Timestamp first = Put("k", "12345");
  Transaction tx = db_->Begin();
  absl::StatusOr<std::optional<KeyInfo>> info = tx.GetInfo("k");
  ASSERT_THAT(info, IsOk());
  ASSERT_TRUE(info->has_value());
  EXPECT_EQ((*info)->value_bytes, 5u);
  EXPECT_EQ((*info)->expiry, absl::InfiniteFuture());
  EXPECT_EQ((*info)->version, first);

  NACRE_ASSERT_OK(tx.Put("k", "1", {.expiry = clock_.In(5000)}));
  info = tx.GetInfo("k");
  ASSERT_THAT(info, IsOk());
  ASSERT_TRUE(info->has_value());
  EXPECT_EQ((*info)->value_bytes, 1u);
  EXPECT_EQ((*info)->expiry, clock_.In(5000));
  EXPECT_EQ((*info)->version, std::nullopt);  // Not committed yet.
}

TEST_F(TransactionTest, MultiGet_AnswersInOrderWithOwnWritesAndGaps) {
  Put("a", "1");
  Put("b", "2");
  Put("c", "3");
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("b", "own"));
  NACRE_ASSERT_OK(tx.Delete("c"));
  const std::array<std::string_view, 5> keys = {"c", "b", "missing", "a", "b"};
  std::array<std::optional<std::string_view>, 5> values;
  values.fill("stale");
  NACRE_ASSERT_OK(tx.MultiGet(keys, absl::MakeSpan(values)));
  EXPECT_THAT(values, ElementsAre(std::nullopt, Optional(Eq("own")), std::nullopt,
                                  Optional(Eq("1")), Optional(Eq("own"))));
}

TEST_F(TransactionTest, MultiGet_OfManyKeysAnswersLikeGet_WithAndWithoutPrefetch) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("key" + std::to_string(i));
  for (int i = 0; i < 100; i += 3) Put(names[i], "v" + std::to_string(i));
  const std::vector<std::string_view> keys(names.begin(), names.end());
  db_->Prefetch(keys);
  db_->Prefetch({});
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put(names[1], "own"));
  std::vector<std::optional<std::string_view>> values(keys.size());
  NACRE_ASSERT_OK(tx.MultiGet(keys, absl::MakeSpan(values)));
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_THAT(tx.Get(keys[i]), Yields(values[i])) << keys[i];
    EXPECT_EQ(values[i].has_value(), i % 3 == 0 || i == 1) << keys[i];
  }
}

TEST_F(TransactionTest, MultiGet_OfNothingIsOkAndUnequalSizesAreAnError) {
  Transaction tx = db_->Begin();
  NACRE_EXPECT_OK(tx.MultiGet({}, {}));
  const std::array<std::string_view, 2> keys = {"a", "b"};
  std::array<std::optional<std::string_view>, 1> values;
  EXPECT_THAT(tx.MultiGet(keys, absl::MakeSpan(values)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(TransactionTest, Commit_ReturnsConsecutiveTimestampsInCommitOrder) {
  const Timestamp start = db_->clock();
  Transaction first = db_->Begin();
  Transaction second = db_->Begin();
  NACRE_ASSERT_OK(second.Put("b", "2"));
  NACRE_ASSERT_OK(first.Put("a", "1"));
  absl::StatusOr<Timestamp> of_second = second.Commit();
  absl::StatusOr<Timestamp> of_first = first.Commit();
  NACRE_ASSERT_OK(of_second);
  NACRE_ASSERT_OK(of_first);
  EXPECT_EQ(ToInteger(*of_second), ToInteger(start) + 1);
  EXPECT_EQ(ToInteger(*of_first), ToInteger(start) + 2);
  EXPECT_EQ(db_->clock(), *of_first);
}

TEST_F(TransactionTest, Commit_WithoutWritesReturnsTheReadTimestampAndMovesNoClock) {
  Put("k", "v");
  Transaction tx = db_->Begin();
  const Timestamp read_timestamp = tx.read_timestamp();
  EXPECT_THAT(tx.Get("k"), Holds("v"));
  Put("other", "moves the clock");
  EXPECT_THAT(tx.Commit(), Yields(read_timestamp));
  EXPECT_EQ(ToInteger(db_->clock()), ToInteger(read_timestamp) + 1);
}

TEST_F(TransactionTest, ReadTimestamp_IsTheClockAtBeginAndSeesExactlyThatCommit) {
  const Timestamp committed = Put("k", "v");
  Transaction tx = db_->Begin();
  EXPECT_EQ(tx.read_timestamp(), committed);
  EXPECT_THAT(tx.Get("k"), Holds("v"));
}

TEST_F(TransactionTest, Id_IsNeverReused) {
  std::vector<uint64_t> ids;
  for (int i = 0; i < 100; ++i) {
    Transaction tx = db_->Begin();
    ids.push_back(tx.id());
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

TEST_F(TransactionTest, Rollback_LeavesNothingAndIsIdempotent) {
  Put("k", "v");
  const Timestamp clock = db_->clock();
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "changed"));
  NACRE_ASSERT_OK(tx.Put("new", "x"));
  tx.Rollback();
  tx.Rollback();
  EXPECT_FALSE(tx.active());
  EXPECT_THAT(Latest("k"), Optional(Eq("v")));
  EXPECT_EQ(Latest("new"), std::nullopt);
  EXPECT_EQ(db_->clock(), clock);
}

TEST_F(TransactionTest, Destruction_RollsBack) {
  {
    Transaction tx = db_->Begin();
    NACRE_ASSERT_OK(tx.Put("k", "v"));
  }
  EXPECT_EQ(Latest("k"), std::nullopt);
  EXPECT_EQ(db_->GetStats().active_snapshots, 0u);
}

void ExpectFinished(Transaction& tx) {
  const auto finished = StatusIs(absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(tx.active());
  EXPECT_THAT(tx.Get("k"), finished);
  EXPECT_THAT(tx.GetForUpdate("k"), finished);
  EXPECT_THAT(tx.Exists("k"), finished);
  EXPECT_THAT(tx.GetInfo("k"), finished);
  EXPECT_THAT(tx.MultiGet({}, {}), finished);
  EXPECT_THAT(tx.Scan({}, [](std::string_view, std::string_view) { return true; }), finished);
  EXPECT_THAT(tx.Count({}), finished);
  EXPECT_THAT(tx.Put("k", "v"), finished);
  EXPECT_THAT(tx.Delete("k"), finished);
  EXPECT_THAT(tx.Use(Keyspace()), finished);
  EXPECT_THAT(tx.RollbackTo(tx.SetSavepoint()), finished);
  EXPECT_THAT(tx.Commit(), finished);
  Iterator iterator = tx.NewIterator();
  iterator.SeekToFirst();
  EXPECT_FALSE(iterator.Valid());
  EXPECT_THAT(iterator.status(), finished);
  tx.Rollback();
}

TEST_F(TransactionTest, Finished_ByCommit_EveryCallIsFailedPrecondition) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "v"));
  NACRE_ASSERT_OK(tx.Commit());
  ExpectFinished(tx);
  EXPECT_THAT(Latest("k"), Optional(Eq("v")));
}

TEST_F(TransactionTest, Finished_ByFailedCommit_EveryCallIsFailedPrecondition) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "v"));
  Put("k", "winner");
  EXPECT_THAT(tx.Commit(), StatusIs(absl::StatusCode::kAborted));
  ExpectFinished(tx);
}

TEST_F(TransactionTest, Finished_ByRollback_EveryCallIsFailedPrecondition) {
  Transaction tx = db_->Begin();
  tx.Rollback();
  ExpectFinished(tx);
}

// A transaction that has only read remembers where to look, and ends on a shorter way.
TEST_F(TransactionTest, Finished_AfterReads_EveryCallIsFailedPrecondition) {
  Put("k", "v");
  for (const Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    for (const bool scans : {false, true}) {
      for (const bool commits : {false, true}) {
        const Stats before = db_->GetStats();
        Transaction tx = db_->Begin({.isolation = isolation});
        EXPECT_THAT(tx.Get("k"), Holds("v"));
        if (scans) {
          EXPECT_EQ(ScanKeys(tx, {}).size(), 1u);
        }
        EXPECT_THAT(tx.Get("absent"), IsAbsent());
        if (commits) {
          EXPECT_THAT(tx.Commit(), Yields(db_->clock()));
        } else {
          tx.Rollback();
        }
        const Stats after = db_->GetStats();
        EXPECT_EQ(after.commits_read_only - before.commits_read_only, commits ? 1u : 0u);
        EXPECT_EQ(after.rollbacks - before.rollbacks, commits ? 0u : 1u);
        EXPECT_EQ(after.active_snapshots, 0u);
        ExpectFinished(tx);
      }
    }
  }
}

TEST_F(TransactionTest, Get_AfterAnotherGet_SeesWhatWasDoneBetweenThem) {
  const Keyspace other = OpenOrFail("other");
  Put("k", "v");
  Put("k", "v of other", other);
  for (const Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    Transaction tx = db_->Begin({.isolation = isolation});
    EXPECT_THAT(tx.Get("k"), Holds("v"));
    NACRE_ASSERT_OK(tx.Use(other));
    EXPECT_THAT(tx.Get("k"), Holds("v of other"));
    NACRE_ASSERT_OK(tx.Use(Keyspace()));
    EXPECT_THAT(tx.Get("k"), Holds("v"));
    const Savepoint clean = tx.SetSavepoint();
    EXPECT_THAT(tx.Get("k"), Holds("v"));
    NACRE_ASSERT_OK(tx.Put("k", "own"));
    EXPECT_THAT(tx.Get("k"), Holds("own"));
    NACRE_ASSERT_OK(tx.RollbackTo(clean));
    EXPECT_THAT(tx.Get("k"), Holds("v"));
    NACRE_ASSERT_OK(tx.Delete("k"));
    EXPECT_THAT(tx.Get("k"), IsAbsent());
    NACRE_ASSERT_OK(tx.RollbackTo(clean));
    EXPECT_THAT(tx.Get("k"), Holds("v"));
    NACRE_ASSERT_OK(tx.SwapKeyspaces(Keyspace(), other));
    EXPECT_THAT(tx.Get("k"), Holds("v of other"));
    EXPECT_THAT(tx.Get("k"), Holds("v of other"));
    NACRE_ASSERT_OK(tx.RollbackTo(clean));
    EXPECT_THAT(tx.Get("k"), Holds("v"));
    NACRE_ASSERT_OK(db_->FlushKeyspace(Keyspace()));
    VacuumAll();
    EXPECT_THAT(tx.Get("k"), Holds("v"));
    Transaction moved = std::move(tx);
    EXPECT_THAT(moved.Get("k"), Holds("v"));
    moved.Rollback();
    Put("k", "v");
  }
}

TEST_F(TransactionTest, Move_TakesTheTransactionAndLeavesAFinishedOne) {
  Put("k", "v");
  Transaction from = db_->Begin();
  NACRE_ASSERT_OK(from.Put("own", "write"));
  const uint64_t id = from.id();
  Transaction to = std::move(from);
  ExpectFinished(from);  // NOLINT(bugprone-use-after-move): that state is documented.
  EXPECT_TRUE(to.active());
  EXPECT_EQ(to.id(), id);
  EXPECT_THAT(to.Get("k"), Holds("v"));
  EXPECT_THAT(to.Get("own"), Holds("write"));
  NACRE_EXPECT_OK(to.Commit());
  EXPECT_THAT(Latest("own"), Optional(Eq("write")));
}

TEST_F(TransactionTest, MoveAssignment_RollsBackTheTarget) {
  Transaction target = db_->Begin();
  NACRE_ASSERT_OK(target.Put("dropped", "x"));
  Transaction source = db_->Begin();
  NACRE_ASSERT_OK(source.Put("kept", "y"));
  target = std::move(source);
  EXPECT_EQ(db_->GetStats().active_snapshots, 1u);
  NACRE_ASSERT_OK(target.Commit());
  EXPECT_EQ(Latest("dropped"), std::nullopt);
  EXPECT_THAT(Latest("kept"), Optional(Eq("y")));
}

TEST_F(TransactionTest, ThreadCompatible_MayMoveBetweenThreads) {
  Transaction tx = db_->Begin();
  std::thread([&] { NACRE_EXPECT_OK(tx.Put("a", "1")); }).join();
  std::thread([&] { NACRE_EXPECT_OK(tx.Put("b", "2")); }).join();
  std::thread([moved = std::move(tx)]() mutable { NACRE_EXPECT_OK(moved.Commit()); }).join();
  EXPECT_THAT(Latest("a"), Optional(Eq("1")));
  EXPECT_THAT(Latest("b"), Optional(Eq("2")));
}

TEST_F(TransactionTest, OneThreadMayHoldManyTransactions) {
  std::vector<Transaction> open;
  for (int i = 0; i < 200; ++i) {
    Put("k", std::to_string(i));
    open.push_back(db_->Begin());
  }
  for (int i = 0; i < 200; ++i) EXPECT_THAT(open[i].Get("k"), Holds(std::to_string(i)));
}

TEST_F(TransactionTest, ReadOnly_ReadsButRefusesEveryWrite) {
  Put("k", "v");
  for (Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    Transaction tx = db_->Begin({.isolation = isolation, .read_only = true});
    EXPECT_TRUE(tx.read_only());
    EXPECT_THAT(tx.Get("k"), Holds("v"));
    EXPECT_THAT(tx.Put("k", "x"), StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(tx.Delete("k"), StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_TRUE(tx.active());  // A refused write does not end it.
    EXPECT_THAT(tx.Get("k"), Holds("v"));
    NACRE_EXPECT_OK(tx.Commit());
  }
  EXPECT_THAT(Latest("k"), Optional(Eq("v")));
}

TEST_F(TransactionTest, Accessors_TellTheOptionsItWasBegunWith) {
  Transaction plain = db_->Begin();
  EXPECT_EQ(plain.isolation(), Isolation::kSnapshot);
  EXPECT_FALSE(plain.read_only());
  EXPECT_EQ(plain.keyspace(), Keyspace());
  EXPECT_TRUE(plain.active());
  const Keyspace other = OpenOrFail("other");
  Transaction serializable = db_->Begin({.isolation = Isolation::kSerializable, .keyspace = other});
  EXPECT_EQ(serializable.isolation(), Isolation::kSerializable);
  EXPECT_EQ(serializable.keyspace(), other);
}

}  // namespace
}  // namespace nacre::api
