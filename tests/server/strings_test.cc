// Strings and keys, over a socket. string_parts_test.cc has the other commands on strings.

#include <gmock/gmock.h>

#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using ::testing::HasSubstr;
using Strings = ServerTest;

TEST_F(Strings, GetAndSet) {
  WireClient client = Connect();
  Converse(client, {{"GET k", "(nil)"},
                    {"SET k v", "+OK"},
                    {"GET k", "\"v\""},
                    {"get k", "\"v\""},
                    {"SET k w", "+OK"},
                    {"GET k", "\"w\""},
                    {"GET", "-ERR wrong number of arguments for 'get' command"},
                    {"GET a b", "-ERR wrong number of arguments for 'get' command"}});
  EXPECT_EQ(client.DoWords({"SET", "", ""}), "+OK");
  EXPECT_EQ(client.DoWords({"GET", ""}), "\"\"");
  const std::string binary("\0\r\n\xff", 4);
  EXPECT_EQ(client.DoWords({"SET", binary, binary}), "+OK");
  EXPECT_EQ(client.DoWords({"GET", binary}), "\"" + binary + "\"");
  const std::string large(3 << 20, 'x');
  EXPECT_EQ(client.DoWords({"SET", "large", large}), "+OK");
  EXPECT_EQ(client.DoWords({"GET", "large"}), "\"" + large + "\"");
}

TEST_F(Strings, NullIsSpelledByTheProtocol) {
  WireClient two = Connect();
  two.SendRaw("GET k\r\n");
  EXPECT_EQ(two.Read(), "(nil)");
  WireClient three = ConnectWithResp3();
  EXPECT_EQ(three.Do("GET k"), "(nil)");
  EXPECT_EQ(three.Do("MGET k l"), "[(nil), (nil)]");
}

TEST_F(Strings, SetConditions) {
  WireClient client = Connect();
  Converse(client, {{"SET k v XX", "(nil)"},
                    {"SET k v NX", "+OK"},
                    {"SET k w NX", "(nil)"},
                    {"SET k x XX", "+OK"},
                    {"SET k y GET", "\"x\""},
                    {"SET k z NX GET", "\"y\""},
                    {"GET k", "\"y\""},
                    {"SET new v NX GET", "(nil)"},
                    {"GET new", "\"v\""},
                    {"SET none v XX GET", "(nil)"},
                    {"EXISTS none", ":0"},
                    {"SET k v NX XX", "-ERR syntax error"},
                    {"SET k v foo", "-ERR syntax error"},
                    {"SET k v EX", "-ERR syntax error"},
                    {"SET k v EX 10 PX 20", "-ERR syntax error"},
                    {"SET k v EX 10 KEEPTTL", "-ERR syntax error"},
                    {"SET k v KEEPTTL EX 10", "-ERR syntax error"},
                    {"SET k v EX ten", "-ERR value is not an integer or out of range"},
                    {"SET k v EX ten foo", "-ERR syntax error"},
                    {"SET k v EX 0", "-ERR invalid expire time in 'set' command"},
                    {"SET k v PX -1", "-ERR invalid expire time in 'set' command"},
                    {"SET k v EX 9223372036854775807", "-ERR invalid expire time in 'set' command"},
                    {"GET k", "\"y\""}});
}

TEST_F(Strings, SetExpiry) {
  WireClient client = Connect();
  const int64_t now = absl::ToUnixSeconds(time_.now());
  Converse(client, {{"SET a v EX 10", "+OK"},
                    {"TTL a", ":10"},
                    {"SET a w KEEPTTL", "+OK"},
                    {"TTL a", ":10"},
                    {"SET a w EX 10 EX 20", "+OK"},
                    {"TTL a", ":20"},
                    {"SET a w EX 10 EXAT 20", "-ERR syntax error"},
                    {"SET a w", "+OK"},
                    {"TTL a", ":-1"},
                    {"SET b v PX 10400", "+OK"},
                    {"TTL b", ":10"},
                    {"SET b v PX 10500", "+OK"},
                    {"TTL b", ":11"},
                    {"SET c v EXAT " + std::to_string(now + 20), "+OK"},
                    {"TTL c", ":20"},
                    {"SET d v PXAT " + std::to_string((now + 30) * 1000), "+OK"},
                    {"TTL d", ":30"},
                    {"SET e v PXAT 1", "+OK"},
                    {"GET e", "(nil)"},
                    {"TTL e", ":-2"}});
  time_.Advance(absl::Seconds(20));
  Converse(client, {{"GET b", "(nil)"},
                    {"EXISTS b c d", ":1"},
                    {"TTL c", ":-2"},
                    {"TTL d", ":10"},
                    {"MGET b c d", "[(nil), (nil), \"v\"]"},
                    {"SET b new NX", "+OK"}});
}

