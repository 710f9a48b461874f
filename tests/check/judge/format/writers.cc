#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/check/judge/format/byte_reader.h"
#include "tests/check/judge/format/readers.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr ByteSet kSpecial = BytesOf("|[]{}\"");

bool IsWord(std::string_view text) {
  if (text.empty() || text == "nil") return false;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte <= ' ' || byte >= 0x7f || kSpecial[byte]) return false;
  }
  return true;
}

std::string Word(std::string_view text) {
  if (IsWord(text)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    switch (c) {
      case '"': quoted += "\\\""; break;
      case '\\': quoted += "\\\\"; break;
      case '\n': quoted += "\\n"; break;
      case '\r': quoted += "\\r"; break;
      case '\t': quoted += "\\t"; break;
      default:
        if (byte < ' ' || byte >= 0x7f) {
          quoted += Cat("\\x", kHexDigits[byte / 16], kHexDigits[byte % 16]);
        } else {
          quoted += c;
        }
    }
  }
  return quoted + "\"";
}

std::string NumberOr(std::optional<uint64_t> number, uint64_t unknown) {
  return number.has_value() && *number != unknown ? std::to_string(*number) : "?";
}

std::string Answer(const History& history, const Op& op) {
  if (op.kind == OpKind::kRead) {
    return op.value == kNone ? "nil" : Word(history.value(op.value));
  }
  std::string text = "[";
  for (const ValueId element : history.lists().Elements(op.list())) {
    if (text.size() > 1) text += ' ';
    text += Word(history.value(element));
  }
  return text + "]";
}

std::string NativeHead(const History& history, TxnId t) {
  std::string text = history.name(t);
  if (history.session(t) != kNone) {
    text += " s=" + Word(history.sessions().text(history.session(t)));
  }
  switch (history.outcome(t)) {
    case Outcome::kCommitted: text += " ok"; break;
    case Outcome::kAborted: text += " fail"; break;
    case Outcome::kIndeterminate: text += " info"; break;
  }
  if (history.invoked(t) != kAlways || history.completed(t) != kNever) {
    text += Cat(" real=", NumberOr(history.invoked(t), kAlways), "..",
                NumberOr(history.completed(t), kNever));
  }
  if (history.begin_timestamp(t).has_value() || history.commit_timestamp(t).has_value()) {
    text += Cat(" time=", NumberOr(history.begin_timestamp(t), kNever), "..",
                NumberOr(history.commit_timestamp(t), kNever));
  }
  return text;
}

void AppendNative(const History& history, const Op& op, std::string& text) {
  const std::string key = Word(history.key(op.key));
  switch (op.kind) {
    case OpKind::kAppend: text += Cat("append ", key, " ", Word(history.value(op.value))); break;
    case OpKind::kWrite: text += Cat("write ", key, " ", Word(history.value(op.value))); break;
    case OpKind::kDelete: text += Cat("delete ", key); break;
    case OpKind::kRead: text += Cat("read ", key, " ", Answer(history, op)); break;
    case OpKind::kReadList: text += Cat("list ", key, " ", Answer(history, op)); break;
    case OpKind::kScan:
      text += Cat(op.reverse ? "rscan " : "scan ", key, " ",
                  op.scan_end() == kNone ? "nil" : Word(history.key(op.scan_end())),
                  op.limited ? " limit {" : " {");
  }
}

// The text of a scalar in EDN: as it is if it reads back as itself.
bool IsEdnScalar(std::string_view text) {
  if (text.empty() || text == "nil" || text == "null") return false;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    // Only what the reader made of a string: every quote and backslash inside is escaped.
    for (size_t i = 1; i + 1 < text.size(); ++i) {
      if (text[i] == '"' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') return false;
      if (text[i] != '\\') continue;
      if (++i + 1 >= text.size() ||
          std::string_view("\"\\nrt").find(text[i]) == std::string::npos) {
        return false;
      }
    }
    return true;
  }
  const bool number = text.front() == '-' || (text.front() >= '0' && text.front() <= '9');
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    if (number ? !digit && !(i == 0 && c == '-') : !digit && !letter && !(i == 0 && c == ':')) {
      return false;
    }
  }
  if (!number) return text.size() > 1 || text.front() != ':';
  const std::string_view digits = text.front() == '-' ? text.substr(1) : text;
  return !digits.empty() && (digits.front() != '0' || text == "0");
}

