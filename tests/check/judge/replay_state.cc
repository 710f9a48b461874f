#include "tests/check/judge/replay_state.h"

#include <algorithm>

namespace nacre::check::judge {

ReplayState::ReplayState(const History& history)
    : history_(history),
      keys_(history.keys().size()),
      agreed_(history.lists().branches(), 0),
      sorted_(history) {
  if (sorted_.size() == 0) return;
  rank_.assign(keys_.size(), kNone);
  for (size_t rank = 0; rank < sorted_.size(); ++rank) {
    rank_[sorted_[rank]] = static_cast<uint32_t>(rank);
  }
  present_.assign(sorted_.size() + 1, 0);
}

uint32_t ReplayState::PresentBelow(size_t rank) const {
  uint32_t sum = 0;
  for (size_t i = rank; i > 0; i -= i & (~i + 1)) sum += present_[i];
  return sum;
}

void ReplayState::SetPresence(KeyId key, bool was) {
  if (rank_.empty() || was == Present(key)) return;
  const uint32_t change = was ? ~uint32_t{0} : 1;  // Minus one wraps.
  for (size_t i = rank_[key] + size_t{1}; i < present_.size(); i += i & (~i + 1)) {
    present_[i] += change;
  }
}

void ReplayState::Apply(TxnId t, uint64_t timestamp) {
  for (const Op& op : history_.ops(t)) {
    if (!op.writes()) continue;
    Key& key = keys_[op.key];
    const bool was = Present(op.key);
    key.writer = t;
    key.committed = timestamp;
    if (op.kind == OpKind::kAppend) {
      key.list.push_back(op.value);
    } else {
      key.value = op.kind == OpKind::kDelete ? kNone : op.value;
      if (!key.list.empty()) ForgetList(op.key);
    }
    SetPresence(op.key, was);
  }
}

void ReplayState::ForgetList(KeyId key) {
  keys_[key].list.clear();
  for (uint32_t branch = 0; branch < agreed_.size(); ++branch) {
    if (history_.lists().key({branch, 0}) == key) agreed_[branch] = 0;
  }
}

ReplayState::Mismatch ReplayState::Compare(TxnId t) {
  const absl::Span<const Op> ops = history_.ops(t);
  own_.Clear();
  previous_append_.resize(std::max(previous_append_.size(), ops.size()));
  for (uint32_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    if (op.writes()) {
      OwnKey& own = own_[op.key];
      previous_append_[i] = op.kind == OpKind::kAppend ? own.last_write : kNone;
      own.appends = op.kind == OpKind::kAppend ? own.appends + 1 : 0;
      if (op.kind != OpKind::kAppend) {
        own.replaced = true;
        own.written = op.kind == OpKind::kWrite;
      }
      own.last_write = i;
      continue;
    }
    if (op.kind == OpKind::kScan) {
      const KeyId missed = MissedBy(ops, i);
      if (missed != kNone) return {i, missed, own_.Find(missed) != nullptr};
      continue;
    }
    const OwnKey* own = own_.Find(op.key);
    const bool list = op.kind == OpKind::kReadList ||
                      (op.value == kNone && (!keys_[op.key].list.empty() || (own && own->appends)));
    if (!(list ? ListAgrees(ops, own, op) : RegisterAgrees(ops, own, op))) {
      return {i, op.key, own != nullptr};
    }
  }
  return {};
}

bool ReplayState::RegisterAgrees(absl::Span<const Op> ops, const OwnKey* own, const Op& op) const {
  const Key& key = keys_[op.key];
  if (own == nullptr) return op.value == key.value && key.list.empty();
  const Op& write = ops[own->last_write];
  if (write.kind == OpKind::kAppend) return false;
  return op.value == (write.kind == OpKind::kDelete ? kNone : write.value);
}

bool ReplayState::ListAgrees(absl::Span<const Op> ops, const OwnKey* own, const Op& op) {
  const std::vector<ValueId>& now = keys_[op.key].list;
  ListRef list = op.kind == OpKind::kReadList ? op.list() : ListRef{};
  const uint32_t appends = own == nullptr ? 0 : own->appends;
  const bool replaced = own != nullptr && own->replaced;
  // A value is no list, whoever wrote it.
  if (replaced ? own->written : keys_[op.key].value != kNone) return false;
  if (list.length != (replaced ? 0 : now.size()) + appends) return false;
  if (appends > 0) {
    uint32_t place = list.length;
    uint32_t i = own->last_write;
    for (uint32_t n = 0; n < appends; ++n, i = previous_append_[i]) {
      if (history_.lists().At(list, --place) != ops[i].value) return false;
    }
    list = history_.lists().Prefix(list, place);
  }
  if (list.length == 0) return true;
  // A list only grows until it is deleted, so what agreed once agrees until then.
  uint32_t& agreed = agreed_[list.branch];
  while (agreed < list.length && history_.lists().At(list, agreed) == now[agreed]) ++agreed;
  return agreed >= list.length;
}

bool ReplayState::PresentWithOwn(absl::Span<const Op> ops, KeyId key) {
  const OwnKey* own = own_.Find(key);
  if (own == nullptr) return Present(key);
  return ops[own->last_write].kind != OpKind::kDelete;
}

KeyId ReplayState::MissedBy(absl::Span<const Op> ops, uint32_t i) {
  const auto [from, to] = sorted_.RangeOf(ops, i);
  if (from == to) return kNone;
  uint32_t expected = PresentBelow(to) - PresentBelow(from);
  for (const OwnKey& own : own_.keys()) {
    if (rank_[own.key] < from || rank_[own.key] >= to) continue;
    expected -= Present(own.key) ? 1 : 0;
    expected += PresentWithOwn(ops, own.key) ? 1 : 0;
  }
  // Too many results are told by the reads of them.
  if (expected <= ops[i].results()) return kNone;
  for (size_t rank = from; rank < to; ++rank) {
    const KeyId key = sorted_[rank];
    const auto results = ops.subspan(i + 1, ops[i].results());
    const bool found =
        std::any_of(results.begin(), results.end(), [key](const Op& op) { return op.key == key; });
    if (!found && PresentWithOwn(ops, key)) return key;
  }
  return kNone;
}

}  // namespace nacre::check::judge
