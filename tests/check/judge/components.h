#ifndef NACRE_TESTS_CHECK_JUDGE_COMPONENTS_H_
#define NACRE_TESTS_CHECK_JUDGE_COMPONENTS_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "nacre/check/interner.h"

namespace nacre::check::judge {

// Strongly connected components (Tarjan 1972), in linear time and without recursion. `graph` has
// nodes() and Next(node, cursor): the next successor from `cursor` on, which it moves behind it, or
// kNone. Calls found(nodes) for each component, sinks first: backwards, that is an order of the
// components that agrees with all edges.
template <typename Graph, typename Found>
void ForEachComponent(const Graph& graph, Found found) {
  const uint32_t nodes = graph.nodes();
  std::vector<uint32_t> index(nodes, kNone);  // kNone: not visited.
  std::vector<uint32_t> low(nodes);
  std::vector<uint32_t> open;  // Of components that are not complete.
  struct Frame {
    uint32_t node;
    uint32_t cursor;
  };
  std::vector<Frame> path;
  std::vector<bool> is_open(nodes, false);
  uint32_t visited = 0;
  const auto enter = [&](uint32_t node) {
    index[node] = low[node] = visited++;
    is_open[node] = true;
    open.push_back(node);
    path.push_back({node, 0});
  };
  for (uint32_t root = 0; root < nodes; ++root) {
    if (index[root] != kNone) continue;
    enter(root);
    while (!path.empty()) {
      Frame& frame = path.back();
      const uint32_t node = frame.node;
      const uint32_t next = graph.Next(node, frame.cursor);
      if (next != kNone) {
        if (index[next] == kNone) {
          enter(next);
        } else if (is_open[next]) {
          low[node] = std::min(low[node], index[next]);
        }
        continue;
      }
      path.pop_back();
      if (!path.empty()) low[path.back().node] = std::min(low[path.back().node], low[node]);
      if (low[node] != index[node]) continue;
      const auto first = std::find(open.rbegin(), open.rend(), node).base() - 1;
      const auto size = static_cast<size_t>(open.end() - first);
      for (auto it = first; it != open.end(); ++it) is_open[*it] = false;
      found(absl::MakeConstSpan(open.data() + (first - open.begin()), size));
      open.erase(first, open.end());
    }
  }
}

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_COMPONENTS_H_
