// Transact() against servers that fail at a chosen moment.

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nacre/client/client.h"
#include "nacre/client/errors.h"
#include "tests/client/run_coroutine.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::client {
namespace {

using support::CannedReplies;
using support::Integer;
using support::NullBulk;
using support::ScriptedServer;
using support::Words;

constexpr char kOk[] = "+OK\r\n";

// Answers a transaction of either kind.
CannedReplies Replies(const std::string& server) {
  return CannedReplies()
      .ServerIs(server, "1.0.0")
      .On("BEGIN", kOk)
      .On("WATCH", kOk)
      .On("MULTI", kOk)
      .On("GET", NullBulk())
      .On("COMMIT", Integer(42))
      .On("ROLLBACK", kOk)
      .On("UNWATCH", kOk);
}

// Answers the commands of a connection until one comes that is called `stop`, which is not
// answered. False: the client has gone before.
bool AnswerUntil(ScriptedServer::Peer& peer, const std::string& stop, const CannedReplies& replies,
                 const std::string& to_set) {
  CannedReplies::Session session;
  bool is_queueing = false;
  for (auto words = peer.AnswerHandshake(replies); words; words = peer.ReadCommand()) {
    if ((*words)[0] == stop) return true;
    if ((*words)[0] == "MULTI") is_queueing = true;
    if ((*words)[0] == "SET") {
      peer.Write(is_queueing ? "+QUEUED\r\n" : to_set);
    } else if ((*words)[0] == "EXEC") {
      peer.Write("*1\r\n+OK\r\n");
    } else {
      peer.Write(replies.ReplyTo(*words, session));
    }
  }
  return false;
}

class TransactOutcomeTest : public testing::Test {
 protected:
  static ClientOptions OptionsFor(const ScriptedServer& server) {
    ClientOptions options;
    options.connection.endpoint.port = server.port();
    return options;
  }
  absl::StatusOr<Committed> Increment(Client& client, TransactOptions options = {}) {
    return RunCoroutine(context_, client.Transact(
                                      [this](Transaction& tx) -> Awaitable<absl::Status> {
                                        ++runs_;
                                        const auto value = co_await tx.Get("n");
                                        if (!value.ok()) co_return value.status();
                                        tx.Set("n", "1");
                                        co_return absl::OkStatus();
                                      },
                                      options));
  }
  static int64_t CountOf(const std::string& command, const ScriptedServer& server) {
    const std::vector<Words> commands = server.commands();
    return std::count_if(commands.begin(), commands.end(),
                         [&](const Words& words) { return words[0] == command; });
  }

  boost::asio::io_context context_;
  int runs_ = 0;
};

// NEVER-TWICE, UNKNOWN-STAYS-UNKNOWN.
TEST_F(TransactOutcomeTest, AConnectionLostBetweenCommitAndItsReplyIsOutcomeUnknown) {
  for (const auto& [server_name, command] :
       {std::pair("nacre", "COMMIT"), std::pair("redis", "EXEC")}) {
    runs_ = 0;
    const CannedReplies replies = Replies(server_name);
    const std::string last = command;
    ScriptedServer server([&](ScriptedServer::Peer& peer) {
      if (AnswerUntil(peer, last, replies, kOk)) peer.Reset();
    });
    Client client(context_, OptionsFor(server));
    const auto committed = Increment(client);
    EXPECT_EQ(committed.status().code(), absl::StatusCode::kUnknown) << committed.status();
    EXPECT_TRUE(IsOutcomeUnknown(committed.status()));
    EXPECT_EQ(runs_, 1);
    EXPECT_EQ(CountOf(command, server), 1);
    EXPECT_EQ(client.stats().retries, 0u);
  }
}

TEST_F(TransactOutcomeTest, AConnectionLostBeforeTheCommitIsRunAgain) {
  for (const auto& [server_name, command, commits] :
       {std::tuple("nacre", "GET", "COMMIT"), std::tuple("nacre", "SET", "COMMIT"),
        std::tuple("redis", "GET", "EXEC"), std::tuple("redis", "WATCH", "EXEC")}) {
    runs_ = 0;
    const CannedReplies replies = Replies(server_name);
    const std::string lost_at = command;
    ScriptedServer server([&](ScriptedServer::Peer& peer) {
      if (AnswerUntil(peer, peer.number() == 0 ? lost_at : "", replies, kOk)) peer.Reset();
    });
    Client client(context_, OptionsFor(server));
    const auto committed = Increment(client);
    ASSERT_TRUE(committed.ok()) << command << committed.status();
    EXPECT_EQ(committed->attempts, 2);
    EXPECT_EQ(runs_, 2);
    EXPECT_EQ(CountOf(commits, server), 1);
  }
}

TEST_F(TransactOutcomeTest, ALoadingServerIsTriedAgain) {
  const CannedReplies replies = Replies("nacre");
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    // A connection on which BEGIN was refused is not used again.
    if (!AnswerUntil(peer, peer.number() == 0 ? "BEGIN" : "", replies, kOk)) return;
    peer.Write("-LOADING the data set\r\n");
    AnswerUntil(peer, "", replies, kOk);
  });
  Client client(context_, OptionsFor(server));
  const auto committed = Increment(client);
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->attempts, 2);
}