std::string EdnScalar(std::string_view text) {
  return IsEdnScalar(text) ? std::string(text) : Quoted(text);
}

void AppendEdn(const History& history, const Op& op, bool completed, std::string& text) {
  const std::string key = EdnScalar(history.key(op.key));
  switch (op.kind) {
    case OpKind::kAppend:
      text += Cat("[:append ", key, " ", EdnScalar(history.value(op.value)), "]");
      return;
    case OpKind::kWrite:
      text += Cat("[:w ", key, " ", EdnScalar(history.value(op.value)), "]");
      return;
    case OpKind::kDelete: text += Cat("[:w ", key, " nil]"); return;
    default: break;
  }
  text += Cat("[:r ", key, " ");
  if (!completed || (op.kind == OpKind::kRead && op.value == kNone)) {
    text += "nil]";
  } else if (op.kind == OpKind::kRead) {
    text += EdnScalar(history.value(op.value)) + "]";
  } else {
    std::string_view blank = "";
    text += '[';
    for (const ValueId element : history.lists().Elements(op.list())) {
      text += Cat(blank, EdnScalar(history.value(element)));
      blank = " ";
    }
    text += "]]";
  }
}

std::string EdnLine(const History& history, TxnId t, std::string_view type, bool completed) {
  std::string text = Cat("{:type :", type, ", :f :txn, :value [");
  bool first = true;
  for (const Op& op : history.ops(t)) {
    if (!first) text += ' ';
    first = false;
    AppendEdn(history, op, completed, text);
  }
  text += ']';
  if (history.session(t) != kNone) {
    text += Cat(", :process ", EdnScalar(history.sessions().text(history.session(t))));
  }
  return text + "}\n";
}

}  // namespace

absl::Status WriteNative(const History& history, std::ostream& out) {
  for (TxnId t = 0; t < history.size(); ++t) {
    std::string text = NativeHead(history, t);
    uint32_t results = 0;  // Of a scan, still to come.
    for (const Op& op : history.ops(t)) {
      if (results > 0) {
        text +=
            Cat(text.back() == '{' ? "" : " ", Word(history.key(op.key)), " ", Answer(history, op));
      } else {
        text += " | ";
        AppendNative(history, op, text);
      }
      if (op.kind == OpKind::kScan) results = op.results() + 1;
      if (results > 0 && --results == 0) text += '}';
    }
    out << text << '\n';
  }
  return out ? absl::OkStatus() : absl::UnknownError("the history could not be written");
}

absl::Status WriteEdn(const History& history, std::ostream& out) {
  // Events in the order of real time; what has none stands at its own place.
  struct Event {
    uint64_t at;
    TxnId txn;
    bool invoke;
  };
  std::vector<Event> events;
  for (TxnId t = 0; t < history.size(); ++t) {
    for (const Op& op : history.ops(t)) {
      if (op.kind == OpKind::kScan) {
        return absl::InvalidArgumentError(
            Cat(history.name(t), " has a scan, for which EDN has no form"));
      }
    }
    events.push_back({history.invoked(t), t, true});
    events.push_back({history.completed(t), t, false});
  }
  if (history.has_real_time()) {
    // Of events at one time the invocations come first: they are concurrent then.
    std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
      return a.at != b.at ? a.at < b.at : a.invoke > b.invoke;
    });
  }
  for (const Event& event : events) {
    const TxnId t = event.txn;
    if (event.invoke) {
      out << EdnLine(history, t, "invoke", false);
    } else {
      const Outcome outcome = history.outcome(t);
      const std::string_view type = outcome == Outcome::kCommitted ? "ok"
                                    : outcome == Outcome::kAborted ? "fail"
                                                                   : "info";
      out << EdnLine(history, t, type, outcome == Outcome::kCommitted);
    }
  }
  return out ? absl::OkStatus() : absl::UnknownError("the history could not be written");
}

}  // namespace nacre::check::judge
