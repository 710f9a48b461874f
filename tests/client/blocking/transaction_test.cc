// How BlockingTransaction is carried over a connection that fails: against a server that does what
// the test says. What it decides is tested without I/O in transact/.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "nacre/client/blocking.h"
#include "nacre/client/errors.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::client {
namespace {

using support::Bulk;
using support::CannedReplies;
using support::ScriptedServer;

CannedReplies Nacre() {
  return CannedReplies()
      .ServerIs("nacre", "0.1.0")
      .On("BEGIN", support::SimpleString("OK"))
      .On("GET", Bulk("1"))
      .On("SET", support::SimpleString("OK"))
      .On("ROLLBACK", support::SimpleString("OK"))
      .On("COMMIT", support::Integer(17));
}

// Each connection behaves until it reads `last`, and ends then; those from `good` on do not end.
ScriptedServer::Script EndingAt(std::string last, int good) {
  return [last, good](ScriptedServer::Peer& peer) {
    const CannedReplies replies = Nacre();
    if (peer.number() >= good) {
      peer.AnswerAll(replies);
      return;
    }
    CannedReplies::Session session;
    for (auto words = peer.AnswerHandshake(replies); words; words = peer.ReadCommand()) {
      if (words->at(0) == last) {
        peer.Reset();
        return;
      }
      peer.Write(replies.ReplyTo(*words, session));
    }
  };
}

ClientOptions OptionsFor(const ScriptedServer& server) {
  ClientOptions options;
  options.connection.endpoint.port = server.port();
  options.call_timeout = absl::Minutes(1);
  options.reconnect = {absl::Microseconds(10), absl::Milliseconds(1)};
  options.conflict_backoff = {absl::Microseconds(10), absl::Milliseconds(1)};
  return options;
}

class CountingTransaction {
 public:
  explicit CountingTransaction(BlockingClient& client, TransactOptions options = {})
      : result_(client.Transact(
            [&](BlockingTransaction& tx) -> absl::Status {
              ++runs_;
              if (const auto value = tx.Get("n"); !value.ok()) return value.status();
              tx.Set("n", "2");
              return absl::OkStatus();
            },
            options)) {}

  int runs() const { return runs_; }
  const absl::StatusOr<Committed>& result() const { return result_; }

 private:
  int runs_ = 0;
  absl::StatusOr<Committed> result_;
};

TEST(BlockingTransaction, ACommitAnswersItsTimestamp) {
  ScriptedServer server(Nacre());
  BlockingClient client(OptionsFor(server));
  const CountingTransaction transaction(client);
  ASSERT_TRUE(transaction.result().ok()) << transaction.result().status();
  EXPECT_EQ(transaction.result()->timestamp, 17);
  EXPECT_EQ(transaction.result()->attempts, 1);
}

TEST(BlockingTransaction, AConnectionLostAtCommitIsOutcomeUnknownAndNotRunAgain) {
  ScriptedServer server(EndingAt("COMMIT", /*good=*/1));
  BlockingClient client(OptionsFor(server));
  const CountingTransaction transaction(client);
  EXPECT_TRUE(IsOutcomeUnknown(transaction.result().status())) << transaction.result().status();
  EXPECT_EQ(transaction.runs(), 1);
  EXPECT_EQ(server.connections(), 1);
}

TEST(BlockingTransaction, AConnectionLostBeforeCommitIsRunAgainOnAnother) {
  for (const char* last : {"BEGIN", "GET", "SET"}) {
    SCOPED_TRACE(last);
    ScriptedServer server(EndingAt(last, /*good=*/2));
    BlockingClient client(OptionsFor(server));
    const CountingTransaction transaction(client);
    ASSERT_TRUE(transaction.result().ok()) << transaction.result().status();
    EXPECT_EQ(transaction.result()->attempts, 3);
    EXPECT_EQ(transaction.runs(), 3);
    EXPECT_EQ(client.stats().retries, 2);
    EXPECT_EQ(client.stats().transactions, 1);
  }
}

TEST(BlockingTransaction, ConflictsAreRunAgainUpToAttemptsMax) {
  CannedReplies replies = Nacre();
  replies.On("COMMIT", support::ErrorReplyText("CONFLICT n"));
  ScriptedServer server(replies);
  BlockingClient client(OptionsFor(server));
  const CountingTransaction transaction(client, {.attempts_max = 3});
  EXPECT_EQ(transaction.result().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(transaction.runs(), 3);
  EXPECT_EQ(client.stats().conflicts, 3);
  EXPECT_EQ(client.stats().transactions, 0);
  EXPECT_EQ(server.connections(), 1);
}

TEST(BlockingTransaction, TheRetryBudgetEndsIt) {
  CannedReplies replies = Nacre();
  replies.On("COMMIT", support::ErrorReplyText("CONFLICT n"));
  ScriptedServer server(replies);
  ClientOptions options = OptionsFor(server);
  options.retry_budget = {.share = 0, .per_second_min = 0};
  BlockingClient client(options);
  const CountingTransaction transaction(client);
  EXPECT_FALSE(transaction.result().ok());
  EXPECT_EQ(transaction.runs(), 1);
  EXPECT_EQ(client.stats().retries_denied, 1);
}

TEST(BlockingTransaction, IsARequestThatFillsTheRetryBudget) {
  CannedReplies replies = Nacre();
  replies.On("COMMIT", support::ErrorReplyText("CONFLICT n"));
  ScriptedServer server(replies);
  ClientOptions options = OptionsFor(server);
  options.retry_budget = {.share = 1, .per_second_min = 0};
  BlockingClient client(options);
  EXPECT_EQ(CountingTransaction(client).runs(), 2);
  EXPECT_EQ(client.stats().retries_denied, 1);
}

TEST(BlockingTransaction, TimeoutsOpenTheBreakerAlthoughConnectionsComeUp) {
  ScriptedServer server([](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake(Nacre());
    peer.WaitUntilClosed();
  });
  ClientOptions options = OptionsFor(server);
  options.breaker.failures = 2;
  options.breaker.open_for = options.breaker.open_for_max = absl::Hours(1);
  BlockingClient client(options);
  for (int i = 0; i < 20 && !client.stats().breaker_open; ++i) {
    const CountingTransaction transaction(client, {.timeout = absl::Milliseconds(5)});
    EXPECT_EQ(transaction.result().status().code(), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_TRUE(client.stats().breaker_open);
  EXPECT_GE(server.connections(), 2);
}

TEST(BlockingTransaction, TheModeChosenByTheOptionsWins) {
  CannedReplies replies = Nacre();
  replies.On("WATCH", support::SimpleString("OK"))
      .On("MULTI", support::SimpleString("OK"))
      .On("SET", support::SimpleString("QUEUED"))
      .On("EXEC", support::Array({support::SimpleString("OK")}));
  ScriptedServer server(replies);
  ClientOptions options = OptionsFor(server);
  options.transactions = TransactionMode::kWatch;
  BlockingClient client(options);
  const CountingTransaction transaction(client);
  ASSERT_TRUE(transaction.result().ok()) << transaction.result().status();
  EXPECT_EQ(transaction.result()->timestamp, 0);
}

TEST(BlockingTransaction, WithoutATimeLeftFnIsNotRun) {
  ScriptedServer server(Nacre());
  BlockingClient client(OptionsFor(server));
  const CountingTransaction transaction(client, {.timeout = absl::Nanoseconds(-1)});
  EXPECT_EQ(transaction.result().status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(transaction.runs(), 0);
}

}  // namespace
}  // namespace nacre::client
