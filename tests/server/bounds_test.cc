// Bounds, protocol mistakes, and clients that misbehave.

#include <gmock/gmock.h>

#include <random>

#include "tests/server/parse_all.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::StartsWith;
using Bounds = ServerTest;
using Abuse = ServerTest;

TEST_F(Bounds, ClientsAreCounted) {
  options_.clients_max = 3;
  WireClient first = Connect();
  WireClient second = Connect();
  EXPECT_EQ(first.Do("PING"), "+PONG");
  EXPECT_EQ(second.Do("PING"), "+PONG");
  {
    WireClient third = Connect();
    EXPECT_EQ(third.Do("PING"), "+PONG");
    WireClient fourth = Connect();
    EXPECT_EQ(fourth.Read(), "-ERR max number of clients reached");
    EXPECT_EQ(fourth.Read(), "(closed)");
    EXPECT_EQ(third.Do("PING"), "+PONG");
  }
  // As soon as the third is gone there is room again.
  EXPECT_TRUE(Eventually([&] { return Connect().Do("PING") == "+PONG"; }));
}

TEST_F(Bounds, ARequestOfTheLargestSizesIsRun) {
  options_.request.bulk_bytes_max = 4096;
  options_.request.args_max = 5;
  WireClient client = Connect();
  EXPECT_EQ(client.DoWords({"SET", std::string(4096, 'k'), std::string(4096, 'v')}), "+OK");
  EXPECT_EQ(client.Do("MSET a 1 b 2"), "+OK");
  EXPECT_EQ(client.DoWords({"APPEND", std::string(4096, 'k'), "x"}),
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  EXPECT_EQ(client.DoWords({"SET", "k", std::string(4097, 'v')}),
            "-ERR Protocol error: invalid bulk length");
  EXPECT_EQ(client.Read(), "(closed)");
  WireClient other = Connect();
  EXPECT_EQ(other.Do("MGET a b c d e"), "-ERR Protocol error: invalid multibulk length");
  EXPECT_EQ(other.Read(), "(closed)");
}

TEST_F(Bounds, TheQueryBufferIsBounded) {
  options_.request.request_bytes_max = 10'000;
  WireClient client = Connect();
  const std::string header = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n";
  const std::string fits(10'000 - header.size() - std::string("$9000\r\n\r\n").size(), 'x');
  EXPECT_EQ(client.DoWords({"SET", "k", fits}), "+OK");
  EXPECT_EQ(client.DoWords({"SET", "k", fits + "x"}),
            "-ERR Protocol error: request is larger than the query buffer limit of 10000 bytes");
  EXPECT_EQ(client.Read(), "(closed)");
}

TEST_F(Bounds, InlineRequestsAreBounded) {
  WireClient client = Connect();
  client.SendRaw("ECHO " + std::string(65'536 - 5, 'x') + "\n");
  EXPECT_EQ(client.Read(), "\"" + std::string(65'531, 'x') + "\"");
  client.SendRaw(std::string(65'537, 'x'));
  EXPECT_EQ(client.Read(), "-ERR Protocol error: too big inline request");
  EXPECT_EQ(client.Read(), "(closed)");
}

TEST_F(Bounds, OneReplyIsBounded) {
  options_.reply_bytes_max = 1000;
  WireClient client = Connect();
  const std::string value(400, 'x');
  EXPECT_EQ(client.DoWords({"MSET", "a", value, "b", value, "c", value}), "+OK");
  EXPECT_THAT(client.Do("MGET a b"), StartsWith("["));
  EXPECT_EQ(client.Do("RANGE - + LIMIT 0 3"), "[\"a\", \"b\", \"c\"]");
  const std::string error =
      "-ERR the reply would be larger than 1000 bytes; ask for less at a time";
  Converse(client, {{"MGET a b c", error},
                    {"RANGE - + WITHVALUES", error},
                    {"MULTI", "+OK"},
                    {"SET d 1", "+QUEUED"},
                    {"GET a", "+QUEUED"},
                    {"GET b", "+QUEUED"},
                    {"GET c", "+QUEUED"},
                    {"EXEC", error},
                    // Nothing of it has happened.
                    {"EXISTS d", ":0"}});
  for (int i = 0; i < 100; ++i) client.Do("SET key:" + std::to_string(i) + " x");
  EXPECT_EQ(client.Do("KEYS key:*"), error);
  EXPECT_EQ(client.Do("BEGIN"), "+OK");
  EXPECT_EQ(client.Do("KEYS *"), error);
  EXPECT_EQ(client.Do("GET key:1"), "\"x\"");
  EXPECT_THAT(client.Do("COMMIT"), StartsWith(":"));
}

TEST_F(Bounds, MemoryIsBounded) {
  options_.memory_bytes_max = 8 << 20;
  WireClient client = Connect();
  const std::string value(10'000, 'x');
  std::string reply;
  int written = 0;
  while (written < 5000 &&
         (reply = client.DoWords({"SET", "k" + std::to_string(written), value})) == "+OK") {
    ++written;
  }
  const std::string oom = "-OOM command not allowed when used memory > 'maxmemory'.";
  EXPECT_EQ(reply, oom);
  EXPECT_GT(written, 100);
  EXPECT_EQ(client.DoWords({"MSET", "a", value, "b", value}), oom);
  // Inside a transaction it is the commit that finds out, and nothing of it happens.
  Converse(client, {{"BEGIN", "+OK"}, {"SET small 1", "+OK"}});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.DoWords({"SET", "a", value}), "+OK");
  EXPECT_EQ(client.Do("COMMIT"), oom);
  EXPECT_EQ(client.Do("MULTI"), "+OK");
  EXPECT_EQ(client.DoWords({"SET", "a", value}), "+QUEUED");
  Converse(client, {{"EXEC", oom}, {"EXISTS a b small", ":0"}, {"STRLEN k0", ":10000"}});
  // Deleting is how one gets out.
  Converse(client, {{"DEL k0 k1 k2", ":3"}, {"FLUSHALL", "+OK"}});
  EXPECT_TRUE(Eventually([&] { return client.DoWords({"SET", "a", value}) == "+OK"; }));
}

// A client that sends and never reads: the server stops running its requests, and nobody else
// notices.
TEST_F(Abuse, AClientThatNeverReadsIsLeftAlone) {
  options_.output_bytes_max = 1 << 20;
  WireClient other = Connect();
  const std::string value(64 << 10, 'x');
  EXPECT_EQ(other.DoWords({"SET", "k", value}), "+OK");
  WireClient client = Connect();
  std::string gets;
  for (int i = 0; i < 1000; ++i) gets += Encode({"GET", "k"});
  // 4000 replies of 64 KiB are far more than the kernel and the bound take together.
  size_t accepted = 0;
  for (int i = 0; i < 4; ++i) accepted += client.SendWithoutWaiting(gets);
  EXPECT_GT(accepted, 0u);
  EXPECT_TRUE(Eventually([&] { return Info("total_net_output_bytes") > (1 << 20); }));
  // It has come to rest when its count of commands does not move while others are served.
  uint64_t before = 0;
  EXPECT_TRUE(Eventually([&] {
    const uint64_t now = Info("total_net_output_bytes");
    const bool rests = now < before + (32 << 10);
    before = now;
    return rests;
  }));
  EXPECT_EQ(other.Do("PING"), "+PONG");
  EXPECT_LT(Info("total_commands_processed"), 3000u) << "ran on without a reader";
  // Once it reads, it gets everything in order.
  const size_t requests = accepted / Encode({"GET", "k"}).size();
  for (size_t i = 0; i < requests; ++i) ASSERT_EQ(client.Read().size(), value.size() + 2);
}

TEST_F(Abuse, MistakesCloseTheConnectionWithAnError) {
  const std::vector<Exchange> mistakes = {
      {"*x\r\n", "-ERR Protocol error: invalid multibulk length"},
      {"*1048577\r\n", "-ERR Protocol error: invalid multibulk length"},
      {"*99999999999999999999999\r\n", "-ERR Protocol error: invalid multibulk length"},
      {"*1\r\n+PING\r\n", "-ERR Protocol error: expected '$', got '+'"},
      {"*1\r\n\r\n", "-ERR Protocol error: expected '$', got ' '"},
      {"*1\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length"},
      {"*1\r\n$999999999999\r\n", "-ERR Protocol error: invalid bulk length"},
      {"*1\r\n$4\r\nPINGPING", "-ERR Protocol error: expected CRLF behind a bulk string"},
      {"GET \"k\r\n", "-ERR Protocol error: unbalanced quotes in request"},
      {"POST / HTTP/1.1\r\nHost: x\r\n\r\nFLUSHALL\r\n", "-ERR this is not an HTTP server"},
  };
  WireClient other = Connect();
  EXPECT_EQ(other.Do("SET k v"), "+OK");
  for (const Exchange& mistake : mistakes) {
    WireClient client = Connect();
    // What was asked before is answered; what comes behind is not run, however much it is.
    client.SendRaw("PING\r\n" + mistake.request + "\r\nSET k changed\r\n" +
                   std::string(100'000, 'x'));
    EXPECT_EQ(client.Read(), "+PONG") << mistake.request;
    EXPECT_EQ(client.Read(), mistake.reply);
    EXPECT_EQ(client.Read(), "(closed)") << mistake.request;
  }
  EXPECT_EQ(other.Do("GET k"), "\"v\"");
}

TEST_F(Abuse, HalfARequestAndGone) {
  WireClient other = Connect();
  for (const std::string half : {"*3\r\n$3\r\nSET\r\n$1\r\nk", "*3\r\n", "GET k", "*", "\""}) {
    WireClient client = Connect();
    client.SendRaw(half);
    client.ShutDownSending();
    EXPECT_EQ(client.Read(), "(closed)");
  }
  EXPECT_EQ(other.Do("DBSIZE"), ":0");
}

TEST_F(Abuse, RepliesStillComeToAClientThatHasShutItsSide) {
  WireClient client = Connect();
  std::string pipeline;
  for (int i = 0; i < 1000; ++i) pipeline += "INCR n\r\n";
  client.SendRaw(pipeline);
  client.ShutDownSending();
  for (int i = 1; i <= 1000; ++i) ASSERT_EQ(client.Read(), ":" + std::to_string(i));
  EXPECT_EQ(client.Read(), "(closed)");
}

TEST_F(Abuse, RubbishHarmsNobody) {
  WireClient other = Connect();
  EXPECT_EQ(other.Do("SET k v"), "+OK");
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    WireClient client = Connect();
    std::string rubbish(random() % 3000, '\0');
    for (char& c : rubbish) c = static_cast<char>(random());
    if (round % 2 == 0) rubbish.insert(0, "*3\r\n$3\r\nGET\r\n");
    client.SendRaw(rubbish);
    if (round % 3 == 0) {
      client.ShutDownSending();
      while (client.Read() != "(closed)") {
      }
    }
  }
  EXPECT_EQ(other.Do("GET k"), "\"v\"");
  EXPECT_TRUE(Eventually([&] { return Info("connected_clients") == 2; }));
}

TEST_F(Abuse, DisconnectsInTheMiddleOfSlowCommandsAndLargeReplies) {
  WireClient other = Connect();
  for (int i = 0; i < 2000; ++i)
    other.SendWords({"SET", "key:" + std::to_string(i), std::string(500, 'x')});
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(other.Read(), "+OK");
  for (int round = 0; round < 30; ++round) {
    WireClient client = Connect();
    client.SendRaw(Encode({"BEGIN"}) + Encode({"SET", "mine", "1"}));
    for (int i = 0; i < 20; ++i) client.Send("RANGE - + WITHVALUES");
    if (round % 2 == 0) client.Read();
  }
  EXPECT_TRUE(Eventually([&] {
    return Info("connected_clients") == 2 && Info("clients_in_transaction") == 0 &&
           Info("clients_in_slow_command") == 0;
  }));
  EXPECT_EQ(other.Do("EXISTS mine"), ":0");
}

}  // namespace
}  // namespace nacre::server
