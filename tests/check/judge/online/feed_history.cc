#include <optional>
#include <string_view>

#include "nacre/check/online.h"

namespace nacre::check {

bool OnlineJudge::Add(const History& history, TxnId t, uint64_t oldest_open) {
  uint32_t results = 0;
  for (const Op& op : history.ops(t)) {
    const std::string_view key = history.key(op.key);
    switch (op.kind) {
      case OpKind::kAppend: Append(key, history.value(op.value)); break;
      case OpKind::kWrite: Write(key, history.value(op.value)); break;
      case OpKind::kDelete: Delete(key); break;
      case OpKind::kRead:
        op.value == kNone ? ReadAbsent(key) : Read(key, history.value(op.value));
        break;
      case OpKind::kReadList:
        BeginList(key);
        for (const ValueId value : history.lists().Elements(op.list())) {
          Element(history.value(value));
        }
        EndList();
        break;
      case OpKind::kScan:
        BeginScan(key,
                  op.scan_end() == kNone
                      ? std::nullopt
                      : std::optional<std::string_view>(history.key(op.scan_end())),
                  op.reverse, op.limited);
        results = op.results() + 1;
        break;
    }
    if (results > 0 && --results == 0) EndScan();
  }
  FinishedTxn txn = {.outcome = history.outcome(t),
                     .invoked = history.invoked(t),
                     .completed = history.completed(t),
                     .begin_timestamp = history.begin_timestamp(t),
                     .commit_timestamp = history.commit_timestamp(t),
                     .line = history.line(t),
                     .number = history.number(t)};
  if (history.session(t) != kNone) txn.session = history.sessions().text(history.session(t));
  return Add(txn, oldest_open);
}

}  // namespace nacre::check
