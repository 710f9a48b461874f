#include "tests/check/judge/maybe_bounds.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <queue>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace nacre::check::judge {

MaybeBounds::MaybeBounds(const MaybeEvidence& evidence, const Stop& stop)
    : evidence_(evidence), bounds_(evidence.maybes().size()) {
  for (uint32_t m = 0; m < bounds_.size(); ++m) bounds_[m].last = evidence_.maybes()[m].to.last;
  // Few rounds settle nearly everything; what is then still open, the replay decides.
  constexpr int kRoundsMax = 20;
  bool changed = true;
  for (int round = 0; changed && round < kRoundsMax && !stop(); ++round) {
    changed = false;
    for (uint32_t m = 0; m < bounds_.size(); ++m) {
      if (!seen(m)) continue;
      changed |= Lower(m);
      if (bounds_[m].last >= evidence_.maybes()[m].from.first) continue;
      without_place_ = m;
      return;
    }
    changed |= Spread(stop);
  }
}

// Takes `last` down to a place that nothing excludes.
bool MaybeBounds::Lower(uint32_t m) {
  Bounds& bounds = bounds_[m];
  const int64_t before = bounds.last;
  while (bounds.last >= evidence_.maybes()[m].from.first) {
    const Interval* interval = evidence_.Excludes(m, bounds.last);
    if (interval == nullptr) break;
    bounds.last = interval->first - 1;
    bounds.lowered.push_back({*interval});
  }
  return bounds.last != before;
}

// For one that wrote the same before it: also before it was begun, as far as that is known.
int64_t MaybeBounds::LastBefore(uint32_t later) const {
  const int64_t begin = evidence_.maybes()[later].begin;
  return begin < 0 ? bounds_[later].last : std::min(bounds_[later].last, begin - 1);
}

// What follows for others from how late one can have committed.
bool MaybeBounds::Spread(const Stop& stop) {
  bool changed = false;
  const auto lower = [&](uint32_t m, uint32_t later, int64_t until, const Interval::Why& why) {
    const int64_t last = LastBefore(later);
    bounds_[m].last = last;
    bounds_[m].lowered.push_back({{last + 1, until, why}, later});
    changed = true;
  };
  for (const auto& [earlier, later, why] : evidence_.in_order()) {
    if (bounds_[earlier].last > LastBefore(later)) lower(earlier, later, kForever, why);
  }
  for (const MaybeEvidence::Shown& shown : evidence_.shown()) {
    const int64_t last = LastBefore(shown.maybe);
    if (stop()) break;
    if (last >= shown.last) continue;
    for (const uint32_t m : evidence_.WritersOf(shown.key)) {
      const int64_t other = bounds_[m].last;
      const bool overwrites = seen(m) && last < other && other <= shown.last;
      if (m != shown.maybe && overwrites) lower(m, shown.maybe, shown.last, shown.why);
    }
  }
  return changed;
}

// All pairs of one place, or pairs that they follow from, of which the second has to be behind the
// first. Pairs of two places are in order already.
template <typename Visit>
void MaybeBounds::ForEachInOnePlace(const Stop& stop, const Visit& visit) const {
  for (const auto& [earlier, later, why] : evidence_.in_order()) {
    if (last(earlier) == last(later)) visit(Before{earlier, later, why, kForever});
  }
  // Of each key those that were read, of one place in a chain. All others go before its first.
  const std::vector<MaybeEvidence::Shown>& shown = evidence_.shown();
  for (auto it = shown.begin(); it != shown.end() && !stop();) {
    const KeyId key = it->key;
    absl::flat_hash_map<int64_t, std::vector<const MaybeEvidence::Shown*>> chains;
    absl::flat_hash_set<uint32_t> read;
    for (; it != shown.end() && it->key == key; ++it) {
      auto& chain = chains[last(it->maybe)];
      if (!chain.empty()) visit(Before{chain.back()->maybe, it->maybe, it->why, it->last});
      chain.push_back(&*it);
      read.insert(it->maybe);
    }
    for (const uint32_t m : evidence_.WritersOf(key)) {
      if (!seen(m) || read.contains(m)) continue;
      const auto chain = chains.find(last(m));
      if (chain == chains.end()) continue;
      const MaybeEvidence::Shown& first = *chain->second.front();
      visit(Before{m, first.maybe, first.why, first.last});
    }
  }
}

std::vector<std::vector<MaybeBounds::Before>> MaybeBounds::Behind(const Stop& stop) const {
  std::vector<std::vector<Before>> behind(bounds_.size());
  ForEachInOnePlace(stop, [&](const Before& before) { behind[before.earlier].push_back(before); });
  return behind;
}

// Without those on a cycle or behind one.
std::vector<uint32_t> MaybeBounds::Ordered(const std::vector<std::vector<Before>>& behind) const {
  std::vector<uint32_t> arrivals(bounds_.size(), 0);
  for (const std::vector<Before>& of : behind) {
    for (const Before& before : of) ++arrivals[before.later];
  }
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
  for (uint32_t m = 0; m < bounds_.size(); ++m) {
    if (seen(m) && arrivals[m] == 0) ready.push(m);
  }
  std::vector<uint32_t> order;
  while (!ready.empty()) {
    const uint32_t m = ready.top();
    ready.pop();
    order.push_back(m);
    for (const Before& before : behind[m]) {
      if (--arrivals[before.later] == 0) ready.push(before.later);
    }
  }
  return order;
}

std::vector<uint32_t> MaybeBounds::CommitOrder(const Stop& stop) const {
  return Ordered(Behind(stop));
}

std::vector<MaybeBounds::Before> MaybeBounds::Cycle(const Stop& stop) const {
  const std::vector<std::vector<Before>> behind = Behind(stop);
  std::vector<bool> left(bounds_.size(), false);
  for (uint32_t m = 0; m < bounds_.size(); ++m) left[m] = seen(m);
  for (const uint32_t m : Ordered(behind)) left[m] = false;
  constexpr uint64_t kStepsMax = 10'000'000;
  uint64_t steps = 0;
  std::vector<Before> best;
  for (uint32_t start = 0; start < bounds_.size(); ++start) {
    if (!left[start] || best.size() == 2) continue;
    if (!best.empty() && (steps > kStepsMax || stop())) break;
    absl::flat_hash_map<uint32_t, const Before*> came_by;
    std::deque<uint32_t> queue = {start};
    while (!queue.empty() && !came_by.contains(start)) {
      const uint32_t m = queue.front();
      queue.pop_front();
      steps += behind[m].size();
      for (const Before& before : behind[m]) {
        const bool added = left[before.later] && came_by.try_emplace(before.later, &before).second;
        if (added) queue.push_back(before.later);
      }
    }
    if (!came_by.contains(start)) continue;
    std::vector<Before> cycle;
    uint32_t m = start;
    do {
      cycle.push_back(*came_by.at(m));
      m = cycle.back().earlier;
    } while (m != start);
    std::reverse(cycle.begin(), cycle.end());
    if (best.empty() || cycle.size() < best.size()) best = std::move(cycle);
  }
  return best;
}

}  // namespace nacre::check::judge
