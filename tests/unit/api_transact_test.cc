// Database::Transact(): what is run again, how often, and what comes back.

#include <atomic>
#include <string>
#include <thread>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::Eq;
using ::testing::Optional;

class TransactTest : public DatabaseTest {
 protected:
  // Adds one to a decimal number under `key`.
  static absl::Status Increment(Transaction& tx, std::string_view key) {
    absl::StatusOr<std::optional<std::string_view>> value = tx.Get(key);
    if (!value.ok()) return value.status();
    const int number = value->has_value() ? std::stoi(std::string(**value)) : 0;
    return tx.Put(key, std::to_string(number + 1));
  }
};

TEST_F(TransactTest, CommitsAndReturnsTheCommitTimestamp) {
  absl::StatusOr<Timestamp> timestamp =
      db_->Transact([](Transaction& tx) { return tx.Put("k", "v"); });
  ASSERT_THAT(timestamp, IsOk());
  EXPECT_EQ(*timestamp, db_->clock());
  EXPECT_THAT(Latest("k"), Optional(Eq("v")));
}

TEST_F(TransactTest, WithoutWrites_ReturnsTheReadTimestamp) {
  const Timestamp clock = Put("k", "v");
  EXPECT_THAT(db_->Transact([](Transaction& tx) { return tx.Get("k").status(); }), Yields(clock));
  EXPECT_EQ(db_->clock(), clock);
}

TEST_F(TransactTest, Conflict_RunsAgainOnANewSnapshot) {
  Put("k", "10");
  int runs = 0;
  NACRE_EXPECT_OK(db_->Transact([&](Transaction& tx) -> absl::Status {
    ++runs;
    if (runs <= 3) Put("k", std::to_string(runs * 100));  // Somebody commits in between.
    return Increment(tx, "k");
  }));
  // Runs 1 to 3 each began before their disturber committed; the fourth saw the third one's value.
  EXPECT_EQ(runs, 4);
  EXPECT_THAT(Latest("k"), Optional(Eq("301")));
}

TEST_F(TransactTest, AttemptsMax_TheLastConflictComesBack) {
  int runs = 0;
  absl::StatusOr<Timestamp> result = db_->Transact(
      [&](Transaction& tx) {
        ++runs;
        Put("contested", std::to_string(runs));
        return tx.Put("contested", "never");
      },
      {.attempts_max = 3, .backoff_base = absl::ZeroDuration()});
  EXPECT_THAT(result, StatusIs(absl::StatusCode::kAborted, "contested"));
  EXPECT_EQ(runs, 3);
  EXPECT_THAT(Latest("contested"), Optional(Eq("3")));
}

