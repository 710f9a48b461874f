// CONFIG, and what its settings do.

#include <gmock/gmock.h>

#include "server/settings/spec.h"
#include "tests/server/parse_all.h"
#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Config = ServerTest;
using Password = ServerTest;

std::string Failed(std::string_view name, std::string_view mistake) {
  return "-ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " +
         std::string(mistake);
}

TEST_F(Config, GetShowsWhatMatches) {
  WireClient client = Connect();
  Converse(client, {{"CONFIG GET save", "[\"save\", \"\"]"},
                    {"CONFIG GET appendonly", "[\"appendonly\", \"no\"]"},
                    {"CONFIG GET MAXMEMORY-P*", "[\"maxmemory-policy\", \"noeviction\"]"},
                    {"CONFIG GET save databases save", "[\"databases\", \"16\", \"save\", \"\"]"},
                    {"CONFIG GET nonsense", "[]"},
                    {"CONFIG GET", "-ERR wrong number of arguments for 'config|get' command"}});
  EXPECT_EQ(client.Do("CONFIG GET port"),
            "[\"port\", \"" + std::to_string(server().port()) + "\"]");
  EXPECT_EQ(client.Do("CONFIG GET io-threads"), "[\"io-threads\", \"2\"]");
  // An alias is a name of its own.
  EXPECT_EQ(client.Do("CONFIG GET *max-ziplist-value"),
            "[\"hash-max-ziplist-value\", \"64\", \"zset-max-ziplist-value\", \"64\"]");
  EXPECT_THAT(client.Do("CONFIG GET *"), Not(HasSubstr("key-load-delay"))) << "hidden";
  EXPECT_EQ(client.Do("CONFIG GET key-load-delay"), "[\"key-load-delay\", \"0\"]");
  WireClient three = ConnectWithResp3();
  EXPECT_EQ(three.Do("CONFIG GET save"), "{\"save\": \"\"}");
}

TEST_F(Config, EverySettingTakesTheValueThatItShows) {
  WireClient client = Connect();
  const std::string all = client.Do("CONFIG GET *");
  for (const auto& specs : {EffectiveSettings(), AcceptedSettings()}) {
    for (const SettingSpec& spec : specs) {
      const std::string name(spec.name);
      const std::string shown = client.DoWords({"CONFIG", "GET", name});
      const std::string head = "[\"" + name + "\", \"";
      ASSERT_THAT(shown, StartsWith(head));
      const std::string value = shown.substr(head.size(), shown.size() - head.size() - 2);
      std::string expected = "+OK";
      if (spec.Has(kImmutable)) expected = Failed(name, "can't set immutable config");
      if (spec.Has(kProtected)) expected = Failed(name, "can't set protected config");
      EXPECT_EQ(client.DoWords({"CONFIG", "SET", name, value}), expected);
      EXPECT_EQ(client.DoWords({"CONFIG", "GET", name}), shown);
      if (!spec.alias.empty()) {
        EXPECT_EQ(client.DoWords({"CONFIG", "GET", std::string(spec.alias)}),
                  "[\"" + std::string(spec.alias) + "\", \"" + value + "\"]");
      }
    }
  }
  EXPECT_EQ(client.Do("CONFIG GET *"), all);
}

TEST_F(Config, SetIsAllOrNothing) {
  WireClient client = Connect();
  Converse(client,
           {{"CONFIG SET maxmemory 100mb hz 50", "+OK"},
            {"CONFIG GET maxmemory hz", "[\"hz\", \"50\", \"maxmemory\", \"104857600\"]"},
            {"CONFIG SET hz 60 maxmemory-clients 200%",
             Failed("maxmemory-clients", "percentage argument must be less or equal to 100")},
            {"CONFIG SET hz 60 hz 70", Failed("hz", "duplicate parameter")},
            {"CONFIG SET hz 60 slave-priority 1 replica-priority 2",
             Failed("replica-priority", "duplicate parameter")},
            {"CONFIG SET hz 60 nonsense 1",
             "-ERR Unknown option or number of arguments for CONFIG SET - 'nonsense'"},
            {"CONFIG SET hz 60 daemonize yes", Failed("daemonize", "can't set immutable config")},
            {"CONFIG SET hz 60 dir .", Failed("dir", "can't set protected config")},
            {"CONFIG SET hz 60 maxmemory", "-ERR syntax error"},
            {"CONFIG SET hz", "-ERR wrong number of arguments for 'config|set' command"},
            {"CONFIG GET hz", "[\"hz\", \"50\"]"}});
}

