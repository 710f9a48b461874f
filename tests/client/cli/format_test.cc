// The expected texts are what redis-cli 7.0 prints for these replies; cli_commands_test.py compares
// the programs themselves.

#include "client/cli/format.h"

#include "client/cli/latency_stats.h"
#include "gtest/gtest.h"
#include "tests/client/cli/replies.h"

namespace nacre::cli {
namespace {

std::string Formatted(std::string_view wire, OutputMode mode, bool is_text = false) {
  const client::Reply reply = Wire(wire);
  return FormatReply(reply.view(), {.mode = mode}, is_text);
}
std::string Human(std::string_view wire) { return Formatted(wire, OutputMode::kHuman); }
std::string Raw(std::string_view wire) { return Formatted(wire, OutputMode::kRaw); }
std::string Csv(std::string_view wire) { return Formatted(wire, OutputMode::kCsv); }

TEST(HumanFormat, NamesTheKindOfAScalar) {
  EXPECT_EQ(Human("+OK\r\n"), "OK\n");
  EXPECT_EQ(Human("$5\r\na\"b\n\xff\r\n"), "\"a\\\"b\\n\\xff\"\n");
  EXPECT_EQ(Human("$0\r\n\r\n"), "\"\"\n");
  EXPECT_EQ(Human(":-42\r\n"), "(integer) -42\n");
  EXPECT_EQ(Human("-ERR no\r\n"), "(error) ERR no\n");
  EXPECT_EQ(Human("!6\r\nERR no\r\n"), "(error) ERR no\n");
  for (const char* null : {"_\r\n", "$-1\r\n", "*-1\r\n"}) EXPECT_EQ(Human(null), "(nil)\n");
  EXPECT_EQ(Human(",1.5\r\n"), "(double) 1.5\n");
  EXPECT_EQ(Human(",inf\r\n"), "(double) inf\n");
  EXPECT_EQ(Human("#t\r\n"), "(true)\n");
  EXPECT_EQ(Human("#f\r\n"), "(false)\n");
  EXPECT_EQ(Human("=7\r\ntxt:a\nb\r\n"), "a\nb\n");
  EXPECT_EQ(Human("(123456789012345678901234567890\r\n"),
            "(big number) 123456789012345678901234567890\n");
}

TEST(HumanFormat, EmptyAggregatesSayWhatTheyAre) {
  EXPECT_EQ(Human("*0\r\n"), "(empty array)\n");
  EXPECT_EQ(Human("%0\r\n"), "(empty hash)\n");
  EXPECT_EQ(Human("~0\r\n"), "(empty set)\n");
  EXPECT_EQ(Human(">0\r\n"), "(empty push)\n");
}

TEST(HumanFormat, NestedArraysAreNumberedAndIndented) {
  EXPECT_EQ(Human("*3\r\n$1\r\na\r\n*2\r\n:1\r\n*1\r\n_\r\n$1\r\nb\r\n"),
            "1) \"a\"\n"
            "2) 1) (integer) 1\n"
            "   2) 1) (nil)\n"
            "3) \"b\"\n");
}

TEST(HumanFormat, NumbersAreAlignedToTheWidest) {
  std::string wire = "*10\r\n";
  std::string expected;
  for (int i = 1; i <= 10; ++i) {
    wire += ":7\r\n";
    expected += (i < 10 ? " " : "") + std::to_string(i) + ") (integer) 7\n";
  }
  EXPECT_EQ(Human(wire), expected);
}

TEST(HumanFormat, MapsShowKeysAndValuesSideBySide) {
  EXPECT_EQ(Human("%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*2\r\n+x\r\n+y\r\n"),
            "1# \"a\" => (integer) 1\n"
            "2# \"b\" => \n"
            "   1) x\n"
            "   2) y\n");
  EXPECT_EQ(Human("%1\r\n+k\r\n*1\r\n+x\r\n"), "1# k => 1) x\n");
  EXPECT_EQ(Human("%1\r\n+k\r\n%1\r\n+a\r\n*2\r\n+x\r\n+y\r\n"),
            "1# k => \n   1# a => \n      1) x\n      2) y\n");
  EXPECT_EQ(Human("%1\r\n+k\r\n*0\r\n"), "1# k => (empty array)\n");
}

TEST(HumanFormat, SetsHaveAMarkOfTheirOwn) {
  EXPECT_EQ(Human("~2\r\n+x\r\n+y\r\n"), "1~ x\n2~ y\n");
  EXPECT_EQ(Human("*2\r\n~2\r\n+x\r\n+y\r\n+z\r\n"), "1) 1~ x\n   2~ y\n2) z\n");
}

TEST(RawFormat, HasTheBytesAndNothingElse) {
  EXPECT_EQ(Raw(std::string_view("$3\r\na\0\xff\r\n", 9)), std::string("a\0\xff\n", 4));
  EXPECT_EQ(Raw(":7\r\n"), "7\n");
  EXPECT_EQ(Raw(",2.50\r\n"), "2.50\n");
  EXPECT_EQ(Raw("#t\r\n"), "(true)\n");
  EXPECT_EQ(Raw("$-1\r\n"), "\n");
  EXPECT_EQ(Raw("-ERR no\r\n"), "ERR no\n\n");
}

TEST(RawFormat, ElementsStandOnLinesOfTheirOwn) {
  EXPECT_EQ(Raw("*3\r\n$1\r\na\r\n$-1\r\n*2\r\n:1\r\n:2\r\n"), "a\n\n1\n2\n");
  EXPECT_EQ(Raw("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n"), "a 1\nb 2\n");
  EXPECT_EQ(Raw("*0\r\n"), "\n");
}

TEST(RawFormat, DelimitersCanBeChosen) {
  const client::Reply reply = Wire("*2\r\n+a\r\n+b\r\n");
  const OutputFormat format = {
      .mode = OutputMode::kRaw, .element_delimiter = ", ", .reply_delimiter = ";"};
  EXPECT_EQ(FormatReply(reply.view(), format), "a, b;");
}

TEST(RawFormat, TextForPeopleIsLeftAsItIsAlsoOnATerminal) {
  const char* const info = "$7\r\n# Sec\r\n\r\n";
  EXPECT_EQ(Formatted(info, OutputMode::kHuman, true), "# Sec\r\n");
  EXPECT_EQ(Formatted(info, OutputMode::kRaw, true), "# Sec\r\n");
  EXPECT_TRUE(RepliesText({"INFO", "server"}));
  EXPECT_TRUE(RepliesText({"client", "LIST"}));
  EXPECT_FALSE(RepliesText({"client", "id"}));
  EXPECT_FALSE(RepliesText({"GET", "info"}));
  EXPECT_EQ(Formatted("+QUEUED\r\n", OutputMode::kHuman, true), "QUEUED\n")
      << "in MULTI, it is no text";
}

TEST(CsvFormat, QuotesStringsAndFlattensWhatIsNested) {
  EXPECT_EQ(Csv("*4\r\n$3\r\na,b\r\n:1\r\n$-1\r\n*2\r\n#t\r\n,0.5\r\n"),
            "\"a,b\",1,NULL,true,0.5\n");
  EXPECT_EQ(Csv("%1\r\n+a\r\n:1\r\n"), "\"a\",1\n");
  EXPECT_EQ(Csv("-ERR \"no\"\r\n"), "ERROR,\"ERR \\\"no\\\"\"\n");
}

TEST(PushFormat, InvalidationsTakeOneLine) {
  const client::Reply push = Wire(
      ">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$2\r\n\x1b"
      "b\r\n");
  EXPECT_EQ(FormatPush(push.view(), {.mode = OutputMode::kHuman}),
            "-> invalidate: 'a', '\\x1bb'\n");
  EXPECT_EQ(FormatPush(push.view(), {.mode = OutputMode::kRaw}),
            "invalidate\na\n\x1b"
            "b\n");
  const client::Reply all = Wire(">2\r\n$10\r\ninvalidate\r\n_\r\n");
  EXPECT_EQ(FormatPush(all.view(), {.mode = OutputMode::kHuman}), "1) \"invalidate\"\n2) (nil)\n");
}

TEST(LatencyFormat, TellsTheShortestTheLongestAndTheMean) {
  LatencyStats stats;
  EXPECT_EQ(stats.Format(OutputMode::kRaw), "0.000 0.000 0.000 0");
  stats.Add(absl::Microseconds(250));
  stats.Add(absl::Microseconds(750));
  EXPECT_EQ(stats.Format(OutputMode::kRaw), "0.250 0.750 0.500 2");
  EXPECT_EQ(stats.Format(OutputMode::kCsv), "0.250,0.750,0.500,2");
  EXPECT_EQ(stats.Format(OutputMode::kJson),
            R"({"min":0.250,"max":0.750,"avg":0.500,"samples":2})");
  EXPECT_EQ(stats.Format(OutputMode::kHuman), "min: 0.250, max: 0.750, avg: 0.500 ms (2 samples)");
}

}  // namespace
}  // namespace nacre::cli
