// Stopping, in this process.

#include <gmock/gmock.h>

#include <thread>

#include "tests/server/parse_all.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::HasSubstr;
using Shutdown = ServerTest;

TEST_F(Shutdown, WhatHasArrivedIsAnswered) {
  WireClient client = Connect();
  constexpr int kRequests = 1000;  // Fewer bytes than the window that a new connection offers.
  std::string pipeline;
  for (int i = 0; i < kRequests; ++i) pipeline += Encode({"INCR", "n"});
  ASSERT_TRUE(client.SendRaw(pipeline));
  // The first reply: the connection is served. Over loopback, what was sent has arrived by now.
  ASSERT_EQ(client.Read(), ":1");
  server().Stop();
  for (int i = 2; i <= kRequests; ++i) ASSERT_EQ(client.Read(), ":" + std::to_string(i));
  EXPECT_EQ(client.Read(), "(closed)");
}

TEST_F(Shutdown, OpenTransactionsAreRolledBack) {
  WireClient client = Connect();
  Converse(client, {{"BEGIN", "+OK"}, {"SET a 1", "+OK"}});
  server().Stop();
  EXPECT_EQ(client.Read(), "(closed)");
  EXPECT_EQ(server().database().KeyCount().value(), 0u);
}

TEST_F(Shutdown, AClientThatDoesNotReadIsNotWaitedForForEver) {
  options_.shutdown_timeout = absl::Milliseconds(100);
  WireClient client = Connect();
  EXPECT_EQ(client.DoWords({"SET", "k", std::string(1 << 20, 'x')}), "+OK");
  for (int i = 0; i < 64; ++i) client.Send("GET k");
  server().Stop();
}

TEST_F(Shutdown, IdleAndHalfSentClientsAreClosed) {
  WireClient idle = Connect();
  WireClient half = Connect();
  EXPECT_EQ(idle.Do("PING"), "+PONG");
  EXPECT_EQ(half.Do("PING"), "+PONG");
  half.SendRaw("*2\r\n$3\r\nGET");
  server().Stop();
  EXPECT_EQ(idle.Read(), "(closed)");
  EXPECT_EQ(half.Read(), "(closed)");
}

TEST_F(Shutdown, StoppingTwiceIsOnce) {
  Connect().Do("PING");
  server().Stop();
  server().Stop();
}

TEST_F(Shutdown, ABusyPortIsAClearError) {
  ServerOptions second = options_;
  second.port = server().port();
  const auto started = Server::Start(second);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.status().code(), absl::StatusCode::kUnavailable);
  const std::string message(started.status().message());
  EXPECT_THAT(message, HasSubstr("127.0.0.1:" + std::to_string(second.port)));
  EXPECT_THAT(message, HasSubstr("--port N"));
}

TEST_F(Shutdown, AnAddressThatIsNoneIsAClearError) {
  ServerOptions options = options_;
  options.bind = "nonsense";
  EXPECT_THAT(std::string(Server::Start(options).status().message()), HasSubstr("--bind"));
}

}  // namespace
}  // namespace nacre::server
