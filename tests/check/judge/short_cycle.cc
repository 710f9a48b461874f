#include "tests/check/judge/short_cycle.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace nacre::check::judge {
namespace {

constexpr uint64_t kStepsMax = 10'000'000;

}  // namespace

std::vector<Edge> ShortCycle(const absl::flat_hash_map<TxnId, std::vector<Edge>>& steps,
                             const std::vector<Edge>& through, const Stop& stop) {
  std::vector<Edge> best;
  uint64_t walked = 0;
  for (const Edge& start : through) {
    if (best.size() == 2) break;
    if (!best.empty() && (walked > kStepsMax || (stop && stop()))) break;
    absl::flat_hash_map<TxnId, const Edge*> came_by;
    std::deque<TxnId> queue = {start.to};
    while (!queue.empty() && !came_by.contains(start.from)) {
      const auto next = steps.find(queue.front());
      queue.pop_front();
      if (next == steps.end()) continue;
      walked += next->second.size();
      for (const Edge& edge : next->second) {
        if (edge.to == start.to) continue;
        if (came_by.try_emplace(edge.to, &edge).second) queue.push_back(edge.to);
      }
    }
    if (!came_by.contains(start.from)) continue;
    std::vector<Edge> cycle = {start};
    for (TxnId t = start.from; t != start.to; t = came_by.at(t)->from) {
      cycle.push_back(*came_by.at(t));
    }
    std::reverse(cycle.begin() + 1, cycle.end());
    if (best.empty() || cycle.size() < best.size()) best = std::move(cycle);
  }
  return best;
}

}  // namespace nacre::check::judge
