#include "client/cli/json.h"

#include <random>

#include "client/cli/format.h"
#include "gtest/gtest.h"
#include "tests/client/cli/json_checker.h"
#include "tests/client/cli/replies.h"

namespace nacre::cli {
namespace {

std::string Json(std::string_view wire, bool quoted = false) {
  const client::Reply reply = Wire(wire);
  std::string out;
  AppendJson(reply.view(), quoted, out);
  return out;
}

std::string Bulk(std::string_view bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}

TEST(Json, ScalarsAreThemselves) {
  EXPECT_EQ(Json("+OK\r\n"), R"("OK")");
  EXPECT_EQ(Json(":-9223372036854775808\r\n"), "-9223372036854775808");
  EXPECT_EQ(Json("_\r\n"), "null");
  EXPECT_EQ(Json("*-1\r\n"), "null");
  EXPECT_EQ(Json("#t\r\n"), "true");
  EXPECT_EQ(Json("#f\r\n"), "false");
  EXPECT_EQ(Json("=7\r\ntxt:abc\r\n"), R"("abc")");
}

TEST(Json, ErrorsAreObjectsThatNoStringCanBeTakenFor) {
  EXPECT_EQ(Json("-ERR no \"x\"\r\n"), R"({"error":"ERR no \"x\""})");
  EXPECT_EQ(Json("*2\r\n-ERR no\r\n+error\r\n"), R"([{"error":"ERR no"},"error"])");
}

TEST(Json, TextIsKeptAndBytesThatAreNoTextAreEscapedOneByOne) {
  EXPECT_EQ(Json(Bulk("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80")),
            "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"");
  EXPECT_EQ(Json(Bulk("a\n\r\t\b\f\"\\\x01\x7f")), R"("a\n\r\t\b\f\"\\\u0001\u007f")");
  EXPECT_EQ(Json(Bulk("\xff\xc3(")), R"("\u00ff\u00c3(")");
  EXPECT_EQ(Json(Bulk("\xed\xa0\x80")), R"("\u00ed\u00a0\u0080")") << "half of a surrogate pair";
  EXPECT_EQ(Json(Bulk("\xc0\xaf")), R"("\u00c0\u00af")") << "longer than needed";
}

TEST(Json, QuotedStringsTellAllBytesApart) {
  EXPECT_EQ(Json(Bulk("a\"b\xff"), true), R"("a\\\"b\\xff")");
  EXPECT_EQ(Json(Bulk("\xc3\xbc"), true), R"("\\xc3\\xbc")");
  EXPECT_NE(Json(Bulk("\xff"), true), Json(Bulk("\xc3\xbf"), true));
}

TEST(Json, DoublesThatAreNoNumbersInJsonAreStringsOrRewritten) {
  EXPECT_EQ(Json(",1.50\r\n"), "1.50");
  EXPECT_EQ(Json(",-0\r\n"), "-0");
  EXPECT_EQ(Json(",1e+30\r\n"), "1e+30");
  EXPECT_EQ(Json(",inf\r\n"), R"("inf")");
  EXPECT_EQ(Json(",-inf\r\n"), R"("-inf")");
  EXPECT_EQ(Json(",nan\r\n"), R"("nan")");
}

TEST(Json, BigNumbersAreStringsSinceMostReadersWouldRoundThem) {
  EXPECT_EQ(Json("(123456789012345678901234567890\r\n"), R"("123456789012345678901234567890")");
}

TEST(Json, MapsAreObjectsWhateverTheirKeysAre) {
  EXPECT_EQ(Json("%3\r\n+a\r\n:1\r\n:2\r\n+b\r\n*2\r\n+x\r\n:1\r\n~1\r\n#t\r\n"),
            R"({"a":1,"2":"b","[\"x\",1]":[true]})");
  EXPECT_EQ(Json("%0\r\n"), "{}");
  EXPECT_EQ(Json("*0\r\n"), "[]");
}

TEST(Json, ATextForPeopleIsJsonToo) {
  const client::Reply reply = Wire("$8\r\n# A\r\nb:c\r\n");
  EXPECT_EQ(FormatReply(reply.view(), {.mode = OutputMode::kJson}, true), "\"# A\\r\\nb:c\"\n");
}

TEST(JsonChecker, RefusesWhatIsNoJson) {
  for (const char* text :
       {"", "error:\"x\"", "{1:2}", "[1,]", "01", "1.", "+1", ".5", "nan", "\"\n\"", "\"\xff\"",
        "\"\\x\"", "\"a", "[", "{}{}", "\"\\u00g0\"", "\"\xed\xa0\x80\""}) {
    EXPECT_FALSE(IsJson(text)) << text;
  }
  for (const char* text : {"0", "-1.5e+3", "\"\\u00ff\"", "[1,{\"a\":null}]", "\"\xc3\xbc\""}) {
    EXPECT_TRUE(IsJson(text)) << text;
  }
}

// Random replies of all kinds, with any bytes in their strings.
class RandomReplies {
 public:
  explicit RandomReplies(unsigned seed) : random_(seed) {}

  std::string Next(int depth = 0) {
    switch (Below(depth < 4 ? 14 : 9)) {
      case 0: return "_\r\n";
      case 1: return "+" + Line() + "\r\n";
      case 2: return "-" + Line() + "\r\n";
      case 3: return ":" + std::to_string(static_cast<int64_t>(random_())) + "\r\n";
      case 4: return "," + Double() + "\r\n";
      case 5: return Below(2) == 0 ? "#t\r\n" : "#f\r\n";
      case 6: return "(-" + std::string(1 + Below(30), '7') + "\r\n";
      case 7: return "=" + Bulk("txt:" + Bytes()).substr(1);
      case 8: return Bulk(Bytes());
      case 9: return Aggregate('%', 2, depth);
      case 10: return Aggregate('~', 1, depth);
      case 11: return Aggregate('>', 1, depth == 0 ? depth : 4);
      default: return Aggregate('*', 1, depth);
    }
  }

 private:
  size_t Below(size_t limit) { return random_() % limit; }

  std::string Aggregate(char mark, size_t each, int depth) {
    // A push can only stand alone.
    if (mark == '>' && depth > 0) mark = '*';
    const size_t elements = Below(4);
    std::string wire = mark + std::to_string(elements) + "\r\n";
    for (size_t i = 0; i < elements * each; ++i) wire += Next(depth + 1);
    return wire;
  }
  std::string Bytes() {
    std::string bytes(Below(12), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }
  std::string Line() {
    std::string line = Bytes();
    for (char& byte : line) {
      if (byte == '\r' || byte == '\n') byte = '\xfe';
    }
    return "x" + line;
  }
  std::string Double() {
    static constexpr const char* kDoubles[] = {"1.5", "-0",    "inf", "-inf",
                                               "nan", "1e300", "10",  "-3.25E-7"};
    return kDoubles[Below(std::size(kDoubles))];
  }

  std::mt19937_64 random_;
};

TEST(Json, IsValidForAnyReply) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  RandomReplies replies(seed);
  for (int round = 0; round < 3000; ++round) {
    const std::string wire = replies.Next();
    for (const bool quoted : {false, true}) {
      const std::string json = Json(wire, quoted);
      ASSERT_TRUE(IsJson(json)) << json << "\nof: " << wire;
    }
  }
}

}  // namespace
}  // namespace nacre::cli
