// BlockingClient against a server that does what the test says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "nacre/client/blocking.h"
#include "tests/client/support/event.h"
#include "tests/client/support/reserved_port.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::client {
namespace {

using support::Bulk;
using support::CannedReplies;
using support::Event;
using support::ScriptedServer;
using support::Words;
using testing::ElementsAre;

using Text = std::optional<std::string>;

ClientOptions OptionsFor(const ScriptedServer& server) {
  ClientOptions options;
  options.connection.endpoint.port = server.port();
  options.call_timeout = absl::Minutes(1);
  return options;
}

// "GET x" is answered "of x", anything else by its own words.
void Echo(ScriptedServer::Peer& peer) {
  for (auto words = peer.AnswerHandshake(); words; words = peer.ReadCommand()) {
    peer.Write(Bulk(words->size() == 2 ? "of " + words->at(1) : words->at(0)));
  }
}

TEST(BlockingClient, AReplyIsConverted) {
  ScriptedServer server(CannedReplies().On("GET a", Bulk("1")).On("GET b", support::NullBulk()));
  BlockingClient client(OptionsFor(server));
  EXPECT_EQ(*client.Exec<std::string>(Request("GET", "a")), "1");
  EXPECT_EQ(*client.Exec<int64_t>(Request("GET", "a")), 1);
  EXPECT_EQ(*client.Exec<Text>(Request("GET", "b")), std::nullopt);
}

TEST(BlockingClient, AnErrorReplyIsTheStatusOfExec) {
  ScriptedServer server(CannedReplies().On("GET", support::ErrorReplyText("WRONGTYPE no string")));
  BlockingClient client(OptionsFor(server));
  const absl::Status status = client.Exec(Request("GET", "a")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorCode(status), "WRONGTYPE");
}

TEST(BlockingClient, ACallAfterAPauseInWhichTheServerHasClosedGoesToANewConnection) {
  Event answered, closed;
  std::atomic<int> connections = 0;
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    if (connections++ > 0) return Echo(peer);
    peer.AnswerHandshake();  // And reads the first call.
    peer.Write(Bulk("first"));
    answered.Wait();
    peer.Close();
    closed.Set();
  });
  BlockingClient client(OptionsFor(server));
  EXPECT_EQ(*client.Exec<std::string>(Request("GET", "a")), "first");
  answered.Set();
  closed.Wait();
  const auto second = client.Exec<std::string>(Request("GET", "b"));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(*second, "of b");
  EXPECT_EQ(server.connections(), 2);
}

