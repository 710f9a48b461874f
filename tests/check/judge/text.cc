#include "tests/check/judge/text.h"

#include "tests/check/judge/printable.h"

namespace nacre::check::judge {
namespace {

std::string Shown(std::string_view bytes) {
  constexpr uint32_t kCellsMax = 64;
  constexpr std::string_view kSpecial = " \"'\\[]{}|;";
  const std::string text = Shortened(Printable(bytes), kCellsMax);
  const bool word = !bytes.empty() && bytes != "nil" &&
                    bytes.find_first_of(kSpecial) == std::string_view::npos &&
                    text.find('\\') == std::string::npos;
  return word ? text : Cat('"', text, '"');
}

std::string RangeText(const History& history, const Op& scan) {
  const std::string end =
      scan.scan_end() == kNone ? std::string("the end") : KeyText(history, scan.scan_end());
  return Cat(KeyText(history, scan.key), " to ", end);
}

}  // namespace

std::string KeyText(const History& history, KeyId key) { return Shown(history.key(key)); }
std::string ValueText(const History& history, ValueId value) { return Shown(history.value(value)); }
std::string SessionText(const History& history, SessionId session) {
  return Shown(history.sessions().text(session));
}

std::string ListText(const History& history, ListRef list) {
  constexpr uint32_t kShown = 12;
  const ListPool& lists = history.lists();
  std::string text = "[";
  for (uint32_t i = 0; i < list.length; ++i) {
    if (list.length > kShown && i == 2) {
      i = list.length - (kShown - 3);
      text += " ...";
    }
    if (i > 0) text += ' ';
    text += ValueText(history, lists.At(list, i));
  }
  return text + "]";
}

std::string OpText(const History& history, const Op& op) {
  const std::string key = op.kind == OpKind::kScan ? "" : KeyText(history, op.key);
  switch (op.kind) {
    case OpKind::kAppend: return Cat("append ", key, " ", ValueText(history, op.value));
    case OpKind::kReadList: return Cat("read ", key, " = ", ListText(history, op.list()));
    case OpKind::kWrite: return Cat("write ", key, " ", ValueText(history, op.value));
    case OpKind::kDelete: return Cat("delete ", key);
    case OpKind::kRead:
      if (op.value == kNone) return Cat("read ", key, " absent");
      return Cat("read ", key, " = ", ValueText(history, op.value));
    case OpKind::kScan: return Cat("scan from ", RangeText(history, op));
  }
  return "";
}

std::string PastText(const History& history, const Op& op) {
  const std::string key = op.kind == OpKind::kScan ? "" : KeyText(history, op.key);
  switch (op.kind) {
    case OpKind::kAppend: return Cat("appended ", ValueText(history, op.value), " to ", key);
    case OpKind::kWrite: return Cat("wrote ", key, " = ", ValueText(history, op.value));
    case OpKind::kDelete: return Cat("deleted ", key);
    case OpKind::kRead:
      if (op.value == kNone) return Cat("read ", key, " and found nothing");
      return OpText(history, op);
    case OpKind::kReadList: return OpText(history, op);
    case OpKind::kScan: return Cat("scanned from ", RangeText(history, op));
  }
  return "";
}

std::string TxnText(const History& history, TxnId t) {
  if (history.line(t) == 0) return history.name(t);
  return Cat(history.name(t), " (line ", history.line(t), ")");
}

bool Tells(std::string_view words, std::string_view op) {
  for (size_t at = words.find(op); at != std::string_view::npos; at = words.find(op, at + 1)) {
    const size_t end = at + op.size();
    if (end == words.size() || words[end] == ',' || words[end] == ' ' || words[end] == ';') {
      return true;
    }
  }
  return false;
}

}  // namespace nacre::check::judge
