// What is about whole databases: SWAPDB, RANDOMKEY, DBSIZE, and INFO's section about them.

#include <gmock/gmock.h>

#include <set>

#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Databases = ServerTest;

TEST_F(Databases, SwapExchangesContents) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(other, {{"SELECT 1", "+OK"}, {"SET b 2", "+OK"}});
  Converse(client, {{"SET a 1 EX 100", "+OK"},
                    {"SWAPDB 0 1", "+OK"},
                    {"KEYS *", "[\"b\"]"},
                    {"SWAPDB 1 1", "+OK"}});
  Converse(other, {{"KEYS *", "[\"a\"]"}, {"TTL a", ":100"}, {"SWAPDB 1 0", "+OK"}});
  Converse(client, {{"KEYS *", "[\"a\"]"}, {"DBSIZE", ":1"}});
}

TEST_F(Databases, SwapNamesMistakesAsInRedis) {
  WireClient client = Connect();
  Converse(client, {{"SWAPDB x 1", "-ERR invalid first DB index"},
                    {"SWAPDB 3000000000 1", "-ERR invalid first DB index"},
                    {"SWAPDB 0 x", "-ERR invalid second DB index"},
                    {"SWAPDB x x", "-ERR invalid first DB index"},
                    {"SWAPDB 0 16", "-ERR DB index is out of range"},
                    {"SWAPDB -1 0", "-ERR DB index is out of range"},
                    {"SWAPDB 0", "-ERR wrong number of arguments for 'swapdb' command"}});
}

TEST_F(Databases, SwapInsideMultiIsOneWithTheRest) {
  WireClient client = Connect();
  Converse(client, {{"SET a 0", "+OK"},
                    {"MULTI", "+OK"},
                    {"SET mine 0", "+QUEUED"},
                    {"SWAPDB 0 1", "+QUEUED"},
                    {"GET a", "+QUEUED"},
                    {"SET new 0", "+QUEUED"},
                    {"SELECT 1", "+QUEUED"},
                    {"MGET a mine new", "+QUEUED"},
                    {"SWAPDB 0 x", "+QUEUED"},
                    {"EXEC",
                     "[+OK, +OK, (nil), +OK, +OK, [\"0\", \"0\", (nil)], -ERR invalid "
                     "second DB index]"},
                    {"KEYS *", "[\"a\", \"mine\"]"},
                    {"SELECT 0", "+OK"},
                    {"KEYS *", "[\"new\"]"}});
}

TEST_F(Databases, SwapInsideBeginIsSeenByOthersFromTheCommit) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(client, {{"SET a 1", "+OK"},
                    {"BEGIN SERIALIZABLE", "+OK"},
                    {"SWAPDB 0 1", "+OK"},
                    {"DBSIZE", ":0"},
                    {"SET b 2", "+OK"}});
  Converse(other, {{"KEYS *", "[\"a\"]"}});
  EXPECT_THAT(client.Do("COMMIT"), StartsWith(":"));
  Converse(other, {{"KEYS *", "[\"b\"]"}, {"SELECT 1", "+OK"}, {"KEYS *", "[\"a\"]"}});
  Converse(client, {{"BEGIN", "+OK"}, {"SWAPDB 0 1", "+OK"}});
  Converse(other, {{"SWAPDB 1 2", "+OK"}});
  EXPECT_THAT(client.Do("COMMIT"), StartsWith("-CONFLICT"));
  Converse(client, {{"BEGIN READONLY", "+OK"},
                    {"SWAPDB 0 1", "-ERR SWAPDB writes, and this transaction is READONLY"},
                    {"ROLLBACK", "+OK"}});
}

TEST_F(Databases, SwapTouchesWatchedKeysThatItBringsOrTakes) {
  WireClient client = Connect();
  const auto exec_after_swap = [&] {
    Converse(client, {{"SWAPDB 0 1", "+OK"}, {"MULTI", "+OK"}, {"PING", "+QUEUED"}});
    return client.Do("EXEC");
  };
  Converse(client, {{"SET x 30", "+OK"}, {"WATCH x", "+OK"}});
  EXPECT_EQ(exec_after_swap(), "(nil array)") << "it was taken";
  Converse(client, {{"WATCH x", "+OK"}});
  EXPECT_EQ(exec_after_swap(), "(nil array)") << "it was brought";
  Converse(client, {{"WATCH none", "+OK"}});
  EXPECT_EQ(exec_after_swap(), "[+PONG]");
  // Watched here, swapped by the transaction itself.
  Converse(client, {{"WATCH x", "+OK"}, {"MULTI", "+OK"}, {"SWAPDB 0 1", "+QUEUED"}});
  EXPECT_EQ(client.Do("EXEC"), "[+OK]");
}

