#include "client/wire/reply_scanner.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/base/strings.h"

namespace nacre::client {

namespace {

using wire::kLineEndBytes;
using wire::kReplyBytesMin;
using wire::Mark;
using wire::MarkOf;
using wire::ReplyHead;
using wire::Shape;

// A line that holds nothing but a number or a boolean, mark and CRLF included, is no longer.
constexpr size_t kShortLineBytesMax = 32;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

inline bool IsLineEnd(const char* at) { return std::memcmp(at, "\r\n", kLineEndBytes) == 0; }

// Digits that no int64_t overflows by, and a line of text that is worth a try.
constexpr size_t kDigitsMax = 18;
constexpr size_t kTriedLineBytesMax = 64;

// Reads digits from `at`, which end in CRLF before `end`; where the line ends, or null.
inline const char* ReadDigits(const char* at, const char* end, uint64_t* number) {
  const char* const begin = at;
  const char* const digits_end =
      end - at > static_cast<ptrdiff_t>(kDigitsMax) ? at + kDigitsMax : end;
  uint64_t value = 0;
  for (; at < digits_end; ++at) {
    const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
    if (digit > 9) break;
    value = value * 10 + digit;
  }
  if (at == begin || end - at < static_cast<ptrdiff_t>(kLineEndBytes) || !IsLineEnd(at)) {
    return nullptr;
  }
  *number = value;
  return at + kLineEndBytes;
}

inline size_t MeasureBulk(const char* at, const char* end, ReplyHead* head) {
  uint64_t length = 0;
  const char* const content = ReadDigits(at + 1, end, &length);
  if (content == nullptr) {
    if (end - at < 5 || std::memcmp(at, "$-1\r\n", 5) != 0) return 0;
    *head = {ReplyKind::kNull, 5, 0};
    return 5;
  }
  if (static_cast<uint64_t>(end - content) < length + kLineEndBytes) return 0;
  if (!IsLineEnd(content + length)) return 0;
  *head = {ReplyKind::kBulkString, static_cast<uint32_t>(content - at),
           static_cast<int64_t>(length)};
  return static_cast<size_t>(content + length + kLineEndBytes - at);
}

inline size_t MeasureInteger(const char* at, const char* end, ReplyHead* head) {
  uint64_t value = 0;
  const bool negative = at[1] == '-';
  const char* const line_end = ReadDigits(at + 1 + (negative ? 1 : 0), end, &value);
  if (line_end == nullptr) return 0;
  const int64_t number = static_cast<int64_t>(value);
  *head = {ReplyKind::kInteger, 1, negative ? -number : number};
  return static_cast<size_t>(line_end - at);
}

inline size_t MeasureLine(const char* at, size_t bytes, ReplyKind kind, ReplyHead* head) {
  const void* const found = std::memchr(at, '\n', std::min(bytes, kTriedLineBytesMax));
  if (found == nullptr) return 0;
  const size_t line_bytes = static_cast<size_t>(static_cast<const char*>(found) - at) + 1;
  if (line_bytes <= kLineEndBytes || at[line_bytes - kLineEndBytes] != '\r') return 0;
  *head = {kind, 1, static_cast<int64_t>(line_bytes - 1 - kLineEndBytes)};
  return line_bytes;
}

// The replies that nearly all commands have. Returns the length of the one at `at`, or 0 if it is
// of another form, or not all there, or not well-formed: then it is read in the general way.
inline size_t MeasureScalar(const char* at, size_t bytes, ReplyHead* head) {
  if (bytes < kReplyBytesMin) return 0;
  switch (*at) {
    case '$': return MeasureBulk(at, at + bytes, head);
    case ':': return MeasureInteger(at, at + bytes, head);
    case '+':
      if (bytes < 5 || std::memcmp(at, "+OK\r\n", 5) != 0) {
        return MeasureLine(at, bytes, ReplyKind::kSimpleString, head);
      }
      *head = {ReplyKind::kSimpleString, 1, 2};
      return 5;
    case '-': return MeasureLine(at, bytes, ReplyKind::kError, head);
    case '_':
      if (!IsLineEnd(at + 1)) return 0;
      *head = {ReplyKind::kNull, 1, 0};
      return 3;
    default: return 0;
  }
}

// What MeasureScalar has looked at in vain, at most.
size_t MeasuredInVain(char mark, size_t bytes) {
  switch (mark) {
    case '$':
    case ':': return std::min(bytes, kDigitsMax + 4);
    case '+':
    case '-': return std::min(bytes, kTriedLineBytesMax);
    default: return std::min(bytes, kReplyBytesMin);
  }
}

// What a line holds.
enum class Number : uint8_t { kGood, kNone, kTooLarge };

Number ReadNumber(std::string_view line, int64_t* number) {
  if (!line.empty() && line[0] == '+') {
    line.remove_prefix(1);
    if (!line.empty() && line[0] == '-') return Number::kNone;
  }
  const char* const end = line.data() + line.size();
  const auto [at, error] = std::from_chars(line.data(), end, *number);
  if (error == std::errc::invalid_argument || at != end) return Number::kNone;
  return error == std::errc() ? Number::kGood : Number::kTooLarge;
}

bool IsDouble(std::string_view line) {
  if (!line.empty() && (line[0] == '+' || line[0] == '-')) line.remove_prefix(1);
  if (line == "inf" || line == "nan") return true;
  size_t digits = 0;
  const auto skip_digits = [&line, &digits] {
    const size_t before = line.size();
    while (!line.empty() && IsDigit(line[0])) line.remove_prefix(1);
    digits = before - line.size();
    return digits > 0;
  };
  if (!skip_digits()) return false;
  if (!line.empty() && line[0] == '.') {
    line.remove_prefix(1);
    if (!skip_digits()) return false;
  }
  if (!line.empty() && (line[0] == 'e' || line[0] == 'E')) {
    line.remove_prefix(1);
    if (!line.empty() && (line[0] == '+' || line[0] == '-')) line.remove_prefix(1);
    if (!skip_digits()) return false;
  }
  return line.empty();
}

bool IsBigNumber(std::string_view line) {
  if (!line.empty() && (line[0] == '+' || line[0] == '-')) line.remove_prefix(1);
  return !line.empty() && std::all_of(line.begin(), line.end(), IsDigit);
}

// What is wrong with the line of a kind whose content is the line; empty: nothing.
std::string_view WrongWith(ReplyKind kind, std::string_view line) {
  switch (kind) {
    case ReplyKind::kNull: return line.empty() ? "" : "a null with content";
    case ReplyKind::kBoolean:
      return line == "t" || line == "f" ? "" : "a boolean that is not t or f";
    case ReplyKind::kDouble: return IsDouble(line) ? "" : "a double that is no number";
    case ReplyKind::kBigNumber: return IsBigNumber(line) ? "" : "a big number that is no number";
    default: return "";
  }
}

bool IsShortLine(Mark mark) {
  return mark.shape != Shape::kLine || mark.kind == ReplyKind::kNull ||
         mark.kind == ReplyKind::kBoolean;
}

}  // namespace

ReplyScanner::Verdict ReplyScanner::Scan(std::string_view unconsumed) {
  if (!begun_) {
    ReplyHead head;
    const size_t bytes =
        MeasureScalar(unconsumed.data(), std::min(unconsumed.size(), limits_.bytes_max), &head);
    if (bytes != 0) {
      frame_.raw_ = std::string_view(unconsumed.data(), bytes);
      frame_.header_bytes_ = head.header_bytes;
      frame_.kind_ = head.kind;
      frame_.integer_ = head.number;
      frame_bytes_ = bytes;
      return Verdict::kReply;
    }
  }
  return Continue(unconsumed);
}

ReplyScanner::Verdict ReplyScanner::Continue(std::string_view bytes) {
  if (!status_.ok()) return Verdict::kMalformed;
  begun_ |= !bytes.empty();
  while (true) {
    switch (body_end_ != 0 ? ReadBody(bytes) : ReadElement(bytes)) {
      case Step::kMore: return Verdict::kMore;
      case Step::kMalformed: return Verdict::kMalformed;
      case Step::kOpened: break;
      case Step::kElement:
        if (IsReplyDone()) return Finish(bytes);
    }
  }
}

bool ReplyScanner::IsReplyDone() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (--level.left > 0) return false;
    const bool attributes = level.attributes;
    levels_.pop_back();
    if (attributes) return false;
  }
  return true;
}