TEST_F(Strings, SeveralKeysAtOnce) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2 a 3", "+OK"},
                    {"MGET a b c a", "[\"3\", \"2\", (nil), \"3\"]"},
                    {"MSET a", "-ERR wrong number of arguments for 'mset' command"},
                    {"MSET a 1 b", "-ERR wrong number of arguments for 'mset' command"},
                    {"EXISTS a b c a", ":3"},
                    {"EXISTS c", ":0"},
                    {"EXISTS a", ":1"},
                    {"DEL a a c", ":1"},
                    {"DEL a", ":0"},
                    {"DBSIZE", ":1"}});
}

TEST_F(Strings, ManyKeysAtOnce) {
  WireClient client = Connect();
  std::vector<std::string> set = {"MSET"};
  std::vector<std::string> keys;
  for (int i = 0; i < 5000; ++i) {
    keys.push_back("key:" + std::to_string(i));
    set.push_back(keys.back());
    set.push_back(std::to_string(i));
  }
  EXPECT_EQ(client.DoWords(set), "+OK");
  EXPECT_EQ(client.Do("DBSIZE"), ":5000");
  std::vector<std::string> get = {"MGET"};
  get.insert(get.end(), keys.begin(), keys.end());
  const std::string values = client.DoWords(get);
  EXPECT_THAT(values, HasSubstr("[\"0\", \"1\", "));
  EXPECT_THAT(values, HasSubstr(", \"4999\"]"));
  std::vector<std::string> del = {"DEL"};
  del.insert(del.end(), keys.begin(), keys.end());
  EXPECT_EQ(client.DoWords(del), ":5000");
  EXPECT_EQ(client.Do("DBSIZE"), ":0");
}

TEST_F(Strings, Counters) {
  WireClient client = Connect();
  Converse(client, {{"INCR n", ":1"},
                    {"INCRBY n 10", ":11"},
                    {"DECR n", ":10"},
                    {"DECRBY n 15", ":-5"},
                    {"GET n", "\"-5\""},
                    {"SET n 9223372036854775807", "+OK"},
                    {"INCR n", "-ERR increment or decrement would overflow"},
                    {"DECRBY n -1", "-ERR increment or decrement would overflow"},
                    {"DECRBY n -9223372036854775808", "-ERR decrement would overflow"},
                    {"INCRBY n 1.5", "-ERR value is not an integer or out of range"},
                    {"SET n abc", "+OK"},
                    {"INCR n", "-ERR value is not an integer or out of range"},
                    {"SET n 01", "+OK"},
                    {"INCR n", "-ERR value is not an integer or out of range"},
                    {"SET n 5 EX 100", "+OK"},
                    {"INCR n", ":6"},
                    {"TTL n", ":100"}});
}

TEST_F(Strings, AppendAndStrlen) {
  WireClient client = Connect();
  Converse(client, {{"APPEND s abc", ":3"},
                    {"APPEND s def", ":6"},
                    {"GET s", "\"abcdef\""},
                    {"STRLEN s", ":6"},
                    {"STRLEN none", ":0"},
                    {"EXPIRE s 100", ":1"},
                    {"APPEND s g", ":7"},
                    {"TTL s", ":100"}});
}

TEST_F(Strings, ExpireAndTtl) {
  WireClient client = Connect();
  Converse(client,
           {{"EXPIRE k 10", ":0"},
            {"TTL k", ":-2"},
            {"SET k v", "+OK"},
            {"TTL k", ":-1"},
            {"EXPIRE k 10 XX", ":0"},
            {"EXPIRE k 10 GT", ":0"},
            {"EXPIRE k 100 LT", ":1"},
            {"EXPIRE k 10 NX", ":0"},
            {"EXPIRE k 50 GT", ":0"},
            {"EXPIRE k 200 GT", ":1"},
            {"EXPIRE k 300 LT", ":0"},
            {"EXPIRE k 10 XX", ":1"},
            {"TTL k", ":10"},
            {"EXPIRE k 10 foo", "-ERR Unsupported option foo"},
            {"EXPIRE k 10 NX XX",
             "-ERR NX and XX, GT or LT options at the same time are not compatible"},
            {"EXPIRE k 10 GT LT", "-ERR GT and LT options at the same time are not compatible"},
            {"EXPIRE k ten", "-ERR value is not an integer or out of range"},
            {"EXPIRE k 9223372036854775807", "-ERR invalid expire time in 'expire' command"},
            {"GET k", "\"v\""},
            {"EXPIRE k -1", ":1"},
            {"EXISTS k", ":0"},
            {"SET k v", "+OK"},
            {"EXPIRE k 0", ":1"},
            {"GET k", "(nil)"}});
}

