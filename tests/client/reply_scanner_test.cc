// The framing of replies: what is whole, what is not yet, what is none, and at which price.

#include "client/wire/reply_scanner.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "tests/client/scan_all.h"

namespace nacre::client {
namespace {

using Verdict = ReplyScanner::Verdict;

std::vector<size_t> EveryByteOf(std::string_view stream) {
  std::vector<size_t> cuts(stream.size());
  std::iota(cuts.begin(), cuts.end(), size_t{0});
  return cuts;
}

// The same answer for the whole, byte by byte, and for every single cut.
Scanned ScanEveryWay(std::string_view stream, const ReplyScanner::Limits& limits = {}) {
  const Scanned whole = ScanWhole(stream, limits);
  EXPECT_EQ(ScanInPieces(stream, EveryByteOf(stream), limits), whole) << stream;
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    EXPECT_EQ(ScanInPieces(stream, {cut}, limits), whole) << stream << " cut at " << cut;
  }
  return whole;
}

TEST(ReplyScanner, FindsOneReplyAfterTheOther) {
  const Scanned scanned =
      ScanEveryWay("+OK\r\n:1\r\n$-1\r\n_\r\n$2\r\nab\r\n*0\r\n*1\r\n+x\r\n#t\r\n");
  EXPECT_EQ(scanned.frames, (std::vector<std::string>{"simple string(OK)", "integer(1)", "null",
                                                      "null", "bulk string(ab)", "array[]",
                                                      "array[simple string(x)]", "boolean(t)"}));
  EXPECT_EQ(scanned.verdict, Verdict::kMore);
}

}  // namespace
}  // namespace nacre::client
