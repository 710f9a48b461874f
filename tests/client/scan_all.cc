#include "tests/client/scan_all.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace nacre::client {

namespace {

using Verdict = ReplyScanner::Verdict;

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// Not the excerpt, which shows as much as has come.
std::string ReasonOf(const absl::Status& status) {
  const std::string message(status.message());
  return message.substr(0, message.find(": \""));
}

bool Lies(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

std::string DumpOf(ReplyView reply) {
  std::string dump(NameOf(reply.kind()));
  if (!reply.is_aggregate()) {
    Require(reply.size() == 0 && reply.begin() == reply.end(), "a scalar has no elements");
    if (reply.is_null()) {
      Require(reply.text().empty(), "a null has no text");
      return dump;
    }
    Require(Lies(reply.text(), reply.raw()), "the text is a part of the reply");
    Require(reply.kind() != ReplyKind::kInteger || !reply.text().empty(), "an integer has digits");
    return dump.append("(").append(reply.text()).append(")");
  }
  Require(reply.text().empty(), "an aggregate has no text");
  dump += "[";
  size_t elements = 0;
  const char* end = reply.raw().data() + 1;
  for (const ReplyView& element : reply) {
    Require(Lies(element.raw(), reply.raw()) && element.raw().data() > end - 1,
            "elements follow one another within the reply");
    end = element.raw().data() + element.raw().size();
    dump.append(elements++ == 0 ? "" : " ").append(DumpOf(element));
  }
  Require(elements == reply.size(), "as many elements as the reply says");
  Require(elements == 0 || end == reply.raw().data() + reply.raw().size(),
          "the last element ends where the reply does");
  return dump + "]";
}

Scanned ScanInPieces(std::string_view stream, const std::vector<size_t>& cuts,
                     const ReplyScanner::Limits& limits) {
  Scanned result;
  ReplyScanner scanner(limits);
  for (size_t piece = 0; piece <= cuts.size(); ++piece) {
    const size_t have = piece < cuts.size() ? cuts[piece] : stream.size();
    const size_t bytes = have - result.consumed;
    const auto block = std::make_unique<char[]>(bytes);
    stream.copy(block.get(), bytes, result.consumed);
    std::string_view left(block.get(), bytes);
    while (true) {
      result.verdict = scanner.Scan(left);
      if (result.verdict == Verdict::kMore || result.verdict == Verdict::kMalformed) break;
      Require(scanner.frame_bytes() > 0 && scanner.frame_bytes() <= left.size(),
              "a frame has bytes, which have come");
      Require(scanner.frame_bytes() <= limits.bytes_max, "a frame is within the limit");
      Require(Lies(scanner.frame().raw(), left.substr(0, scanner.frame_bytes())),
              "the reply is a part of the frame");
      Require((scanner.frame().kind() == ReplyKind::kPush) == (result.verdict == Verdict::kPush),
              "push messages are told apart");
      result.frames.push_back(DumpOf(scanner.frame()));
      result.consumed += scanner.frame_bytes();
      left.remove_prefix(scanner.frame_bytes());
    }
    if (result.verdict == Verdict::kMalformed) {
      Require(scanner.status().code() == absl::StatusCode::kDataLoss, "kDataLoss");
      result.error = ReasonOf(scanner.status());
      break;
    }
    Require(scanner.bytes_missing() > 0, "something is missing");
  }
  result.examined = scanner.bytes_examined();
  return result;
}

Scanned ScanWhole(std::string_view stream, const ReplyScanner::Limits& limits) {
  return ScanInPieces(stream, {}, limits);
}

}  // namespace nacre::client
