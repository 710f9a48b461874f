// The format for people: numbered elements, indented under each other.

#include <cstdio>

#include "client/cli/format.h"
#include "client/cli/words.h"

namespace nacre::cli {

using client::ReplyKind;
using client::ReplyView;

namespace {

bool TakesSeveralLines(ReplyView reply) {
  if (!reply.is_aggregate() || reply.empty()) return false;
  const bool is_map = reply.kind() == ReplyKind::kMap;
  if (reply.size() > (is_map ? 2 : 1)) return true;
  return TakesSeveralLines(reply[is_map ? 1 : 0]);
}

const char* EmptyText(ReplyKind kind) {
  switch (kind) {
    case ReplyKind::kMap: return "(empty hash)\n";
    case ReplyKind::kSet: return "(empty set)\n";
    case ReplyKind::kPush: return "(empty push)\n";
    default: return "(empty array)\n";
  }
}

char MarkAfterNumber(ReplyKind kind) {
  return kind == ReplyKind::kSet ? '~' : kind == ReplyKind::kMap ? '#' : ')';
}

void AppendNumber(size_t number, size_t width, char mark, std::string& out) {
  const std::string digits = std::to_string(number);
  out.append(width - digits.size(), ' ');
  out += digits;
  out += mark;
  out += ' ';
}

void AppendAggregate(ReplyView reply, const std::string& indent, std::string& out) {
  const bool is_map = reply.kind() == ReplyKind::kMap;
  const size_t width = std::to_string(is_map ? reply.size() / 2 : reply.size()).size();
  const std::string inner = indent + std::string(width + 2, ' ');
  const char mark = MarkAfterNumber(reply.kind());
  size_t place = 0;
  for (const ReplyView element : reply) {
    if (is_map && place % 2 == 1) {
      out.pop_back();  // The key's end of line.
      out += " => ";
      if (TakesSeveralLines(element)) {
        out += '\n';
        out += inner;
      }
    } else {
      // Whoever called has indented the first line.
      if (place > 0) out += indent;
      AppendNumber((is_map ? place / 2 : place) + 1, width, mark, out);
    }
    AppendHuman(element, inner, out);
    ++place;
  }
}

}  // namespace

void AppendHuman(ReplyView reply, const std::string& indent, std::string& out) {
  if (reply.is_aggregate()) {
    if (reply.empty()) {
      out += EmptyText(reply.kind());
    } else {
      AppendAggregate(reply, indent, out);
    }
    return;
  }
  switch (reply.kind()) {
    case ReplyKind::kNull: out += "(nil)"; break;
    case ReplyKind::kError: (out += "(error) ") += reply.text(); break;
    case ReplyKind::kInteger: (out += "(integer) ") += reply.text(); break;
    case ReplyKind::kDouble: (out += "(double) ") += reply.text(); break;
    case ReplyKind::kBigNumber: (out += "(big number) ") += reply.text(); break;
    case ReplyKind::kBoolean: out += reply.text() == "t" ? "(true)" : "(false)"; break;
    case ReplyKind::kBulkString: out += Quote(reply.text()); break;
    default: out += reply.text();
  }
  out += '\n';
}

}  // namespace nacre::cli
