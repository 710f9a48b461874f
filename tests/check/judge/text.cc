#include "tests/check/judge/text.h"

namespace nacre::check::judge {

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
    text += history.value(lists.At(list, i));
  }
  return text + "]";
}

std::string OpText(const History& history, const Op& op) {
  const std::string_view key = history.key(op.key);
  switch (op.kind) {
    case OpKind::kAppend: return Cat("append ", key, " ", history.value(op.value));
    case OpKind::kReadList: return Cat("read ", key, " = ", ListText(history, op.list()));
    case OpKind::kWrite: return Cat("write ", key, " ", history.value(op.value));
    case OpKind::kDelete: return Cat("delete ", key);
    case OpKind::kRead:
      if (op.value == kNone) return Cat("read ", key, " absent");
      return Cat("read ", key, " = ", history.value(op.value));
    case OpKind::kScan:
      return Cat("scan from ", key, " to ",
                 op.scan_end() == kNone ? std::string_view("the end") : history.key(op.scan_end()));
  }
  return "";
}

std::string TxnText(const History& history, TxnId t) {
  if (history.line(t) == 0) return history.name(t);
  return Cat(history.name(t), " (line ", history.line(t), ")");
}

}  // namespace nacre::check::judge