// ALL-OR-NOTHING.
TEST_F(TransactOutcomeTest, NoCommitIsSentAfterAWriteThatFailed) {
  const CannedReplies replies = Replies("nacre");
  ScriptedServer server(
      [&](ScriptedServer::Peer& peer) { AnswerUntil(peer, "", replies, "-OOM used memory\r\n"); });
  Client client(context_, OptionsFor(server));
  EXPECT_EQ(ErrorCode(Increment(client).status()), "OOM");
  EXPECT_EQ(CountOf("COMMIT", server), 0);
  EXPECT_EQ(CountOf("ROLLBACK", server), 1);
}

TEST_F(TransactOutcomeTest, ATimeoutDuringTheCommitIsOutcomeUnknown) {
  const CannedReplies replies = Replies("nacre");
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    if (AnswerUntil(peer, "COMMIT", replies, kOk)) peer.WaitUntilClosed();
  });
  Client client(context_, OptionsFor(server));
  const auto committed = Increment(client, {.timeout = absl::Milliseconds(300)});
  EXPECT_EQ(committed.status().code(), absl::StatusCode::kDeadlineExceeded) << committed.status();
  EXPECT_TRUE(IsOutcomeUnknown(committed.status()) || CountOf("COMMIT", server) == 0);
  EXPECT_EQ(runs_, 1);
}

TEST_F(TransactOutcomeTest, ATimeoutDuringAReadHasExecutedNothing) {
  const CannedReplies replies = Replies("nacre");
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    if (AnswerUntil(peer, "GET", replies, kOk)) peer.WaitUntilClosed();
  });
  Client client(context_, OptionsFor(server));
  const auto committed = Increment(client, {.timeout = absl::Milliseconds(50)});
  EXPECT_EQ(committed.status().code(), absl::StatusCode::kDeadlineExceeded) << committed.status();
  EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kNotExecuted);
  EXPECT_EQ(CountOf("COMMIT", server), 0);
}

TEST_F(TransactOutcomeTest, AClientThatIsClosedDuringAReadEndsTheTransaction) {
  const CannedReplies replies = Replies("nacre");
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    if (AnswerUntil(peer, "GET", replies, kOk)) peer.WaitUntilClosed();
  });
  auto client = std::make_unique<Client>(context_, OptionsFor(server));
  const auto closing = [&]() -> Awaitable<int> {
    co_await Until([&] { return CountOf("GET", server) == 1; });
    client.reset();
    co_return 0;
  };
  boost::asio::co_spawn(context_, closing(), [](auto, int) {});
  const auto committed = Increment(*client);
  EXPECT_EQ(committed.status().code(), absl::StatusCode::kCancelled) << committed.status();
  EXPECT_EQ(OutcomeOf(committed.status()), Outcome::kNotExecuted);
}

TEST_F(TransactOutcomeTest, AForcedModeIsNotAskedOfTheServer) {
  ScriptedServer server(
      [&](ScriptedServer::Peer& peer) { AnswerUntil(peer, "", Replies("redis"), kOk); });
  ClientOptions options = OptionsFor(server);
  options.transactions = TransactionMode::kInteractive;
  Client client(context_, options);
  EXPECT_EQ(Increment(client)->timestamp, 42);
}

}  // namespace
}  // namespace nacre::client