TEST(BlockingClient, ExecRefusesMoreThanOneCommand) {
  ScriptedServer server(Echo);
  BlockingClient client(OptionsFor(server));
  Request two("GET", "a");
  two.Add("GET", "b");
  EXPECT_EQ(client.Exec(two).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(server.connections(), 0);
}

TEST(BlockingClient, ExecAllKeepsErrorRepliesInTheirPlace) {
  ScriptedServer server(CannedReplies()
                            .On("GET a", Bulk("1"))
                            .On("GET b", support::ErrorReplyText("ERR no"))
                            .On("GET c", Bulk("3")));
  BlockingClient client(OptionsFor(server));
  Request request("GET", "a");
  request.Add("GET", "b").Add("GET", "c");
  const auto replies = client.ExecAll(request);
  ASSERT_TRUE(replies.ok()) << replies.status();
  ASSERT_EQ(replies->size(), 3);
  EXPECT_EQ((*replies)[0].text(), "1");
  EXPECT_TRUE((*replies)[1].is_error());
  EXPECT_EQ((*replies)[2].text(), "3");
}

TEST(BlockingClient, ExecEachHandsOutRepliesInOrder) {
  ScriptedServer server(Echo);
  BlockingClient client(OptionsFor(server));
  Request request;
  for (const char* key : {"a", "b", "c"}) request.Add("GET", key);
  std::vector<std::string> texts;
  EXPECT_TRUE(
      client.ExecEach(request, [&](ReplyView reply) { texts.emplace_back(reply.text()); }).ok());
  EXPECT_THAT(texts, ElementsAre("of a", "of b", "of c"));
}

TEST(BlockingClient, ARequestWithoutCommandsIsDoneAtOnce) {
  ScriptedServer server(Echo);
  BlockingClient client(OptionsFor(server));
  const auto replies = client.ExecAll(Request());
  ASSERT_TRUE(replies.ok()) << replies.status();
  EXPECT_TRUE(replies->empty());
}

TEST(BlockingClient, WithoutAServerACallIsUnavailable) {
  const support::ReservedPort nobody;
  ClientOptions options;
  options.connection.endpoint.port = nobody.port();
  options.call_timeout = absl::Milliseconds(50);
  BlockingClient client(options);
  const absl::Status status = client.Exec(Request("GET", "a")).status();
  EXPECT_THAT(status.code(),
              testing::AnyOf(absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(OutcomeOf(status), Outcome::kNotExecuted);
}

TEST(BlockingClient, AConnectionLostBeforeTheReplyIsOutcomeUnknown) {
  ScriptedServer server([](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.Reset();
  });
  BlockingClient client(OptionsFor(server));
  EXPECT_TRUE(IsOutcomeUnknown(client.Exec(Request("INCR", "n")).status()));
}

TEST(BlockingClient, EveryThreadGetsItsOwnReplies) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 300;
  ScriptedServer server(Echo);
  BlockingClient client(OptionsFor(server));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kCalls; ++n) {
        const std::string key = std::to_string(i) + ":" + std::to_string(n);
        const auto value = client.Exec<std::string>(Request("GET", key));
        if (!value.ok() || *value != "of " + key) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(client.stats().requests, kThreads * kCalls);
}

// --- One thread and the others ---

// Answers "GET slow" when `answer` is set, "GET never" not at all, and else echoes.
ScriptedServer::Script EchoBut(const Event& answer) {
  return [&answer](ScriptedServer::Peer& peer) {
    for (auto words = peer.AnswerHandshake(); words; words = peer.ReadCommand()) {
      if (words->back() == "never") continue;
      if (words->back() == "slow") answer.Wait();
      peer.Write(Bulk("of " + words->back()));
    }
  };
}

// A thread in a call on a connection of its own, which it has sent when this returns.
class SlowThread {
 public:
  SlowThread(BlockingClient& client, ScriptedServer& server, size_t commands_before,
             CallOptions options = {})
      : thread_([this, &client, options] {
          auto lease = client.Acquire();
          ASSERT_TRUE(lease.ok()) << lease.status();
          result_ = lease->Exec(Request("GET", "slow"), options);
        }) {
    server.WaitForCommands(commands_before + 1);
  }
  absl::StatusOr<Reply> Join() {
    thread_.join();
    return result_;
  }

 private:
  absl::StatusOr<Reply> result_ = absl::UnknownError("has not run");
  std::thread thread_;
};

TEST(BlockingClient, ASlowCallOfOneThreadDoesNotHoldUpOthers) {
  Event answer;
  ScriptedServer server(EchoBut(answer));
  BlockingClient client(OptionsFor(server));
  SlowThread slow(client, server, 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(*client.Exec<std::string>(Request("GET", "quick")), "of quick");
  }
  answer.Set();
  const auto result = slow.Join();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->text(), "of slow");
}

TEST(BlockingClient, ACallTimesOutWhileAnotherThreadLeads) {
  Event answer;
  ScriptedServer server(EchoBut(answer));
  absl::Status status;
  {
    BlockingClient client(OptionsFor(server));
    ASSERT_TRUE(client.Exec(Request("GET", "quick")).ok());  // On a connection that stands by then.
    SlowThread slow(client, server, 1);
    status = client.Exec(Request("GET", "never"), {.timeout = absl::Milliseconds(20)}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
    answer.Set();
    EXPECT_TRUE(slow.Join().ok());
  }
  server.WaitForEndedScripts(server.connections());
  // On a busy machine its time may have been over before it was sent.
  const std::vector<Words> commands = server.commands();
  EXPECT_EQ(IsOutcomeUnknown(status),
            std::find(commands.begin(), commands.end(), Words{"GET", "never"}) != commands.end());
}

TEST(BlockingClient, AThreadThatHasTimedOutLeavesTheOthersDriven) {
  Event answer;
  ScriptedServer server(EchoBut(answer));
  BlockingClient client(OptionsFor(server));
  SlowThread first(client, server, 0, {.timeout = absl::Milliseconds(100)});
  SlowThread second(client, server, 1);
  EXPECT_EQ(first.Join().status().code(), absl::StatusCode::kDeadlineExceeded);
  answer.Set();
  const auto result = second.Join();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->text(), "of slow");
}

// --- Push messages ---

TEST(BlockingClient, PollWaitsForAPushMessage) {
  Event push;
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.Write(Bulk("x"));
    push.Wait();
    peer.Write(support::Push({Bulk("invalidate"), Bulk("key")}));
    peer.WaitUntilClosed();
  });
  BlockingClient client(OptionsFor(server));
  std::vector<std::string> pushed;
  client.SetPushHandler([&](ReplyView message) { pushed.emplace_back(message[1].text()); });
  EXPECT_TRUE(client.Exec(Request("GET", "x")).ok());
  EXPECT_FALSE(client.Poll(absl::ZeroDuration()));
  EXPECT_FALSE(client.Poll(absl::Milliseconds(5)));
  push.Set();
  EXPECT_TRUE(client.Poll(absl::InfiniteDuration()));
  EXPECT_THAT(pushed, ElementsAre("key"));
}

