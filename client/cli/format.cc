#include "client/cli/format.h"

#include "client/cli/json.h"
#include "client/cli/text.h"
#include "client/cli/words.h"

namespace nacre::cli {

using client::ReplyKind;
using client::ReplyView;

namespace {

bool IsInvalidation(ReplyView push) {
  return push.kind() == ReplyKind::kPush && push.size() == 2 && push[0].text() == "invalidate" &&
         push[1].kind() == ReplyKind::kArray;
}

}  // namespace

void AppendRaw(ReplyView reply, std::string_view delimiter, std::string& out) {
  switch (reply.kind()) {
    case ReplyKind::kNull: return;
    case ReplyKind::kError:
      out += reply.text();
      out += '\n';
      return;
    case ReplyKind::kBoolean: out += reply.text() == "t" ? "(true)" : "(false)"; return;
    case ReplyKind::kMap: {
      size_t place = 0;
      for (const ReplyView element : reply) {
        if (place > 0) out += place % 2 == 0 ? delimiter : " ";
        AppendRaw(element, delimiter, out);
        ++place;
      }
      return;
    }
    case ReplyKind::kArray:
    case ReplyKind::kSet:
    case ReplyKind::kPush: {
      bool first = true;
      for (const ReplyView element : reply) {
        if (!first) out += delimiter;
        first = false;
        AppendRaw(element, delimiter, out);
      }
      return;
    }
    default: out += reply.text();
  }
}

void AppendCsv(ReplyView reply, std::string& out) {
  switch (reply.kind()) {
    case ReplyKind::kNull: out += "NULL"; return;
    case ReplyKind::kError:
      out += "ERROR,";
      out += Quote(reply.text());
      return;
    case ReplyKind::kBoolean: out += reply.text() == "t" ? "true" : "false"; return;
    case ReplyKind::kInteger:
    case ReplyKind::kDouble:
    case ReplyKind::kBigNumber: out += reply.text(); return;
    default: break;
  }
  if (!reply.is_aggregate()) {
    out += Quote(reply.text());
    return;
  }
  bool first = true;
  for (const ReplyView element : reply) {
    if (!first) out += ',';
    first = false;
    AppendCsv(element, out);
  }
}

std::string FormatReply(ReplyView reply, const OutputFormat& format, bool is_text) {
  // A command that replies text may be queued instead.
  if (reply.kind() == ReplyKind::kSimpleString && reply.text() == "QUEUED") is_text = false;
  std::string out;
  switch (format.mode) {
    case OutputMode::kHuman:
    case OutputMode::kRaw:
      if (is_text) {
        AppendRaw(reply, format.element_delimiter, out);
      } else if (format.mode == OutputMode::kHuman) {
        AppendHuman(reply, "", out);
      } else {
        AppendRaw(reply, format.element_delimiter, out);
        out += format.reply_delimiter;
      }
      break;
    case OutputMode::kCsv:
      AppendCsv(reply, out);
      out += '\n';
      break;
    case OutputMode::kJson:
    case OutputMode::kQuotedJson:
      AppendJson(reply, format.mode == OutputMode::kQuotedJson, out);
      out += '\n';
      break;
  }
  return out;
}

std::string FormatPush(ReplyView push, const OutputFormat& format) {
  if (format.mode != OutputMode::kHuman || !IsInvalidation(push)) return FormatReply(push, format);
  std::string out = "-> invalidate: ";
  bool first = true;
  for (const ReplyView key : push[1]) {
    if (!first) out += ", ";
    first = false;
    out += '\'';
    // A key is any bytes; those that would move the cursor must not reach the terminal.
    AppendQuotedInside(key.text(), out);
    out += '\'';
  }
  out += '\n';
  return out;
}

bool RepliesText(const std::vector<std::string>& words) {
  if (words.empty()) return false;
  const auto is = [&](size_t i, std::string_view word) {
    return i < words.size() && EqualsIgnoringCase(words[i], word);
  };
  if (is(0, "info") || is(0, "lolwut")) return true;
  if (is(0, "client")) return is(1, "list") || is(1, "info");
  if (is(0, "memory")) return is(1, "malloc-stats") || is(1, "doctor");
  if (is(0, "cluster")) return words.size() == 2 && (is(1, "nodes") || is(1, "info"));
  if (is(0, "latency")) {
    return (words.size() == 3 && is(1, "graph")) || (words.size() == 2 && is(1, "doctor"));
  }
  if (is(0, "debug")) return is(1, "htstats") || is(1, "htstats-key") || is(1, "client-eviction");
  return false;
}

}  // namespace nacre::cli
