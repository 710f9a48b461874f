#include "tests/server/reply_reader.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"

namespace nacre::server {

namespace {

constexpr int kDepthMax = 16;
constexpr std::string_view kTypesOfTwo = "+-:$*";
constexpr std::string_view kTypesOfThree = "+-:$*_#,(=%~";

std::optional<int64_t> ToNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string ReplyReader::WhatIsWrong() {
  if (ReadReply(0) && at_ != bytes_.size()) {
    Fail(absl::StrCat(bytes_.size() - at_, " bytes follow the reply"));
  }
  return wrong_;
}

bool ReplyReader::ReadReply(int depth) {
  std::string_view line;
  if (depth > kDepthMax) return Fail("nested too deeply");
  if (!ReadLine(line)) return false;
  if (line.empty()) return Fail("an empty line");
  const char type = line[0];
  const std::string_view types = protocol_ == Protocol::kTwo ? kTypesOfTwo : kTypesOfThree;
  if (types.find(type) == std::string_view::npos) return Fail("a type that the protocol lacks");
  line.remove_prefix(1);
  switch (type) {
    case '*':
    case '~': return ReadAggregate(line, 1, depth);
    case '%': return ReadAggregate(line, 2, depth);
    case '$':
    case '=': return ReadBulk(line);
    case ':': return ToNumber(line) ? true : Fail("not an integer");
    case '_': return line.empty() ? true : Fail("a null with a value");
    case '#': return line == "t" || line == "f" ? true : Fail("neither true nor false");
    case '-': {
      // A code in capitals, a blank, and what has happened.
      const size_t blank = line.find(' ');
      if (blank == std::string_view::npos || blank == 0) return Fail("an error without a code");
      for (const char c : line.substr(0, blank)) {
        if (c < 'A' || c > 'Z') return Fail("an error with an odd code");
      }
      return true;
    }
    default: return line.empty() ? Fail("nothing behind the type") : true;
  }
}

bool ReplyReader::ReadAggregate(std::string_view line, size_t values_each, int depth) {
  const auto count = ToNumber(line);
  if (count && *count == -1 && protocol_ != Protocol::kThree && values_each == 1) return true;
  if (!count || *count < 0) return Fail("not a number of elements");
  for (int64_t i = 0; i < *count * static_cast<int64_t>(values_each); ++i) {
    if (!ReadReply(depth + 1)) return false;
  }
  return true;
}

bool ReplyReader::ReadBulk(std::string_view line) {
  const auto bytes = ToNumber(line);
  if (bytes && *bytes == -1 && protocol_ != Protocol::kThree) return true;
  if (!bytes || *bytes < 0) return Fail("not a number of bytes");
  const auto size = static_cast<size_t>(*bytes);
  if (bytes_.size() - at_ < size + 2) return Fail("a string that is cut");
  at_ += size;
  if (bytes_.substr(at_, 2) != "\r\n") return Fail("a string without its end");
  at_ += 2;
  return true;
}

bool ReplyReader::ReadLine(std::string_view& line) {
  const size_t end = bytes_.find("\r\n", at_);
  if (end == std::string_view::npos) return Fail("a line without its end");
  line = bytes_.substr(at_, end - at_);
  if (line.find_first_of("\r\n") != std::string_view::npos) return Fail("a line end in a line");
  at_ = end + 2;
  return true;
}

bool ReplyReader::Fail(std::string_view why) {
  if (wrong_.empty()) {
    wrong_ = absl::StrCat("at byte ", at_, ": ", absl::string_view(why.data(), why.size()));
  }
  return false;
}

}  // namespace nacre::server
