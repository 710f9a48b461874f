#include "tests/check/judge/equal_elements.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
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
  size_ = history.operations();
  for (TxnId t = 0; t < history.size(); ++t) {
    if (history.outcome(t) == Outcome::kAborted) continue;
    const absl::Span<const Op> ops = history.ops(t);
    for (uint32_t i = 0; i < ops.size(); ++i) {
      const Name name = {ops[i].key, ops[i].value};
      if (ops[i].kind == OpKind::kReadList) size_ += ops[i].list().length;
      if (ops[i].kind != OpKind::kAppend || !open.contains(name)) continue;
      std::vector<Append>& appends = appends_[name];
      if (appends.empty()) appends.emplace_back();
      appends.push_back({.txn = t, .op = i});
    }
  }
  for (const auto& [name, indexes] : open) {
    const auto appends = appends_.find(name);
    // What nobody appended, or was read too often, is a violation that others tell of.
    if (appends == appends_.end() || appends->second.size() <= indexes.size()) {
      places_.clear();
      return;
    }
    for (const uint32_t index : indexes) places_.push_back({name.first, index, name.second});
  }
  std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
    return std::pair(a.key, a.index) < std::pair(b.key, b.index);
  });
  for (size_t i = 0; i < places_.size(); ++i) place_of_[{places_[i].key, places_[i].index}] = i;
  NameAppends();
}

bool EqualElements::ReadsAgree(const Observations& seen) const {
  for (TxnId t = 0; t < history_.size(); ++t) {
    for (const ExternalRead& read : seen.reads[t]) {
      if (seen.is_list[read.key] && read.position == kNoPosition) return false;
    }
  }
  return true;
}

void EqualElements::NameAppends() {
  absl::flat_hash_set<std::pair<KeyId, std::string>> names;
  for (auto& [name, appends] : appends_) {
    uint32_t again = 0;
    for (uint32_t i = 1; i < appends.size(); ++i) {
      again = appends[i].txn == appends[i - 1].txn ? again + 1 : 0;
      // "1 of T3"
      std::string text = Cat(history_.value(name.second), " of ", history_.name(appends[i].txn)) +
                         std::string(again, '\'');
      while (history_.values().Find(text) != kNone || !names.insert({name.first, text}).second) {
        text += "'";
      }
      appends[i].name = std::move(text);
      appends[i].previous = i - 1;
      appends[i - 1].next = i;
    }
    appends[0].previous = static_cast<uint32_t>(appends.size()) - 1;
  }
}

// Those of its transaction before it go too: which of them stands where makes no difference.
void EqualElements::Take(Place& place, uint32_t append) {
  std::vector<Append>& appends = appends_.at({place.key, place.value});
  place.append = place.first = append;
  while (appends[appends[place.first].previous].txn == appends[append].txn) {
    place.first = appends[place.first].previous;
  }
  appends[appends[place.first].previous].next = appends[append].next;
  appends[appends[append].next].previous = appends[place.first].previous;
}

// Precondition: nothing that was taken later is still taken.
void EqualElements::GiveBack(Place& place) {
  std::vector<Append>& appends = appends_.at({place.key, place.value});
  appends[appends[place.first].previous].next = place.first;
  appends[appends[place.append].next].previous = place.append;
}

// One that may have made an element that was read, or nullptr.
const EqualElements::Append* EqualElements::AppendAt(TxnId t, uint32_t op) const {
  const Op& append = history_.ops(t)[op];
  const auto it = appends_.find({append.key, append.value});
  if (it == appends_.end() || history_.outcome(t) == Outcome::kAborted) return nullptr;
  const auto at = std::partition_point(
      it->second.begin() + 1, it->second.end(),
      [&](const Append& other) { return std::pair(other.txn, other.op) < std::pair(t, op); });
  return &*at;
}

// The last place changes first.
EqualElements::Step EqualElements::Advance(const Stop& stop) {
  constexpr uint64_t kStepsPerLook = 1024;
  const bool begun = places_[0].append != 0;
  size_t place = begun ? places_.size() - 1 : 0;
  while (place < places_.size()) {
    if (steps_++ % kStepsPerLook == 0 && stop()) return Step::kStopped;
    Place& at = places_[place];
    const uint32_t before = at.append;
    if (before != 0) GiveBack(at);
    const uint32_t next = appends_.at({at.key, at.value})[before].next;
    if (next != 0) {
      Take(at, next);
      ++place;
    } else if (place == 0) {
      return Step::kEnd;
    } else {
      at.append = 0;
      --place;
    }
  }
  return Step::kWay;
}

History EqualElements::Way() const {
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
        const Append* renamed = AppendAt(t, i);
        const ValueId value = renamed != nullptr ? builder.Value(renamed->name) : op.value;
        own[op.key].push_back(value);
        builder.Append(op.key, value);
      } else if (op.kind == OpKind::kReadList) {
        elements = history_.lists().Elements(op.list());
        const std::vector<ValueId>& mine = own[op.key];
        const size_t base = elements.size() - std::min(mine.size(), elements.size());
        for (uint32_t e = 0; e < base; ++e) {
          const auto at = place_of_.find({op.key, e});
          if (at == place_of_.end()) continue;
          const Place& place = places_[at->second];
          elements[e] = builder.Value(appends_.at({place.key, place.value})[place.append].name);
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
