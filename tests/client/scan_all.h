#ifndef NACRE_TESTS_CLIENT_SCAN_ALL_H_
#define NACRE_TESTS_CLIENT_SCAN_ALL_H_

// Everything that a stream of bytes holds, for a stream that arrives at once and for one that
// arrives in pieces. Both must be equal.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/wire/reply_scanner.h"

namespace nacre::client {

struct Scanned {
  std::vector<std::string> frames;                               // Their dumps.
  ReplyScanner::Verdict verdict = ReplyScanner::Verdict::kMore;  // The last one.
  std::string error;      // What was found where, without the bytes that it shows.
  size_t consumed = 0;    // By the frames.
  uint64_t examined = 0;  // Not compared.

  bool operator==(const Scanned& other) const {
    return frames == other.frames && verdict == other.verdict && error == other.error &&
           consumed == other.consumed;
  }
};

// `pieces` end at `cuts`, which ascend, and at the end of the stream. Each piece is copied together
// with what was left, into a block of exactly that size.
Scanned ScanInPieces(std::string_view stream, const std::vector<size_t>& cuts,
                     const ReplyScanner::Limits& limits = {});
Scanned ScanWhole(std::string_view stream, const ReplyScanner::Limits& limits = {});

// The whole tree of a reply, read by every accessor: "array[bulk string(a) integer(1)]". Aborts if
// the parts do not make up the whole.
std::string DumpOf(ReplyView reply);

}  // namespace nacre::client

#endif  // NACRE_TESTS_CLIENT_SCAN_ALL_H_