ReplyScanner::Verdict ReplyScanner::Finish(std::string_view bytes) {
  frame_.raw_ = bytes.substr(root_, element_ - root_);
  frame_bytes_ = element_;
  element_ = searched_ = root_ = 0;
  begun_ = false;
  return frame_.kind_ == ReplyKind::kPush ? Verdict::kPush : Verdict::kReply;
}

void ReplyScanner::SetRoot(Mark mark, size_t line_end, int64_t number) {
  root_ = element_;
  frame_.kind_ = mark.kind;
  frame_.header_bytes_ = static_cast<uint32_t>(line_end - element_);
  frame_.integer_ = number;
}

ReplyScanner::Step ReplyScanner::ReadElement(std::string_view bytes) {
  if (element_ >= limits_.bytes_max) return FailLimit(bytes, element_);
  if (element_ >= bytes.size()) {
    bytes_missing_ = kReplyBytesMin;
    return Step::kMore;
  }
  if (!at_root() && searched_ == element_) {
    const size_t seen = std::min(bytes.size(), limits_.bytes_max);
    ReplyHead head;
    const size_t length = MeasureScalar(bytes.data() + element_, seen - element_, &head);
    if (length != 0) return End(element_ + length);
    bytes_examined_ += MeasuredInVain(bytes[element_], seen - element_);
  }
  const Mark mark = MarkOf(bytes[element_]);
  if (mark.shape == Shape::kNone) {
    return Fail(bytes, element_, "a byte that begins no reply");
  }
  if (mark.kind == ReplyKind::kPush && !at_root()) {
    return Fail(bytes, element_, "a push message inside of a reply");
  }
  size_t line_end = 0;
  const Step step = ReadLine(bytes, mark, &line_end);
  if (step != Step::kElement) return step;
  if (mark.shape == Shape::kLine) return ReadText(bytes, mark, line_end);
  if (mark.shape == Shape::kInteger) return ReadInteger(bytes, line_end);
  return ReadLength(bytes, mark, line_end);
}

