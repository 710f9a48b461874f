// To<T>(): what is read as what, in both protocol versions, and what is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "nacre/client/reply.h"

namespace nacre::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

template <typename T>
absl::StatusOr<T> As(std::string_view bytes) {
  absl::StatusOr<Reply> reply = Reply::Parse(bytes);
  EXPECT_TRUE(reply.ok()) << bytes << reply.status();
  if (!reply.ok()) return reply.status();
  return reply->To<T>();
}

template <typename T>
T Value(std::string_view bytes) {
  absl::StatusOr<T> value = As<T>(bytes);
  EXPECT_TRUE(value.ok()) << bytes << " " << value.status();
  return value.ok() ? *std::move(value) : T{};
}

// Refused, and known to have been executed; the message.
template <typename T>
std::string Refusal(std::string_view bytes) {
  const absl::StatusOr<T> value = As<T>(bytes);
  EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument) << bytes;
  EXPECT_EQ(OutcomeOf(value.status()), Outcome::kExecuted) << bytes;
  EXPECT_EQ(ErrorCode(value.status()), "") << bytes;
  return std::string(value.status().message());
}

TEST(To, AStringIsTheTextOfEveryScalar) {
  EXPECT_EQ(Value<std::string>("+OK\r\n"), "OK");
  EXPECT_EQ(Value<std::string>(std::string_view("$3\r\na\0b\r\n", 9)), std::string("a\0b", 3));
  EXPECT_EQ(Value<std::string>("=5\r\ntxt:v\r\n"), "v");
  EXPECT_EQ(Value<std::string>(":-5\r\n"), "-5");
  EXPECT_EQ(Value<std::string>(",1.50\r\n"), "1.50");
  EXPECT_EQ(Value<std::string>("(123456789012345678901\r\n"), "123456789012345678901");
  EXPECT_EQ(Value<std::string>("#t\r\n"), "1");
  EXPECT_EQ(Value<std::string>("#f\r\n"), "0");
}

TEST(To, AStringIsNoNullAndNoAggregate) {
  EXPECT_EQ(Refusal<std::string>("$-1\r\n"), "the reply is a null, not a string");
  EXPECT_EQ(Refusal<std::string>("*2\r\n+a\r\n+b\r\n"), "the reply is an array of 2, not a string");
  EXPECT_EQ(Refusal<std::string>("%0\r\n"), "the reply is a map of 0, not a string");
}

TEST(To, AnIntegerIsReadFromEveryFormOfIt) {
  for (const char* bytes : {":42\r\n", "$2\r\n42\r\n", "+42\r\n", "(42\r\n", ",42\r\n", "+42\r\n",
                            "=6\r\ntxt:42\r\n", ":+42\r\n", "(+42\r\n"}) {
    EXPECT_EQ(Value<int>(bytes), 42) << bytes;
    EXPECT_EQ(Value<uint64_t>(bytes), 42U) << bytes;
    EXPECT_EQ(Value<int64_t>(bytes), 42) << bytes;
  }
  EXPECT_EQ(Value<int>("#t\r\n"), 1);
  EXPECT_EQ(Value<unsigned>("#f\r\n"), 0U);
}

TEST(To, AnIntegerIsReadExactlyOrNotAtAll) {
  for (const char* bytes :
       {"$0\r\n\r\n", "$3\r\n 42\r\n", "$3\r\n42 \r\n", "$3\r\n4.0\r\n", "+0x10\r\n", ",42.0\r\n",
        ",1e3\r\n", "+-\r\n", "+++1\r\n", "+\r\n", ",inf\r\n"}) {
    EXPECT_THAT(Refusal<int64_t>(bytes), HasSubstr("not an integer")) << bytes;
    EXPECT_THAT(Refusal<uint8_t>(bytes), HasSubstr("not an integer")) << bytes;
  }
  EXPECT_EQ(Refusal<int>("$-1\r\n"), "the reply is a null, not an integer");
  EXPECT_EQ(Refusal<int>("*0\r\n"), "the reply is an array of 0, not an integer");
  EXPECT_EQ(Refusal<int>("$3\r\na\"\n\r\n"),
            "the reply is a bulk string (\"a\\\"\\n\"), not an integer");
}

