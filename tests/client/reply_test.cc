// What a reply says of itself, for every kind in both protocol versions.

#include "nacre/client/reply.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace nacre::client {
namespace {

Reply Parsed(std::string_view bytes) {
  absl::StatusOr<Reply> reply = Reply::Parse(bytes);
  EXPECT_TRUE(reply.ok()) << reply.status();
  return reply.ok() ? *std::move(reply) : Reply();
}

TEST(Reply, ScalarsHaveAKindAndAText) {
  struct Case {
    const char* bytes;
    ReplyKind kind;
    const char* name;
    const char* text;
  };
  for (const Case& c : {
           Case{"+OK\r\n", ReplyKind::kSimpleString, "simple string", "OK"},
           Case{"+\r\n", ReplyKind::kSimpleString, "simple string", ""},
           Case{"+PONG\r\n", ReplyKind::kSimpleString, "simple string", "PONG"},
           Case{"$5\r\nhello\r\n", ReplyKind::kBulkString, "bulk string", "hello"},
           Case{"$0\r\n\r\n", ReplyKind::kBulkString, "bulk string", ""},
           Case{"$4\r\n\r\n\r\n\r\n", ReplyKind::kBulkString, "bulk string", "\r\n\r\n"},
           Case{"=8\r\ntxt:Some\r\n", ReplyKind::kVerbatim, "verbatim string", "Some"},
           Case{"=4\r\nmkd:\r\n", ReplyKind::kVerbatim, "verbatim string", ""},
           Case{"-ERR no\r\n", ReplyKind::kError, "error", "ERR no"},
           Case{"!8\r\nERR\r\nno\n\r\n", ReplyKind::kError, "error", "ERR\r\nno\n"},
           Case{":0\r\n", ReplyKind::kInteger, "integer", "0"},
           Case{":-1\r\n", ReplyKind::kInteger, "integer", "-1"},
           Case{":+7\r\n", ReplyKind::kInteger, "integer", "+7"},
           Case{",3.25\r\n", ReplyKind::kDouble, "double", "3.25"},
           Case{",10\r\n", ReplyKind::kDouble, "double", "10"},
           Case{",-1.5e-7\r\n", ReplyKind::kDouble, "double", "-1.5e-7"},
           Case{",inf\r\n", ReplyKind::kDouble, "double", "inf"},
           Case{",-inf\r\n", ReplyKind::kDouble, "double", "-inf"},
           Case{",nan\r\n", ReplyKind::kDouble, "double", "nan"},
           Case{"#t\r\n", ReplyKind::kBoolean, "boolean", "t"},
           Case{"#f\r\n", ReplyKind::kBoolean, "boolean", "f"},
           Case{"(3492890328409238509324850943850943825024385\r\n", ReplyKind::kBigNumber,
                "big number", "3492890328409238509324850943850943825024385"},
           Case{"_\r\n", ReplyKind::kNull, "null", ""},
           Case{"$-1\r\n", ReplyKind::kNull, "null", ""},
           Case{"*-1\r\n", ReplyKind::kNull, "null", ""},
       }) {
    const Reply reply = Parsed(c.bytes);
    EXPECT_EQ(reply.kind(), c.kind) << c.bytes;
    EXPECT_EQ(NameOf(reply.kind()), c.name) << c.bytes;
    EXPECT_EQ(reply.text(), c.text) << c.bytes;
    EXPECT_EQ(reply.view().raw(), c.bytes);
    EXPECT_EQ(reply.size(), 0U) << c.bytes;
    EXPECT_FALSE(reply.is_aggregate()) << c.bytes;
    EXPECT_EQ(reply.is_null(), c.kind == ReplyKind::kNull) << c.bytes;
    EXPECT_EQ(reply.is_error(), c.kind == ReplyKind::kError) << c.bytes;
    EXPECT_TRUE(reply[0].is_null());
  }
}

TEST(Reply, IntegersReachTheEndsOfTheirRange) {
  EXPECT_EQ(Parsed(":9223372036854775807\r\n").integer(), INT64_MAX);
  EXPECT_EQ(Parsed(":-9223372036854775808\r\n").integer(), INT64_MIN);
  EXPECT_EQ(Parsed(":999999999999999999\r\n").integer(), 999999999999999999);
  EXPECT_EQ(Parsed(":-1000\r\n").integer(), -1000);
  EXPECT_EQ(Parsed(":+12\r\n").integer(), 12);
  const Reply within = Parsed("*2\r\n:-9223372036854775808\r\n:+9223372036854775807\r\n");
  EXPECT_EQ(within[0].integer(), INT64_MIN);
  EXPECT_EQ(within[1].integer(), INT64_MAX);
}

TEST(Reply, AggregatesHaveElements) {
  const Reply reply = Parsed("*3\r\n$1\r\na\r\n*2\r\n:1\r\n~0\r\n%1\r\n+k\r\n=5\r\ntxt:v\r\n");
  EXPECT_EQ(reply.kind(), ReplyKind::kArray);
  ASSERT_EQ(reply.size(), 3U);
  EXPECT_EQ(reply[0].text(), "a");
  EXPECT_EQ(reply[1].kind(), ReplyKind::kArray);
  EXPECT_EQ(reply[1].raw(), "*2\r\n:1\r\n~0\r\n");
  EXPECT_EQ(reply[1][0].integer(), 1);
  EXPECT_EQ(reply[1][1].kind(), ReplyKind::kSet);
  EXPECT_TRUE(reply[1][1].empty());
  EXPECT_EQ(reply[2].kind(), ReplyKind::kMap);
  ASSERT_EQ(reply[2].size(), 2U);
  EXPECT_EQ(reply[2][0].text(), "k");
  EXPECT_EQ(reply[2][1].text(), "v");
  EXPECT_TRUE(reply[3].is_null());
}

TEST(Reply, ElementsAreWalkedInPlace) {
  const Reply reply = Parsed("*4\r\n+a\r\n*1\r\n*1\r\n+x\r\n_\r\n$1\r\nb\r\n");
  std::vector<std::string_view> raws;
  for (const ReplyView& element : reply) {
    raws.push_back(element.raw());
    EXPECT_GE(element.raw().data(), reply.view().raw().data());
  }
  EXPECT_EQ(raws, (std::vector<std::string_view>{"+a\r\n", "*1\r\n*1\r\n+x\r\n", "_\r\n",
                                                 "$1\r\nb\r\n"}));
}

TEST(Reply, AttributesArePassedOverWhereverTheyStand) {
  const Reply reply = Parsed(
      "|1\r\n+ttl\r\n|1\r\n+inner\r\n:1\r\n:9\r\n|0\r\n"
      "*2\r\n|1\r\n+pop\r\n*2\r\n:1\r\n:2\r\n+a\r\n|1\r\n+x\r\n+y\r\n*1\r\n|0\r\n+b\r\n");
  EXPECT_EQ(reply.kind(), ReplyKind::kArray);
  ASSERT_EQ(reply.size(), 2U);
  EXPECT_EQ(reply[0].raw(), "+a\r\n");
  EXPECT_EQ(reply[1].raw(), "*1\r\n|0\r\n+b\r\n");
  EXPECT_EQ(reply[1][0].text(), "b");
  EXPECT_EQ(Parsed("|1\r\n+a\r\n+b\r\n:5\r\n").view().raw(), ":5\r\n");
}

TEST(Reply, AnErrorIsAStatusAndNothingElseIs) {
  EXPECT_EQ(Parsed("-CONFLICT again\r\n").status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Parsed("!7\r\nOOM now\r\n").status().message(), "OOM now");
  EXPECT_TRUE(Parsed("*1\r\n-ERR inside\r\n").status().ok());
  EXPECT_TRUE(Parsed("_\r\n").status().ok());
}

TEST(Reply, OutlivesTheBytesThatItWasMadeOf) {
  std::string bytes = "*2\r\n$5\r\nhello\r\n:5\r\n";
  Reply copy = Parsed(bytes);
  bytes.assign(bytes.size(), 'x');
  const Reply moved = std::move(copy);
  const Reply element(moved[0]);
  EXPECT_EQ(moved[0].text(), "hello");
  EXPECT_EQ(moved[1].integer(), 5);
  EXPECT_EQ(element.text(), "hello");
}

TEST(Reply, IsANullBeforeItIsSomethingAndAfterItWasMoved) {
  Reply reply;
  EXPECT_TRUE(reply.is_null());
  EXPECT_EQ(reply.view().raw(), "_\r\n");
  EXPECT_TRUE(ReplyView().is_null());
  EXPECT_TRUE(ReplyView().text().empty());
  for (const char* bytes : {":1\r\n", "$40\r\n0123456789012345678901234567890123456789\r\n"}) {
    reply = Parsed(bytes);
    const Reply target = std::move(reply);
    EXPECT_EQ(target.view().raw(), bytes);
    EXPECT_TRUE(reply.is_null());  // NOLINT(bugprone-use-after-move)
  }
}

TEST(Reply, IsParsedOnlyFromExactlyOneReply) {
  for (const char* bytes : {"", "+OK", "+OK\r", "*1\r\n", "+OK\r\n+OK\r\n", "+OK\r\n ", "OK\r\n"}) {
    EXPECT_EQ(Reply::Parse(bytes).status().code(), absl::StatusCode::kDataLoss) << bytes;
  }
  EXPECT_EQ(Parsed(">2\r\n+message\r\n+x\r\n").kind(), ReplyKind::kPush);
}

}  // namespace
}  // namespace nacre::client
