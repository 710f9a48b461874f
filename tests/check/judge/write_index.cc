#include "tests/check/judge/write_index.h"

#include <algorithm>

#include "tests/check/judge/own_view.h"

namespace nacre::check::judge {
namespace {

WriteIndex::Standing StandingOf(const Op& op, Outcome outcome, bool intermediate) {
  if (outcome == Outcome::kAborted) return WriteIndex::Standing::kAborted;
  if (op.kind == OpKind::kWrite && intermediate) return WriteIndex::Standing::kOverwritten;
  return outcome == Outcome::kCommitted ? WriteIndex::Standing::kCommitted
                                        : WriteIndex::Standing::kIndeterminate;
}

bool Lasts(WriteIndex::Standing standing) {
  return standing == WriteIndex::Standing::kCommitted ||
         standing == WriteIndex::Standing::kIndeterminate;
}

}  // namespace

WriteIndex::WriteIndex(const History& history) : deleted_(history.keys().size(), false) {
  uint64_t writes = 0;
  for (TxnId t = 0; t < history.size(); ++t) {
    for (const Op& op : history.ops(t)) writes += op.writes() ? 1 : 0;
  }
  writes_.reserve(writes);
  OwnView own;
  for (TxnId t = 0; t < history.size(); ++t) {
    const absl::Span<const Op> ops = history.ops(t);
    own.Clear();
    for (const Op& op : ops) {
      if (op.kind == OpKind::kAppend) ++own[op.key].appends;
    }
    // From the end, so that the first write of a key to be met is the one that stays.
    for (size_t i = ops.size(); i-- > 0;) {
      if (!ops[i].writes()) continue;
      OwnKey& key = own[ops[i].key];
      const bool intermediate = key.last_write != kNone;
      key.last_write = static_cast<uint32_t>(i);
      Add(ops[i], history.outcome(t),
          {.txn = t, .intermediate = intermediate, .repeated = key.appends > 1});
    }
  }
}

void WriteIndex::Add(const Op& op, Outcome outcome, Write write) {
  if (op.kind == OpKind::kDelete) {
    if (!write.intermediate && outcome != Outcome::kAborted) deleted_[op.key] = true;
    return;
  }
  write.standing = StandingOf(op, outcome, write.intermediate);
  write.appends = outcome == Outcome::kAborted ? 0 : 1;
  const auto [it, first] = writes_.try_emplace(Pack(op.key, op.value), write);
  if (first) return;
  Write& before = it->second;
  write.appends += before.appends;
  write.several = before.several ||
                  (before.txn != write.txn && Lasts(before.standing) && Lasts(write.standing));
  if (write.txn != before.txn && write.standing < before.standing) {
    before = write;
  } else {
    before.appends = write.appends;
    before.several = write.several;
  }
}

}  // namespace nacre::check::judge
