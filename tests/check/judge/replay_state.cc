#include "tests/check/judge/replay_state.h"

#include <algorithm>

namespace nacre::check::judge {
namespace {

// What a write leaves at its register.
ValueId Left(const Op& write) { return write.kind == OpKind::kDelete ? kNone : write.value; }

}  // namespace

ReplayState::ReplayState(const History& history, MaybeWrites* maybe)
    : history_(history),
      keys_(history.keys().size()),
      maybe_(maybe),
      agreed_(history.lists().branches()),
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
      key.value = Left(op);
      key.maybe = false;
      if (!key.list.empty()) SetList(op.key, {});
    }
    SetPresence(op.key, was);
  }
}

void ReplayState::SetList(KeyId key, std::vector<ValueId> list) {
  keys_[key].list = std::move(list);
  keys_[key].list_observed = 0;
  ++keys_[key].generation;
}

ReplayState::Mismatch ReplayState::Compare(TxnId t, uint64_t timestamp) {
  const absl::Span<const Op> ops = history_.ops(t);
  reader_ = t;
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
    if (op.kind != OpKind::kScan) {
      if (!ReadAgrees(ops, op, timestamp)) return {i, op.key, own_disagrees_};
      continue;
    }
    // What it found first, since that may tell of more that is there.
    const uint32_t end = i + op.results();
    for (uint32_t r = i + 1; r <= end; ++r) {
      if (!ReadAgrees(ops, ops[r], timestamp)) return {r, ops[r].key, own_disagrees_};
    }
    for (KeyId missed = MissedBy(ops, i, 0); missed != kNone;
         missed = MissedBy(ops, i, rank_[missed] + size_t{1})) {
      const bool own = own_.Find(missed) != nullptr;
      if (own || !TakeMaybe(missed, kNone, timestamp)) return {i, missed, own};
    }
    i = end;
  }
  return {};
}

bool ReplayState::ReadAgrees(absl::Span<const Op> ops, const Op& op, uint64_t timestamp) {
  const OwnKey* own = own_.Find(op.key);
  own_disagrees_ = own != nullptr;
  const bool list = op.kind == OpKind::kReadList ||
                    (op.value == kNone && (!keys_[op.key].list.empty() || (own && own->appends)));
  return list ? ListAgrees(ops, own, op, timestamp) : RegisterAgrees(ops, own, op, timestamp);
}

bool ReplayState::RegisterAgrees(absl::Span<const Op> ops, const OwnKey* own, const Op& op,
                                 uint64_t timestamp) {
  if (own != nullptr) {
    const Op& write = ops[own->last_write];
    if (write.kind == OpKind::kAppend) return false;
    return op.value == Left(write);
  }
  Key& key = keys_[op.key];
  if (!key.list.empty() || op.value != key.value) {
    return TakeMaybe(op.key, op.value, timestamp);
  }
  Observed(key, timestamp);
  return true;
}

// Whether an indeterminate transaction explains that the register has this value.
bool ReplayState::TakeMaybe(KeyId key, ValueId value, uint64_t timestamp) {
  if (maybe_ == nullptr) return false;
  Key& state = keys_[key];
  // What one of two snapshots of the same timestamp had, the other has.
  if (timestamp > 0 && state.observed == timestamp) return false;
  if (!state.list.empty()) {
    // Of a list that may have been deleted nothing more is known.
    if (!maybe_->Replaces(key)) return false;
  } else {
    const uint64_t after = std::max(state.committed, state.observed);
    if (!maybe_->Take(key, value, after, timestamp, reader_)) return false;
  }
  const bool was = Present(key);
  if (!state.list.empty()) SetList(key, {});
  state.value = value;
  Observed(state, timestamp);
  state.maybe = true;
  assumed_ = true;
  SetPresence(key, was);
  return true;
}

