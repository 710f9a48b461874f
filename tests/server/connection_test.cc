// Connections, introspection, INFO and CONFIG.

#include <gmock/gmock.h>

#include "tests/server/parse_all.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;
using ConnectionCommands = ServerTest;

TEST_F(ConnectionCommands, PingEchoQuit) {
  WireClient client = Connect();
  Converse(client, {{"PING", "+PONG"},
                    {"PING hi", "\"hi\""},
                    {"PING a b", "-ERR wrong number of arguments for 'ping' command"},
                    {"ECHO hi", "\"hi\""},
                    {"ECHO", "-ERR wrong number of arguments for 'echo' command"},
                    {"QUIT", "+OK"}});
  EXPECT_EQ(client.Read(), "(closed)");
}

TEST_F(ConnectionCommands, InlineCommands) {
  WireClient client = Connect();
  client.SendRaw("PING\r\nSET k \"a b\"\nGET k\r\n\r\n\nECHO 'x'\n");
  EXPECT_EQ(client.Read(), "+PONG");
  EXPECT_EQ(client.Read(), "+OK");
  EXPECT_EQ(client.Read(), "\"a b\"");
  EXPECT_EQ(client.Read(), "\"x\"");
}

TEST_F(ConnectionCommands, RepliesComeInOrderAlsoBehindSlowOnes) {
  WireClient client = Connect();
  std::string pipeline;
  for (int i = 0; i < 100; ++i) {
    pipeline += Encode({"SET", "k", std::to_string(i)}) + Encode({"KEYS", "*"}) +
                Encode({"GET", "k"}) + Encode({"RANGE", "-", "+", "WITHVALUES"});
  }
  ASSERT_TRUE(client.SendRaw(pipeline));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.Read(), "+OK");
    EXPECT_EQ(client.Read(), "[\"k\"]");
    EXPECT_EQ(client.Read(), "\"" + std::to_string(i) + "\"");
    EXPECT_EQ(client.Read(), "[\"k\", \"" + std::to_string(i) + "\"]");
  }
}

TEST_F(ConnectionCommands, Hello) {
  WireClient client = Connect();
  EXPECT_THAT(client.Do("HELLO"), AllOf(StartsWith("[\"server\", \"nacre\", \"version\", "),
                                        HasSubstr("\"proto\", :2,")));
  EXPECT_THAT(client.Do("HELLO 3"),
              AllOf(StartsWith("{\"server\": \"nacre\", \"version\": "),
                    HasSubstr("\"proto\": :3,"), HasSubstr("\"mode\": \"standalone\""),
                    HasSubstr("\"role\": \"master\""), HasSubstr("\"modules\": []")));
  Converse(client, {{"HELLO 4", "-NOPROTO unsupported protocol version"},
                    {"HELLO 1", "-NOPROTO unsupported protocol version"},
                    {"HELLO abc", "-ERR Protocol version is not an integer or out of range"},
                    {"HELLO 3 foo", "-ERR Syntax error in HELLO option 'foo'"},
                    {"HELLO 3 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'"},
                    {"HELLO 3 AUTH x y",
                     "-WRONGPASS invalid username-password pair or user is disabled."}});
  EXPECT_THAT(client.Do("HELLO 3 AUTH default any SETNAME me"), StartsWith("{"));
  EXPECT_EQ(client.Do("CLIENT GETNAME"), "\"me\"");
  EXPECT_EQ(client.DoWords({"HELLO", "2", "SETNAME", "a b"}),
            "-ERR Client names cannot contain spaces, newlines or special characters.");
  EXPECT_EQ(client.Do("GET none"), "(nil)") << "still RESP3";
  EXPECT_THAT(client.Do("HELLO 2"), StartsWith("["));
}

TEST_F(ConnectionCommands, Auth) {
  WireClient client = Connect();
  Converse(client,
           {{"AUTH secret",
             "-ERR AUTH <password> called without any password configured for the default user. "
             "Are you sure your configuration is correct?"},
            {"AUTH default any", "+OK"},
            {"AUTH someone any", "-WRONGPASS invalid username-password pair or user is disabled."},
            {"AUTH a b c", "-ERR syntax error"}});
}

TEST_F(ConnectionCommands, ClientNamesAndIds) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(client,
           {{"CLIENT GETNAME", "(nil)"},
            {"CLIENT SETNAME me", "+OK"},
            {"client getname", "\"me\""},
            {"CLIENT SETINFO LIB-NAME lib", "+OK"},
            {"CLIENT SETINFO lib-ver 1.2", "+OK"},
            {"CLIENT SETINFO color red", "-ERR Unrecognized option 'color'"},
            {"CLIENT nonsense", "-ERR unknown subcommand 'nonsense'. Try CLIENT HELP."},
            {"CLIENT SETNAME", "-ERR wrong number of arguments for 'client|setname' command"},
            {"CLIENT", "-ERR wrong number of arguments for 'client' command"}});
  EXPECT_EQ(client.DoWords({"CLIENT", "SETNAME", ""}), "+OK");
  EXPECT_EQ(client.Do("CLIENT GETNAME"), "(nil)");
  EXPECT_EQ(client.DoWords({"CLIENT", "SETNAME", "a\nb"}),
            "-ERR Client names cannot contain spaces, newlines or special characters.");
  EXPECT_THAT(client.Do("CLIENT ID"), MatchesRegex(":[0-9]+"));
  EXPECT_NE(client.Do("CLIENT ID"), other.Do("CLIENT ID"));
  EXPECT_THAT(client.Do("CLIENT HELP"), HasSubstr("GETNAME"));
}