TEST_F(Databases, RandomKeyIsAKeyThatThereIs) {
  WireClient client = Connect();
  Converse(client, {{"RANDOMKEY", "(nil)"}, {"MSET foo x bar y", "+OK"}});
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) seen.insert(client.Do("RANDOMKEY"));
  EXPECT_EQ(seen, (std::set<std::string>{"\"bar\"", "\"foo\""}));
  Converse(client, {{"PEXPIRE foo 10", ":1"}, {"DEL bar", ":1"}, {"RANDOMKEY", "\"foo\""}});
  time_.Advance(absl::Milliseconds(10));
  Converse(client, {{"RANDOMKEY", "(nil)"},
                    {"BEGIN", "+OK"},
                    {"RANDOMKEY", "(nil)"},
                    {"SET own v", "+OK"},
                    {"RANDOMKEY", "\"own\""},
                    {"ROLLBACK", "+OK"},
                    {"MULTI", "+OK"},
                    {"SET own v", "+QUEUED"},
                    {"RANDOMKEY", "+QUEUED"},
                    {"DEL own", "+QUEUED"},
                    {"RANDOMKEY", "+QUEUED"},
                    {"EXEC", "[+OK, \"own\", :1, (nil)]"}});
}

TEST_F(Databases, DbsizeDoesNotCountWhatHasExpired) {
  WireClient client = Connect();
  Converse(client, {{"SET a 1 PX 10", "+OK"}, {"SET b 2", "+OK"}, {"DBSIZE", ":2"}});
  std::vector<std::string> set = {"MSET"};
  for (int i = 0; i < 2000; ++i) {
    set.push_back("many:" + std::to_string(i));
    set.push_back("v");
  }
  client.DoWords(set);
  client.Do("MULTI");
  for (int i = 0; i < 2000; ++i) client.Do("PEXPIRE many:" + std::to_string(i) + " 20");
  client.Do("EXEC");
  EXPECT_EQ(client.Do("DBSIZE"), ":2002");
  time_.Advance(absl::Milliseconds(10));
  EXPECT_EQ(client.Do("DBSIZE"), ":2001");
  EXPECT_EQ(client.Do("EXISTS a"), ":0");
  time_.Advance(absl::Milliseconds(10));
  EXPECT_EQ(client.Do("DBSIZE"), ":1");
  Converse(client, {{"BEGIN", "+OK"}, {"DBSIZE", ":1"}, {"ROLLBACK", "+OK"}});
}

TEST_F(Databases, InfoListsThoseThatHaveKeys) {
  WireClient client = Connect();
  Converse(client, {{"SET a 1", "+OK"},
                    {"SET b 2 PX 1000", "+OK"},
                    {"SET c 2 PX 3000", "+OK"},
                    {"SELECT 3", "+OK"},
                    {"SET d 2 PX 500", "+OK"}});
  std::string info = client.Do("INFO keyspace");
  EXPECT_THAT(info, HasSubstr("db0:keys=3,expires=2,avg_ttl=2000"));
  EXPECT_THAT(info, HasSubstr("db3:keys=1,expires=1,avg_ttl=500"));
  EXPECT_THAT(info, Not(HasSubstr("db1")));
  time_.Advance(absl::Milliseconds(1000));
  info = client.Do("INFO keyspace");
  EXPECT_THAT(info, HasSubstr("db0:keys=2,expires=1,"));
  EXPECT_THAT(info, Not(HasSubstr("db3")));
}

// Each reads a range, or all keys; somebody else adds one; the commit says so.
TEST_F(Databases, PhantomsConflictForEveryCommandThatReadsARange) {
  WireClient client = Connect();
  WireClient other = Connect();
  int phantom = 0;
  for (const std::string command :
       {"KEYS *", "KEYS ph*", "SCAN 0 COUNT 1000", "SCAN 0 MATCH ph* COUNT 1000", "RANGE - +",
        "RANGE [ph [pi", "DBSIZE", "RANDOMKEY"}) {
    SCOPED_TRACE(command);
    Converse(client, {{"BEGIN SERIALIZABLE", "+OK"}});
    EXPECT_THAT(client.Do(command), Not(StartsWith("-")));
    Converse(client, {{"SELECT 1", "+OK"}, {"SET written v", "+OK"}});
    other.Do("SET phantom:" + std::to_string(++phantom) + " v");
    EXPECT_THAT(client.Do("COMMIT"), StartsWith("-CONFLICT"));
    EXPECT_EQ(client.Do("EXISTS written"), ":0");
    client.Do("SELECT 0");
  }
}

}  // namespace
}  // namespace nacre::server
