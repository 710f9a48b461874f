#include "tests/check/judge/write_index.h"

#include <algorithm>

#include "tests/check/judge/own_view.h"

namespace nacre::check::judge {
namespace {

int Rank(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCommitted: return 0;
    case Outcome::kIndeterminate: return 1;
    case Outcome::kAborted: return 2;
  }
  return 2;
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
    // From the end, so that the first write of a key to be met is the one that stays.
    for (size_t i = ops.size(); i-- > 0;) {
      if (!ops[i].writes()) continue;
      OwnKey& key = own[ops[i].key];
      const bool intermediate = key.last_write != kNone;
      key.last_write = static_cast<uint32_t>(i);
      Add(history, t, ops[i], intermediate);
    }
  }
}

void WriteIndex::Add(const History& history, TxnId t, const Op& op, bool intermediate) {
  if (op.kind == OpKind::kDelete) {
    if (!intermediate && history.outcome(t) != Outcome::kAborted) deleted_[op.key] = true;
    return;
  }
  const Write write = {.txn = t, .intermediate = intermediate};
  const auto [it, first] = writes_.try_emplace(Pack(op.key, op.value), write);
  if (first) return;
  ++duplicates_;
  const int before = Rank(history.outcome(it->second.txn));
  const int now = Rank(history.outcome(t));
  // Of registers, the other one may have happened as well.
  const bool both = op.kind == OpKind::kWrite && before <= 1 && now <= 1;
  if (now < before) {
    it->second = write;
    it->second.several = both;
  } else if (now == before || both) {
    it->second.several = true;
  }
}

}  // namespace nacre::check::judge
