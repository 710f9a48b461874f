// Client::Transact() against servers.

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nacre/client/client.h"
#include "nacre/client/errors.h"
#include "tests/client/kind_of_server.h"
#include "tests/client/run_coroutine.h"

namespace nacre::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

using Value = std::optional<std::string>;

class TransactTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    ClientOptions options = Options();
    Configure(options);
    client_.emplace(context_, options);
  }
  virtual void Configure(ClientOptions&) {}

  Value Get(const std::string& key) {
    auto value = RunCoroutine(context_, client_->Exec<Value>(Request("GET", key)));
    EXPECT_TRUE(value.ok()) << value.status();
    return value.ok() ? *value : std::nullopt;
  }
  void Set(const std::string& key, const std::string& value) {
    EXPECT_TRUE(RunCoroutine(context_, client_->Exec<>(Request("SET", key, value))).ok());
  }
  template <typename Fn>
  absl::StatusOr<Committed> Transact(Fn fn, TransactOptions options = {}) {
    return RunCoroutine(context_, client_->Transact(std::move(fn), options));
  }
  // Adds to the number at a key, and lets somebody else change it between the reading and the
  // commit, in the first `disturbed` runs.
  auto Increment(int disturbed) {
    return [this, disturbed](Transaction& tx) -> Awaitable<absl::Status> {
      ++runs_;
      const auto value = co_await tx.Get("n");
      if (!value.ok()) co_return value.status();
      const int number = std::stoi(value->value_or("0"));
      if (runs_ <= disturbed) {
        const auto set = co_await client_->Exec<>(Request("SET", "n", number + 100));
        if (!set.ok()) co_return set.status();
      }
      tx.Set("n", std::to_string(number + 1));
      co_return absl::OkStatus();
    };
  }

  boost::asio::io_context context_;
  std::optional<Client> client_;
  int runs_ = 0;
};

TEST_F(TransactTest, ACallThatFnDoesNotAwaitFailsTheTransactionAndNothingElse) {
  std::optional<absl::StatusOr<Value>> forgotten;
  const auto committed = Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
    tx.Set("n", "1");
    boost::asio::co_spawn(context_, tx.Get("other"),
                          [&](auto, absl::StatusOr<Value> value) { forgotten = std::move(value); });
    co_await Turn();
    co_return absl::OkStatus();
  });
  EXPECT_EQ(committed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kNotExecuted);
  while (!forgotten && context_.run_one() > 0) {
  }
  EXPECT_FALSE(forgotten->ok());
  EXPECT_EQ(Get("n"), std::nullopt);
  EXPECT_TRUE(Transact(Increment(0)).ok());
  EXPECT_EQ(Get("n"), "1");
}

TEST_F(TransactTest, WhatIsReadAndWrittenIsCommittedTogether) {
  Set("alice", "100");
  bool interactive = false;
  const auto committed = Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
    interactive = tx.is_interactive();
    const std::vector<std::string> keys = {"alice", "bob"};
    const auto balances = co_await tx.MultiGet(keys);
    if (!balances.ok()) co_return balances.status();
    EXPECT_THAT(*balances, ElementsAre(Optional(std::string("100")), std::nullopt));
    tx.Set("alice", "70");
    tx.Set("bob", "30");
    co_return absl::OkStatus();
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->attempts, 1);
  EXPECT_EQ(interactive, kIsNacre);
  EXPECT_EQ(committed->timestamp > 0, kIsNacre);
  EXPECT_EQ(Get("alice"), "70");
  EXPECT_EQ(Get("bob"), "30");
  EXPECT_EQ(client_->stats().transactions, 1u);
}

TEST_F(TransactTest, OwnWritesAreRead) {
  Set("a", "old");
  const auto committed = Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
    tx.Set("a", "new");
    EXPECT_EQ(*co_await tx.Get("a"), "new");
    tx.Del("a");
    EXPECT_EQ(*co_await tx.Get("a"), std::nullopt);
    tx.Set("a", "newest", absl::Hours(1));
    EXPECT_EQ(*co_await tx.Get("a"), "newest");
    co_return absl::OkStatus();
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(Get("a"), "newest");
  const auto left = RunCoroutine(context_, client_->Exec<int64_t>(Request("PTTL", "a")));
  EXPECT_GT(*left, 0);
}

TEST_F(TransactTest, OthersSeeNothingBeforeTheCommit) {
  const auto committed = Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
    tx.Set("a", "1");
    EXPECT_EQ(*co_await tx.Get("a"), "1");
    const auto seen = co_await client_->Exec<Value>(Request("GET", "a"));
    EXPECT_EQ(*seen, std::nullopt);
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(committed.ok());
  EXPECT_EQ(Get("a"), "1");
}