TEST_F(Config, ValuesAreCheckedInTheWordsOfRedis) {
  WireClient client = Connect();
  Converse(
      client,
      {{"CONFIG SET hz x", Failed("hz", "argument couldn't be parsed into an integer")},
       {"CONFIG SET hz -1", Failed("hz", "argument must be between 0 and 2147483647 inclusive")},
       {"CONFIG SET maxmemory 1x", Failed("maxmemory", "argument must be a memory value")},
       {"CONFIG SET maxmemory -1", Failed("maxmemory", "argument must be a memory value")},
       {"CONFIG SET activedefrag x", Failed("activedefrag", "argument must be 'yes' or 'no'")},
       {"CONFIG SET loglevel loud",
        Failed("loglevel",
               "argument(s) must be one of the following: debug, verbose, notice, warning")},
       {"CONFIG SET save nonsense", Failed("save", "Invalid save parameters")},
       {"CONFIG SET notify-keyspace-events KX",
        Failed("notify-keyspace-events", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")},
       {"CONFIG SET notify-keyspace-events KEA", "+OK"},
       {"CONFIG GET notify-keyspace-events", "[\"notify-keyspace-events\", \"AKE\"]"},
       {"CONFIG SET proto-max-bulk-len 1023kb",
        Failed("proto-max-bulk-len", "argument must be between 1048576 and 536870912 inclusive")},
       {"CONFIG SET port 1", Failed("port",
                                    "Unable to listen on this port. It is chosen when the server "
                                    "starts.")},
       {"CONFIG SET appendonly yes",
        Failed("appendonly", "argument(s) must be one of the following: no")},
       {"CONFIG SET HZ 11 SHUTDOWN-TIMEOUT 1", "+OK"},
       {"CONFIG GET hz", "[\"hz\", \"11\"]"}});
  EXPECT_EQ(client.DoWords({"CONFIG", "SET", "save", "3600 1  60 10000"}), "+OK");
  EXPECT_EQ(client.Do("CONFIG GET save"), "[\"save\", \"3600 1 60 10000\"]");
  EXPECT_EQ(client.DoWords({"CONFIG", "SET", "shutdown-on-sigterm", "now nosave"}), "+OK");
  EXPECT_EQ(client.Do("CONFIG GET shutdown-on-sigterm"),
            "[\"shutdown-on-sigterm\", \"nosave now\"]");
  EXPECT_EQ(client.DoWords({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 1kb 2 3"}),
            "+OK");
  EXPECT_EQ(client.DoWords({"CONFIG", "SET", "client-output-buffer-limit", "replica 4 5 6"}),
            "+OK");
  EXPECT_EQ(client.Do("CONFIG GET client-output-buffer-limit"),
            "[\"client-output-buffer-limit\", \"normal 0 0 0 slave 4 5 6 pubsub 1024 2 3\"]");
}

TEST_F(Config, LimitsChangeWhileTheServerRuns) {
  WireClient client = Connect();
  const std::string oom = "-OOM command not allowed when used memory > 'maxmemory'.";
  const std::string large(2 << 20, 'x');
  Converse(client, {{"SET k v", "+OK"},
                    {"CONFIG SET maxmemory 1", "+OK"},
                    {"SET k w", oom},
                    {"GET k", "\"v\""},
                    {"CONFIG SET maxmemory 0 maxclients 1 reply-bytes-max 1024", "+OK"},
                    {"SET k w", "+OK"}});
  EXPECT_EQ(Connect().Read(), "-ERR max number of clients reached");
  EXPECT_EQ(client.DoWords({"SET", "k", large.substr(0, 600)}), "+OK");
  EXPECT_THAT(client.Do("MGET k k"), StartsWith("-ERR the reply would be larger than 1024 bytes"));
  Converse(client, {{"CONFIG SET maxclients 100 proto-max-bulk-len 1mb", "+OK"}});
  WireClient other = Connect();
  EXPECT_EQ(other.DoWords({"SET", "k", large}), "-ERR Protocol error: invalid bulk length");
  // Also for who is connected already.
  EXPECT_EQ(client.Do("CONFIG SET proto-max-bulk-len 4mb"), "+OK");
  EXPECT_EQ(client.DoWords({"SET", "k", large}), "+OK");
}

TEST_F(Config, SecondsKeepAllTheirDigits) {
  WireClient client = Connect();
  Converse(
      client,
      {{"CONFIG SET timeout 1234567 shutdown-timeout 100000 transaction-idle-timeout 0.0000000001",
        "+OK"},
       {"CONFIG GET timeout", "[\"timeout\", \"1234567\"]"},
       {"CONFIG GET shutdown-timeout", "[\"shutdown-timeout\", \"100000\"]"},
       {"CONFIG GET transaction-idle-timeout",
        "[\"transaction-idle-timeout\", \"0.0000000001\"]"}});
  // What is not zero is not taken for zero, which stands for no limit.
  EXPECT_EQ(client.Do("BEGIN"), "+OK");
  EXPECT_TRUE(Eventually([&] { return client.Do("GET k").substr(0, 14) == "-NOTRANSACTION"; }));
}

TEST_F(Config, ResetStatNeverMakesACounterNegative) {
  WireClient client = Connect();
  std::atomic<bool> done = false;
  std::thread resetter([&] {
    WireClient other = Connect();
    while (!done) EXPECT_EQ(other.Do("CONFIG RESETSTAT"), "+OK");
  });
  for (int i = 0; i < 300; ++i) {
    EXPECT_LT(Info("total_commands_processed"), 1'000'000u);
    EXPECT_LT(Info("total_net_input_bytes"), 1'000'000'000u);
  }
  done = true;
  resetter.join();
}

TEST_F(Config, ResetStatAndRewrite) {
  WireClient client = Connect();
  client.Do("nonsense");
  EXPECT_GE(Info("total_error_replies"), 1u);
  EXPECT_EQ(client.Do("CONFIG RESETSTAT"), "+OK");
  EXPECT_EQ(Info("total_error_replies"), 0u);
  EXPECT_EQ(client.Do("CONFIG REWRITE"), "-ERR The server is running without a config file");
  Converse(client, {{"FUNCTION FLUSH", "+OK"},
                    {"FUNCTION FLUSH async", "+OK"},
                    {"FUNCTION FLUSH now", "-ERR FUNCTION FLUSH only supports SYNC|ASYNC option"}});
}

TEST_F(Config, PatternsOfAnyLengthHoldUpNobodyElse) {
  WireClient client = Connect();
  const std::string stars(1 << 20, '*');
  EXPECT_EQ(client.DoWords({"CONFIG", "GET", stars + "nonsense"}), "[]");
  EXPECT_GE(Info("slow_commands"), 1u);
}

TEST_F(Password, NothingRunsWithoutIt) {
  options_.password = "secret";
  WireClient client = Connect();
  const std::string refused = "-NOAUTH Authentication required.";
  const std::string wrong = "-WRONGPASS invalid username-password pair or user is disabled.";
  Converse(
      client,
      {{"GET k", refused},
       {"MULTI", refused},
       {"CLIENT ID", refused},
       {"nonsense", "-ERR unknown command 'nonsense', with args beginning with: "},
       {"AUTH wrong", wrong},
       {"AUTH secre", wrong},
       {"AUTH secrets", wrong},
       {"AUTH someone secret", wrong},
       {"HELLO 3",
        "-NOAUTH HELLO must be called with the client already authenticated, otherwise the "
        "HELLO AUTH <user> <pass> option can be used to authenticate the client and select "
        "the RESP protocol version at the same time"},
       {"HELLO 3 AUTH default wrong", wrong},
       {"GET k", refused},
       {"AUTH secret", "+OK"},
       {"GET k", "(nil)"},
       {"AUTH wrong", wrong},
       {"GET k", "(nil)"},
       {"RESET", "+RESET"},
       {"GET k", refused},
       {"EXEC", "-EXECABORT Transaction discarded because of: NOAUTH Authentication required."},
       {"AUTH default secret", "+OK"},
       {"PING x", "\"x\""},
       {"GET k", "(nil)"}});
  WireClient three = Connect();
  EXPECT_THAT(three.Do("HELLO 3 AUTH default secret SETNAME me"), StartsWith("{"));
  EXPECT_EQ(three.Do("CLIENT GETNAME"), "\"me\"");
}

// Pipelined writes take a way of their own.
TEST_F(Password, APipelineOfWritesNeedsItToo) {
  options_.password = "secret";
  WireClient client = Connect();
  client.SendRaw(Encode({"SET", "a", "1"}) + Encode({"SET", "b", "2"}) +
                 Encode({"AUTH", "secret"}) + Encode({"EXISTS", "a", "b"}));
  for (const char* reply :
       {"-NOAUTH Authentication required.", "-NOAUTH Authentication required.", "+OK", ":0"}) {
    EXPECT_EQ(client.Read(), reply);
  }
}

TEST_F(Password, StrangersMayNotSendMuch) {
  options_.password = "secret";
  WireClient many = Connect();
  many.SendRaw("*11\r\n");
  EXPECT_EQ(many.Read(), "-ERR Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(many.Read(), "(closed)");
  WireClient large = Connect();
  large.SendRaw("*1\r\n$16385\r\n");
  EXPECT_EQ(large.Read(), "-ERR Protocol error: unauthenticated bulk length");
  // What follows AUTH in one pipeline is not a stranger's any more.
  WireClient client = Connect();
  const std::string value(100'000, 'x');
  client.SendRaw(Encode({"AUTH", "secret"}) + Encode({"SET", "k", value}));
  EXPECT_EQ(client.Read(), "+OK");
  EXPECT_EQ(client.Read(), "+OK");
  // What follows RESET is one's again.
  client.SendRaw(Encode({"RESET"}) + "*1\r\n$16385\r\n");
  EXPECT_EQ(client.Read(), "+RESET");
  EXPECT_EQ(client.Read(), "-ERR Protocol error: unauthenticated bulk length");
}

TEST_F(Password, SetWhileTheServerRunsItIsForNewConnections) {
  WireClient client = Connect();
  EXPECT_EQ(client.Do("CONFIG SET requirepass secret"), "+OK");
  EXPECT_EQ(client.Do("GET k"), "(nil)");
  EXPECT_EQ(client.Do("CONFIG GET requirepass"), "[\"requirepass\", \"secret\"]");
  WireClient other = Connect();
  EXPECT_EQ(other.Do("GET k"), "-NOAUTH Authentication required.");
  EXPECT_EQ(client.DoWords({"CONFIG", "SET", "requirepass", ""}), "+OK");
  EXPECT_EQ(other.Do("GET k"), "(nil)");
}

}  // namespace
}  // namespace nacre::server
