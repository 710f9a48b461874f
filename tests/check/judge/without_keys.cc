#include "tests/check/judge/without_keys.h"

#include <string>
#include <utility>
#include <vector>

namespace nacre::check::judge {
namespace {

void CopyTexts(const History& history, HistoryBuilder& builder) {
  for (KeyId k = 0; k < history.keys().size(); ++k) builder.Key(history.key(k));
  for (ValueId v = 0; v < history.values().size(); ++v) builder.Value(history.value(v));
  for (SessionId s = 0; s < history.sessions().size(); ++s) {
    builder.Session(history.sessions().text(s));
  }
}

void CopyOperation(const History& history, const Op& op, HistoryBuilder& builder) {
  switch (op.kind) {
    case OpKind::kAppend: builder.Append(op.key, op.value); break;
    case OpKind::kWrite: builder.Write(op.key, op.value); break;
    case OpKind::kDelete: builder.Delete(op.key); break;
    case OpKind::kRead:
      op.value == kNone ? builder.ReadAbsent(op.key) : builder.Read(op.key, op.value);
      break;
    case OpKind::kReadList: builder.ReadList(op.key, history.lists().Elements(op.list())); break;
    case OpKind::kScan: break;  // Its results are read all the same.
  }
}

}  // namespace

History WithoutKeys(const History& history, absl::Span<const KeyId> keys) {
  std::vector<bool> left_out(history.keys().size(), false);
  for (const KeyId key : keys) left_out[key] = true;
  HistoryBuilder builder;
  CopyTexts(history, builder);
  for (TxnId t = 0; t < history.size(); ++t) {
    for (const Op& op : history.ops(t)) {
      if (op.kind == OpKind::kScan || !left_out[op.key]) CopyOperation(history, op, builder);
    }
    builder.Add(history.info(t));
  }
  for (const std::string& note : history.notes()) builder.Note(note);
  return std::move(builder).Finish();
}

}  // namespace nacre::check::judge