TEST_F(TransactTest, RepliesOfWriteAreKept) {
  Set("n", "5");
  const auto committed = Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
    tx.Set("a", "x");
    tx.Write(Request("INCR", "n").Add("APPEND", "a", "yz"), {"n", "a"});
    co_return absl::OkStatus();
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  ASSERT_EQ(committed->replies.size(), 2u);
  EXPECT_EQ(committed->replies[0].integer(), 6);
  EXPECT_EQ(committed->replies[1].integer(), 3);
}

TEST_F(TransactTest, FnsOwnStatusRollsBackAndTheConnectionIsUsedAgain) {
  for (int i = 0; i < 3; ++i) {
    const auto committed = Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
      (void)co_await tx.Get("a");
      tx.Set("a", "1");
      (void)co_await tx.Get("b");
      co_return absl::AbortedError("not today");
    });
    EXPECT_EQ(committed.status(), absl::AbortedError("not today"));
  }
  EXPECT_EQ(client_->stats().connects, 1u);
  EXPECT_EQ(Get("a"), std::nullopt);
  EXPECT_EQ(client_->stats().transactions, 0u);
  EXPECT_EQ(client_->stats().retries, 0u);
}

TEST_F(TransactTest, AConflictRunsFnAgain) {
  const auto committed = Transact(Increment(/*disturbed=*/2));
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->attempts, 3);
  EXPECT_EQ(runs_, 3);
  EXPECT_EQ(Get("n"), "201");
  EXPECT_EQ(client_->stats().conflicts, 2u);
  EXPECT_EQ(client_->stats().retries, 2u);
}

TEST_F(TransactTest, AttemptsMaxEndsWithTheConflict) {
  const auto committed = Transact(Increment(/*disturbed=*/1'000), {.attempts_max = 2});
  EXPECT_TRUE(IsConflict(committed.status())) << committed.status();
  EXPECT_THAT(std::string(committed.status().message()), HasSubstr("attempts_max"));
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(Get("n"), "200");
}

TEST_F(TransactTest, ReadsOnlyAreValidatedWhereTheyAreNotOfOneSnapshot) {
  Set("a", "1");
  Set("b", "1");
  std::vector<std::string> seen;
  const auto committed = Transact(
      [&](Transaction& tx) -> Awaitable<absl::Status> {
        const auto a = co_await tx.Get("a");
        if (!a.ok()) co_return a.status();
        if (++runs_ == 1) {
          const auto changed = co_await client_->Exec<>(Request("MSET", "a", "2", "b", "2"));
          if (!changed.ok()) co_return changed.status();
        }
        const auto b = co_await tx.Get("b");
        if (!b.ok()) co_return b.status();
        seen.push_back(**a + **b);
        co_return absl::OkStatus();
      },
      {.read_only = true});
  ASSERT_TRUE(committed.ok()) << committed.status();
  // Redis lets the first run see a mixture, and refuses it.
  if (kIsNacre) {
    EXPECT_THAT(seen, ElementsAre("11"));
  } else {
    EXPECT_THAT(seen, ElementsAre("12", "22"));
  }
}

TEST_F(TransactTest, SerializableRefusesWriteSkew) {
  const auto committed = Transact(
      [&](Transaction& tx) -> Awaitable<absl::Status> {
        const auto a = co_await tx.Get("a");
        if (!a.ok()) co_return a.status();
        if (++runs_ == 1) {
          const auto changed = co_await client_->Exec<>(Request("SET", "a", "1"));
          if (!changed.ok()) co_return changed.status();
        }
        tx.Set("b", a->value_or("none"));
        co_return absl::OkStatus();
      },
      {.isolation = Isolation::kSerializable});
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->attempts, 2);
  EXPECT_EQ(Get("b"), "1");
}

TEST_F(TransactTest, AnErrorOfAWriteIsTheStatus) {
  Set("text", "abc");
  const auto committed = Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
    ++runs_;
    tx.Set("a", "1");
    tx.Write(Request("INCR", "text"), {"text"});
    tx.Set("b", "1");
    co_return absl::OkStatus();
  });
  EXPECT_EQ(committed.status().code(), absl::StatusCode::kInvalidArgument) << committed.status();
  EXPECT_EQ(runs_, 1);
  if (kIsNacre) {
    EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kNotExecuted);
    EXPECT_EQ(Get("a"), std::nullopt);
    EXPECT_EQ(Get("b"), std::nullopt);
  } else {
    EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kExecuted);
    EXPECT_EQ(Get("a"), "1");
    EXPECT_EQ(Get("b"), "1");
  }
}

