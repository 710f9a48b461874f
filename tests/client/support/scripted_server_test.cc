#include "tests/client/support/scripted_server.h"

#include <unistd.h>

#include <cerrno>
#include <string>

#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "tests/client/support/event.h"
#include "tests/client/support/raw_client.h"
#include "tests/client/support/reserved_port.h"

namespace nacre::client::support {
namespace {

TEST(ScriptedServer, GivesEachConnectionItsOwnScript) {
  ScriptedServer server([](ScriptedServer::Peer& peer) {
    while (const auto command = peer.ReadCommand()) {
      peer.Write(Bulk(std::to_string(peer.number()) + " " + (*command)[0]));
    }
  });
  RawClient first(server.port());
  EXPECT_EQ(first.Do({"A"}), Bulk("0 A"));
  RawClient second(server.port());
  EXPECT_EQ(second.Do({"B"}), Bulk("1 B"));
  EXPECT_EQ(first.Do({"C"}), Bulk("0 C"));
  const std::vector<ScriptedServer::Received> expected = {{0, {"A"}}, {1, {"B"}}, {0, {"C"}}};
  EXPECT_EQ(server.received(), expected);
  EXPECT_EQ(server.connections(), 2);
}

TEST(ScriptedServer, ReadsRequestsThatAreSplitOrGlued) {
  ScriptedServer server(CannedReplies().On("GET", Bulk("x")));
  RawClient client(server.port());
  const std::string request = RequestBytes({"GET", "key"});
  for (const char byte : request + request) ASSERT_TRUE(client.Send(std::string(1, byte)));
  ASSERT_TRUE(client.Send(request + request));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(client.ReadReply(), Bulk("x"));
  EXPECT_EQ(server.commands(), std::vector<Words>(4, {"GET", "key"}));
}

TEST(ScriptedServer, SaysWhatItIsUnlessTold) {
  ScriptedServer server(CannedReplies().ServerIs("nacre", "1.2"));
  RawClient client(server.port());
  EXPECT_EQ(client.Do({"PING"}), "+PONG\r\n");
  const std::string hello = client.Do({"HELLO", "2", "SETNAME", "me"});
  EXPECT_TRUE(hello.starts_with("*14\r\n$6\r\nserver\r\n$5\r\nnacre\r\n$7\r\nversion\r\n$3\r\n1.2"))
      << hello;
  EXPECT_EQ(client.Do({"SELECT", "3"}), "+OK\r\n");
  EXPECT_EQ(client.Do({"CLIENT", "SETNAME", "you"}), "+OK\r\n");
  EXPECT_TRUE(client.Do({"GET", "key"}).starts_with("-ERR unknown command 'GET'"));
  EXPECT_TRUE(client.Do({"HELLO", "4"}).starts_with("-NOPROTO"));
  ASSERT_TRUE(client.Send(RequestBytes({"hello", "3"})));
  std::string bytes;
  while (!bytes.ends_with("modules\r\n*0\r\n")) ASSERT_TRUE(client.socket().Receive(bytes));
  EXPECT_TRUE(bytes.starts_with("%7\r\n$6\r\nserver\r\n")) << bytes;

  ScriptedServer old(CannedReplies().WithoutHello());
  EXPECT_TRUE(RawClient(old.port()).Do({"HELLO", "3"}).starts_with("-ERR unknown command"));
}

TEST(ScriptedServer, TakesOnlyTheRightPassword) {
  ScriptedServer server(CannedReplies().Password("secret").On("GET", Bulk("canned")));
  RawClient client(server.port());
  EXPECT_TRUE(client.Do({"PING"}).starts_with("-NOAUTH"));
  EXPECT_TRUE(client.Do({"HELLO", "2"}).starts_with("-NOAUTH"));
  EXPECT_TRUE(client.Do({"AUTH", "wrong"}).starts_with("-WRONGPASS"));
  EXPECT_TRUE(client.Do({"HELLO", "2", "AUTH", "other", "secret"}).starts_with("-WRONGPASS"));
  EXPECT_TRUE(client.Do({"HELLO", "2", "AUTH", "default", "secret"}).starts_with("*14"));
  EXPECT_EQ(client.Do({"PING"}), "+PONG\r\n");
}

TEST(ScriptedServer, TheLongestMatchAnswers) {
  ScriptedServer server(CannedReplies()
                            .On("GET", Bulk("any"))
                            .On("GET a", Bulk("a"))
                            .On("GET a b", Bulk("ab"))
                            .On("PING", "-ERR no\r\n"));
  RawClient client(server.port());
  EXPECT_EQ(client.Do({"get", "c"}), Bulk("any"));
  EXPECT_EQ(client.Do({"GET", "a"}), Bulk("a"));
  EXPECT_EQ(client.Do({"GET", "a", "b", "c"}), Bulk("ab"));
  EXPECT_EQ(client.Do({"PING"}), "-ERR no\r\n");
}

TEST(ScriptedServer, AScriptBeginsBehindTheHandshake) {
  ScriptedServer server([](ScriptedServer::Peer& peer) {
    const auto command = peer.AnswerHandshake();
    ASSERT_TRUE(command);
    peer.Write(Bulk((*command)[0] + " " + std::to_string(peer.session().database)));
    peer.FinishWriting();
    peer.WaitUntilClosed();
  });
  RawClient client(server.port());
  EXPECT_EQ(client.Do({"SELECT", "5"}), "+OK\r\n");
  EXPECT_EQ(client.Do({"GET", "x"}), Bulk("GET 5"));
  EXPECT_EQ(client.ReadReply(), "");
  client.socket().Close();
  server.WaitForEndedScripts(1);
  EXPECT_EQ(server.received().size(), 2u);
  EXPECT_EQ(server.commands(), std::vector<Words>({{"GET", "x"}}));
}

TEST(ScriptedServer, TheClientSeesAnEndOrAnError) {
  ScriptedServer server([](ScriptedServer::Peer& peer) {
    if (!peer.ReadCommand()) return;
    if (peer.number() == 0) peer.Close();
    if (peer.number() == 1) peer.Reset();
  });
  for (const int error : {0, ECONNRESET}) {
    RawClient client(server.port());
    client.Send(RequestBytes({"X"}));
    errno = 0;
    EXPECT_EQ(client.ReadReply(), "");
    EXPECT_EQ(errno, error);
  }
}

TEST(ScriptedServer, AScriptSeesThatTheClientHasGone) {
  Event gone;
  ScriptedServer server([&](ScriptedServer::Peer& peer) {
    EXPECT_FALSE(peer.ReadCommand());
    gone.Set();
  });
  RawClient client(server.port());
  ASSERT_TRUE(client.Send("*1\r\n$5\r\nhal"));
  client.socket().Close();
  gone.Wait();
  EXPECT_TRUE(server.received().empty());
}

TEST(ScriptedServer, AServerThatStopsReadingFillsTheSocketAndEndsWhenStopped) {
  ScriptedServer server([](ScriptedServer::Peer& peer) { peer.StopReading(); },
                        {.receive_buffer_bytes = 4096});
  RawClient client(server.port());
  std::thread sender([&] {
    while (client.Send(std::string(1 << 20, 'x'))) {
    }
  });
  server.WaitForConnections(1);
  server.Stop();
  sender.join();
  EXPECT_TRUE(server.received().empty());
}

TEST(ScriptedServer, ListensAtAPathOrAGivenPort) {
  const std::string path =
      ::testing::TempDir() + "nacre-scripted-" + std::to_string(::getpid()) + ".sock";
  ScriptedServer at_path(CannedReplies(), {.unix_path = path});
  EXPECT_EQ(RawClient(path).Do({"PING"}), "+PONG\r\n");
  at_path.Stop();
  EXPECT_FALSE(RawClient(path).is_open());
  ::unlink(path.c_str());

  const ReservedPort port;
  EXPECT_FALSE(RawClient(port.port()).is_open());
  for (int i = 0; i < 3; ++i) {
    ScriptedServer server(CannedReplies(), {.port = port.port()});
    EXPECT_EQ(RawClient(port.port()).Do({"PING"}), "+PONG\r\n");
    EXPECT_FALSE(port.is_free());
  }
  EXPECT_TRUE(port.is_free());
  EXPECT_FALSE(RawClient(port.port()).is_open());
}

// The failure of another thread is seen by the handler of the process only.
TEST(ScriptedServer, WhatIsNoRequestFailsTheTest) {
  EXPECT_NONFATAL_FAILURE_ON_ALL_THREADS(
      {
        ScriptedServer server(CannedReplies{});
        RawClient client(server.port());
        client.Send("nonsense\r\n");
        EXPECT_EQ(client.ReadReply(), "");
      },
      "what is no request");
}

}  // namespace
}  // namespace nacre::client::support