TEST_F(TransactTest, AttemptsMax_One_NeverRetries) {
  int runs = 0;
  EXPECT_THAT(db_->Transact(
                  [&](Transaction& tx) {
                    ++runs;
                    Put("k", "disturbed");
                    return tx.Put("k", "never");
                  },
                  {.attempts_max = 1}),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(runs, 1);
}

TEST_F(TransactTest, AttemptsMax_BelowOneIsInvalid) {
  int runs = 0;
  EXPECT_THAT(db_->Transact(
                  [&](Transaction&) {
                    ++runs;
                    return absl::OkStatus();
                  },
                  {.attempts_max = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(runs, 0);
}

TEST_F(TransactTest, AnErrorOfTheFunction_ComesBackAtOnceAndAppliesNothing) {
  int runs = 0;
  absl::StatusOr<Timestamp> result = db_->Transact([&](Transaction& tx) -> absl::Status {
    ++runs;
    if (absl::Status put = tx.Put("k", "never"); !put.ok()) return put;
    return absl::NotFoundError("no such account");
  });
  EXPECT_THAT(result, StatusIs(absl::StatusCode::kNotFound, "no such account"));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(TransactTest, AbortedByTheFunctionItself_RunsAgain) {
  int runs = 0;
  NACRE_EXPECT_OK(db_->Transact([&](Transaction& tx) -> absl::Status {
    if (absl::Status put = tx.Put("k", std::to_string(++runs)); !put.ok()) return put;
    return runs < 3 ? absl::AbortedError("not yet") : absl::OkStatus();
  }));
  EXPECT_EQ(runs, 3);
  EXPECT_THAT(Latest("k"), Optional(Eq("3")));
}

TEST_F(TransactTest, ResourceExhausted_IsNeverRetried) {
  Options options = DefaultOptions();
  options.write_set_bytes_max = 10;
  Open(options);
  int runs = 0;
  EXPECT_THAT(db_->Transact([&](Transaction& tx) {
    ++runs;
    return tx.Put("k", std::string(100, 'x'));
  }),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(runs, 1);
}

TEST_F(TransactTest, AConflictThatTheFunctionSwallowed_ComesBackFromTheCommit) {
  int runs = 0;
  NACRE_EXPECT_OK(db_->Transact([&](Transaction& tx) {
    ++runs;
    if (runs == 1) Put("k", "winner");
    // The function looks at no status at all, and still no update is lost.
    (void)tx.GetForUpdate("k");
    (void)tx.Put("k", "after " + std::to_string(runs));
    return absl::OkStatus();
  }));
  EXPECT_EQ(runs, 2);
  EXPECT_THAT(Latest("k"), Optional(Eq("after 2")));
}

TEST_F(TransactTest, OptionsOfTheTransactionAreHonoured) {
  const Keyspace other = OpenOrFail("other");
  NACRE_EXPECT_OK(db_->Transact(
      [&](Transaction& tx) {
        EXPECT_EQ(tx.isolation(), Isolation::kSerializable);
        EXPECT_EQ(tx.keyspace(), other);
        return tx.Put("k", "v");
      },
      {.transaction = {.isolation = Isolation::kSerializable, .keyspace = other}}));
  EXPECT_THAT(Latest("k", other), Optional(Eq("v")));
  EXPECT_THAT(db_->Transact([](Transaction& tx) { return tx.Put("k", "v"); },
                            {.transaction = {.read_only = true}}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(TransactTest, Exclusive_FromTheRunThatIsNamed) {
  int runs = 0;
  const auto once_disturbed = [&](Transaction& tx) {
    if (++runs == 1) Put("k", "disturbed");  // Only here: the second run holds everyone else off.
    return tx.Put("k", "mine");
  };
  NACRE_EXPECT_OK(db_->Transact(once_disturbed, {.exclusive_from_attempt = 2}));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(db_->GetStats().commits_exclusive, 1u);
  EXPECT_THAT(Latest("k"), Optional(Eq("mine")));
}

TEST_F(TransactTest, Exclusive_GateOpensAgainAfterAnError) {
  EXPECT_THAT(db_->Transact([](Transaction&) { return absl::NotFoundError("x"); },
                            {.exclusive_from_attempt = 1}),
              StatusIs(absl::StatusCode::kNotFound));
  Put("k", "others can commit");
  EXPECT_THAT(Latest("k"), Optional(Eq("others can commit")));
}

TEST_F(TransactTest, Exclusive_FinishesAmongWritersThatAlwaysDisturb) {
  std::atomic<bool> stop{false};
  std::thread disturber([&] {
    for (int i = 0; !stop; ++i) {
      WriteBatch batch;
      batch.Put("hot" + std::to_string(i % 50), "x");
      NACRE_EXPECT_OK(db_->Write(batch));
    }
  });
  for (int i = 0; i < 50; ++i) {
    NACRE_EXPECT_OK(db_->Transact(
        [&](Transaction& tx) -> absl::Status {
          ScanKeys(tx, {});  // Reads all that the other one writes.
          return Increment(tx, "count");
        },
        {.transaction = {.isolation = Isolation::kSerializable},
         .attempts_max = 2,
         .exclusive_from_attempt = 2}));
  }
  stop = true;
  disturber.join();
  EXPECT_THAT(Latest("count"), Optional(Eq("50")));
}

TEST_F(TransactTest, ConcurrentIncrements_AreAllCounted) {
  for (Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    Delete("count");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
          NACRE_EXPECT_OK(
              db_->Transact([](Transaction& tx) { return Increment(tx, "count"); },
                            {.transaction = {.isolation = isolation}, .attempts_max = 1'000'000}));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(Latest("count"), Optional(Eq("800")));
  }
}

using TransactDeathTest = TransactTest;

TEST_F(TransactDeathTest, CommitInsideTheFunction_IsStopped) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((void)db_->Transact([](Transaction& tx) {
    (void)tx.Put("k", "v");
    return tx.Commit().status();
  }),
               "invariant broken");
}

TEST_F(TransactDeathTest, RollbackInsideTheFunction_IsStopped) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((void)db_->Transact([](Transaction& tx) {
    tx.Rollback();
    return absl::OkStatus();
  }),
               "invariant broken");
}

}  // namespace
}  // namespace nacre::api