TEST(BlockingClient, AMessageThatHasArrivedAlreadyEndsPoll) {
  Event push, pushed;
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.Write(Bulk("x"));
    push.Wait();
    peer.Write(support::Push({Bulk("invalidate"), Bulk("key")}));
    pushed.Set();
    peer.WaitUntilClosed();
  });
  BlockingClient client(OptionsFor(server));
  client.SetPushHandler([](ReplyView) {});
  EXPECT_TRUE(client.Exec(Request("GET", "x")).ok());
  push.Set();
  pushed.Wait();
  EXPECT_TRUE(client.Poll(absl::Seconds(10)));
}

TEST(BlockingClient, APushMessageComesDuringACall) {
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.Write(support::Push({Bulk("invalidate"), Bulk("key")}) + Bulk("x"));
    peer.WaitUntilClosed();
  });
  BlockingClient client(OptionsFor(server));
  int pushes = 0;
  client.SetPushHandler([&](ReplyView) { ++pushes; });
  EXPECT_EQ(*client.Exec<std::string>(Request("GET", "x")), "x");
  EXPECT_EQ(pushes, 1);
}

TEST(BlockingClient, EveryThreadInPollSeesThatAMessageHasCome) {
  Event push;
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.Write(Bulk("x"));
    push.Wait();
    for (;;) {  // Until a write fails.
      if (!peer.Write(support::Push({Bulk("invalidate"), Bulk("key")}))) return;
      std::this_thread::yield();
    }
  });
  BlockingClient client(OptionsFor(server));
  client.SetPushHandler([](ReplyView) {});
  EXPECT_TRUE(client.Exec(Request("GET", "x")).ok());
  std::atomic<int> seen = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { seen += client.Poll(absl::InfiniteDuration()) ? 1 : 0; });
  }
  push.Set();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen, 4);
}

// --- The end ---

TEST(BlockingClient, DestroyingAnIdleClientClosesItsConnections) {
  ScriptedServer server(Echo);
  {
    BlockingClient client(OptionsFor(server));
    EXPECT_TRUE(client.Exec(Request("GET", "x")).ok());
  }
  server.WaitForEndedScripts(1);
}

TEST(BlockingClient, OneThatWasNeverUsedConnectsToNobody) {
  ScriptedServer server(Echo);
  { const BlockingClient client(OptionsFor(server)); }
  EXPECT_EQ(server.connections(), 0);
}

TEST(BlockingClientDeathTest, AHandlerThatCallsTheClientEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        ScriptedServer server(Echo);
        BlockingClient client(OptionsFor(server));
        (void)client.ExecEach(Request("GET", "x"),
                              [&](ReplyView) { (void)client.Exec(Request("GET", "y")); });
      },
      "a handler has called the client");
}

}  // namespace
}  // namespace nacre::client
