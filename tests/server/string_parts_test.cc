// The rest of the commands on strings: parts, conditions, times, fractions, subsequences.

#include <gmock/gmock.h>

#include "tests/server/server_fixture.h"

namespace nacre::server {
namespace {

using StringParts = ServerTest;

TEST_F(StringParts, GetRange) {
  WireClient client = Connect();
  Converse(client, {{"SET k Hello", "+OK"},
                    {"GETRANGE k 0 3", "\"Hell\""},
                    {"GETRANGE k 0 -1", "\"Hello\""},
                    {"GETRANGE k -3 -1", "\"llo\""},
                    {"GETRANGE k 3 1", "\"\""},
                    {"GETRANGE k 3 5000", "\"lo\""},
                    {"GETRANGE k -5000 10000", "\"Hello\""},
                    {"GETRANGE k 0 9223372036854775807", "\"Hello\""},
                    {"GETRANGE k -9223372036854775808 -5", "\"H\""},
                    {"GETRANGE k -200 -100", "\"H\""},
                    {"GETRANGE k -100 -200", "\"\""},
                    {"GETRANGE k 5 5", "\"\""},
                    {"GETRANGE none 0 -1", "\"\""},
                    {"SUBSTR k 1 2", "\"el\""},
                    {"GETRANGE k a 1", "-ERR value is not an integer or out of range"},
                    {"GETRANGE none 0 01", "-ERR value is not an integer or out of range"},
                    {"SUBSTR k 1", "-ERR wrong number of arguments for 'substr' command"}});
}

TEST_F(StringParts, SetRange) {
  options_.request.bulk_bytes_max = 2048;
  WireClient client = Connect();
  EXPECT_EQ(client.DoWords({"SETRANGE", "none", "0", ""}), ":0");
  EXPECT_EQ(client.DoWords({"SETRANGE", "none", "9223372036854775807", ""}), ":0");
  Converse(client,
           {{"EXISTS none", ":0"},
            {"SET k Hello EX 100", "+OK"},
            {"SETRANGE k 1 ipp", ":5"},
            {"GET k", "\"Hippo\""},
            {"TTL k", ":100"},
            {"SETRANGE k -1 x", "-ERR offset is out of range"},
            {"SETRANGE k x x", "-ERR value is not an integer or out of range"},
            {"SETRANGE k 2047 x", ":2048"},
            {"SETRANGE k 2048 x", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"},
            {"SETRANGE none 9223372036854775807 x",
             "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"},
            {"APPEND k x", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"},
            {"SETRANGE gap 2 x", ":3"}});
  EXPECT_EQ(client.DoWords({"SETRANGE", "k", "2", ""}), ":2048");
  EXPECT_EQ(client.DoWords({"APPEND", "k", ""}), ":2048");
  EXPECT_EQ(client.Do("TTL k"), ":100");
  EXPECT_EQ(client.Do("GET gap"), "\"" + std::string("\0\0x", 3) + "\"");
}

TEST_F(StringParts, SetUnderItsOldNames) {
  WireClient client = Connect();
  Converse(client,
           {{"SETNX k v", ":1"},
            {"SETNX k w", ":0"},
            {"GET k", "\"v\""},
            {"SETEX k 10 w", "+OK"},
            {"TTL k", ":10"},
            {"PSETEX k 20000 x", "+OK"},
            {"TTL k", ":20"},
            {"SETEX k 0 x", "-ERR invalid expire time in 'setex' command"},
            {"PSETEX k -1 x", "-ERR invalid expire time in 'psetex' command"},
            {"SETEX k 9223372036854776 x", "-ERR invalid expire time in 'setex' command"},
            {"PSETEX k 9223372036854775807 x", "-ERR invalid expire time in 'psetex' command"},
            {"SETEX k ten x", "-ERR value is not an integer or out of range"},
            {"GETSET k y", "\"x\""},
            {"TTL k", ":-1"},
            {"GETSET new y", "(nil)"},
            {"GETDEL new", "\"y\""},
            {"GETDEL new", "(nil)"},
            {"EXISTS new", ":0"},
            {"SETEX k 10 v", "+OK"}});
  time_.Advance(absl::Seconds(10));
  Converse(client, {{"SETNX k again", ":1"}, {"TTL k", ":-1"}});
}

TEST_F(StringParts, GetEx) {
  WireClient client = Connect();
  const int64_t now = absl::ToUnixSeconds(time_.now());
  Converse(client, {{"SET k v", "+OK"},
                    {"GETEX k", "\"v\""},
                    {"GETEX k EX 10", "\"v\""},
                    {"TTL k", ":10"},
                    {"GETEX k", "\"v\""},
                    {"TTL k", ":10"},
                    {"GETEX k PX 20000", "\"v\""},
                    {"TTL k", ":20"},
                    {"GETEX k EXAT " + std::to_string(now + 30), "\"v\""},
                    {"TTL k", ":30"},
                    {"GETEX k PXAT " + std::to_string((now + 40) * 1000), "\"v\""},
                    {"TTL k", ":40"},
                    {"GETEX k PERSIST", "\"v\""},
                    {"TTL k", ":-1"},
                    {"GETEX k PERSIST EX 10", "-ERR syntax error"},
                    {"GETEX k EX 10 PERSIST", "-ERR syntax error"},
                    {"GETEX k EX 10 PX 10", "-ERR syntax error"},
                    {"GETEX k KEEPTTL", "-ERR syntax error"},
                    {"GETEX k NX", "-ERR syntax error"},
                    {"GETEX k EX", "-ERR syntax error"},
                    {"GETEX k EX 0", "-ERR invalid expire time in 'getex' command"},
                    {"GETEX k EX ten", "-ERR value is not an integer or out of range"},
                    {"GETEX none EX ten", "(nil)"},
                    {"GETEX k EXAT 1", "\"v\""},
                    {"EXISTS k", ":0"}});
}

// A watcher must not notice a GETEX that changes nothing.
TEST_F(StringParts, GetExWithoutEffectLeavesTheKeyUntouched) {
  WireClient client = Connect();
  WireClient other = Connect();
  Converse(client, {{"SET k v", "+OK"}, {"WATCH k", "+OK"}});
  Converse(other, {{"GETEX k", "\"v\""}, {"GETEX k PERSIST", "\"v\""}});
  Converse(client, {{"MULTI", "+OK"}, {"PING", "+QUEUED"}, {"EXEC", "[+PONG]"}});
  Converse(client, {{"WATCH k", "+OK"}});
  Converse(other, {{"GETEX k EX 10", "\"v\""}});
  Converse(client, {{"MULTI", "+OK"}, {"PING", "+QUEUED"}, {"EXEC", "(nil array)"}});
}

TEST_F(StringParts, MsetNx) {
  WireClient client = Connect();
  Converse(client, {{"MSETNX a 1 b 2 a 3", ":1"},
                    {"MGET a b", "[\"3\", \"2\"]"},
                    {"MSETNX c 1 b 9", ":0"},
                    {"MGET a b c", "[\"3\", \"2\", (nil)]"},
                    {"MSETNX c 1 d", "-ERR wrong number of arguments for 'msetnx' command"},
                    {"MSETNX c", "-ERR wrong number of arguments for 'msetnx' command"}});
}

TEST_F(StringParts, IncrByFloat) {
  WireClient client = Connect();
  const std::string invalid = "-ERR value is not a valid float";
  const std::string overflow = "-ERR increment would produce NaN or Infinity";
  Converse(client, {{"INCRBYFLOAT n 1", "\"1\""},
                    {"INCRBYFLOAT n 0.25", "\"1.25\""},
                    {"GET n", "\"1.25\""},
                    {"INCRBYFLOAT n -1.25", "\"0\""},
                    {"INCRBYFLOAT n 3.0e3", "\"3000\""},
                    {"INCRBYFLOAT n 0x10", "\"3016\""},
                    {"SET n 0.1", "+OK"},
                    {"INCRBYFLOAT n 0.2", "\"0.3\""},
                    {"SET n 17179869184 EX 100", "+OK"},
                    {"INCRBYFLOAT n 1.5", "\"17179869185.5\""},
                    {"TTL n", ":100"},
                    {"SET n 1", "+OK"},
                    {"INCRBYFLOAT n -1.1", "\"-0.1\""},
                    {"INCRBYFLOAT n abc", invalid},
                    {"INCRBYFLOAT n nan", invalid},
                    {"INCRBYFLOAT n 1e5000", invalid},
                    {"INCRBYFLOAT n 1e-5000", invalid},
                    {"INCRBYFLOAT n +inf", overflow},
                    {"INCRBYFLOAT n -infinity", overflow},
                    {"SET n 1e4932", "+OK"},
                    {"INCRBYFLOAT n 1e4932", overflow}});
  for (const std::string& number : {std::string(), std::string(" 1"), std::string("1 "),
                                    std::string("1\0", 2), std::string(5120, '1')}) {
    EXPECT_EQ(client.DoWords({"SET", "n", "1"}), "+OK");
    EXPECT_EQ(client.DoWords({"INCRBYFLOAT", "n", number}), invalid);
    EXPECT_EQ(client.DoWords({"SET", "n", number}), "+OK");
    EXPECT_EQ(client.DoWords({"INCRBYFLOAT", "n", "1"}), invalid);
  }
}

TEST_F(StringParts, Lcs) {
  options_.request.bulk_bytes_max = 1024;
  WireClient client = Connect();
  Converse(
      client,
      {{"MSET a ohmytext b mynewtext", "+OK"},
       {"LCS a b", "\"mytext\""},
       {"LCS a b LEN", ":6"},
       {"LCS a b IDX", "[\"matches\", [[[:4, :7], [:5, :8]], [[:2, :3], [:0, :1]]], \"len\", :6]"},
       {"LCS a none", "\"\""},
       {"LCS none none LEN", ":0"},
       {"LCS a none IDX", "[\"matches\", [], \"len\", :0]"},
       {"LCS a b LEN IDX", "-ERR If you want both the length and indexes, please just use IDX."},
       {"LCS a b MINMATCHLEN", "-ERR syntax error"},
       {"LCS a b MINMATCHLEN x", "-ERR value is not an integer or out of range"},
       {"LCS a b nonsense", "-ERR syntax error"},
       {"LCS a", "-ERR wrong number of arguments for 'lcs' command"},
       {"SETRANGE c 15 x", ":16"},
       {"LCS c c",
        "-ERR Insufficient memory, transient memory for LCS exceeds "
        "proto-max-bulk-len"}});
  WireClient three = ConnectWithResp3();
  EXPECT_EQ(three.Do("LCS a b IDX WITHMATCHLEN MINMATCHLEN 4"),
            "{\"matches\": [[[:4, :7], [:5, :8], :4]], \"len\": :6}");
}

}  // namespace
}  // namespace nacre::server
