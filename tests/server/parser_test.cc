#include "server/resp/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/server/parse_all.h"

namespace nacre::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

constexpr char kBinary[] = "\0\r\n$\xff*";
const std::string kBinaryWord(kBinary, sizeof(kBinary) - 1);

// One of every kind of request, and of every kind of mistake.
std::vector<std::string> Streams() {
  return {
      Encode({"PING"}),
      Encode({"SET", "key", "value"}),
      Encode({"SET", "", ""}),
      Encode({"SET", kBinaryWord, std::string(1000, 'x')}),
      Encode({"GET", "a"}) + Encode({"GET", "b"}) + "PING\r\n" + Encode({"GET", "c"}),
      "*0\r\n" + Encode({"PING"}),
      "*-1\r\nPING\r\n",
      "\r\n\nPING\n",
      "SET key value\r\nGET key\n",
      "  SET\tkey  \"a \\x41\\n\\\"b\" 'it\\'s' pre\"fix\"\r\n",
      "SET key \"unbalanced\r\n",
      "SET key \"no\"blank\r\n",
      "SET key 'open\r\n",
      "*1\r\n+PING\r\n",
      "*1\r\n$-1\r\n",
      "*1\r\n$4\r\nPINGxx",
      "*1\r\n$4\r\nPING\rx",
      "*x\r\n",
      "*1x\r\n",
      "*\r\n",
      "*--1\r\n",
      "*01\r\n",
      "*1\rx",
      "*99999999999999999999\r\n",
      "*9223372036854775807\r\n",
      "*1\r\n$99999999999999999999\r\n",
      "*1\r\n$ 4\r\nPING\r\n",
      "*2\r\n$3\r\nGET\r\n$3\r\nke",
      "GET half",
  };
}

TEST(RequestParser, EverySplitOfEveryStreamGivesTheSame) {
  for (const std::string& stream : Streams()) {
    const Parsed whole = ParseWhole(stream);
    std::vector<size_t> every;
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
      EXPECT_EQ(ParseInPieces(stream, {cut}), whole) << stream << " cut at " << cut;
      every.push_back(cut);
    }
    EXPECT_EQ(ParseInPieces(stream, every), whole) << stream << " byte by byte";
  }
}

TEST(RequestParser, EveryTwoSplitsOfShortStreamsGiveTheSame) {
  for (const std::string& stream : Streams()) {
    if (stream.size() > 60) continue;
    const Parsed whole = ParseWhole(stream);
    for (size_t first = 0; first <= stream.size(); ++first) {
      for (size_t second = first; second <= stream.size(); ++second) {
        EXPECT_EQ(ParseInPieces(stream, {first, second}), whole)
            << stream << " cut at " << first << " and " << second;
      }
    }
  }
}

TEST(RequestParser, ReadsArraysOfAnyBytes) {
  EXPECT_THAT(ParseWhole(Encode({"SET", kBinaryWord, ""})).requests,
              ElementsAre(Words{"SET", kBinaryWord, ""}));
}

TEST(RequestParser, ReadsRequestsBehindEachOther) {
  const Parsed parsed = ParseWhole(Encode({"GET", "a"}) + "PING\r\n" + Encode({"GET", "b"}) + "*1");
  EXPECT_THAT(parsed.requests, ElementsAre(Words{"GET", "a"}, Words{"PING"}, Words{"GET", "b"}));
  EXPECT_EQ(parsed.left, 2u);
}

TEST(RequestParser, EmptyRequestsHaveNoWords) {
  EXPECT_THAT(ParseWhole("*0\r\n*-5\r\n\r\n\n   \r\n").requests,
              ElementsAre(IsEmpty(), IsEmpty(), IsEmpty(), IsEmpty(), IsEmpty()));
}

TEST(RequestParser, InlineWordsMayBeQuoted) {
  EXPECT_THAT(ParseWhole("a \"b \\x41\\x7a\\n\\t\\\\\" 'c \\' \\n' \"\" p\"q\"\n").requests,
              ElementsAre(Words{"a", "b Az\n\t\\", "c ' \\n", "", "pq"}));
}

struct Mistake {
  std::string stream;
  std::string error;
};

TEST(RequestParser, MistakesAreNamed) {
  const std::vector<Mistake> mistakes = {
      {"*x\r\n", "invalid multibulk length"},
      {"*1x\r\n", "invalid multibulk length"},
      {"*1048577\r\n", "invalid multibulk length"},
      {"*1\r\n+PING\r\n", "expected '$', got '+'"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$x\r\n", "invalid bulk length"},
      {"*1\r\n$536870913\r\n", "invalid bulk length"},
      {"*1\r\n$1\r\nxyz", "expected CRLF behind a bulk string"},
      {"GET \"a\r\n", "unbalanced quotes in request"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(ParseWhole(mistake.stream).error, "ERR Protocol error: " + mistake.error)
        << mistake.stream;
  }
}

TEST(RequestParser, ArgumentsAreBoundedAtTheLimit) {
  const ParserLimits limits = {.args_max = 3};
  EXPECT_EQ(ParseWhole(Encode({"A", "B", "C"}), limits).requests.size(), 1u);
  EXPECT_THAT(ParseWhole(Encode({"A", "B", "C", "D"}), limits).error,
              HasSubstr("invalid multibulk length"));
}

TEST(RequestParser, BulkLengthIsBoundedAtTheLimit) {
  const ParserLimits limits = {.bulk_bytes_max = 10};
  EXPECT_EQ(ParseWhole(Encode({std::string(10, 'x')}), limits).requests.size(), 1u);
  EXPECT_THAT(ParseWhole(Encode({std::string(11, 'x')}), limits).error,
              HasSubstr("invalid bulk length"));
}

TEST(RequestParser, InlineRequestsAreBoundedAtTheLimit) {
  const ParserLimits limits = {.inline_bytes_max = 10};
  EXPECT_EQ(ParseWhole(std::string(10, 'x') + "\n", limits).requests.size(), 1u);
  EXPECT_THAT(ParseWhole(std::string(11, 'x') + "\n", limits).error,
              HasSubstr("too big inline request"));
  EXPECT_THAT(ParseWhole(std::string(11, 'x'), limits).error, HasSubstr("too big inline request"));
  EXPECT_EQ(ParseWhole(std::string(10, 'x'), limits).left, 10u);
}

TEST(RequestParser, RequestsAreBoundedAtTheLimit) {
  const std::string request = Encode({"SET", "key", "value"});
  EXPECT_EQ(ParseWhole(request, {.request_bytes_max = request.size()}).requests.size(), 1u);
  EXPECT_THAT(ParseWhole(request, {.request_bytes_max = request.size() - 1}).error,
              HasSubstr("query buffer limit"));
}

TEST(RequestParser, AnAnnouncedLengthAllocatesNothing) {
  // Would need more memory than there is if it did.
  for (int i = 0; i < 1000; ++i) {
    RequestParser parser({});
    EXPECT_EQ(parser.Parse("*1048576\r\n$536870912\r\n"), RequestParser::Result::kNeedMore);
  }
}

}  // namespace
}  // namespace nacre::server
