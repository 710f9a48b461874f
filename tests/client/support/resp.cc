#include "tests/client/support/resp.h"

#include <charconv>

#include "absl/status/status.h"

namespace nacre::client::support {
namespace {

constexpr std::string_view kEnd = "\r\n";

// Reads the pieces of a message from the left, until one of them is not whole or not right.
class Cursor {
 public:
  explicit Cursor(std::string_view input) : input_(input) {}

  bool whole() const { return whole_; }
  bool well_formed() const { return well_formed_; }
  bool good() const { return whole_ && well_formed_; }
  size_t position() const { return position_; }

  // A line without its end.
  std::string_view Line() {
    const size_t end = input_.find(kEnd, position_);
    if (end == std::string_view::npos) {
      whole_ = false;
      return {};
    }
    const std::string_view line = input_.substr(position_, end - position_);
    position_ = end + kEnd.size();
    return line;
  }

  // The number on a line that begins with `mark`.
  int64_t Header(char mark) {
    if (position_ < input_.size() && input_[position_] != mark) well_formed_ = false;
    const std::string_view line = Line();
    return good() ? Number(line.substr(1)) : 0;
  }

  int64_t Number(std::string_view digits) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) well_formed_ = false;
    return number;
  }

  // So many bytes and the end of a line.
  std::string_view Body(size_t bytes) {
    if (input_.size() - position_ < bytes + kEnd.size()) {
      whole_ = false;
      return {};
    }
    const std::string_view body = input_.substr(position_, bytes);
    if (input_.substr(position_ + bytes, kEnd.size()) != kEnd) well_formed_ = false;
    position_ += bytes + kEnd.size();
    return body;
  }

 private:
  std::string_view input_;
  size_t position_ = 0;
  bool whole_ = true;
  bool well_formed_ = true;
};

void SkipReply(Cursor& cursor) {
  // Elements that are still to come, so that nesting needs no recursion.
  for (int64_t left = 1; left > 0 && cursor.good(); --left) {
    const std::string_view line = cursor.Line();
    if (!cursor.good()) return;
    const char mark = line.empty() ? '\0' : line[0];
    if (mark == '$') {
      const int64_t bytes = cursor.Number(line.substr(1));
      if (cursor.good() && bytes >= 0) cursor.Body(static_cast<size_t>(bytes));
    } else if (mark == '*') {
      const int64_t elements = cursor.Number(line.substr(1));
      if (elements > 0) left += elements;
    } else if (mark != '+' && mark != '-' && mark != ':') {
      cursor.Number("no reply");  // Not well-formed.
    }
  }
}

std::string Aggregate(char mark, const std::vector<std::string>& elements) {
  std::string reply = mark + std::to_string(elements.size()) + "\r\n";
  for (const std::string& element : elements) reply += element;
  return reply;
}

}  // namespace

absl::StatusOr<std::optional<ParsedRequest>> ParseRequest(std::string_view input) {
  Cursor cursor(input);
  ParsedRequest request;
  const int64_t count = cursor.Header('*');
  for (int64_t i = 0; i < count && cursor.good(); ++i) {
    const int64_t bytes = cursor.Header('$');
    if (cursor.good() && bytes < 0) return absl::InvalidArgumentError("a length below zero");
    if (cursor.good()) request.words.emplace_back(cursor.Body(static_cast<size_t>(bytes)));
  }
  if (!cursor.well_formed() || (cursor.whole() && count < 1)) {
    return absl::InvalidArgumentError("not a request array");
  }
  if (!cursor.whole()) return std::nullopt;
  request.bytes = cursor.position();
  return request;
}

std::string RequestBytes(const Words& words) {
  std::vector<std::string> elements;
  for (const std::string& word : words) elements.push_back(Bulk(word));
  return Array(elements);
}

absl::StatusOr<std::optional<size_t>> ReplySize(std::string_view input) {
  Cursor cursor(input);
  SkipReply(cursor);
  if (!cursor.well_formed()) return absl::InvalidArgumentError("not a reply");
  if (!cursor.whole()) return std::nullopt;
  return cursor.position();
}

std::string SimpleString(std::string_view text) { return "+" + std::string(text) + "\r\n"; }
std::string ErrorReplyText(std::string_view text) { return "-" + std::string(text) + "\r\n"; }
std::string Integer(int64_t value) { return ":" + std::to_string(value) + "\r\n"; }
std::string Bulk(std::string_view bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}
std::string NullBulk() { return "$-1\r\n"; }
std::string Array(const std::vector<std::string>& elements) { return Aggregate('*', elements); }
std::string Push(const std::vector<std::string>& elements) { return Aggregate('>', elements); }

}  // namespace nacre::client::support
