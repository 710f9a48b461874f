#include "tests/check/judge/maybe_writes.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace nacre::check::judge {

MaybeWrites::MaybeWrites(const History& history) : replaces_(history.keys().size(), false) {
  absl::flat_hash_set<KeyId> written;
  for (TxnId t = 0; t < history.size(); ++t) {
    if (history.outcome(t) != Outcome::kIndeterminate) continue;
    written.clear();
    const absl::Span<const Op> ops = history.ops(t);
    for (size_t i = ops.size(); i-- > 0;) {
      const Op& op = ops[i];
      if (!op.writes()) continue;
      if (op.kind != OpKind::kAppend) replaces_[op.key] = true;
      const bool last = written.insert(op.key).second;
      if (!last && op.kind != OpKind::kAppend) continue;
      writes_[{op.key, op.kind == OpKind::kDelete ? kNone : op.value}].txns.push_back(t);
    }
  }
}

bool MaybeWrites::Take(KeyId key, ValueId value, uint64_t after, uint64_t now, TxnId reader) {
  const auto it = writes_.find({key, value});
  if (it == writes_.end()) return false;
  const std::vector<TxnId>& txns = it->second.txns;
  const bool possible = std::any_of(txns.begin(), txns.end(), [&](TxnId t) {
    const auto seen = seen_.find(t);
    return seen == seen_.end() || seen->second.at > after || after == 0;
  });
  if (possible && txns.size() == 1) seen_.try_emplace(txns[0], Seen{now, reader});
  return possible;
}

std::vector<TxnId> MaybeWrites::WhoWrote(KeyId key, ValueId value) const {
  std::vector<TxnId> who;
  const auto it = writes_.find({key, value});
  if (it == writes_.end()) return who;
  for (const TxnId t : it->second.txns) {
    who.push_back(t);
    if (const auto seen = seen_.find(t); seen != seen_.end()) who.push_back(seen->second.by);
  }
  return who;
}

bool MaybeWrites::TakeElement(KeyId key, ValueId value) {
  const auto it = writes_.find({key, value});
  if (it == writes_.end() || it->second.taken == it->second.txns.size()) return false;
  ++it->second.taken;
  taken_.push_back(&it->second);
  return true;
}

void MaybeWrites::UndoTaking() {
  for (Maybe* maybe : taken_) --maybe->taken;
  taken_.clear();
}

}  // namespace nacre::check::judge
