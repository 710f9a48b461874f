#include "client/cli/json.h"

#include <charconv>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

namespace nacre::cli {

using client::ReplyKind;
using client::ReplyView;

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whether `text` is a number by the grammar of JSON, which knows no "+1", ".5", "01" and "1.".
bool IsJsonNumber(std::string_view text) {
  const auto digits = [&] {
    size_t count = 0;
    while (count < text.size() && IsDigit(text[count])) ++count;
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (digits() == 0) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

void AppendDouble(std::string_view text, std::string& out) {
  if (IsJsonNumber(text)) {
    out += text;
    return;
  }
  double value = 0;
  const std::string_view number = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc() && end == number.data() + number.size() && std::isfinite(value)) {
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
  } else {
    AppendJsonString(text, out);
  }
}

void AppendString(std::string_view bytes, bool quoted, std::string& out) {
  if (!quoted) {
    AppendJsonString(bytes, out);
    return;
  }
  std::string inside;
  AppendQuotedInside(bytes, inside);
  AppendJsonString(inside, out);
}

void AppendKey(ReplyView key, bool quoted, std::string& out) {
  switch (key.kind()) {
    case ReplyKind::kSimpleString:
    case ReplyKind::kBulkString:
    case ReplyKind::kVerbatim:
    case ReplyKind::kBigNumber: AppendString(key.text(), quoted, out); return;
    default: break;
  }
  std::string json;
  AppendJson(key, quoted, json);
  AppendJsonString(json, out);
}

void AppendMap(ReplyView map, bool quoted, std::string& out) {
  out += '{';
  size_t place = 0;
  for (const ReplyView element : map) {
    if (place % 2 == 1) {
      out += ':';
      AppendJson(element, quoted, out);
    } else {
      if (place > 0) out += ',';
      AppendKey(element, quoted, out);
    }
    ++place;
  }
  out += '}';
}

void AppendArray(ReplyView array, bool quoted, std::string& out) {
  out += '[';
  bool first = true;
  for (const ReplyView element : array) {
    if (!first) out += ',';
    first = false;
    AppendJson(element, quoted, out);
  }
  out += ']';
}

}  // namespace

void AppendJsonString(std::string_view bytes, std::string& out) {
  out += '"';
  while (!bytes.empty()) {
    const char c = bytes.front();
    const size_t character = Utf8CharacterBytes(bytes);
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default:
        if (character == 0 || absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
          absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
        } else {
          out += bytes.substr(0, character);
        }
    }
    bytes.remove_prefix(character == 0 ? 1 : character);
  }
  out += '"';
}

void AppendJson(ReplyView reply, bool quoted, std::string& out) {
  switch (reply.kind()) {
    case ReplyKind::kNull: out += "null"; return;
    case ReplyKind::kBoolean: out += reply.text() == "t" ? "true" : "false"; return;
    case ReplyKind::kInteger: out += std::to_string(reply.integer()); return;
    case ReplyKind::kDouble: AppendDouble(reply.text(), out); return;
    case ReplyKind::kError:
      out += "{\"error\":";
      AppendString(reply.text(), quoted, out);
      out += '}';
      return;
    case ReplyKind::kMap: AppendMap(reply, quoted, out); return;
    case ReplyKind::kArray:
    case ReplyKind::kSet:
    case ReplyKind::kPush: AppendArray(reply, quoted, out); return;
    default: AppendString(reply.text(), quoted, out);
  }
}

}  // namespace nacre::cli