TEST_F(ConnectionCommands, ServersInsideAProgramAreStoppedByIt) {
  Converse(*std::make_unique<WireClient>(Connect()),
           {{"SHUTDOWN", "-ERR Errors trying to SHUTDOWN. Check logs."}});
  std::atomic<int> asked = 0;
  server_->Stop();
  server_.reset();
  options_.on_shutdown = [&] { ++asked; };
  WireClient client = Connect();
  client.Send("SHUTDOWN");
  EXPECT_EQ(client.Read(), "(closed)");
  EXPECT_EQ(asked, 1);
}

TEST_F(ConnectionCommands, LolwutEndsWithTheVersion) {
  WireClient client = Connect();
  for (const char* request : {"LOLWUT", "LOLWUT VERSION 5", "LOLWUT VERSION 6 20 10"}) {
    EXPECT_THAT(client.Do(request),
                MatchesRegex("\"(.|\n)*\nNacre ver. [0-9.]+, after Redis ver. [0-9.]+\n\""));
  }
  EXPECT_EQ(client.Do("LOLWUT VERSION x"), "-ERR value is not an integer or out of range");
  WireClient three = ConnectWithResp3();
  EXPECT_THAT(three.Do("LOLWUT"), StartsWith("="));
}

TEST_F(ConnectionCommands, ResetIsLikeANewConnection) {
  WireClient client = ConnectWithResp3();
  Converse(client, {{"CLIENT SETNAME me", "+OK"},
                    {"CLIENT NO-EVICT ON", "+OK"},
                    {"SELECT 3", "+OK"},
                    {"SET k v", "+OK"},
                    {"WATCH k", "+OK"},
                    {"MULTI", "+OK"},
                    {"SET k w", "+QUEUED"},
                    {"RESET", "+RESET"},
                    {"EXEC", "-ERR EXEC without MULTI"},
                    {"CLIENT GETNAME", "(nil)"},
                    {"GET k", "(nil)"},
                    {"SELECT 3", "+OK"},
                    {"GET k", "\"v\""}});
  EXPECT_THAT(client.Do("CLIENT INFO"), HasSubstr(" flags=N "));
}

TEST_F(ConnectionCommands, SelectTellsNumbersFromDatabases) {
  WireClient client = Connect();
  const std::string wide =
      "-ERR value is out of range, value must between -2147483648 and 2147483647";
  Converse(client, {{"SELECT x", "-ERR value is not an integer or out of range"},
                    {"SELECT 16", "-ERR DB index is out of range"},
                    {"SELECT -2147483648", "-ERR DB index is out of range"},
                    {"SELECT 2147483648", wide},
                    {"SELECT -2147483649", wide}});
}

TEST_F(ConnectionCommands, AnUnknownCommandIsNotTakenForTheOneBefore) {
  WireClient client = Connect();
  WireClient other = Connect();
  const std::string id = client.Do("CLIENT ID").substr(1);
  client.Do("nonsense");
  EXPECT_THAT(other.Do("CLIENT LIST ID " + id), HasSubstr(" cmd=NULL "));
}

TEST_F(ConnectionCommands, UnknownCommandsAreQuotedButNotWithoutEnd) {
  WireClient client = Connect();
  Converse(client, {{"foo", "-ERR unknown command 'foo', with args beginning with: "},
                    {"foo a b", "-ERR unknown command 'foo', with args beginning with: 'a' 'b' "}});
  EXPECT_LT(client.DoWords({std::string(100'000, 'x'), std::string(100'000, 'y')}).size(), 400u);
  EXPECT_EQ(client.DoWords({"a\r\nb"}), "-ERR unknown command 'a  b', with args beginning with: ");
  EXPECT_EQ(client.DoWords({std::string("ge\0", 3)}).substr(0, 4), "-ERR");
}

TEST_F(ConnectionCommands, InfoReportsRealNumbers) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2", "+OK"}, {"SELECT 2", "+OK"}, {"SET c 3", "+OK"}});
  EXPECT_EQ(Info("connected_clients"), 2u);
  EXPECT_EQ(Info("loading"), 0u);
  EXPECT_EQ(Info("tcp_port"), server().port());
  EXPECT_EQ(Info("commits"), server().database().GetStats().commits);
  const uint64_t commands = Info("total_commands_processed");
  EXPECT_EQ(client.Do("PING"), "+PONG");
  EXPECT_EQ(Info("total_commands_processed"), commands + 2);
  const uint64_t errors = Info("total_error_replies");
  client.Do("nonsense");
  EXPECT_EQ(Info("total_error_replies"), errors + 1);
  EXPECT_EQ(client.Do("BEGIN"), "+OK");
  EXPECT_EQ(Info("clients_in_transaction"), 1u);
  EXPECT_EQ(Info("active_snapshots"), 1u);
  EXPECT_EQ(":" + std::to_string(Info("oldest_snapshot_client")), client.Do("CLIENT ID"));
  EXPECT_THAT(client.Do("INFO keyspace"), AllOf(StartsWith("\"# Keyspace\r\ndb0:keys=2,"),
                                                HasSubstr("db2:keys=1,"), Not(HasSubstr("# CPU"))));
  EXPECT_EQ(client.Do("INFO nonsense"), "\"\"");
  EXPECT_THAT(client.Do("INFO server clients"),
              AllOf(HasSubstr("# Server"), HasSubstr("# Clients"), HasSubstr("redis_version:")));
  WireClient three = ConnectWithResp3();
  EXPECT_THAT(three.Do("INFO server"), StartsWith("=# Server"));
}

}  // namespace
}  // namespace nacre::server