ReplyScanner::Step ReplyScanner::ReadLine(std::string_view bytes, Mark mark, size_t* line_end) {
  const bool is_short = IsShortLine(mark);
  const size_t room = limits_.bytes_max - element_;
  const size_t search_end = element_ + (is_short ? std::min(room, kShortLineBytesMax) : room);
  const size_t seen = std::min(bytes.size(), search_end);
  searched_ = std::max(searched_, element_);
  const void* const found =
      seen > searched_ ? std::memchr(bytes.data() + searched_, '\n', seen - searched_) : nullptr;
  if (found == nullptr) {
    bytes_examined_ += seen > searched_ ? seen - searched_ : 0;
    searched_ = seen;
    if (bytes.size() < search_end) {
      bytes_missing_ = 1;
      return Step::kMore;
    }
    if (!is_short || room <= kShortLineBytesMax) return FailLimit(bytes, element_);
    return Fail(bytes, element_, "a line that is too long for a number");
  }
  const size_t at = static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
  bytes_examined_ += at + 1 - searched_;
  if (at < element_ + kLineEndBytes || bytes[at - 1] != '\r') {
    return Fail(bytes, element_, "a line that ends without CR");
  }
  *line_end = at + 1;
  return Step::kElement;
}

ReplyScanner::Step ReplyScanner::ReadText(std::string_view bytes, Mark mark, size_t line_end) {
  const std::string_view line = bytes.substr(element_ + 1, line_end - kLineEndBytes - element_ - 1);
  const std::string_view wrong = WrongWith(mark.kind, line);
  if (!wrong.empty()) return Fail(bytes, element_, wrong);
  if (at_root()) SetRoot(mark, element_ + 1, static_cast<int64_t>(line.size()));
  return End(line_end);
}

ReplyScanner::Step ReplyScanner::ReadInteger(std::string_view bytes, size_t line_end) {
  int64_t number = 0;
  switch (
      ReadNumber(bytes.substr(element_ + 1, line_end - kLineEndBytes - element_ - 1), &number)) {
    case Number::kGood: break;
    case Number::kNone: return Fail(bytes, element_, "an integer that is no number");
    case Number::kTooLarge: return Fail(bytes, element_, "an integer of more than 64 bits");
  }
  if (at_root()) SetRoot(MarkOf(':'), element_ + 1, number);
  return End(line_end);
}

