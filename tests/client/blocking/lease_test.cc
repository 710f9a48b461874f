// BlockingLease against a server that does what the test says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "nacre/client/blocking.h"
#include "tests/client/support/event.h"
#include "tests/client/support/scripted_server.h"

namespace nacre::client {
namespace {

using support::Bulk;
using support::Event;
using support::Push;
using support::ScriptedServer;

constexpr absl::Duration kForever = absl::InfiniteDuration();

class BlockingLeaseTest : public testing::Test {
 protected:
  void Serve(ScriptedServer::Script script) {
    server_.emplace(std::move(script));
    options_.connection.endpoint.port = server_->port();
    options_.call_timeout = absl::Minutes(1);
    client_.emplace(options_);
  }
  void ServeEcho() {
    Serve([](ScriptedServer::Peer& peer) {
      for (auto words = peer.AnswerHandshake(); words; words = peer.ReadCommand()) {
        peer.Write(Bulk(words->back()));
      }
    });
  }
  BlockingLease Acquire() {
    auto lease = client_->Acquire();
    EXPECT_TRUE(lease.ok()) << lease.status();
    return *std::move(lease);
  }
  std::string Receive(BlockingLease& lease) {
    const auto reply = lease.Receive(kForever);
    return reply.ok()
               ? std::string(reply->kind() == ReplyKind::kPush ? (*reply)[1].text() : reply->text())
               : reply.status().ToString();
  }

