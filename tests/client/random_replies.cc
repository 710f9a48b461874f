#include "tests/client/random_replies.h"

#include <algorithm>
#include <iterator>

namespace nacre::client {

namespace {

constexpr size_t kDepthMax = 4;

}  // namespace

RandomReply RandomReplies::Next() {
  RandomReply reply =
      Below(8) == 0 ? Aggregate(">", "push message", 1, kDepthMax - 1) : Element(kDepthMax);
  if (Below(8) == 0) reply.bytes = Attributes(2) + reply.bytes;
  return reply;
}

RandomReply RandomReplies::Element(size_t depth) {
  if (depth > 0 && Below(12) == 0) {
    RandomReply reply = Element(depth - 1);
    reply.bytes = Attributes(depth - 1) + reply.bytes;
    return reply;
  }
  if (depth > 0 && Below(3) == 0) {
    switch (Below(4)) {
      case 0: return Aggregate("%", "map", 2, depth - 1);
      case 1: return Aggregate("~", "set", 1, depth - 1);
      default: return Aggregate("*", "array", 1, depth - 1);
    }
  }
  return Below(2) == 0 ? Text() : Scalar();
}

RandomReply RandomReplies::Text() {
  const bool line = Below(3) == 0;
  const std::string text = Bytes(line);
  if (line) {
    return Below(2) == 0 ? RandomReply{"+" + text + "\r\n", "simple string(" + text + ")"}
                         : RandomReply{"-" + text + "\r\n", "error(" + text + ")"};
  }
  const std::string length = std::to_string(text.size());
  switch (Below(6)) {
    case 0: return {"!" + length + "\r\n" + text + "\r\n", "error(" + text + ")"};
    case 1:
      return {"=" + std::to_string(text.size() + 4) + "\r\ntxt:" + text + "\r\n",
              "verbatim string(" + text + ")"};
    default: return {"$" + length + "\r\n" + text + "\r\n", "bulk string(" + text + ")"};
  }
}

RandomReply RandomReplies::Scalar() {
  static constexpr const char* kDoubles[] = {"1",     "-0",  "3.25", "1e10", "-2.5E-300",
                                             "+10.0", "inf", "-inf", "nan",  "-nan"};
  static constexpr const char* kIntegers[] = {
      "0", "-1", "+5", "9223372036854775807", "-9223372036854775808", "007"};
  static constexpr const char* kNulls[] = {"_\r\n", "$-1\r\n", "*-1\r\n"};
  static constexpr const char* kBigNumbers[] = {"0", "-123456789012345678901234567890", "+7"};
  switch (Below(6)) {
    case 0: return {kNulls[Below(std::size(kNulls))], "null"};
    case 1: {
      const std::string value(kDoubles[Below(std::size(kDoubles))]);
      return {"," + value + "\r\n", "double(" + value + ")"};
    }
    case 2: {
      const std::string value(Below(2) == 0 ? "t" : "f");
      return {"#" + value + "\r\n", "boolean(" + value + ")"};
    }
    case 3: {
      const std::string value(kBigNumbers[Below(std::size(kBigNumbers))]);
      return {"(" + value + "\r\n", "big number(" + value + ")"};
    }
    default: {
      const std::string value = Below(2) == 0 ? kIntegers[Below(std::size(kIntegers))]
                                              : std::to_string(static_cast<int64_t>(random_()));
      return {":" + value + "\r\n", "integer(" + value + ")"};
    }
  }
}

RandomReply RandomReplies::Aggregate(const char* mark, const char* name, size_t each,
                                     size_t depth) {
  const size_t entries = Below(4);
  RandomReply reply = {mark + std::to_string(entries) + "\r\n", name + std::string("[")};
  for (size_t i = 0; i < entries * each; ++i) {
    const RandomReply element = Element(depth);
    reply.bytes += element.bytes;
    reply.dump += (i == 0 ? "" : " ") + element.dump;
  }
  reply.dump += "]";
  return reply;
}

std::string RandomReplies::Attributes(size_t depth) {
  return Aggregate("|", "attributes", 2, depth).bytes;
}

std::string RandomReplies::Bytes(bool line) {
  static const std::string kMarks = "+-:$*_,#(!=%~>|\r\n0123456789?";
  std::string bytes(Below(10) == 0 ? Below(100) : Below(6), '\0');
  for (char& byte : bytes) {
    byte = Below(2) == 0 ? kMarks[Below(kMarks.size())] : static_cast<char>(random_());
    if (line && (byte == '\n' || byte == '\r')) byte = ' ';
  }
  return bytes;
}

void RandomReplies::Mutate(std::string& stream) {
  static const std::string kMarks = "+-:$*_,#(!=%~>|\r\n0123456789?et.";
  if (stream.empty()) return;
  const size_t at = Below(stream.size());
  switch (Below(7)) {
    case 0: stream[at] = static_cast<char>(random_()); break;
    case 1: stream[at] = kMarks[Below(kMarks.size())]; break;
    case 2: stream.insert(at, 1, kMarks[Below(kMarks.size())]); break;
    case 3: stream.erase(at, Below(8) + 1); break;
    case 4: stream.insert(at, stream.substr(Below(stream.size()), Below(16))); break;
    case 5: stream.insert(at, std::string(Below(40), kMarks[Below(kMarks.size())])); break;
    default: stream.resize(at);
  }
}

std::vector<size_t> RandomReplies::Cuts(size_t bytes, size_t count) {
  std::vector<size_t> cuts(count);
  for (size_t& cut : cuts) cut = Below(bytes + 1);
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

}  // namespace nacre::client
