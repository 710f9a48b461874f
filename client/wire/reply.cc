// Invariant WELL-FORMED: every ReplyView lies on bytes in which a ReplyScanner has found a whole
// reply, so nothing here looks for errors, and nothing reads past the end. Views are made by the
// scanner, by Reply from a view, and by the iterator from a part of a view; nobody else can.

#include "nacre/client/reply.h"

#include <cstring>

#include "client/wire/reply_head.h"
#include "client/wire/reply_scanner.h"

namespace nacre::client {

namespace {

using wire::kLineEndBytes;
using wire::Mark;
using wire::MarkOf;
using wire::ReplyHead;
using wire::Shape;

// Reads the number that begins at `at`, and moves `at` past its line.
inline int64_t ReadNumber(const char*& at) {
  const bool negative = *at == '-';
  if (negative || *at == '+') ++at;
  uint64_t number = 0;
  for (; *at != '\r'; ++at) number = number * 10 + static_cast<uint64_t>(*at - '0');
  at += kLineEndBytes;
  return static_cast<int64_t>(negative ? 0 - number : number);
}

struct Element {
  ReplyHead head;
  bool attributes = false;
  size_t elements = 0;        // That follow.
  const char* end = nullptr;  // Of the line, of the content too if it has any.
};

inline Element ReadElement(const char* begin, const char* bytes_end) {
  const Mark mark = MarkOf(*begin);
  Element element;
  element.head.kind = mark.kind;
  const char* at = begin + 1;
  if (mark.shape == Shape::kLine) {
    const char* const line_end =
        static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(bytes_end - at)));
    element.head.header_bytes = 1;
    element.head.number = line_end - 1 - at;
    element.end = line_end + 1;
    return element;
  }
  int64_t number = ReadNumber(at);
  element.end = at;
  element.head.header_bytes = static_cast<uint32_t>(at - begin);
  if (mark.shape == Shape::kInteger) {
    element.head.header_bytes = 1;
  } else if (number < 0) {
    element.head.kind = ReplyKind::kNull;
    number = 0;
  } else if (mark.shape == Shape::kBulk) {
    element.end += static_cast<size_t>(number) + kLineEndBytes;
    if (mark.kind == ReplyKind::kVerbatim) {
      element.head.header_bytes += wire::kVerbatimTypeBytes;
      number -= wire::kVerbatimTypeBytes;
    }
  } else {
    if (mark.shape != Shape::kElements) number *= 2;
    element.elements = static_cast<size_t>(number);
    element.attributes = mark.shape == Shape::kAttributes;
  }
  element.head.number = number;
  return element;
}

// Where the `elements` that begin at `at` end, whatever is inside of them.
const char* PastElements(const char* at, const char* bytes_end, size_t elements) {
  while (elements > 0) {
    const Element element = ReadElement(at, bytes_end);
    at = element.end;
    elements += element.elements;
    if (!element.attributes) --elements;
  }
  return at;
}

}  // namespace

std::string_view NameOf(ReplyKind kind) {
  switch (kind) {
    case ReplyKind::kNull: return "null";
    case ReplyKind::kSimpleString: return "simple string";
    case ReplyKind::kBulkString: return "bulk string";
    case ReplyKind::kVerbatim: return "verbatim string";
    case ReplyKind::kError: return "error";
    case ReplyKind::kInteger: return "integer";
    case ReplyKind::kDouble: return "double";
    case ReplyKind::kBoolean: return "boolean";
    case ReplyKind::kBigNumber: return "big number";
    case ReplyKind::kArray: return "array";
    case ReplyKind::kMap: return "map";
    case ReplyKind::kSet: return "set";
    case ReplyKind::kPush: return "push message";
  }
  return "unknown";
}

ReplyView::ReplyView(std::string_view bytes) {
  const char* const bytes_end = bytes.data() + bytes.size();
  const char* begin = bytes.data();
  Element element = ReadElement(begin, bytes_end);
  while (element.attributes) {
    begin = PastElements(element.end, bytes_end, element.elements);
    element = ReadElement(begin, bytes_end);
  }
  const char* const end = PastElements(element.end, bytes_end, element.elements);
  raw_ = std::string_view(begin, static_cast<size_t>(end - begin));
  header_bytes_ = element.head.header_bytes;
  kind_ = element.head.kind;
  integer_ = element.head.number;
}

ReplyView::Iterator::Iterator(std::string_view bytes, size_t left) : rest_(bytes), left_(left) {
  if (left_ > 0) ReadCurrent();
}

ReplyView::Iterator& ReplyView::Iterator::operator++() {
  if (--left_ > 0) ReadCurrent();
  return *this;
}

void ReplyView::Iterator::ReadCurrent() {
  current_ = ReplyView(rest_);
  current_.source_ = ErrorSource::kElement;
  rest_.remove_prefix(static_cast<size_t>(current_.raw_.end() - rest_.begin()));
}

ReplyView::Iterator ReplyView::begin() const {
  if (!is_aggregate()) return {};
  return Iterator(raw_.substr(header_bytes_), size());
}

ReplyView ReplyView::operator[](size_t index) const {
  if (index >= size()) return {};
  Iterator at = begin();
  for (; index > 0; --index) ++at;
  return *at;
}

absl::StatusOr<Reply> Reply::Parse(std::string_view bytes) {
  ReplyScanner scanner(ReplyScanner::Limits{});
  switch (scanner.Scan(bytes)) {
    case ReplyScanner::Verdict::kMalformed: return scanner.status();
    case ReplyScanner::Verdict::kMore:
      return absl::DataLossError("the bytes end before the reply does");
    case ReplyScanner::Verdict::kReply:
    case ReplyScanner::Verdict::kPush: break;
  }
  if (scanner.frame_bytes() != bytes.size()) {
    return absl::DataLossError("bytes follow the end of the reply");
  }
  return Reply(scanner.frame());
}

}  // namespace nacre::client