TEST(To, AnIntegerIsWithinTheRangeOfItsType) {
  EXPECT_EQ(Value<int8_t>(":127\r\n"), 127);
  EXPECT_EQ(Value<int8_t>(":-128\r\n"), -128);
  EXPECT_EQ(Value<uint8_t>(":255\r\n"), 255);
  EXPECT_EQ(Value<int64_t>("$20\r\n-9223372036854775808\r\n"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Value<uint64_t>("(18446744073709551615\r\n"), std::numeric_limits<uint64_t>::max());
  EXPECT_THAT(Refusal<int8_t>(":128\r\n"), HasSubstr("out of the range"));
  EXPECT_THAT(Refusal<int8_t>("$4\r\n-129\r\n"), HasSubstr("out of the range"));
  EXPECT_THAT(Refusal<uint8_t>(":256\r\n"), HasSubstr("out of the range"));
  EXPECT_THAT(Refusal<uint8_t>(":-1\r\n"), HasSubstr("out of the range"));
  EXPECT_THAT(Refusal<uint64_t>(":-1\r\n"), HasSubstr("out of the range"));
  EXPECT_THAT(Refusal<uint64_t>("$2\r\n-1\r\n"), HasSubstr("out of the range"));
  EXPECT_THAT(Refusal<uint64_t>("(-99999999999999999999\r\n"), HasSubstr("out of the range"));
  EXPECT_THAT(Refusal<uint64_t>("(18446744073709551616\r\n"), HasSubstr("out of the range"));
  EXPECT_THAT(Refusal<int64_t>("(9223372036854775808\r\n"), HasSubstr("out of the range"));
  EXPECT_THAT(Refusal<int64_t>("(-9223372036854775809\r\n"), HasSubstr("out of the range"));
}

TEST(To, ADoubleIsReadFromNumbersAndText) {
  for (const char* bytes : {",1.5\r\n", "$3\r\n1.5\r\n", "+1.5\r\n", "+1.50\r\n", ",+15e-1\r\n"}) {
    EXPECT_EQ(Value<double>(bytes), 1.5) << bytes;
    EXPECT_EQ(Value<float>(bytes), 1.5F) << bytes;
  }
  EXPECT_EQ(Value<double>(":-3\r\n"), -3.0);
  EXPECT_EQ(Value<double>(",0.1\r\n"), 0.1);
  EXPECT_EQ(Value<double>("(100000000000000000000\r\n"), 1e20);
  EXPECT_EQ(Value<double>(",inf\r\n"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Value<double>("$4\r\n-inf\r\n"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(Value<double>(",nan\r\n")));
  EXPECT_THAT(Refusal<double>(",1e999\r\n"), HasSubstr("out of the range"));
  EXPECT_THAT(Refusal<float>(",1e99\r\n"), HasSubstr("out of the range"));
  EXPECT_EQ(Refusal<double>("+one\r\n"), "the reply is a simple string (\"one\"), not a number");
  EXPECT_EQ(Refusal<double>("_\r\n"), "the reply is a null, not a number");
  EXPECT_EQ(Refusal<double>("#t\r\n"), "the reply is a boolean (\"t\"), not a number");
}

TEST(To, ABooleanIsABooleanOrZeroOrOne) {
  for (const char* bytes : {"#t\r\n", ":1\r\n", "$1\r\n1\r\n"}) EXPECT_TRUE(Value<bool>(bytes));
  for (const char* bytes : {"#f\r\n", ":0\r\n", "$1\r\n0\r\n"}) EXPECT_FALSE(Value<bool>(bytes));
  for (const char* bytes : {":2\r\n", ":-1\r\n", "+OK\r\n", "+t\r\n", "$0\r\n\r\n", "_\r\n"}) {
    EXPECT_THAT(Refusal<bool>(bytes), HasSubstr("not a boolean")) << bytes;
  }
}

TEST(To, ANullIsAnEmptyOptionalAndNothingElse) {
  for (const char* bytes : {"$-1\r\n", "*-1\r\n", "_\r\n"}) {
    EXPECT_EQ(Value<std::optional<std::string>>(bytes), std::nullopt);
    EXPECT_EQ(Value<std::optional<int>>(bytes), std::nullopt);
    EXPECT_EQ(Value<std::optional<std::vector<int>>>(bytes), std::nullopt);
    Refusal<std::vector<int>>(bytes);
    Refusal<int>(bytes);
    using Strings = std::map<std::string, std::string>;
    Refusal<Strings>(bytes);
  }
  EXPECT_EQ(Value<std::optional<std::string>>("$0\r\n\r\n"), "");
  EXPECT_EQ(Value<std::optional<int>>(":5\r\n"), 5);
  Refusal<std::optional<int>>("+x\r\n");
}

TEST(To, ASequenceHasTheElementsInOrder) {
  const char* const bytes = "*3\r\n:1\r\n$1\r\n2\r\n+3\r\n";
  EXPECT_THAT(Value<std::vector<int>>(bytes), ElementsAre(1, 2, 3));
  EXPECT_THAT(Value<std::vector<std::string>>(bytes), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Value<std::list<double>>(bytes), ElementsAre(1, 2, 3));
  EXPECT_THAT(Value<std::deque<uint16_t>>(bytes), ElementsAre(1, 2, 3));
  EXPECT_THAT(Value<std::vector<bool>>("*2\r\n#t\r\n:0\r\n"), ElementsAre(true, false));
  EXPECT_THAT(Value<std::vector<int>>("~2\r\n:1\r\n:2\r\n"), ElementsAre(1, 2));
  EXPECT_THAT(Value<std::vector<int>>("%1\r\n:1\r\n:2\r\n"), ElementsAre(1, 2));
  EXPECT_THAT(Value<std::vector<std::string>>(">2\r\n+message\r\n+x\r\n"),
              ElementsAre("message", "x"));
  EXPECT_TRUE(Value<std::vector<int>>("*0\r\n").empty());
  EXPECT_THAT(Value<std::vector<std::optional<std::string>>>("*3\r\n$1\r\na\r\n$-1\r\n_\r\n"),
              ElementsAre("a", std::nullopt, std::nullopt));
  Refusal<std::vector<int>>(":1\r\n");
  Refusal<std::vector<int>>("$5\r\n1 2 3\r\n");
  EXPECT_EQ(Refusal<std::vector<int>>("*2\r\n:1\r\n+x\r\n"),
            "the reply is a simple string (\"x\"), not an integer");
}

TEST(To, ASetHasEachElementOnce) {
  const char* const bytes = "~3\r\n+a\r\n+b\r\n+a\r\n";
  EXPECT_THAT(Value<std::set<std::string>>(bytes), ElementsAre("a", "b"));
  EXPECT_THAT(Value<std::unordered_set<std::string>>(bytes), UnorderedElementsAre("a", "b"));
  EXPECT_THAT(Value<absl::flat_hash_set<std::string>>(bytes), UnorderedElementsAre("a", "b"));
}

template <typename Map>
class ToMap : public ::testing::Test {};
using Maps = ::testing::Types<std::map<std::string, int>, std::unordered_map<std::string, int>,
                              std::multimap<std::string, int>, absl::btree_map<std::string, int>,
                              absl::flat_hash_map<std::string, int>,
                              std::vector<std::pair<std::string, int>>,
                              std::deque<std::pair<std::string, int>>>;
TYPED_TEST_SUITE(ToMap, Maps);

TYPED_TEST(ToMap, IsReadFromAMapAFlatArrayAndAnArrayOfPairs) {
  for (const char* bytes : {"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "*4\r\n+a\r\n:1\r\n+b\r\n$1\r\n2\r\n",
                            "*2\r\n*2\r\n+a\r\n:1\r\n*2\r\n+b\r\n:2\r\n"}) {
    EXPECT_THAT(Value<TypeParam>(bytes), UnorderedElementsAre(Pair("a", 1), Pair("b", 2)));
  }
  EXPECT_TRUE(Value<TypeParam>("*0\r\n").empty());
  EXPECT_TRUE(Value<TypeParam>("%0\r\n").empty());
}

TYPED_TEST(ToMap, IsRefusedFromWhatHasNoPairs) {
  EXPECT_EQ(Refusal<TypeParam>("*3\r\n+a\r\n:1\r\n+b\r\n"), "the reply is an array of 3, not of 4");
  EXPECT_EQ(Refusal<TypeParam>("*2\r\n*2\r\n+a\r\n:1\r\n*3\r\n+b\r\n:2\r\n:3\r\n"),
            "the reply is an array of 3, not of 2");
  EXPECT_EQ(Refusal<TypeParam>("*2\r\n*2\r\n+a\r\n:1\r\n+b\r\n"),
            "the reply is a simple string (\"b\"), not an array");
  EXPECT_EQ(Refusal<TypeParam>("+a\r\n"), "the reply is a simple string (\"a\"), not a map");
  EXPECT_EQ(Refusal<TypeParam>("%1\r\n+a\r\n+x\r\n"),
            "the reply is a simple string (\"x\"), not an integer");
  EXPECT_EQ(Refusal<TypeParam>("%1\r\n_\r\n:1\r\n"), "the reply is a null, not a string");
}

TEST(To, AMapKeepsTheFirstOfEqualKeys) {
  using Map = std::map<std::string, int>;
  EXPECT_THAT(Value<Map>("%2\r\n+a\r\n:1\r\n+a\r\n:2\r\n"), ElementsAre(Pair("a", 1)));
}

// ZRANGE ... WITHSCORES is flat in RESP2 and an array of pairs in RESP3.
TEST(To, MembersWithScoresAreReadFromBothProtocols) {
  using Scores = std::vector<std::pair<std::string, double>>;
  EXPECT_THAT(Value<Scores>("*4\r\n$1\r\na\r\n$3\r\n1.5\r\n$1\r\nb\r\n$3\r\ninf\r\n"),
              ElementsAre(Pair("a", 1.5), Pair("b", std::numeric_limits<double>::infinity())));
  EXPECT_THAT(Value<Scores>("*2\r\n*2\r\n$1\r\na\r\n,1.5\r\n*2\r\n$1\r\nb\r\n,2\r\n"),
              ElementsAre(Pair("a", 1.5), Pair("b", 2)));
}

// XREAD: an array of pairs in RESP2, a map in RESP3; entries are [id, [field, value, ...]].
TEST(To, StreamsAreReadFromBothProtocols) {
  using Fields = std::map<std::string, std::string>;
  using Streams = std::map<std::string, std::vector<std::pair<std::string, Fields>>>;
  const std::string entries =
      "*2\r\n*2\r\n$3\r\n1-0\r\n*2\r\n+f\r\n+v\r\n*2\r\n$3\r\n2-0\r\n*4\r\n+f\r\n+w\r\n+g\r\n+"
      "x\r\n";
  for (const std::string& bytes : {"*1\r\n*2\r\n+s\r\n" + entries, "%1\r\n+s\r\n" + entries}) {
    EXPECT_THAT(Value<Streams>(bytes),
                ElementsAre(Pair(
                    "s", ElementsAre(Pair("1-0", ElementsAre(Pair("f", "v"))),
                                     Pair("2-0", ElementsAre(Pair("f", "w"), Pair("g", "x")))))));
  }
}

TEST(To, PairsWhoseFirstIsAnAggregateAreNeverFlat) {
  using Pairs = std::vector<std::pair<std::vector<int>, int>>;
  EXPECT_THAT(Value<Pairs>("*1\r\n*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n"),
              ElementsAre(Pair(ElementsAre(1, 2), 3)));
  EXPECT_THAT(Value<Pairs>("%1\r\n*2\r\n:1\r\n:2\r\n:3\r\n"),
              ElementsAre(Pair(ElementsAre(1, 2), 3)));
  Refusal<Pairs>("*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n");
}

TEST(To, TuplesPairsAndArraysHaveAFixedSize) {
  using Triple = std::tuple<std::string, int, std::optional<double>>;
  using Two = std::pair<std::string, std::vector<std::string>>;
  using Three = std::array<int, 3>;
  EXPECT_EQ(Value<Triple>("*3\r\n+a\r\n:1\r\n,2.5\r\n"), Triple("a", 1, 2.5));
  EXPECT_EQ(Value<Triple>("*3\r\n+a\r\n:1\r\n_\r\n"), Triple("a", 1, std::nullopt));
  EXPECT_THAT(Value<Two>("*2\r\n$1\r\n0\r\n*2\r\n+k\r\n+l\r\n"), Pair("0", ElementsAre("k", "l")));
  EXPECT_THAT(Value<Two>("%1\r\n$1\r\n0\r\n*0\r\n"), Pair("0", ElementsAre()));
  EXPECT_THAT(Value<Three>("*3\r\n:1\r\n:2\r\n:3\r\n"), ElementsAre(1, 2, 3));
  EXPECT_EQ(Refusal<Triple>("*2\r\n+a\r\n:1\r\n"), "the reply is an array of 2, not of 3");
  EXPECT_EQ(Refusal<Two>("*3\r\n+a\r\n:1\r\n:2\r\n"), "the reply is an array of 3, not of 2");
  EXPECT_EQ(Refusal<Three>("*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n"),
            "the reply is an array of 4, not of 3");
  EXPECT_EQ(Refusal<Three>("*3\r\n:1\r\n+x\r\n:3\r\n"),
            "the reply is a simple string (\"x\"), not an integer");
  EXPECT_EQ(Refusal<Triple>("*3\r\n+a\r\n+b\r\n+c\r\n"),
            "the reply is a simple string (\"b\"), not an integer");
  EXPECT_EQ(Refusal<Three>("+abc\r\n"), "the reply is a simple string (\"abc\"), not an array");
}

TEST(To, AnErrorReplyIsItsStatusAtEveryDepth) {
  for (const char* bytes : {"-WRONGTYPE no\r\n", "!12\r\nWRONGTYPE no\r\n"}) {
    EXPECT_EQ(As<int>(bytes).status(), ErrorReply("WRONGTYPE no"));
    EXPECT_EQ(As<std::string>(bytes).status(), ErrorReply("WRONGTYPE no"));
    EXPECT_EQ(As<std::optional<int>>(bytes).status(), ErrorReply("WRONGTYPE no"));
    EXPECT_EQ(As<std::vector<int>>(bytes).status(), ErrorReply("WRONGTYPE no"));
    EXPECT_EQ(As<Reply>(bytes).status(), ErrorReply("WRONGTYPE no"));
  }
  const char* const within = "*2\r\n:1\r\n-CONFLICT no\r\n";
  for (const absl::Status& status : {As<std::vector<int>>(within).status(),
                                     As<std::vector<std::optional<int>>>(within).status()}) {
    EXPECT_EQ(status, ErrorReply("CONFLICT no", ErrorSource::kElement));
  }
}

// What an EXEC has done before and after the command that failed must not be done again.
TEST(To, AnErrorInsideOfAnAggregateIsNoProofThatNothingWasDone) {
  const absl::StatusOr<Reply> reply = Reply::Parse("*2\r\n:1\r\n*2\r\n:2\r\n-CONFLICT x\r\n");
  ASSERT_TRUE(reply.ok());
  for (const absl::Status& status :
       {reply->To<std::pair<int, std::vector<int>>>().status(), (*reply)[1][1].status(),
        Reply((*reply)[1][1]).status(), (*reply)[1].To<std::vector<int>>().status()}) {
    EXPECT_EQ(ErrorCode(status), "CONFLICT");
    EXPECT_EQ(OutcomeOf(status), Outcome::kExecuted);
    EXPECT_FALSE(IsConflict(status));
  }
}

TEST(To, RepliesWithinAnAggregateStayWhatTheyAre) {
  const auto replies = Value<std::vector<Reply>>("*4\r\n:1\r\n-ERR no\r\n_\r\n*1\r\n|0\r\n+x\r\n");
  ASSERT_EQ(replies.size(), 4U);
  EXPECT_EQ(replies[0].integer(), 1);
  EXPECT_EQ(replies[1].status(), ErrorReply("ERR no", ErrorSource::kElement));
  EXPECT_TRUE(replies[2].is_null());
  EXPECT_EQ(replies[3][0].text(), "x");
  EXPECT_EQ(Value<Reply>("*1\r\n-ERR no\r\n").view().raw(), "*1\r\n-ERR no\r\n");
  EXPECT_TRUE(Value<Reply>("_\r\n").is_null());
}

TEST(To, LongTextsAreShortenedInMessages) {
  const std::string bytes = "$100\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_EQ(Refusal<int>(bytes),
            "the reply is a bulk string (\"" + std::string(32, 'x') + "\"...), not an integer");
}

}  // namespace
}  // namespace nacre::client