// A length or a number of elements.
ReplyScanner::Step ReplyScanner::ReadLength(std::string_view bytes, Mark mark, size_t line_end) {
  const std::string_view line = bytes.substr(element_ + 1, line_end - kLineEndBytes - element_ - 1);
  if (line == "?")
    return Fail(bytes, element_, "a streamed reply, which this client does not read");
  const bool may_be_null = bytes[element_] == '$' || bytes[element_] == '*';
  if (line == "-1" && may_be_null) {
    if (at_root()) SetRoot({Shape::kLine, ReplyKind::kNull}, line_end, 0);
    return End(line_end);
  }
  int64_t number = 0;
  const Number read = ReadNumber(line, &number);
  if (read == Number::kNone || line.empty() || !IsDigit(line[0])) {
    return Fail(bytes, element_, "a length that is no number");
  }
  const size_t room = limits_.bytes_max - std::min(line_end, limits_.bytes_max);
  const size_t each = mark.shape == Shape::kBulk       ? 1
                      : mark.shape == Shape::kElements ? kReplyBytesMin
                                                       : 2 * kReplyBytesMin;
  if (read == Number::kTooLarge || static_cast<uint64_t>(number) > room / each) {
    return FailLimit(bytes, element_);
  }
  const size_t length = static_cast<size_t>(number);
  if (mark.shape != Shape::kBulk) {
    return Open(bytes, mark, line_end, mark.shape == Shape::kElements ? length : 2 * length);
  }
  if (room - length < kLineEndBytes) return FailLimit(bytes, element_);
  const size_t type_bytes = mark.kind == ReplyKind::kVerbatim ? wire::kVerbatimTypeBytes : 0;
  if (length < type_bytes) return Fail(bytes, element_, "a verbatim string without its type");
  if (at_root()) SetRoot(mark, line_end + type_bytes, static_cast<int64_t>(length - type_bytes));
  searched_ = line_end;
  body_end_ = line_end + length + kLineEndBytes;
  return ReadBody(bytes);
}

ReplyScanner::Step ReplyScanner::ReadBody(std::string_view bytes) {
  if (bytes.size() < body_end_) {
    bytes_missing_ = body_end_ - bytes.size();
    return Step::kMore;
  }
  if (!IsLineEnd(bytes.data() + body_end_ - kLineEndBytes)) {
    return Fail(bytes, body_end_ - kLineEndBytes, "a string that does not end in CRLF");
  }
  if (MarkOf(bytes[element_]).kind == ReplyKind::kVerbatim &&
      bytes[searched_ + wire::kVerbatimTypeBytes - 1] != ':') {
    return Fail(bytes, searched_, "a verbatim string without its type");
  }
  return End(body_end_);
}

ReplyScanner::Step ReplyScanner::Open(std::string_view bytes, Mark mark, size_t line_end,
                                      size_t elements) {
  if (levels_.size() >= limits_.depth_max) {
    return Fail(
        bytes, element_,
        absl::StrCat("a reply nested deeper than reply_depth_max (", limits_.depth_max, ")"));
  }
  const bool attributes = mark.shape == Shape::kAttributes;
  if (at_root() && !attributes) SetRoot(mark, line_end, static_cast<int64_t>(elements));
  End(line_end);
  if (elements > 0) {
    levels_.push_back({elements, attributes});
    return Step::kOpened;
  }
  return attributes ? Step::kOpened : Step::kElement;
}

ReplyScanner::Step ReplyScanner::End(size_t end) {
  element_ = searched_ = end;
  body_end_ = 0;
  return Step::kElement;
}

ReplyScanner::Step ReplyScanner::Fail(std::string_view bytes, size_t at, std::string_view what) {
  constexpr size_t kShownBytesMax = 32;
  status_ = absl::DataLossError(
      absl::StrCat("not a reply of RESP: ", ToAbsl(what), " at byte ", at, ": \"",
                   absl::CHexEscape(ToAbsl(bytes.substr(at, kShownBytesMax))), "\""));
  return Step::kMalformed;
}

ReplyScanner::Step ReplyScanner::FailLimit(std::string_view bytes, size_t at) {
  at = std::min(at, bytes.size());
  return Fail(bytes, at, absl::StrCat("more than reply_bytes_max (", limits_.bytes_max, ")"));
}

}  // namespace nacre::client
