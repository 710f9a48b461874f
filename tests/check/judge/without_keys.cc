#include "tests/check/judge/without_keys.h"

#include <string>
#include <utility>
#include <vector>

namespace nacre::check::judge {

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
    case OpKind::kScan: break;  // CopyScan()
  }
}

namespace {

// With the results that stay. A key that nobody used any more is in no range, and a limited scan
// went as far as the last of its results.
void CopyScan(const History& history, absl::Span<const Op> scan, const std::vector<bool>& left_out,
              HistoryBuilder& builder) {
  builder.BeginScan(scan[0].key, scan[0].scan_end(), scan[0].reverse, scan[0].limited);
  for (const Op& op : scan.subspan(1)) {
    if (!left_out[op.key]) CopyOperation(history, op, builder);
  }
  builder.EndScan();
}

}  // namespace

History WithoutKeys(const History& history, absl::Span<const KeyId> keys) {
  std::vector<bool> left_out(history.keys().size(), false);
  for (const KeyId key : keys) left_out[key] = true;
  HistoryBuilder builder;
  CopyTexts(history, builder);
  for (TxnId t = 0; t < history.size(); ++t) {
    const absl::Span<const Op> ops = history.ops(t);
    for (size_t i = 0; i < ops.size(); ++i) {
      if (ops[i].kind == OpKind::kScan) {
        CopyScan(history, ops.subspan(i, ops[i].results() + size_t{1}), left_out, builder);
        i += ops[i].results();
      } else if (!left_out[ops[i].key]) {
        CopyOperation(history, ops[i], builder);
      }
    }
    builder.Add(history.info(t));
  }
  for (const std::string& note : history.notes()) builder.Note(note);
  return std::move(builder).Finish();
}

}  // namespace nacre::check::judge