bool ReplayState::ListAgrees(absl::Span<const Op> ops, const OwnKey* own, const Op& op,
                             uint64_t timestamp) {
  Key& key = keys_[op.key];
  ListRef list = op.kind == OpKind::kReadList ? op.list() : ListRef{};
  const bool replaced = own != nullptr && own->replaced;
  if (replaced && own->written) return false;  // A value is no list.
  if (own != nullptr && own->appends > 0) {
    if (list.length < own->appends) return false;
    uint32_t place = list.length;
    uint32_t i = own->last_write;
    for (uint32_t n = 0; n < own->appends; ++n, i = previous_append_[i]) {
      if (history_.lists().At(list, --place) != ops[i].value) return false;
    }
    list = place == 0 ? ListRef{} : history_.lists().Prefix(list, place);
  }
  if (replaced) return list.length == 0;
  own_disagrees_ = false;
  // A value is no list either, but it may have been deleted since.
  if (key.value == kNone && list.length == key.list.size()) {
    if (list.length == 0) {
      Observed(key, timestamp);
      return true;
    }
    Agreed& agreed = agreed_[list.branch];
    if (agreed.generation != key.generation) agreed = {key.generation, 0};
    while (agreed.length < list.length &&
           history_.lists().At(list, agreed.length) == key.list[agreed.length]) {
      ++agreed.length;
    }
    if (agreed.length >= list.length) {
      key.list_observed = list.length;
      Observed(key, timestamp);
      return true;
    }
  }
  return maybe_ != nullptr && AgreesWithMaybes(op.key, list, timestamp);
}

// Whether `list` is that of the key with more appends of indeterminate transactions in it: behind
// what was read of it before.
bool ReplayState::AgreesWithMaybes(KeyId key, ListRef list, uint64_t timestamp) {
  Key& state = keys_[key];
  // What one of two snapshots of the same timestamp had, the other has.
  if (timestamp > 0 && state.observed == timestamp) return false;
  std::vector<ValueId> elements;
  if (list.length > 0) elements = history_.lists().Elements(list);
  maybe_->BeginTaking();
  size_t known = 0;
  bool possible = state.value == kNone;
  for (size_t i = 0; i < elements.size() && possible; ++i) {
    if (known < state.list.size() && elements[i] == state.list[known]) {
      ++known;
    } else {
      possible = known >= state.list_observed && maybe_->TakeElement(key, elements[i]);
    }
  }
  if (!possible || known < state.list.size()) {
    maybe_->UndoTaking();
    // Of a key that may have been deleted nothing more is known.
    if (!maybe_->Replaces(key)) return false;
  }
  const bool was = Present(key);
  state.value = kNone;
  const auto length = static_cast<uint32_t>(elements.size());
  SetList(key, std::move(elements));
  state.list_observed = length;
  Observed(state, timestamp);
  state.maybe = true;
  assumed_ = true;
  SetPresence(key, was);
  return true;
}

bool ReplayState::PresentWithOwn(absl::Span<const Op> ops, KeyId key) {
  const OwnKey* own = own_.Find(key);
  if (own == nullptr) return Present(key);
  return ops[own->last_write].kind != OpKind::kDelete;
}

KeyId ReplayState::MissedBy(absl::Span<const Op> ops, uint32_t i, size_t from_rank) {
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
  // SCAN-ANSWER: in order.
  const absl::Span<const Op> results = ops.subspan(i + 1, ops[i].results());
  const auto found = [&](size_t rank) {
    const auto it = std::partition_point(results.begin(), results.end(), [&](const Op& op) {
      return ops[i].reverse ? rank_[op.key] > rank : rank_[op.key] < rank;
    });
    return it != results.end() && rank_[it->key] == rank;
  };
  for (size_t rank = std::max(from, from_rank); rank < to; ++rank) {
    if (PresentWithOwn(ops, sorted_[rank]) && !found(rank)) return sorted_[rank];
  }
  return kNone;
}

}  // namespace nacre::check::judge
