#include "tests/check/judge/maybe_evidence.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/newest_before.h"
#include "tests/check/judge/own_view.h"
#include "tests/check/judge/scan_range.h"

namespace nacre::check::judge {

MaybeEvidence::MaybeEvidence(const History& history, Level level, Ambiguous ambiguous,
                             const Stop& stop)
    : history_(history), ambiguous_(ambiguous) {
  CollectMaybes();
  CollectOrders(level);
  const SortedKeys sorted(history);
  for (TxnId t = 0; t < history.size() && !stop(); ++t) {
    if (history.committed(t)) CollectCommitted(t, sorted);
  }
  for (auto& [id, key] : keys_) {
    std::stable_sort(key.commits.begin(), key.commits.end(),
                     [](const Commit& a, const Commit& b) { return a.at < b.at; });
    std::stable_sort(key.sights.begin(), key.sights.end(),
                     [](const Sight& a, const Sight& b) { return a.at < b.at; });
    // Nobody who wrote it too began before and committed behind.
    for (const Commit& commit : key.commits) {
      key.excluded.push_back({commit.begin, commit.at - 1, {commit.txn, kNone, id}});
    }
    if (!key.appended) {
      JudgeRegister(id, key, stop);
    } else if (!key.written && (!key.replaced_by_maybe || ambiguous_ != Ambiguous::kTellsNothing)) {
      JudgeList(id, key, stop);
    }
    Chain(key.excluded);
    ExcludeConflicts(id, key);
  }
}

// Nor did such a one itself begin before and commit behind another, if its begin is known.
void MaybeEvidence::ExcludeConflicts(KeyId id, const Key& key) {
  for (const uint32_t m : key.maybes) {
    Maybe& maybe = maybes_[m];
    if (maybe.begin < 0) continue;
    const auto commit = std::partition_point(key.commits.begin(), key.commits.end(),
                                             [&](const Commit& c) { return c.at <= maybe.begin; });
    if (commit == key.commits.end()) continue;
    maybe.excluded.push_back(
        {commit->at, kForever, {.txn = commit->txn, .key = id, .since = maybe.txn}});
  }
}

void MaybeEvidence::CollectMaybes() {
  for (TxnId t = 0; t < history_.size(); ++t) {
    if (history_.outcome(t) != Outcome::kIndeterminate) continue;
    const auto m = static_cast<uint32_t>(maybes_.size());
    Maybe maybe = {.txn = t,
                   .begin = -1,
                   .seen = false,
                   .keys = {},
                   .from = {},
                   .to = {},
                   .excluded = {},
                   .excluded_by_order = {-1, -1, {}}};
    if (const auto begin = history_.begin_timestamp(t); begin.has_value()) {
      maybe.begin = static_cast<int64_t>(*begin);
      maybe.excluded.push_back({-1, maybe.begin - 1, {.txn = t}});
    }
    for (const Op& op : history_.ops(t)) {
      if (!op.writes()) continue;
      Key& key = keys_[op.key];
      (op.kind == OpKind::kAppend ? key.appended : key.replaced_by_maybe) = true;
      key.written |= op.kind == OpKind::kWrite;
      if (!key.maybes.empty() && key.maybes.back() == m) continue;
      key.maybes.push_back(m);
      maybe.keys.push_back(op.key);
    }
    maybes_.push_back(std::move(maybe));
  }
}

// FRESH. What was over before an indeterminate transaction was begun was before its commit, and a
// snapshot has what all that was over before it had.
void MaybeEvidence::CollectOrders(Level level) {
  absl::flat_hash_map<TxnId, uint32_t> number;
  for (uint32_t m = 0; m < maybes_.size(); ++m) number[maybes_[m].txn] = m;
  const auto place = [this](TxnId t) {
    const auto ops = history_.ops(t);
    const bool writes =
        std::any_of(ops.begin(), ops.end(), [](const Op& op) { return op.writes(); });
    return static_cast<int64_t>(writes ? *history_.commit_timestamp(t)
                                       : *history_.begin_timestamp(t));
  };
  ForEachNewestBefore(history_, level, place, [&](TxnId before, TxnId t, Order order) {
    const Interval::Why why = {
        .txn = t, .op = kNone, .key = kNone, .before = before, .order = order};
    const int64_t last = place(before) - 1;
    if (history_.committed(t)) {
      missed_.push_back({static_cast<int64_t>(*history_.begin_timestamp(t)), last, why});
    } else {
      Interval& not_yet = maybes_[number.at(t)].excluded_by_order;
      if (last > not_yet.last || not_yet.why.txn == kNone) not_yet = {-1, last, why};
    }
  });
  Chain(missed_);
}

void MaybeEvidence::CollectCommitted(TxnId t, const SortedKeys& sorted) {
  const absl::Span<const Op> ops = history_.ops(t);
  const auto begin = static_cast<int64_t>(*history_.begin_timestamp(t));
  OwnView own;
  for (uint32_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    if (op.kind == OpKind::kScan) {
      absl::flat_hash_set<KeyId> found;
      for (uint32_t r = i + 1; r <= i + op.results(); ++r) found.insert(ops[r].key);
      const auto [from, to] = sorted.RangeOf(ops, i);
      for (size_t rank = from; rank < to; ++rank) {
        const KeyId id = sorted[rank];
        const auto it = keys_.find(id);
        if (it == keys_.end() || found.contains(id) || own.Find(id) != nullptr) continue;
        it->second.sights.push_back({begin, {t, i, id}, true, {}});
      }
      continue;
    }
    const auto it = keys_.find(op.key);
    if (it == keys_.end()) continue;
    if (op.writes()) {
      OwnKey& mine = own[op.key];
      if (mine.last_write == kNone) {
        const auto commit = static_cast<int64_t>(*history_.commit_timestamp(t));
        it->second.commits.push_back({commit, begin, t});
      }
      mine.last_write = i;
      (op.kind == OpKind::kAppend ? it->second.appended : mine.replaced) = true;
      it->second.written |= op.kind == OpKind::kWrite;
      if (op.kind == OpKind::kAppend) ++mine.appends;
      continue;
    }
    it->second.appended |= op.kind == OpKind::kReadList;
    const OwnKey* mine = own.Find(op.key);
    ListRef list = op.kind == OpKind::kReadList ? op.list() : ListRef{};
    if (mine != nullptr) {
      if (mine->replaced || list.length < mine->appends) continue;
      list = history_.lists().Prefix(list, list.length - mine->appends);
    }
    it->second.sights.push_back({begin, {t, i, op.key}, false, list});
  }
}

ValueId MaybeEvidence::LeftBy(TxnId t, KeyId key) const {
  const absl::Span<const Op> ops = history_.ops(t);
  for (size_t i = ops.size(); i-- > 0;) {
    if (ops[i].key != key || !ops[i].writes()) continue;
    return ops[i].kind == OpKind::kDelete ? kNone : ops[i].value;
  }
  return kNone;
}

void MaybeEvidence::JudgeRegister(KeyId id, Key& key, const Stop& stop) {
  absl::flat_hash_map<ValueId, std::vector<uint32_t>> sources;
  for (const uint32_t m : key.maybes) sources[LeftBy(maybes_[m].txn, id)].push_back(m);
  size_t next = 0;
  Known committed;
  ValueId left = kNone;     // By the last commit.
  ValueId current = kNone;  // As it was read last, or written behind that,
  Known read;
  Known other;  // and as it was last known to be something else.
  absl::flat_hash_map<uint32_t, size_t> shown;
  for (const Sight& sight : key.sights) {
    if (stop()) return;
    for (; next < key.commits.size() && key.commits[next].at <= sight.at; ++next) {
      committed = read = other = {key.commits[next].at, key.commits[next].txn};
      current = left = LeftBy(key.commits[next].txn, id);
    }
    const ValueId value = sight.missed ? kNone : history_.ops(sight.why.txn)[sight.why.op].value;
    if (value != current) other = read;
    current = value;
    read = {sight.at, sight.why.txn};
    const auto it = sources.find(value);
    if (it == sources.end() && value == left) key.excluded.push_back(Between(committed, sight));
    if (it == sources.end() || value == left) continue;
    // Had it committed before something else was read, that had overwritten it for good.
    const Interval interval = Between(other, sight);
    if (it->second.size() > 1 && ambiguous_ == Ambiguous::kTellsNothing) {
      left_by_one_.push_back({value, interval});
      continue;
    }
    const uint32_t m = ambiguous_ == Ambiguous::kLast ? it->second.back() : it->second.front();
    Require(m, interval);
    const auto [place, added] = shown.try_emplace(m, shown_.size());
    if (added) shown_.push_back({id, m, 0, {}});
    shown_[place->second].last = sight.at - 1;
    shown_[place->second].why = sight.why;
  }
}

Interval MaybeEvidence::Between(const Known& since, const Sight& sight) {
  Interval interval = {since.at, sight.at - 1, sight.why};
  interval.why.since = since.by;
  return interval;
}

void MaybeEvidence::Require(uint32_t m, const Interval& interval) {
  Maybe& maybe = maybes_[m];
  if (!maybe.seen || interval.first > maybe.from.first) maybe.from = interval;
  if (!maybe.seen || interval.last < maybe.to.last) maybe.to = interval;
  maybe.seen = true;
}

absl::flat_hash_map<ValueId, MaybeEvidence::Element> MaybeEvidence::ElementsOf(
    KeyId id, const Key& key) const {
  absl::flat_hash_map<ValueId, Element> elements;
  const auto add = [&](TxnId t, uint32_t maybe, int64_t at) {
    for (const Op& op : history_.ops(t)) {
      if (op.key != id || op.kind != OpKind::kAppend) continue;
      Element& element = elements[op.value];
      ++element.appends;
      element.maybe = maybe;
      element.at = at;
      element.by = t;
    }
  };
  for (const uint32_t m : key.maybes) add(maybes_[m].txn, m, -1);
  for (const Commit& commit : key.commits) add(commit.txn, kNone, commit.at);
  return elements;
}

void MaybeEvidence::JudgeList(KeyId id, Key& key, const Stop& stop) {
  const absl::flat_hash_map<ValueId, Element> elements = ElementsOf(id, key);
  absl::flat_hash_set<uint32_t> certain;  // Whether a list has them is told by an element.
  for (const auto& [value, element] : elements) {
    if (element.appends == 1 && element.maybe != kNone) certain.insert(element.maybe);
  }
  absl::flat_hash_set<std::pair<uint32_t, uint32_t>> in_order;
  ListWalk walk;
  size_t next = 0;
  Known replaced;
  for (const Sight& sight : key.sights) {
    if (stop()) return;
    for (; next < key.commits.size() && key.commits[next].at <= sight.at; ++next) {
      if (!Replaces(key.commits[next].txn, id)) continue;
      replaced = {key.commits[next].at, key.commits[next].txn};
      walk = {};
    }
    const bool goes_on = sight.list.branch == walk.list.branch && walk.list.length > 0 &&
                         sight.list.length >= walk.list.length;
    if (!goes_on) walk = {.list = {}, .contained = {}, .last = {}, .low = replaced};
    for (uint32_t i = walk.list.length; i < sight.list.length; ++i) {
      const auto it = elements.find(history_.lists().At(sight.list, i));
      if (it == elements.end() || it->second.appends != 1) continue;
      const Element& element = it->second;
      if (element.maybe == kNone) {
        Interval before = Between(replaced, sight);
        before.last = element.at - 1;
        before.why.until = element.by;
        for (const uint32_t m : walk.last) Require(m, before);
        walk.last.clear();
        if (element.at > walk.low.at) walk.low = {element.at, element.by};
        continue;
      }
      if (!walk.contained.insert(element.maybe).second) continue;
      Require(element.maybe, Between(walk.low, sight));
      if (!walk.last.empty() && in_order.insert({walk.last.back(), element.maybe}).second) {
        in_order_.push_back({walk.last.back(), element.maybe, sight.why});
      }
      walk.last.push_back(element.maybe);
    }
    walk.list = sight.list;
    for (const uint32_t m : certain) {
      if (walk.contained.contains(m)) continue;
      std::vector<Interval>& excluded = maybes_[m].excluded;
      const bool longer = !excluded.empty() && excluded.back().why.key == id &&
                          excluded.back().first == replaced.at;
      if (longer) excluded.pop_back();
      excluded.push_back(Between(replaced, sight));
    }
  }
}

bool MaybeEvidence::Replaces(TxnId t, KeyId key) const {
  const absl::Span<const Op> ops = history_.ops(t);
  return std::any_of(ops.begin(), ops.end(), [key](const Op& op) {
    return op.key == key && op.writes() && op.kind != OpKind::kAppend;
  });
}

TxnId MaybeEvidence::LastCommitted(KeyId key, TxnId reader, bool replaced) const {
  const std::vector<Commit>& commits = keys_.at(key).commits;
  const auto begin = static_cast<int64_t>(*history_.begin_timestamp(reader));
  auto it = std::partition_point(commits.begin(), commits.end(),
                                 [begin](const Commit& commit) { return commit.at <= begin; });
  while (it != commits.begin()) {
    --it;
    if (!replaced || Replaces(it->txn, key)) return it->txn;
  }
  return kNone;
}

absl::flat_hash_map<ValueId, std::vector<TxnId>> MaybeEvidence::AppendersOf(KeyId key) const {
  absl::flat_hash_map<ValueId, std::vector<TxnId>> appenders;
  const auto add = [&](TxnId t) {
    for (const Op& op : history_.ops(t)) {
      if (op.kind != OpKind::kAppend || op.key != key) continue;
      std::vector<TxnId>& of = appenders[op.value];
      if (of.empty() || of.back() != t) of.push_back(t);
    }
  };
  for (const uint32_t m : keys_.at(key).maybes) add(maybes_[m].txn);
  for (const Commit& commit : keys_.at(key).commits) add(commit.txn);
  return appenders;
}

namespace {

// Of intervals of which both ends grow.
const Interval* Containing(const std::vector<Interval>& intervals, int64_t place) {
  const auto it =
      std::partition_point(intervals.begin(), intervals.end(),
                           [place](const Interval& interval) { return interval.last < place; });
  return it != intervals.end() && it->first <= place ? &*it : nullptr;
}

}  // namespace

const Interval* MaybeEvidence::Excludes(uint32_t maybe, int64_t place) const {
  for (const Interval& interval : maybes_[maybe].excluded) {
    if (interval.first <= place && place <= interval.last) return &interval;
  }
  for (const KeyId id : maybes_[maybe].keys) {
    if (const Interval* in = Containing(keys_.at(id).excluded, place); in != nullptr) return in;
  }
  return OrderExcludes(maybe, place);
}

const Interval* MaybeEvidence::OrderExcludes(uint32_t maybe, int64_t place) const {
  const Interval& before = maybes_[maybe].excluded_by_order;
  if (before.why.txn != kNone && place <= before.last) return &before;
  return Containing(missed_, place);
}

uint32_t MaybeEvidence::UnseenThatLeft(KeyId key, ValueId value) const {
  const auto it = keys_.find(key);
  if (it == keys_.end()) return kNone;
  for (const uint32_t m : it->second.maybes) {
    if (!maybes_[m].seen && LeftBy(maybes_[m].txn, key) == value) return m;
  }
  return kNone;
}

// Leaves out what others include, so that both ends grow.
void MaybeEvidence::Chain(std::vector<Interval>& intervals) {
  std::stable_sort(intervals.begin(), intervals.end(), [](const Interval& a, const Interval& b) {
    return a.first != b.first ? a.first < b.first : a.last > b.last;
  });
  std::vector<Interval> chain;
  for (const Interval& interval : intervals) {
    if (interval.last < interval.first) continue;
    if (chain.empty() || interval.last > chain.back().last) chain.push_back(interval);
  }
  intervals = std::move(chain);
}

}  // namespace nacre::check::judge