  ClientOptions options_;
  std::optional<ScriptedServer> server_;
  std::optional<BlockingClient> client_;
};

TEST_F(BlockingLeaseTest, KnowsItsServer) {
  ServeEcho();
  const BlockingLease lease = Acquire();
  EXPECT_EQ(lease.server().name, "redis");
  EXPECT_EQ(lease.server().version, "7.0.15");
  EXPECT_EQ(lease.server().protocol, 3);
  EXPECT_TRUE(lease.is_open());
}

TEST_F(BlockingLeaseTest, RunsCommandsOnItsOwnConnection) {
  ServeEcho();
  BlockingLease lease = Acquire();
  Request request("ECHO", "a");
  request.Add("ECHO", "b");
  const auto replies = lease.ExecAll(request);
  ASSERT_TRUE(replies.ok()) << replies.status();
  EXPECT_EQ(replies->size(), 2);
  EXPECT_EQ(lease.Exec(Request("ECHO", "c"))->text(), "c");
  EXPECT_EQ(lease.Exec(request).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(BlockingLeaseTest, WhatWasSentIsReceivedInOrder) {
  ServeEcho();
  BlockingLease lease = Acquire();
  Request two("ECHO", "a");
  two.Add("ECHO", "b");
  ASSERT_TRUE(lease.Send(two).ok());
  ASSERT_TRUE(lease.Send(Request("ECHO", "c")).ok());
  EXPECT_EQ(Receive(lease), "a");
  EXPECT_EQ(Receive(lease), "b");
  EXPECT_EQ(Receive(lease), "c");
}

TEST_F(BlockingLeaseTest, APushMessagePastTheBoundOfWhatIsKeptEndsTheConnection) {
  options_.unreceived_bytes_max = 1;  // One message is kept all the same.
  Serve([](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.Write(Push({Bulk("subscribe"), Bulk("news"), support::Integer(1)}));
    peer.Write(Push({Bulk("message"), Bulk("news"), Bulk("past the bound")}));
    peer.WaitUntilClosed();
  });
  BlockingLease lease = Acquire();
  ASSERT_TRUE(lease.Send(Request("SUBSCRIBE", "news")).ok());
  while (lease.is_open()) {  // Each look takes in what has come.
  }
  EXPECT_EQ(Receive(lease), "news");
  for (int i = 0; i < 2; ++i) {
    const auto end = lease.Receive(kForever);
    EXPECT_EQ(end.status().code(), absl::StatusCode::kResourceExhausted) << end.status();
    EXPECT_THAT(std::string(end.status().message()), testing::HasSubstr("unreceived_bytes_max"));
  }
}

TEST_F(BlockingLeaseTest, ABlockingCommandThatOutlastsItsCallIsNoFailureToTheBreaker) {
  options_.breaker.failures = 1;
  Serve([](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.WaitUntilClosed();
  });
  BlockingLease lease = Acquire();
  const auto reply = lease.Exec(Request("BLPOP", "a", "0"), {.timeout = absl::Milliseconds(5)});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(client_->stats().breaker_open);
}

TEST_F(BlockingLeaseTest, SendLeavesAtOnce) {
  ServeEcho();
  BlockingLease lease = Acquire();
  ASSERT_TRUE(lease.Send(Request("ECHO", "a")).ok());
  server_->WaitForCommands(1);  // Although no thread is in a call.
}

TEST_F(BlockingLeaseTest, AReceiveThatTimesOutLeavesAllAsItWas) {
  Event answer;
  Serve([&](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    answer.Wait();
    peer.Write(Bulk("late"));
    peer.WaitUntilClosed();
  });
  BlockingLease lease = Acquire();
  ASSERT_TRUE(lease.Send(Request("ECHO", "a")).ok());
  for (const absl::Duration timeout : {absl::ZeroDuration(), absl::Milliseconds(5)}) {
    EXPECT_EQ(lease.Receive(timeout).status().code(), absl::StatusCode::kDeadlineExceeded);
  }
  answer.Set();
  EXPECT_EQ(Receive(lease), "late");
}

TEST_F(BlockingLeaseTest, PushMessagesAreReceivedBetweenReplies) {
  Serve([](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.ReadCommand();
    peer.Write(Bulk("a") + Push({Bulk("message"), Bulk("pushed")}) + Bulk("b"));
    peer.Write(Push({Bulk("message"), Bulk("unasked")}));
    peer.WaitUntilClosed();
  });
  BlockingLease lease = Acquire();
  ASSERT_TRUE(lease.Send(Request("ECHO", "a")).ok());
  ASSERT_TRUE(lease.Send(Request("ECHO", "b")).ok());
  EXPECT_EQ(Receive(lease), "a");
  EXPECT_EQ(Receive(lease), "pushed");
  EXPECT_EQ(Receive(lease), "b");
  EXPECT_EQ(Receive(lease), "unasked");
}

TEST_F(BlockingLeaseTest, IsNotQuietWhenARequestLeavesOrAReplyComes) {
  Event may_answer;
  Serve([&](ScriptedServer::Peer& peer) {
    for (auto words = peer.AnswerHandshake(); words; words = peer.ReadCommand()) {
      may_answer.Wait();
      peer.Write(Bulk(words->back()));
    }
  });
  BlockingLease lease = Acquire();
  // No earlier, and no later, than the last byte came or left.
  const auto not_after = [&] {
    const auto now = std::chrono::steady_clock::now();
    return now - absl::ToChronoNanoseconds(lease.quiet_for());
  };
  const auto not_before = [&] {
    const absl::Duration quiet = lease.quiet_for();
    return std::chrono::steady_clock::now() - absl::ToChronoNanoseconds(quiet);
  };
  const auto before = std::chrono::steady_clock::now();
  EXPECT_LE(not_after(), before);
  ASSERT_TRUE(lease.Send(Request("ECHO", "a")).ok());
  EXPECT_GE(not_before(), before);
  const auto between = std::chrono::steady_clock::now();
  EXPECT_LE(not_after(), between);
  may_answer.Set();
  EXPECT_EQ(Receive(lease), "a");
  EXPECT_GE(not_before(), between);
}

// CLEAN-LEASE.
TEST_F(BlockingLeaseTest, AConnectionThatHasSubscribedIsNotGivenToTheNext) {
  const auto by_exec = [](BlockingLease& lease) {
    return lease.Exec(Request("SUBSCRIBE", "news")).status();
  };
  const auto by_send = [](BlockingLease& lease) {
    return lease.Send(Request("SUBSCRIBE", "news"));
  };
  Serve([](ScriptedServer::Peer& peer) {
    for (auto words = peer.AnswerHandshake(); words; words = peer.ReadCommand()) {
      peer.Write(Push({Bulk("subscribe"), Bulk("news"), support::Integer(1)}));
    }
  });
  int connections = 0;
  for (const std::function<absl::Status(BlockingLease&)>& subscribe :
       {std::function<absl::Status(BlockingLease&)>(by_exec), {by_send}}) {
    BlockingLease lease = Acquire();
    EXPECT_EQ(server_->connections(), ++connections);
    const absl::Status status = subscribe(lease);
    EXPECT_TRUE(status.ok()) << status;
  }
  const BlockingLease next = Acquire();
  EXPECT_EQ(server_->connections(), ++connections);
}

TEST_F(BlockingLeaseTest, WhatCameBeforeTheEndIsReceivedBeforeIt) {
  Serve([](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.ReadCommand();
    peer.Write(Bulk("a"));
    peer.Close();
  });
  BlockingLease lease = Acquire();
  ASSERT_TRUE(lease.Send(Request("ECHO", "a")).ok());
  ASSERT_TRUE(lease.Send(Request("INCR", "n")).ok());
  EXPECT_EQ(Receive(lease), "a");
  EXPECT_TRUE(IsOutcomeUnknown(lease.Receive(kForever).status()));
  EXPECT_TRUE(IsOutcomeUnknown(lease.Receive(kForever).status()));
  EXPECT_FALSE(lease.is_open());
  EXPECT_EQ(OutcomeOf(lease.Send(Request("ECHO", "b"))), Outcome::kNotExecuted);
}

TEST_F(BlockingLeaseTest, AServerThatLeavesEndsAReceiveWithNothingSent) {
  Serve([](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.Close();
  });
  BlockingLease lease = Acquire();
  EXPECT_TRUE(lease.Exec(Request("PING")).status().code() != absl::StatusCode::kOk);
  EXPECT_EQ(lease.Receive(kForever).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(BlockingLeaseTest, CloseEndsIt) {
  ServeEcho();
  BlockingLease lease = Acquire();
  lease.Close();
  EXPECT_FALSE(lease.is_open());
  EXPECT_EQ(lease.Exec(Request("PING")).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(lease.Receive(kForever).ok());
  server_->WaitForEndedScripts(1);
}

TEST_F(BlockingLeaseTest, ACallThatTimesOutKeepsTheConnectionInStep) {
  Event answer;
  Serve([&](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    answer.Wait();
    peer.Write(Bulk("late"));
    while (const auto words = peer.ReadCommand()) peer.Write(Bulk(words->back()));
  });
  BlockingLease lease = Acquire();
  EXPECT_EQ(
      lease.Exec(Request("ECHO", "late"), {.timeout = absl::Milliseconds(10)}).status().code(),
      absl::StatusCode::kDeadlineExceeded);
  answer.Set();
  EXPECT_EQ(lease.Exec(Request("ECHO", "next"))->text(), "next");
}

TEST_F(BlockingLeaseTest, RepliesWaitWhileTheirHolderIsElsewhere) {
  ServeEcho();
  BlockingLease lease = Acquire();
  ASSERT_TRUE(lease.Send(Request("ECHO", "kept")).ok());
  // Another thread drives meanwhile, and whatever has come for this lease is put aside.
  std::thread other([&] {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(client_->Exec(Request("ECHO", "x")).ok());
  });
  other.join();
  EXPECT_EQ(Receive(lease), "kept");
}

TEST_F(BlockingLeaseTest, GoesBackToThePoolForTheNextHolder) {
  ServeEcho();
  for (int i = 0; i < 3; ++i) {
    BlockingLease lease = Acquire();
    EXPECT_TRUE(lease.Exec(Request("PING")).ok());
  }
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(BlockingLeaseTest, IsNotReusedWithRepliesUnderWay) {
  Serve([](ScriptedServer::Peer& peer) {
    peer.AnswerHandshake();
    peer.WaitUntilClosed();
  });
  {
    BlockingLease lease = Acquire();
    ASSERT_TRUE(lease.Send(Request("ECHO", "a")).ok());
  }
  server_->WaitForEndedScripts(1);
  const BlockingLease next = Acquire();
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(BlockingLeaseTest, IsNotReusedIfItsHolderSaysSo) {
  ServeEcho();
  {
    BlockingLease lease = Acquire();
    lease.DoNotReuse();
  }
  server_->WaitForEndedScripts(1);
  const BlockingLease next = Acquire();
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(BlockingLeaseTest, CanBeMoved) {
  ServeEcho();
  BlockingLease first = Acquire();
  ASSERT_TRUE(first.Send(Request("ECHO", "a")).ok());
  BlockingLease second = std::move(first);
  EXPECT_EQ(Receive(second), "a");
  second = Acquire();  // The first connection goes back.
  EXPECT_EQ(second.Exec(Request("ECHO", "b"))->text(), "b");
}

TEST_F(BlockingLeaseTest, MayOutliveItsClient) {
  ServeEcho();
  BlockingLease lease = Acquire();
  client_.reset();
  EXPECT_FALSE(lease.is_open());
  EXPECT_FALSE(lease.Exec(Request("PING")).ok());
  EXPECT_FALSE(lease.Receive(kForever).ok());
}

}  // namespace
}  // namespace nacre::client
