// Transact(): BEGIN ... COMMIT against Nacre, WATCH ... EXEC against Redis, the same calls.

#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nacre/client/errors.h"
#include "tests/client/contract/contract_fixture.h"

namespace nacre::client::contract {
namespace {

int64_t NumberIn(const std::optional<std::string>& text) {
  int64_t number = 0;
  EXPECT_TRUE(!text || absl::SimpleAtoi(*text, &number)) << *text;
  return number;
}

// Reads a number and writes the next one.
absl::Status Increment(TransactionCaller& tx, std::string_view key) {
  const auto value = tx.Get(key);
  if (!value.ok()) return value.status();
  tx.Set(key, std::to_string(NumberIn(*value) + 1));
  return absl::OkStatus();
}

}  // namespace

TEST_P(TransactContract, WhatItWritesIsThereWhenItHasCommittedAndNotBefore) {
  const auto client = MakeClient();
  ASSERT_TRUE(client->Exec(Request("SET", "gone", "1")).ok());
  const auto committed = client->Transact([&](TransactionCaller& tx) {
    EXPECT_EQ(tx.is_interactive(), is_nacre());
    tx.Set("a", "1");
    tx.Set("brief", "2", absl::Seconds(100));
    tx.Del("gone");
    tx.Write(Request("INCRBY", "n", 5).Add("APPEND", "text", "xyz"), {"n", "text"});
    EXPECT_EQ(*tx.Get("a"), "1");
    EXPECT_EQ(*tx.Get("gone"), std::nullopt);
    EXPECT_EQ(ValueOf("a"), std::nullopt);
    EXPECT_EQ(ValueOf("gone"), "1");
    return absl::OkStatus();
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->attempts, 1);
  EXPECT_EQ(committed->timestamp > 0, is_nacre());
  ASSERT_EQ(committed->replies.size(), 2u);
  EXPECT_EQ(committed->replies[0].integer(), 5);
  EXPECT_EQ(committed->replies[1].integer(), 3);
  EXPECT_EQ(ValueOf("a"), "1");
  EXPECT_EQ(ValueOf("gone"), std::nullopt);
  EXPECT_EQ(ValueOf("n"), "5");
  EXPECT_EQ(ValueOf("text"), "xyz");
  EXPECT_EQ(Raw({"TTL", "a"}), ":-1\r\n");
  EXPECT_NE(Raw({"TTL", "brief"}), ":-1\r\n");
  EXPECT_EQ(client->stats().transactions, 1u);
}

TEST_P(TransactContract, AFunctionThatFailsLeavesNothingAndItsStatusIsTheAnswer) {
  const auto client = MakeClient();
  for (const bool reads : {false, true}) {
    const auto committed = client->Transact([&](TransactionCaller& tx) -> absl::Status {
      tx.Set("a", "1");
      if (reads) {
        EXPECT_TRUE(tx.Get("b").ok());
      }
      return absl::NotFoundError("changed my mind");
    });
    EXPECT_EQ(committed.status(), absl::NotFoundError("changed my mind"));
    EXPECT_EQ(ValueOf("a"), std::nullopt);
  }
  EXPECT_EQ(client->stats().transactions, 0u);
  // The connection that it had is good for the next one.
  EXPECT_TRUE(client->Transact([](TransactionCaller& tx) { return Increment(tx, "a"); }).ok());
  EXPECT_EQ(ValueOf("a"), "1");
}

TEST_P(TransactContract, AnyByteIsCarriedThroughATransaction) {
  const auto client = MakeClient();
  std::string bytes("\0\r\n$-1\r\n*", 10);
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const std::string large(4 << 20, 'x');
  const auto committed = client->Transact([&](TransactionCaller& tx) {
    tx.Set(bytes, bytes);
    tx.Set("large", large);
    EXPECT_EQ(*tx.Get(bytes), bytes);
    EXPECT_TRUE(*tx.Get("large") == large);
    return absl::OkStatus();
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(ValueOf(bytes), bytes);
  EXPECT_TRUE(ValueOf("large") == large);
}

// Another client changes what the first attempt has read, before it commits.
TEST_P(TransactContract, AConflictRunsTheFunctionAgainOnWhatIsThereNow) {
  const auto client = MakeClient(WithoutRetryLimits(options()));
  ASSERT_EQ(Raw({"SET", "n", "10"}), "+OK\r\n");
  std::vector<std::string> seen;
  const auto committed = client->Transact([&](TransactionCaller& tx) -> absl::Status {
    const auto value = tx.Get("n");
    if (!value.ok()) return value.status();
    seen.push_back(value->value_or("none"));
    if (seen.size() <= 2) {
      EXPECT_EQ(Raw({"INCRBY", "n", "10"}), absl::StrCat(":", 10 + 10 * seen.size(), "\r\n"));
    }
    tx.Set("n", std::to_string(NumberIn(*value) + 1));
    return absl::OkStatus();
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(seen, (std::vector<std::string>{"10", "20", "30"}));
  EXPECT_EQ(committed->attempts, 3);
  EXPECT_EQ(ValueOf("n"), "31");
  EXPECT_EQ(client->stats().conflicts, 2u);
  EXPECT_EQ(client->stats().retries, 2u);
}

TEST_P(TransactContract, AConflictThatMayNotBeRunAgainIsAnswered) {
  const auto client = MakeClient();
  TransactOptions once;
  once.attempts_max = 1;
  int runs = 0;
  const auto committed = client->Transact(
      [&](TransactionCaller& tx) {
        ++runs;
        const absl::Status status = Increment(tx, "n");
        EXPECT_EQ(Raw({"SET", "n", "7"}), "+OK\r\n");
        return status;
      },
      once);
  EXPECT_TRUE(IsConflict(committed.status())) << committed.status();
  EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kNotExecuted);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(ValueOf("n"), "7");
}

TEST_P(TransactContract, TransactionsOnOtherKeysDoNotConflict) {
  const auto client = MakeClient();
  const auto committed = client->Transact([&](TransactionCaller& tx) {
    const absl::Status status = Increment(tx, "mine");
    EXPECT_EQ(Raw({"SET", "yours", "7"}), "+OK\r\n");
    return status;
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->attempts, 1);
}

// Two transactions each read what the other one writes. Serializable: the second to commit is
// refused and, run again, sees the first.
TEST_P(TransactContract, SerializableTransactionsDoNotSkewEachOthersWrites) {
  const auto first = MakeClient(WithoutRetryLimits(options()));
  const auto second = MakeClient(WithoutRetryLimits(options()));
  TransactOptions serializable;
  serializable.isolation = Isolation::kSerializable;
  ASSERT_EQ(Raw({"MSET", "a", "1", "b", "1"}), "+OK\r\n");
  // Takes one away, if the two are more than one.
  const auto take = [](TransactionCaller& tx, const std::string& key) -> absl::Status {
    const auto both = tx.MultiGet(std::vector<std::string>{"a", "b"});
    if (!both.ok()) return both.status();
    if (NumberIn((*both)[0]) + NumberIn((*both)[1]) > 1) tx.Set(key, "0");
    return absl::OkStatus();
  };
  int runs = 0;
  const auto committed = first->Transact(
      [&](TransactionCaller& tx) {
        const absl::Status status = take(tx, "a");
        if (++runs == 1) {
          const auto other = second->Transact(
              [&](TransactionCaller& tx2) { return take(tx2, "b"); }, serializable);
          EXPECT_TRUE(other.ok()) << other.status();
        }
        return status;
      },
      serializable);
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(ValueOf("a"), "1");
  EXPECT_EQ(ValueOf("b"), "0");
}

TEST_P(TransactContract, AWriteThatTheServerRefusesFailsTheWhole) {
  const auto client = MakeClient();
  ASSERT_EQ(Raw({"SET", "text", "x"}), "+OK\r\n");
  int runs = 0;
  const auto committed = client->Transact([&](TransactionCaller& tx) {
    ++runs;
    tx.Set("a", "1");
    tx.Write(Request("NOSUCH", "text"), {"text"});
    return absl::OkStatus();
  });
  EXPECT_FALSE(committed.ok());
  EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kNotExecuted) << committed.status();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(ValueOf("a"), std::nullopt);
}

TEST_P(TransactContract, ReadsAnswerWithTheirRepliesAndErrors) {
  const auto client = MakeClient();
  ASSERT_EQ(Raw({"MSET", "a", "1", "b", "22"}), "+OK\r\n");
  const auto committed = client->Transact([&](TransactionCaller& tx) -> absl::Status {
    EXPECT_EQ(*tx.MultiGet(std::vector<std::string>{"b", "none", "a"}),
              (std::vector<std::optional<std::string>>{"22", std::nullopt, "1"}));
    const auto length = tx.Read(Request("STRLEN", "b"), {"b"});
    EXPECT_TRUE(length.ok()) << length.status();
    EXPECT_EQ(length->integer(), 2);
    EXPECT_EQ(tx.Read(Request("GET"), {"b"}).status().code(), absl::StatusCode::kInvalidArgument);
    const auto any = tx.Exec(Request("APPEND", "a", "x"));
    if (is_nacre()) {
      EXPECT_EQ(any->integer(), 2);
    } else {
      EXPECT_EQ(any.status().code(), absl::StatusCode::kUnimplemented);
    }
    tx.Set("c", "3");
    return absl::OkStatus();
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(ValueOf("a"), is_nacre() ? "1x" : "1");
  EXPECT_EQ(ValueOf("c"), "3");
}

TEST_P(TransactContract, ReadOnlyCommitsAndMayNotWrite) {
  const auto client = MakeClient();
  ASSERT_EQ(Raw({"SET", "a", "1"}), "+OK\r\n");
  TransactOptions read_only;
  read_only.read_only = true;
  const auto committed = client->Transact(
      [&](TransactionCaller& tx) {
        EXPECT_EQ(*tx.Get("a"), "1");
        return absl::OkStatus();
      },
      read_only);
  EXPECT_TRUE(committed.ok()) << committed.status();
  const auto refused = client->Transact(
      [&](TransactionCaller& tx) {
        tx.Set("a", "2");
        return absl::OkStatus();
      },
      read_only);
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(OutcomeOf(refused.status()), Outcome::kNotExecuted) << refused.status();
  EXPECT_EQ(ValueOf("a"), "1");
}

// WATCH is spoken by both servers; BEGIN by one.
TEST_P(TransactContract, WatchModeWorksWithEitherServer) {
  ClientOptions with = WithoutRetryLimits(options());
  with.transactions = TransactionMode::kWatch;
  const auto client = MakeClient(with);
  int runs = 0;
  const auto committed = client->Transact([&](TransactionCaller& tx) {
    EXPECT_FALSE(tx.is_interactive());
    const absl::Status status = Increment(tx, "n");
    if (++runs == 1) {
      EXPECT_EQ(Raw({"SET", "n", "10"}), "+OK\r\n");
    }
    EXPECT_EQ(tx.Exec(Request("PING")).status().code(), absl::StatusCode::kUnimplemented);
    return status;
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->attempts, 2);
  EXPECT_EQ(committed->timestamp, 0);
  EXPECT_EQ(ValueOf("n"), "11");
}

TEST_P(TransactContract, InteractiveModeAgainstAServerWithoutItIsAnErrorAndNothingIsDone) {
  ClientOptions with = options();
  with.transactions = TransactionMode::kInteractive;
  const auto client = MakeClient(with);
  const auto committed = client->Transact([](TransactionCaller& tx) { return Increment(tx, "n"); });
  EXPECT_EQ(committed.ok(), is_nacre()) << committed.status();
  if (!committed.ok()) {
    EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kNotExecuted);
  }
  EXPECT_EQ(ValueOf("n"), is_nacre() ? std::optional<std::string>("1") : std::nullopt);
}

// The count is what all transactions that were answered with OK say it is: no update is lost and
// none is done twice.
TEST_P(TransactContract, ManyClientsIncrementOneNumberAndNoneIsLost) {
  for (const TransactionMode mode : {TransactionMode::kAuto, TransactionMode::kWatch}) {
    constexpr int kClients = 6;
    constexpr int kIncrements = 40;
    ASSERT_EQ(Raw({"SET", "n", "0"}), "+OK\r\n");
    ClientOptions with = WithoutRetryLimits(options());
    with.transactions = mode;
    with.call_timeout = absl::Seconds(100);
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; ++i) {
      threads.emplace_back([&] {
        const auto client = MakeClient(with);
        for (int j = 0; j < kIncrements; ++j) {
          const auto committed =
              client->Transact([](TransactionCaller& tx) { return Increment(tx, "n"); });
          ASSERT_TRUE(committed.ok()) << committed.status();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(ValueOf("n"), std::to_string(kClients * kIncrements));
  }
}

}  // namespace nacre::client::contract