TEST_F(TransactTest, ACommandThatCannotBeQueuedAppliesNothing) {
  const auto committed = Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
    tx.Set("a", "1");
    tx.Write(Request("NOSUCHCOMMAND"), {"x"});
    co_return absl::OkStatus();
  });
  EXPECT_EQ(ErrorCode(committed.status()), "ERR") << committed.status();
  EXPECT_THAT(std::string(committed.status().message()), HasSubstr("unknown command"));
  EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kNotExecuted);
  EXPECT_EQ(Get("a"), std::nullopt);
}

TEST_F(TransactTest, ExecAnswersAtOnceWhereTransactionsAreInteractive) {
  const auto committed = Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
    const auto count = co_await tx.Exec(Request("INCR", "n"));
    if (!count.ok()) co_return count.status();
    tx.Set("copy", std::to_string(count->integer()));
    co_return absl::OkStatus();
  });
  if (kIsNacre) {
    ASSERT_TRUE(committed.ok()) << committed.status();
    EXPECT_EQ(Get("copy"), "1");
  } else {
    EXPECT_EQ(committed.status().code(), absl::StatusCode::kUnimplemented);
  }
}

TEST_F(TransactTest, TimestampsFollowTheOrderOfCommits) {
  int64_t last = 0;
  for (int i = 0; i < 10; ++i) {
    const auto committed = Transact(Increment(0));
    ASSERT_TRUE(committed.ok());
    if (kIsNacre) {
      EXPECT_GT(committed->timestamp, last);
    }
    last = committed->timestamp;
  }
}

TEST_F(TransactTest, ACancelledCoroutineLeavesNothingBehind) {
  using boost::asio::experimental::awaitable_operators::operator||;
  bool in_fn = false;
  const auto never = [&]() -> Awaitable<void> {
    const auto done = co_await client_->Transact([&](Transaction& tx) -> Awaitable<absl::Status> {
      tx.Set("a", "1");
      EXPECT_EQ(*co_await tx.Get("a"), "1");
      in_fn = true;
      for (;;) co_await Turn();
    });
    ADD_FAILURE() << "answered " << done.status();
  };
  RunCoroutine(context_, [&]() -> Awaitable<int> {
    co_await (never() || Until([&] { return in_fn; }));
    co_return 0;
  }());
  EXPECT_EQ(client_->stats().leases, 0u);
  const auto committed = Transact(Increment(0));
  EXPECT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(Get("a"), std::nullopt);
}

class BusyTransactTest : public TransactTest {
 protected:
  void Configure(ClientOptions& options) override {
    options.retry_budget.share = 1'000;
    options.call_timeout = absl::Minutes(1);
  }
};

TEST_F(BusyTransactTest, ManyAtOnceLoseNoUpdate) {
  constexpr int kWorkers = 8;
  constexpr int kEach = 25;
  int ended = 0;
  const auto worker = [&]() -> Awaitable<void> {
    for (int i = 0; i < kEach; ++i) {
      const auto committed = co_await client_->Transact(Increment(0));
      EXPECT_TRUE(committed.ok()) << committed.status();
    }
    ++ended;
  };
  for (int i = 0; i < kWorkers; ++i) boost::asio::co_spawn(context_, worker(), [](auto) {});
  RunCoroutine(context_, [&]() -> Awaitable<int> {
    co_await Until([&] { return ended == kWorkers; });
    co_return 0;
  }());
  EXPECT_EQ(Get("n"), std::to_string(kWorkers * kEach));
  const ClientStats stats = client_->stats();
  EXPECT_EQ(stats.transactions, static_cast<uint64_t>(kWorkers * kEach));
  EXPECT_EQ(stats.conflicts, stats.retries);
  EXPECT_EQ(stats.leases, 0u);
}

class PoorTransactTest : public TransactTest {
 protected:
  void Configure(ClientOptions& options) override {
    options.retry_budget = {.share = 0, .per_second_min = 1e-6};
  }
};

TEST_F(PoorTransactTest, AUsedUpBudgetEndsWithItsName) {
  const auto committed = Transact(Increment(/*disturbed=*/1'000));
  EXPECT_EQ(committed.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kNotExecuted);
  EXPECT_THAT(std::string(committed.status().message()), HasSubstr("retry_budget"));
  EXPECT_EQ(runs_, 2) << "one rerun can always be paid";
  EXPECT_EQ(client_->stats().retries_denied, 1u);

  // Others do not have to pay for it.
  runs_ = 1'000;
  EXPECT_TRUE(Transact(Increment(0)).ok());
}

}  // namespace
}  // namespace nacre::client
