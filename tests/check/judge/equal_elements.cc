#include "tests/check/judge/equal_elements.h"

#include <algorithm>
#include <string>

#include "tests/check/judge/own_view.h"
#include "tests/check/judge/text.h"
#include "tests/check/judge/without_keys.h"

namespace nacre::check::judge {

EqualElements::EqualElements(const History& history, const Observations& seen) : history_(history) {
  absl::flat_hash_map<Name, std::vector<uint32_t>> open;  // Places of unknown writers.
  for (KeyId key = 0; key < seen.versions.size(); ++key) {
    const auto versions = seen.versions[key];
    for (uint32_t i = 0; seen.is_list[key] && i < versions.size(); ++i) {
      if (versions[i].writer == kNone) open[{key, versions[i].value}].push_back(i);
    }
  }
  if (open.empty() || !ReadsAgree(seen)) return;
  for (TxnId t = 0; t < history.size(); ++t) {
    if (history.outcome(t) == Outcome::kAborted) continue;
    const absl::Span<const Op> ops = history.ops(t);
    for (uint32_t i = 0; i < ops.size(); ++i) {
      const Name name = {ops[i].key, ops[i].value};
      if (ops[i].kind == OpKind::kAppend && open.contains(name)) appends_[name].push_back({t, i});
    }
  }
  for (const auto& [name, indexes] : open) {
    const auto appends = appends_.find(name);
    // What nobody appended, or was read too often, is a violation that others tell of.
    if (appends == appends_.end() || appends->second.size() < indexes.size()) {
      places_.clear();
      return;
    }
    for (const uint32_t index : indexes) places_.push_back({name.first, index, name.second});
  }
  std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
    return std::pair(a.key, a.index) < std::pair(b.key, b.index);
  });
  for (size_t i = 0; i < places_.size(); ++i) at_[{places_[i].key, places_[i].index}] = i;
}

bool EqualElements::ReadsAgree(const Observations& seen) const {
  for (TxnId t = 0; t < history_.size(); ++t) {
    for (const ExternalRead& read : seen.reads[t]) {
      if (seen.is_list[read.key] && read.position == kNoPosition) return false;
    }
  }
  return true;
}

// Whether no place before it took the same append, nor a later one of the same transaction: which
// of those stands where makes no difference.
bool EqualElements::IsFree(size_t place) const {
  const Place& at = places_[place];
  const std::vector<Append>& appends = appends_.at({at.key, at.value});
  for (size_t i = 0; i < place; ++i) {
    const Place& other = places_[i];
    if (other.key != at.key || other.value != at.value) continue;
    const bool same = appends[other.choice].txn == appends[at.choice].txn;
    if (other.choice == at.choice || (same && other.choice > at.choice)) return false;
  }
  return true;
}

// To the next choice for all places: the last place changes first.
bool EqualElements::Advance() {
  size_t place = 0;
  if (begun_) {
    place = places_.size() - 1;
    ++places_[place].choice;
  }
  begun_ = true;
  while (place < places_.size()) {
    Place& at = places_[place];
    const size_t count = appends_.at({at.key, at.value}).size();
    while (at.choice < count && !IsFree(place)) ++at.choice;
    if (at.choice < count) {
      if (++place < places_.size()) places_[place].choice = 0;
      continue;
    }
    if (place == 0) return false;
    ++places_[--place].choice;
  }
  return true;
}

std::optional<History> EqualElements::Next() {
  if (!Advance()) return std::nullopt;
  return Renamed();
}

// "1 of T3"
ValueId EqualElements::Value(HistoryBuilder& builder, const Append& append) const {
  const Op& op = history_.ops(append.txn)[append.op];
  std::string text = Cat(history_.value(op.value), " of ", history_.name(append.txn));
  const std::vector<Append>& all = appends_.at({op.key, op.value});
  for (const Append& other : all) {
    if (other.txn == append.txn && other.op < append.op) text += "'";
  }
  while (history_.values().Find(text) != kNone) text += "'";
  return builder.Value(text);
}

History EqualElements::Renamed() const {
  HistoryBuilder builder;
  CopyTexts(history_, builder);
  std::vector<ValueId> elements;
  for (TxnId t = 0; t < history_.size(); ++t) {
    const absl::Span<const Op> ops = history_.ops(t);
    absl::flat_hash_map<KeyId, std::vector<ValueId>> own;  // What it has appended.
    uint32_t results = 0;
    for (uint32_t i = 0; i < ops.size(); ++i) {
      const Op& op = ops[i];
      if (op.kind == OpKind::kScan) {
        builder.BeginScan(op.key, op.scan_end(), op.reverse, op.limited);
        results = op.results();
        if (results == 0) builder.EndScan();
        continue;
      }
      if (op.kind == OpKind::kAppend) {
        const bool renamed =
            history_.outcome(t) != Outcome::kAborted && appends_.contains({op.key, op.value});
        const ValueId value = renamed ? Value(builder, {t, i}) : op.value;
        own[op.key].push_back(value);
        builder.Append(op.key, value);
      } else if (op.kind == OpKind::kReadList) {
        elements = history_.lists().Elements(op.list());
        const std::vector<ValueId>& mine = own[op.key];
        const size_t base = elements.size() - std::min(mine.size(), elements.size());
        for (uint32_t e = 0; e < base; ++e) {
          const auto at = at_.find({op.key, e});
          if (at == at_.end()) continue;
          const Place& place = places_[at->second];
          elements[e] = Value(builder, appends_.at({place.key, place.value})[place.choice]);
        }
        std::copy(mine.end() - static_cast<std::ptrdiff_t>(elements.size() - base), mine.end(),
                  elements.begin() + static_cast<std::ptrdiff_t>(base));
        builder.ReadList(op.key, elements);
      } else {
        CopyOperation(history_, op, builder);
      }
      if (results > 0 && --results == 0) builder.EndScan();
    }
    builder.Add(history_.info(t));
  }
  return std::move(builder).Finish();
}

}  // namespace nacre::check::judge
