#include "server/resp/parser.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "server/base/text.h"

namespace nacre::server {

namespace {

// What a request may leave allocated for the next one: arguments, and bytes of unquoted text.
constexpr size_t kArgsKept = 1024;
constexpr size_t kUnquotedBytesKept = 4096;
// More digits than any length has: the line can be refused before its end has come.
constexpr size_t kLengthDigitsMax = 19;

}  // namespace

void RequestParser::Restart() {
  state_ = State::kStart;
  finished_ = false;
  position_ = 0;
  bulks_left_ = 0;
  slices_.clear();
  args_.clear();
  unquoted_.clear();
  ReleaseWords();
  if (unquoted_.capacity() > kUnquotedBytesKept) [[unlikely]] {
    std::string().swap(unquoted_);
  }
}

void RequestParser::ReleaseWords() {
  if (args_.capacity() <= kArgsKept) [[likely]]
    return;
  std::vector<Slice>().swap(slices_);
  std::vector<std::string_view>().swap(args_);
}

RequestParser::Result RequestParser::Parse(std::string_view input) {
  if (finished_) Restart();
  if (state_ == State::kStart) {
    if (input.empty()) return Result::kNeedMore;
    if (input[0] != '*') {
      state_ = State::kInline;
    } else {
      int64_t count = 0;
      const Result result = ReadLength(input, "invalid multibulk length", count);
      if (result != Result::kRequest) return result;
      if (count > 0 && static_cast<size_t>(count) > limits_.args_max) {
        return Fail(limits_.unauthenticated ? "unauthenticated multibulk length"
                                            : "invalid multibulk length");
      }
      if (count <= 0) {
        finished_ = true;
        return Result::kRequest;
      }
      bulks_left_ = static_cast<size_t>(count);
      state_ = State::kBulkHeader;
    }
  }
  return state_ == State::kInline ? ParseInline(input) : ParseBulks(input);
}

RequestParser::Result RequestParser::ReadLength(std::string_view input, const char* what,
                                                int64_t& length) {
  size_t at = position_ + 1;
  const size_t end = input.size();
  const bool negative = at < end && input[at] == '-';
  if (negative) ++at;
  const size_t first_digit = at;
  uint64_t value = 0;
  while (at < end) {
    const unsigned digit = static_cast<unsigned char>(input[at]) - unsigned{'0'};
    if (digit > 9) break;
    if (at - first_digit >= kLengthDigitsMax) return Fail(what);
    if (at > first_digit && value == 0) return Fail(what);  // A leading zero.
    value = value * 10 + digit;
    ++at;
  }
  if (at >= end) return Result::kNeedMore;
  if (input[at] != '\r' || at == first_digit || value > INT64_MAX) return Fail(what);
  if (at + 1 >= end) return Result::kNeedMore;
  if (input[at + 1] != '\n') return Fail(what);
  length = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  position_ = at + 2;
  return Result::kRequest;
}

RequestParser::Result RequestParser::ParseBulks(std::string_view input) {
  while (bulks_left_ > 0) {
    if (state_ == State::kBulkHeader) {
      if (position_ >= input.size()) return Result::kNeedMore;
      if (input[position_] != '$') {
        return Fail(absl::StrCat("expected '$', got '", std::string(1, input[position_]), "'"));
      }
      int64_t length = 0;
      const Result result = ReadLength(input, "invalid bulk length", length);
      if (result != Result::kRequest) return result;
      if (length < 0 || static_cast<uint64_t>(length) > limits_.bulk_bytes_max) {
        return Fail(limits_.unauthenticated && length >= 0 ? "unauthenticated bulk length"
                                                           : "invalid bulk length");
      }
      bulk_bytes_ = static_cast<size_t>(length);
      if (position_ + bulk_bytes_ + 2 > limits_.request_bytes_max) {
        return Fail(absl::StrCat("request is larger than the query buffer limit of ",
                                 limits_.request_bytes_max, " bytes"));
      }
      state_ = State::kBulkBody;
    }
    const size_t body_end = position_ + bulk_bytes_;
    if (input.size() < body_end + 2) return Result::kNeedMore;
    if (input[body_end] != '\r' || input[body_end + 1] != '\n') {
      return Fail("expected CRLF behind a bulk string");
    }
    slices_.push_back({position_, bulk_bytes_});
    position_ = body_end + 2;
    --bulks_left_;
    state_ = State::kBulkHeader;
  }
  return Finish(input);
}

RequestParser::Result RequestParser::Finish(std::string_view input) {
  args_.resize(slices_.size());
  for (size_t i = 0; i < slices_.size(); ++i) {
    args_[i] = std::string_view(input.data() + slices_[i].offset, slices_[i].bytes);
  }
  finished_ = true;
  return Result::kRequest;
}

RequestParser::Result RequestParser::ParseInline(std::string_view input) {
  // position_ is how far the line has been searched for its end.
  const void* found = std::memchr(input.data() + position_, '\n', input.size() - position_);
  if (found == nullptr) {
    position_ = input.size();
    if (position_ > limits_.inline_bytes_max) return Fail("too big inline request");
    return Result::kNeedMore;
  }
  const size_t newline = static_cast<size_t>(static_cast<const char*>(found) - input.data());
  if (newline > limits_.inline_bytes_max) return Fail("too big inline request");
  std::string_view line = input.substr(0, newline);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (!SplitInlineWords(line, args_, unquoted_)) return Fail("unbalanced quotes in request");
  position_ = newline + 1;
  finished_ = true;
  return Result::kRequest;
}

RequestParser::Result RequestParser::Fail(std::string_view what) {
  error_ = absl::StrCat("ERR Protocol error: ", ToAbsl(what));
  args_.clear();
  return Result::kError;
}

}  // namespace nacre::server
