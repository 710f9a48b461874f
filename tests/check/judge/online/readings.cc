#include "tests/check/judge/online/readings.h"

#include <algorithm>

#include "tests/check/judge/text.h"

namespace nacre::check::judge {

Readings::Readings(Window& window, Frontier& frontier, const Knowledge& knowledge)
    : window_(window), frontier_(frontier), knowledge_(knowledge) {
  CollectWriters();
  FindKnownLists();
  if (has_scans_) {
    frontier_.ForEach(
        [this](std::string_view key, const KeyState& state) { sorted_.emplace_back(key, &state); });
    std::sort(sorted_.begin(), sorted_.end());
  }
  for (uint32_t t = 0; t < window_.txns.size(); ++t) {
    first_.push_back(uses_.size());
    uses_.resize(uses_.size() + window_.txns[t].ops.size(), Use::kAsIs);
    if (window_.txns[t].info.outcome == Outcome::kCommitted) Classify(t);
  }
}

void Readings::CollectWriters() {
  for (uint32_t t = 0; t < window_.txns.size(); ++t) {
    const std::vector<KeptOp>& ops = window_.txns[t].ops;
    const bool aborted = window_.txns[t].info.outcome == Outcome::kAborted;
    own_.Clear();
    for (uint32_t i = 0; i < ops.size(); ++i) {
      if (ops[i].op.writes()) own_[ops[i].op.key].last_write = i;
    }
    for (uint32_t i = 0; i < ops.size(); ++i) {
      const Op& op = ops[i].op;
      if (op.kind == OpKind::kDelete) {
        // What its own transaction wrote again nobody else can have seen deleted.
        if (!aborted && own_[op.key].last_write == i) deleted_.insert(op.key);
      } else if (op.writes()) {
        AddWriter(op, t);
      }
      has_scans_ |= op.kind == OpKind::kScan;
    }
  }
}

void Readings::AddWriter(const Op& op, uint32_t t) {
  const auto rank = [this](uint32_t txn) {
    const Outcome outcome = window_.txns[txn].info.outcome;
    return outcome == Outcome::kCommitted ? 2 : outcome == Outcome::kIndeterminate ? 1 : 0;
  };
  const auto [it, added] = writers_.try_emplace(Pack(op.key, op.value), t);
  if (added || it->second == t) return;
  if (rank(it->second) > 0 && rank(t) > 0) several_.insert(Pack(op.key, op.value));
  if (rank(t) >= rank(it->second)) it->second = t;
}

void Readings::FindKnownLists() {
  const ListPool& lists = window_.lists;
  known_.resize(lists.branches());
  for (uint32_t branch = 0; branch < lists.branches(); ++branch) {
    const uint32_t fork = lists.fork(branch);
    const uint32_t parent = lists.parent(branch);
    if (parent != kNone && known_[parent] < fork) {
      known_[branch] = known_[parent];
      continue;
    }
    known_[branch] = fork;
    const KeyId key = lists.key({branch, 0});
    for (const ValueId value : lists.tail(branch)) {
      if (!writers_.contains(Pack(key, value))) break;
      ++known_[branch];
    }
  }
}

bool Readings::HasSeveral(KeyId key, ListRef list) const {
  if (several_.empty()) return false;
  const std::vector<ValueId> elements = window_.lists.Elements(list);
  return std::any_of(elements.begin(), elements.end(),
                     [&](ValueId value) { return several_.contains(Pack(key, value)); });
}

void Readings::Beyond(uint32_t t, KeyId key) {
  Beyond(t, Cat("read a state of ", window_.keys.text(key), " that is older than what is kept"));
}

void Readings::Beyond(uint32_t t, std::string what) {
  KeptTxn& txn = window_.txns[t];
  if (txn.beyond) return;
  txn.beyond = true;
  if (beyond_++ == 0) beyond_example_ = Cat("T", txn.info.number, " ", what);
}

void Readings::Classify(uint32_t t) {
  KeptTxn& txn = window_.txns[t];
  const bool settled = this->settled(txn);
  const uint64_t place = knowledge_.serial && txn.info.commit_timestamp.has_value()
                             ? *txn.info.commit_timestamp
                             : txn.info.begin_timestamp.value_or(0);
  const bool behind = knowledge_.by_time && !txn.verified && place < knowledge_.horizon_time;
  own_.Clear();
  for (uint32_t i = 0; i < txn.ops.size(); ++i) {
    const KeptOp& kept = txn.ops[i];
    Use& use = uses_[first_[t] + i];
    if (kept.op.writes()) {
      own_[kept.op.key].last_write = i;
      continue;
    }
    if (knowledge_.by_time && (!settled || txn.verified || behind)) {
      if (behind) Beyond(t, kept.op.key);
      use = Use::kLeftOut;
    } else if (kept.op.kind == OpKind::kReadList) {
      use = OfList(t, i, kept, settled);
    } else if (kept.op.kind == OpKind::kRead) {
      use = OfRegister(t, kept.op, settled);
    }
  }
  // Whether somebody who was dropped was over before it was begun and had more is not known.
  if (behind && knowledge_.sessions && !knowledge_.serial) {
    Beyond(t, Cat("began at ", place, ", before all that is kept"));
  }
  for (uint32_t i = 0; i < txn.ops.size(); ++i) {
    if (txn.ops[i].op.kind == OpKind::kScan && use(t, i) == Use::kAsIs) {
      uses_[first_[t] + i] = OfScan(t, i, settled);
    }
  }
}

Use Readings::OfList(uint32_t t, uint32_t i, const KeptOp& kept, bool settled) {
  switch (kept.reach) {
    case Reach::kWithin:
      // Of equal elements some more may come.
      if (HasSeveral(kept.op.key, kept.op.list())) {
        equal_elements_ = true;
        return settled ? Use::kAsIs : Use::kLeftOut;
      }
      // Of one that is settled the judge will say that nobody wrote it.
      return settled || Known(kept.op.list()) ? Use::kAsIs : Use::kLeftOut;
    case Reach::kBehind:
      if (!knowledge_.by_time) Beyond(t, kept.op.key);
      return Use::kBefore;
    case Reach::kUnclear: Beyond(t, kept.op.key); return Use::kLeftOut;
    case Reach::kContradicts:
      if (contradiction_.first == kNone) contradiction_ = {t, i};
      return Use::kLeftOut;
  }
  return Use::kLeftOut;
}

Use Readings::OfRegister(uint32_t t, const Op& op, bool settled) {
  const OwnKey* const own = own_.Find(op.key);
  if (own != nullptr && own->last_write != kNone) return Use::kAsIs;
  const KeyState* const state = window_.state(op.key);
  const auto older = [&] {
    if (!settled) return Use::kLeftOut;
    Beyond(t, op.key);
    // NEWEST-KEPT: only if all other dropped versions are certain to be older than the kept one.
    const bool newest =
        state != nullptr && (state->is_list || (knowledge_.real_time && state->IsNewest()));
    return newest ? Use::kBefore : Use::kLeftOut;
  };
  if (op.value == kNone) {
    const bool present = state != nullptr && (state->is_list || state->present);
    if (knowledge_.by_time) return Use::kAsIs;
    // Who may have deleted it is known only when it is settled.
    if (!settled) return Use::kLeftOut;
    if (!present) {
      if (state == nullptr) return Use::kAsIs;
      return Use::kFrontier;
    }
    return deleted_.contains(op.key) ? Use::kAsIs : older();
  }
  const bool as_frontier =
      state != nullptr && state->present && state->value == window_.values.text(op.value);
  const uint32_t writer = WriterOf(op.key, op.value);
  // What it writes itself only later it has not read of itself.
  if (writer != kNone && !(writer == t && as_frontier)) return Use::kAsIs;
  if (as_frontier) return Use::kFrontier;
  if (!settled) return Use::kLeftOut;
  // What no dropped transaction wrote either nobody did: the judge will say so.
  return Doubtful(op.key, op.value) ? older() : Use::kAsIs;
}

Use Readings::OfScan(uint32_t t, uint32_t i, bool settled) {
  const std::vector<KeptOp>& ops = window_.txns[t].ops;
  const Op& scan = ops[i].op;
  absl::flat_hash_set<std::string_view> found;
  for (uint32_t r = 1; r <= scan.results(); ++r) {
    if (use(t, i + r) == Use::kLeftOut || use(t, i + r) == Use::kBefore) return Use::kLeftOut;
    found.insert(window_.keys.text(ops[i + r].op.key));
  }
  if (knowledge_.by_time) return Use::kAsIs;
  if (!settled) return Use::kLeftOut;
  if (scan.limited && scan.results() == 0) return Use::kAsIs;
  const auto rank = [&](std::string_view key, bool behind) {
    return std::partition_point(sorted_.begin(), sorted_.end(), [&](const auto& entry) {
      return behind ? entry.first <= key : entry.first < key;
    });
  };
  auto at = rank(window_.keys.text(scan.key), false);
  auto end =
      scan.scan_end() == kNone ? sorted_.end() : rank(window_.keys.text(scan.scan_end()), false);
  if (scan.limited) {
    const std::string_view last = window_.keys.text(ops[i + scan.results()].op.key);
    if (scan.reverse) {
      at = std::max(at, rank(last, false));
    } else {
      end = std::min(end, rank(last, true));
    }
  }
  for (; at < end; ++at) {
    if (found.contains(at->first)) continue;
    if (!at->second->is_list && !at->second->present) continue;
    const KeyId key = window_.keys.Find(at->first);
    if (key != kNone && deleted_.contains(key)) continue;
    Beyond(t, scan.key);
    return Use::kLeftOut;
  }
  return Use::kAsIs;
}

}  // namespace nacre::check::judge