TEST_F(Strings, DatabasesAreApart) {
  WireClient client = Connect();
  Converse(client, {{"SET k zero", "+OK"},
                    {"SELECT 15", "+OK"},
                    {"GET k", "(nil)"},
                    {"SET k fifteen", "+OK"},
                    {"DBSIZE", ":1"},
                    {"SELECT 16", "-ERR DB index is out of range"},
                    {"SELECT -1", "-ERR DB index is out of range"},
                    {"SELECT abc", "-ERR value is not an integer or out of range"},
                    {"GET k", "\"fifteen\""},
                    {"SELECT 0", "+OK"},
                    {"GET k", "\"zero\""}});
}

TEST_F(Strings, Flush) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2", "+OK"},
                    {"SELECT 1", "+OK"},
                    {"SET c 3", "+OK"},
                    {"FLUSHDB", "+OK"},
                    {"DBSIZE", ":0"},
                    {"SET c 3", "+OK"},
                    {"SELECT 0", "+OK"},
                    {"DBSIZE", ":2"},
                    {"FLUSHDB nonsense", "-ERR syntax error"},
                    {"FLUSHALL SYNC ASYNC", "-ERR syntax error"},
                    {"FLUSHDB ASYNC", "+OK"},
                    {"SET a 1", "+OK"},
                    {"FLUSHALL SYNC", "+OK"},
                    {"DBSIZE", ":0"},
                    {"SELECT 1", "+OK"},
                    {"DBSIZE", ":0"},
                    {"SET c 4", "+OK"},
                    {"GET c", "\"4\""}});
}

TEST_F(Strings, Keys) {
  WireClient client = Connect();
  Converse(client, {{"KEYS *", "[]"},
                    {"MSET b 1 a 2 user:2 3 user:1 4", "+OK"},
                    {"KEYS *", "[\"a\", \"b\", \"user:1\", \"user:2\"]"},
                    {"KEYS user:*", "[\"user:1\", \"user:2\"]"},
                    {"KEYS ?", "[\"a\", \"b\"]"},
                    {"KEYS *1", "[\"user:1\"]"},
                    {"KEYS none*", "[]"},
                    {"KEYS", "-ERR wrong number of arguments for 'keys' command"}});
}

TEST_F(Strings, RangeReadsInOrder) {
  WireClient client = Connect();
  Converse(client, {{"MSET a 1 b 2 c 3 d 4", "+OK"},
                    {"RANGE - +", "[\"a\", \"b\", \"c\", \"d\"]"},
                    {"RANGE [b +", "[\"b\", \"c\", \"d\"]"},
                    {"RANGE (b [d", "[\"c\", \"d\"]"},
                    {"RANGE (b (d", "[\"c\"]"},
                    {"RANGE - [bb", "[\"a\", \"b\"]"},
                    {"RANGE + -", "[]"},
                    {"RANGE [c [b", "[]"},
                    {"RANGE + - REV", "[\"d\", \"c\", \"b\", \"a\"]"},
                    {"RANGE (d [b REV", "[\"c\", \"b\"]"},
                    {"RANGE - + REV", "[]"},
                    {"RANGE - + LIMIT 1 2", "[\"b\", \"c\"]"},
                    {"RANGE - + LIMIT 3 10", "[\"d\"]"},
                    {"RANGE - + LIMIT 0 -1", "[\"a\", \"b\", \"c\", \"d\"]"},
                    {"RANGE - + LIMIT 0 0", "[]"},
                    {"RANGE - + LIMIT -1 2", "[]"},
                    {"RANGE + - REV LIMIT 1 1", "[\"c\"]"},
                    {"RANGE [b [c WITHVALUES", "[\"b\", \"2\", \"c\", \"3\"]"},
                    {"RANGE + - WITHVALUES LIMIT 0 1 REV", "[\"d\", \"4\"]"},
                    {"RANGE a b", "-ERR min or max not valid string range item"},
                    {"RANGE [a [b LIMIT 1", "-ERR syntax error"},
                    {"RANGE [a [b LIMIT a b", "-ERR value is not an integer or out of range"},
                    {"RANGE [a [b nonsense", "-ERR syntax error"}});
  WireClient three = ConnectWithResp3();
  EXPECT_EQ(three.Do("RANGE [b [c WITHVALUES"), "[[\"b\", \"2\"], [\"c\", \"3\"]]");
}

}  // namespace
}  // namespace nacre::server
