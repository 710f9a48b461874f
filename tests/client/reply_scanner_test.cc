// The framing of replies: what is whole, what is not yet, what is none, and at which price.

#include "client/wire/reply_scanner.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/client/scan_all.h"

namespace {

size_t allocated_bytes = 0;

}  // namespace

void* operator new(size_t bytes) {
  allocated_bytes += bytes;
  void* const block = std::malloc(bytes);
  if (block == nullptr) std::abort();
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { std::free(block); }

namespace nacre::client {
namespace {

using Verdict = ReplyScanner::Verdict;
using Limits = ReplyScanner::Limits;
using Frames = std::vector<std::string>;

std::vector<size_t> EveryByteOf(std::string_view stream) {
  std::vector<size_t> cuts(stream.size());
  std::iota(cuts.begin(), cuts.end(), size_t{0});
  return cuts;
}

// The same answer for the whole, byte by byte, and for every single cut.
Scanned ScanEveryWay(std::string_view stream, const Limits& limits = {}) {
  const Scanned whole = ScanWhole(stream, limits);
  EXPECT_EQ(ScanInPieces(stream, EveryByteOf(stream), limits), whole) << stream;
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    EXPECT_EQ(ScanInPieces(stream, {cut}, limits), whole) << stream << " cut at " << cut;
  }
  return whole;
}

std::string Repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(ReplyScanner, FindsOneReplyAfterTheOther) {
  const Scanned scanned =
      ScanEveryWay("+OK\r\n:1\r\n$-1\r\n_\r\n$2\r\nab\r\n*0\r\n*1\r\n+x\r\n#t\r\n-ERR no\r\n");
  EXPECT_EQ(scanned.frames,
            (Frames{"simple string(OK)", "integer(1)", "null", "null", "bulk string(ab)", "array[]",
                    "array[simple string(x)]", "boolean(t)", "error(ERR no)"}));
  EXPECT_EQ(scanned.verdict, Verdict::kMore);
}

TEST(ReplyScanner, FindsRepliesWithinReplies) {
  const Scanned scanned = ScanEveryWay(
      "*3\r\n*2\r\n:1\r\n*0\r\n%2\r\n+a\r\n~1\r\n,1.5\r\n+b\r\n*-1\r\n=5\r\ntxt:x\r\n+next\r\n");
  EXPECT_EQ(scanned.frames,
            (Frames{"array[array[integer(1) array[]] map[simple string(a) set[double(1.5)] simple "
                    "string(b) null] verbatim string(x)]",
                    "simple string(next)"}));
}

TEST(ReplyScanner, PassesOverAttributesAtEveryDepth) {
  const Scanned scanned = ScanEveryWay(
      "|1\r\n+key\r\n*2\r\n:1\r\n|1\r\n+a\r\n+b\r\n:2\r\n|0\r\n*2\r\n|1\r\n+x\r\n*0\r\n:3\r\n|"
      "0\r\n:4\r\n"
      ":5\r\n");
  EXPECT_EQ(scanned.frames, (Frames{"array[integer(3) integer(4)]", "integer(5)"}));
  EXPECT_EQ(ScanEveryWay("|1\r\n+a\r\n+b\r\n").frames, Frames{}) << "the reply itself is missing";
}

TEST(ReplyScanner, TellsPushMessagesFromReplies) {
  const std::string_view stream = ">2\r\n+message\r\n+x\r\n+OK\r\n|1\r\n+a\r\n+b\r\n>1\r\n+y\r\n";
  EXPECT_EQ(ScanEveryWay(stream).frames,
            (Frames{"push message[simple string(message) simple string(x)]", "simple string(OK)",
                    "push message[simple string(y)]"}));
  ReplyScanner scanner(Limits{});
  EXPECT_EQ(scanner.Scan(stream), Verdict::kPush);
  EXPECT_EQ(scanner.Scan(stream.substr(scanner.frame_bytes())), Verdict::kReply);
}

TEST(ReplyScanner, SaysWhatIsNoReplyAndWhere) {
  struct Case {
    std::string bytes;
    std::string error;
  };
  const Case cases[] = {
      {"HTTP/1.1 400 Bad Request\r\n", "a byte that begins no reply at byte 0"},
      {"\r\n", "a byte that begins no reply at byte 0"},
      {"OK\r\n", "a byte that begins no reply at byte 0"},
      {"*2\r\n:1\r\nx", "a byte that begins no reply at byte 8"},
      {".\r\n", "a byte that begins no reply at byte 0"},
      {";4\r\n", "a byte that begins no reply at byte 0"},
      {"+OK\n", "a line that ends without CR at byte 0"},
      {"+\n", "a line that ends without CR at byte 0"},
      {":1\n", "a line that ends without CR at byte 0"},
      {"*1\r\n-ERR\n", "a line that ends without CR at byte 4"},
      {":\r\n", "an integer that is no number at byte 0"},
      {":a\r\n", "an integer that is no number at byte 0"},
      {": 1\r\n", "an integer that is no number at byte 0"},
      {":1 \r\n", "an integer that is no number at byte 0"},
      {":1\r2\r\n", "an integer that is no number at byte 0"},
      {":-\r\n", "an integer that is no number at byte 0"},
      {":+\r\n", "an integer that is no number at byte 0"},
      {":+-1\r\n", "an integer that is no number at byte 0"},
      {":--1\r\n", "an integer that is no number at byte 0"},
      {":1.0\r\n", "an integer that is no number at byte 0"},
      {":9223372036854775808\r\n", "an integer of more than 64 bits at byte 0"},
      {":-9223372036854775809\r\n", "an integer of more than 64 bits at byte 0"},
      {":0000000000000000000000000000001", "a line that is too long for a number at byte 0"},
      {":00000000000000000000000000000001\r\n", "a line that is too long for a number at byte 0"},
      {"$00000000000000000000000000000001\r\n", "a line that is too long for a number at byte 0"},
      {"*" + std::string(40, '1'), "a line that is too long for a number at byte 0"},
      {"$\r\n", "a length that is no number at byte 0"},
      {"$a\r\n", "a length that is no number at byte 0"},
      {"$-2\r\n", "a length that is no number at byte 0"},
      {"$-0\r\n", "a length that is no number at byte 0"},
      {"$+1\r\n", "a length that is no number at byte 0"},
      {"$ 1\r\n", "a length that is no number at byte 0"},
      {"*-2\r\n", "a length that is no number at byte 0"},
      {"*1a\r\n", "a length that is no number at byte 0"},
      {"%-1\r\n", "a length that is no number at byte 0"},
      {"~-1\r\n", "a length that is no number at byte 0"},
      {">-1\r\n", "a length that is no number at byte 0"},
      {"=-1\r\n", "a length that is no number at byte 0"},
      {"!-1\r\n", "a length that is no number at byte 0"},
      {"|-1\r\n", "a length that is no number at byte 0"},
      {"$1\r\nabc", "a string that does not end in CRLF at byte 5"},
      {"$1\r\na\r\r", "a string that does not end in CRLF at byte 5"},
      {"$1\r\na\n\n", "a string that does not end in CRLF at byte 5"},
      {"$0\r\nab", "a string that does not end in CRLF at byte 4"},
      {"*1\r\n!3\r\nERRxx", "a string that does not end in CRLF at byte 11"},
      {"=3\r\nabc\r\n", "a verbatim string without its type at byte 0"},
      {"=0\r\n\r\n", "a verbatim string without its type at byte 0"},
      {"=4\r\nabcd\r\n", "a verbatim string without its type at byte 4"},
      {"*1\r\n=5\r\ntx:ab\r\n", "a verbatim string without its type at byte 8"},
      {"_x\r\n", "a null with content at byte 0"},
      {"#\r\n", "a boolean that is not t or f at byte 0"},
      {"#T\r\n", "a boolean that is not t or f at byte 0"},
      {"#true\r\n", "a boolean that is not t or f at byte 0"},
      {"#" + std::string(40, 't'), "a line that is too long for a number at byte 0"},
      {",\r\n", "a double that is no number at byte 0"},
      {",abc\r\n", "a double that is no number at byte 0"},
      {",1.\r\n", "a double that is no number at byte 0"},
      {",.5\r\n", "a double that is no number at byte 0"},
      {",1e\r\n", "a double that is no number at byte 0"},
      {",1e+\r\n", "a double that is no number at byte 0"},
      {",1.5x\r\n", "a double that is no number at byte 0"},
      {",0x1p3\r\n", "a double that is no number at byte 0"},
      {",Inf\r\n", "a double that is no number at byte 0"},
      {",infinity\r\n", "a double that is no number at byte 0"},
      {",+-1\r\n", "a double that is no number at byte 0"},
      {"(\r\n", "a big number that is no number at byte 0"},
      {"(-\r\n", "a big number that is no number at byte 0"},
      {"(12a\r\n", "a big number that is no number at byte 0"},
      {"(1.5\r\n", "a big number that is no number at byte 0"},
      {"$?\r\n", "a streamed reply, which this client does not read at byte 0"},
      {"=?\r\n", "a streamed reply, which this client does not read at byte 0"},
      {"!?\r\n", "a streamed reply, which this client does not read at byte 0"},
      {"*?\r\n", "a streamed reply, which this client does not read at byte 0"},
      {"~?\r\n", "a streamed reply, which this client does not read at byte 0"},
      {"%?\r\n", "a streamed reply, which this client does not read at byte 0"},
      {"|?\r\n", "a streamed reply, which this client does not read at byte 0"},
      {">?\r\n", "a streamed reply, which this client does not read at byte 0"},
      {"*1\r\n>1\r\n+a\r\n", "a push message inside of a reply at byte 4"},
      {"|1\r\n+a\r\n>0\r\n", "a push message inside of a reply at byte 8"},
  };
  for (const Case& c : cases) {
    for (const std::string& before : {std::string(), std::string("+OK\r\n$1\r\nx\r\n")}) {
      const Scanned scanned = ScanEveryWay(before + c.bytes);
      EXPECT_EQ(scanned.verdict, Verdict::kMalformed) << c.bytes;
      EXPECT_EQ(scanned.error, "not a reply of RESP: " + c.error) << c.bytes;
      EXPECT_EQ(scanned.consumed, before.size()) << c.bytes;
    }
  }
}

TEST(ReplyScanner, ShowsTheBytesThatAreNoReply) {
  ReplyScanner scanner(Limits{});
  EXPECT_EQ(scanner.Scan("HTTP/1.1 400 Bad Request\r\nServer: a long one\r\n"),
            Verdict::kMalformed);
  EXPECT_EQ(scanner.status().message(),
            "not a reply of RESP: a byte that begins no reply at byte 0: "
            "\"HTTP/1.1 400 Bad Request\\r\\nServer\"");
}

TEST(ReplyScanner, DoesNotGoOnAfterWhatIsNoReply) {
  ReplyScanner scanner(Limits{});
  EXPECT_EQ(scanner.Scan("x"), Verdict::kMalformed);
  EXPECT_EQ(scanner.Scan("+OK\r\n"), Verdict::kMalformed);
  EXPECT_EQ(scanner.Scan(""), Verdict::kMalformed);
  EXPECT_EQ(scanner.status().code(), absl::StatusCode::kDataLoss);
}

TEST(ReplyScanner, WaitsForMoreAsLongAsItMayBeAReply) {
  for (const std::string_view whole :
       {"+PONG\r\n", "-ERR no\r\n", ":-12\r\n", "$-1\r\n", "$10\r\n0123456789\r\n", "*-1\r\n",
        "_\r\n", "#t\r\n", ",-1.5e+10\r\n", "(12\r\n", "!3\r\nERR\r\n", "=6\r\nmkd:ab\r\n",
        "%1\r\n$1\r\na\r\n*1\r\n:5\r\n", "~1\r\n_\r\n", ">1\r\n+a\r\n",
        "|1\r\n+a\r\n+b\r\n:1\r\n"}) {
    for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
      const Scanned part = ScanWhole(whole.substr(0, bytes));
      EXPECT_EQ(part.verdict, Verdict::kMore) << whole << " " << bytes;
      EXPECT_TRUE(part.frames.empty()) << whole << " " << bytes;
    }
    EXPECT_EQ(ScanEveryWay(whole).frames.size(), 1U) << whole;
  }
}

TEST(ReplyScanner, KnowsHowMuchOfALargeStringIsMissing) {
  ReplyScanner scanner(Limits{});
  std::string stream = "*2\r\n$1000000\r\n";
  EXPECT_EQ(scanner.Scan(stream), Verdict::kMore);
  EXPECT_EQ(scanner.bytes_missing(), 1000002U);
  stream += std::string(400000, 'x');
  EXPECT_EQ(scanner.Scan(stream), Verdict::kMore);
  EXPECT_EQ(scanner.bytes_missing(), 600002U);
  stream += std::string(600000, 'x') + "\r";
  EXPECT_EQ(scanner.Scan(stream), Verdict::kMore);
  EXPECT_EQ(scanner.bytes_missing(), 1U);
  stream += "\n";
  EXPECT_EQ(scanner.Scan(stream), Verdict::kMore);
  stream += ":1\r\n";
  EXPECT_EQ(scanner.Scan(stream), Verdict::kReply);
  EXPECT_EQ(scanner.frame_bytes(), stream.size());
  EXPECT_EQ(scanner.frame()[0].text().size(), 1000000U);
}

// --- Limits
// ---------------------------------------------------------------------------------------

TEST(ReplyScannerLimits, ReplyBytesCountEverythingOfAReply) {
  for (const std::string& reply :
       {std::string("+OK\r\n"), std::string("+PONG\r\n"), std::string(":12\r\n"),
        std::string("$-1\r\n"), "+" + std::string(100, 'x') + "\r\n",
        "$50\r\n" + std::string(50, 'x') + "\r\n", std::string("*2\r\n:1\r\n$5\r\nhello\r\n"),
        std::string("*2\r\n*1\r\n:1\r\n+abcdefgh\r\n"), std::string("|1\r\n+a\r\n+b\r\n:1\r\n"),
        std::string("%1\r\n_\r\n_\r\n"), std::string("*0\r\n"), std::string("_\r\n"),
        "(" + std::string(60, '1') + "\r\n"}) {
    const std::string stream = reply + reply;
    EXPECT_EQ(ScanEveryWay(stream, {.bytes_max = reply.size()}).frames.size(), 2U) << reply;
    const Scanned over = ScanEveryWay(stream, {.bytes_max = reply.size() - 1});
    EXPECT_EQ(over.verdict, Verdict::kMalformed) << reply;
    EXPECT_NE(over.error.find("more than reply_bytes_max"), std::string::npos) << over.error;
    EXPECT_TRUE(over.frames.empty()) << reply;
  }
}

TEST(ReplyScannerLimits, AHeaderThatCannotBeKeptIsRefusedAtOnce) {
  const Limits limits = {.bytes_max = 1000};
  struct Case {
    const char* good;
    const char* bad;
  };
  // What the header takes itself leaves 994 bytes or less.
  for (const Case& c :
       {Case{"$992\r\n", "$993\r\n"}, Case{"!992\r\n", "!993\r\n"}, Case{"=992\r\n", "=993\r\n"},
        Case{"*331\r\n", "*332\r\n"}, Case{"~331\r\n", "~332\r\n"}, Case{">331\r\n", ">332\r\n"},
        Case{"%165\r\n", "%166\r\n"}, Case{"|165\r\n", "|166\r\n"}}) {
    EXPECT_EQ(ScanEveryWay(c.good, limits).verdict, Verdict::kMore) << c.good;
    const Scanned bad = ScanEveryWay(c.bad, limits);
    EXPECT_EQ(bad.error, "not a reply of RESP: more than reply_bytes_max (1000) at byte 0")
        << c.bad;
  }
  for (const char* header :
       {"$18446744073709551615\r\n", "*9223372036854775807\r\n", "%4611686018427387904\r\n",
        "%9223372036854775807\r\n", "*99999999999999999999999\r\n", "|6148914691236517206\r\n",
        "$9223372036854775806\r\n"}) {
    EXPECT_EQ(ScanEveryWay(header).verdict, Verdict::kMalformed) << header;
  }
}

TEST(ReplyScannerLimits, NothingIsAllocatedOnTheWordOfAHeader) {
  for (const std::string_view stream : {"*357913900\r\n:1\r\n", "%178956900\r\n",
                                        "$1073741000\r\nabc", "*1000\r\n*1000\r\n*1000\r\n"}) {
    ReplyScanner scanner(Limits{});
    const size_t before = allocated_bytes;
    EXPECT_EQ(scanner.Scan(stream), Verdict::kMore);
    EXPECT_LT(allocated_bytes - before, 1000U) << stream;
  }
}

TEST(ReplyScannerLimits, DepthCountsAggregatesWithinOneAnother) {
  const Limits limits = {.depth_max = 3};
  for (const std::string& open :
       {std::string("*1\r\n"), std::string("~1\r\n"), std::string("%1\r\n+k\r\n")}) {
    const std::string three = Repeated(open, 3) + ":1\r\n";
    EXPECT_EQ(ScanEveryWay(three, limits).frames.size(), 1U) << open;
    const Scanned four = ScanEveryWay(Repeated(open, 4) + ":1\r\n", limits);
    EXPECT_EQ(four.verdict, Verdict::kMalformed) << open;
    EXPECT_NE(four.error.find("nested deeper than reply_depth_max (3)"), std::string::npos);
  }
  EXPECT_EQ(ScanEveryWay("*1\r\n*1\r\n*0\r\n", limits).frames.size(), 1U);
  EXPECT_EQ(ScanEveryWay("*1\r\n*1\r\n*1\r\n*0\r\n", limits).verdict, Verdict::kMalformed);
  EXPECT_EQ(ScanEveryWay("*1\r\n*1\r\n*1\r\n|0\r\n", limits).verdict, Verdict::kMalformed);
  EXPECT_EQ(ScanEveryWay(Repeated("*2\r\n*1\r\n:1\r\n", 2) + "*1\r\n:1\r\n", limits).frames.size(),
            1U)
      << "siblings do not add up";
}

TEST(ReplyScannerLimits, AMillionLevelsTakeNoStack) {
  const size_t depth = 1'000'000;
  const std::string stream = Repeated("*1\r\n", depth) + ":1\r\n";
  ReplyScanner scanner({.bytes_max = stream.size(), .depth_max = depth});
  ASSERT_EQ(scanner.Scan(stream), Verdict::kReply);
  EXPECT_EQ(scanner.frame().raw().size(), stream.size());
  EXPECT_EQ(scanner.frame()[0].raw().size(), stream.size() - 4);
  const std::string attributes =
      Repeated("|1\r\n:1\r\n", depth) + Repeated(":2\r\n", depth) + ":3\r\n";
  ReplyScanner second({.bytes_max = attributes.size(), .depth_max = depth});
  ASSERT_EQ(second.Scan(attributes), Verdict::kReply);
  EXPECT_EQ(second.frame().integer(), 3);
}

// --- What it costs
// --------------------------------------------------------------------------------

TEST(ReplyScannerCost, OfAMillionElementsByteByByteIsLinear) {
  const std::string stream = "*1000000\r\n" + Repeated(":1\r\n", 1'000'000);
  ReplyScanner scanner(Limits{});
  for (size_t bytes = 1; bytes < stream.size(); ++bytes) {
    ASSERT_EQ(scanner.Scan(std::string_view(stream).substr(0, bytes)), Verdict::kMore);
  }
  EXPECT_EQ(scanner.Scan(stream), Verdict::kReply);
  EXPECT_LE(scanner.bytes_examined(), 2 * stream.size());
}

TEST(ReplyScannerCost, OfALargeStringDoesNotGrowWithItsLength) {
  const std::string stream = "$4000000\r\n" + std::string(4'000'000, '\n') + "\r\n";
  ReplyScanner scanner(Limits{});
  for (size_t bytes = 1; bytes < stream.size(); bytes += 7) {
    ASSERT_EQ(scanner.Scan(std::string_view(stream).substr(0, bytes)), Verdict::kMore);
  }
  EXPECT_EQ(scanner.Scan(stream), Verdict::kReply);
  EXPECT_LE(scanner.bytes_examined(), 100U);
}

TEST(ReplyScannerCost, OfALongLineByteByByteIsLinear) {
  for (const char* mark : {"+", "-", "(", "*1\r\n+", "*2\r\n:1\r\n("}) {
    const std::string stream = mark + std::string(100'000, '1') + "\r\n";
    ReplyScanner scanner(Limits{});
    for (size_t bytes = 1; bytes < stream.size(); ++bytes) {
      ASSERT_EQ(scanner.Scan(std::string_view(stream).substr(0, bytes)), Verdict::kMore);
    }
    EXPECT_EQ(scanner.Scan(stream), Verdict::kReply);
    EXPECT_LE(scanner.bytes_examined(), 2 * stream.size());
  }
}

TEST(ReplyScannerCost, OfRepliesThatAreAllThereIsOneLook) {
  const std::string stream = Repeated("+OK\r\n:1\r\n$3\r\nabc\r\n$-1\r\n", 1000);
  EXPECT_EQ(ScanWhole(stream).examined, 0U) << "the look that is not counted";
}

TEST(ReplyScannerCost, OfElementsInPiecesOfAnySizeIsLinear) {
  const std::string stream =
      "*60000\r\n" + Repeated("$3\r\nabc\r\n+PONG\r\n*1\r\n,1.5\r\n", 20'000);
  for (size_t piece = 1; piece <= 64; piece += 9) {
    ReplyScanner scanner(Limits{});
    for (size_t bytes = piece; bytes < stream.size(); bytes += piece) {
      ASSERT_EQ(scanner.Scan(std::string_view(stream).substr(0, bytes)), Verdict::kMore);
    }
    EXPECT_EQ(scanner.Scan(stream), Verdict::kReply);
    EXPECT_LE(scanner.bytes_examined(), 3 * stream.size()) << piece;
  }
}

}  // namespace
}  // namespace nacre::client
