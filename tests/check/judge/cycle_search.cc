#include "tests/check/judge/cycle_search.h"

#include <algorithm>

#include "tests/check/judge/components.h"

namespace nacre::check::judge {
namespace {

using Arc = DependencyGraph::Arc;
constexpr uint64_t kStepsMax = 30'000'000;

bool IsRw(EdgeKind kind) { return (Bit(kind) & kAntiDependencies) != 0; }

// The graph with the edges of some kinds.
struct PlainView {
  const DependencyGraph& graph;
  EdgeKinds kinds;

  uint32_t nodes() const { return graph.nodes(); }
  uint32_t Next(uint32_t node, uint32_t& cursor) const {
    const absl::Span<const Arc> arcs = graph.arcs(node);
    while (cursor < arcs.size()) {
      const Arc& arc = arcs[cursor++];
      if ((Bit(arc.kind()) & kinds) != 0) return arc.to;
    }
    return kNone;
  }
  bool IsTxn(uint32_t node) const { return !graph.is_helper(node); }
  TxnId TxnOf(uint32_t node) const { return node; }
};

// NO-ADJACENT-RW: the start of transaction t is node 2t, its commit 2t + 1; helpers stand behind
// them.
struct SplitView {
  const DependencyGraph& graph;
  EdgeKinds kinds;

  uint32_t nodes() const { return graph.nodes() + graph.txns(); }
  uint32_t Next(uint32_t node, uint32_t& cursor) const {
    const bool helper = node >= 2 * graph.txns();
    const bool start = !helper && node % 2 == 0;
    if (start && cursor == 0) {
      cursor = 1;
      return node + 1;
    }
    const uint32_t base = start ? 1 : 0;
    const absl::Span<const Arc> arcs = graph.arcs(helper ? node - graph.txns() : node / 2);
    while (cursor - base < arcs.size()) {
      const Arc& arc = arcs[cursor++ - base];
      if ((Bit(arc.kind()) & kinds) == 0 || (!helper && start != IsRw(arc.kind()))) continue;
      if (graph.is_helper(arc.to)) return arc.to + graph.txns();
      return 2 * arc.to + (IsRw(arc.kind()) ? 1 : 0);
    }
    return kNone;
  }
  bool IsTxn(uint32_t node) const { return node < 2 * graph.txns(); }
  TxnId TxnOf(uint32_t node) const { return node / 2; }
};

template <typename View>
std::vector<std::vector<TxnId>> ComponentsOf(const View& view) {
  std::vector<std::vector<TxnId>> components;
  ForEachComponent(view, [&](absl::Span<const uint32_t> nodes) {
    if (nodes.size() == 1) return;
    std::vector<TxnId>& txns = components.emplace_back();
    for (const uint32_t node : nodes) {
      if (view.IsTxn(node)) txns.push_back(view.TxnOf(node));
    }
    std::sort(txns.begin(), txns.end());
    txns.erase(std::unique(txns.begin(), txns.end()), txns.end());
  });
  std::stable_sort(components.begin(), components.end(),
                   [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return components;
}

}  // namespace

std::vector<std::vector<TxnId>> CycleSearch::Components(const CycleClass& of) const {
  return of.no_adjacent_rw ? ComponentsOf(SplitView{graph_, of.kinds})
                           : ComponentsOf(PlainView{graph_, of.kinds});
}

std::vector<uint32_t> CycleSearch::Ranks(EdgeKinds kinds) const {
  std::vector<uint32_t> ranks(graph_.txns());
  uint32_t rank = kNone;
  ForEachComponent(PlainView{graph_, kinds}, [&](absl::Span<const uint32_t> nodes) {
    --rank;
    for (const uint32_t node : nodes) {
      if (!graph_.is_helper(node)) ranks[node] = rank;
    }
  });
  return ranks;
}

// Steps through a fan are one step; real time is not walked (see ThroughRealTime).
template <typename Visit>
void CycleSearch::ForEachStep(TxnId t, EdgeKinds kinds, Visit visit) const {
  for (const Arc& arc : graph_.arcs(t)) {
    if ((Bit(arc.kind()) & kinds) == 0 || arc.kind() == EdgeKind::kRealTime) continue;
    if (!graph_.is_helper(arc.to)) {
      visit(arc);
      continue;
    }
    for (const Arc& from_fan : graph_.arcs(arc.to)) visit(Arc{from_fan.to, arc.label});
  }
}

CycleSearch::Arrival CycleSearch::ArrivalBy(EdgeKind kind, const CycleClass& of) const {
  if (kind == EdgeKind::kSession) return kBySession;
  return of.no_adjacent_rw && IsRw(kind) ? kByRw : kByDependency;
}

template <typename Done>
uint32_t CycleSearch::Search(uint32_t from, uint32_t length, uint32_t limit, const CycleClass& of,
                             Done done) {
  ++run_;
  traces_[from] = {.run = run_, .length = length};
  if (length < limit && done(from)) return from;
  // Steps that cost nothing go to the front.
  std::deque<uint32_t> states = {from};
  while (!states.empty()) {
    const uint32_t state = states.front();
    states.pop_front();
    const TxnId t = state / 3;
    const auto arrival = static_cast<Arrival>(state % 3);
    const uint32_t here = traces_[state].length;
    uint32_t found = kNone;
    ForEachStep(t, of.kinds, [&](const Arc& arc) {
      if (found != kNone || !inside_[arc.to]) return;
      ++steps_;
      if (arrival == kByRw && IsRw(arc.kind())) return;
      const bool free = arrival == kBySession && arc.kind() == EdgeKind::kSession;
      const uint32_t there = here + (free ? 0 : 1);
      if (there >= limit) return;
      const uint32_t next = StateOf(arc.to, ArrivalBy(arc.kind(), of));
      if (traces_[next].run == run_ && traces_[next].length <= there) return;
      traces_[next] = {.run = run_, .length = there, .before = state, .arc = arc};
      if (done(next)) {
        found = next;
      } else if (free) {
        states.push_front(next);
      } else {
        states.push_back(next);
      }
    });
    if (found != kNone) return found;
  }
  return kNone;
}

std::vector<Edge> CycleSearch::Path(uint32_t state) const {
  std::vector<Edge> path;
  for (; traces_[state].before != kNone; state = traces_[state].before) {
    const Trace& trace = traces_[state];
    path.push_back({.from = trace.before / 3,
                    .to = state / 3,
                    .kind = trace.arc.kind(),
                    .key = trace.arc.key(),
                    .reason = {}});
  }
  std::reverse(path.begin(), path.end());
  return path;
}

void CycleSearch::ThroughArcs(absl::Span<const TxnId> component, const CycleClass& of,
                              EdgeKinds required, std::optional<std::vector<Edge>>& best) {
  for (const TxnId a : component) {
    ForEachStep(a, of.kinds & required, [&](const Arc& arc) {
      if (!inside_[arc.to] || (best.has_value() && (best->size() == 2 || steps_ > kStepsMax))) {
        return;
      }
      const uint32_t limit = best.has_value() ? static_cast<uint32_t>(best->size()) : kNone;
      const bool rw_first = of.no_adjacent_rw && IsRw(arc.kind());
      const uint32_t end = Search(
          StateOf(arc.to, ArrivalBy(arc.kind(), of)), 1, limit, of,
          [&](uint32_t state) { return state / 3 == a && !(rw_first && state % 3 == kByRw); });
      if (end == kNone) return;
      std::vector<Edge> cycle = Path(end);
      cycle.insert(cycle.begin(),
                   {.from = a, .to = arc.to, .kind = arc.kind(), .key = arc.key(), .reason = {}});
      JoinSessions(cycle);
      best = std::move(cycle);
    });
  }
}

// ONE-REAL-TIME. A shortest cycle has at most one edge of real time: of two of them, A before B and
// C before D, either A was before D or C before B, which cuts the cycle shorter. So only paths
// without are searched, to a transaction that had returned before the first one was begun.
void CycleSearch::ThroughRealTime(absl::Span<const TxnId> component, const CycleClass& of,
                                  std::optional<std::vector<Edge>>& best) {
  for (const TxnId a : component) {
    if (best.has_value() && (best->size() == 2 || steps_ > kStepsMax)) return;
    const uint64_t begun = history_.invoked(a);
    if (begun == kAlways) continue;
    // The edge of real time is the last, and counts one.
    const uint32_t limit = best.has_value() ? static_cast<uint32_t>(best->size()) - 1 : kNone;
    const uint32_t end = Search(StateOf(a, kByDependency), 0, limit, of, [&](uint32_t state) {
      return history_.completed(state / 3) < begun;
    });
    if (end == kNone) continue;
    std::vector<Edge> cycle = Path(end);
    cycle.push_back({.from = end / 3, .to = a, .kind = EdgeKind::kRealTime, .reason = {}});
    JoinSessions(cycle);
    best = std::move(cycle);
  }
}

std::optional<std::vector<Edge>> CycleSearch::Shortest(absl::Span<const TxnId> component,
                                                       const CycleClass& of, EdgeKinds required) {
  traces_.resize(size_t{3} * graph_.txns());
  inside_.assign(graph_.txns(), false);
  for (const TxnId t : component) inside_[t] = true;
  steps_ = 0;
  std::optional<std::vector<Edge>> best;
  if ((required & Bit(EdgeKind::kRealTime)) != 0) {
    ThroughRealTime(component, of, best);
  } else {
    ThroughArcs(component, of, required, best);
  }
  return best;
}

void JoinSessions(std::vector<Edge>& cycle) {
  const auto both_sessions = [](const Edge& a, const Edge& b) {
    return a.kind == EdgeKind::kSession && b.kind == EdgeKind::kSession;
  };
  for (size_t i = 0; i + 1 < cycle.size();) {
    if (both_sessions(cycle[i], cycle[i + 1])) {
      cycle[i].to = cycle[i + 1].to;
      cycle.erase(cycle.begin() + static_cast<ptrdiff_t>(i) + 1);
    } else {
      ++i;
    }
  }
  if (cycle.size() > 2 && both_sessions(cycle.back(), cycle.front())) {
    cycle.front().from = cycle.back().from;
    cycle.pop_back();
  }
}

Order OrderOf(absl::Span<const Edge> cycle) {
  Order order = Order::kData;
  for (const Edge& edge : cycle) {
    if (edge.kind == EdgeKind::kRealTime) return Order::kRealTime;
    if (edge.kind == EdgeKind::kSession) order = Order::kSession;
  }
  return order;
}

Anomaly Classify(absl::Span<const Edge> cycle) {
  size_t rw = 0;
  size_t wr = 0;
  bool forced = false;
  bool adjacent = false;
  bool predicate = false;
  for (size_t i = 0; i < cycle.size(); ++i) {
    const EdgeKind kind = cycle[i].kind;
    if (IsRw(kind)) ++rw;
    forced |= kind == EdgeKind::kWwForced;
    if (kind == EdgeKind::kWr) ++wr;
    adjacent |= IsRw(kind) && IsRw(cycle[(i + 1) % cycle.size()].kind);
    predicate |= kind == EdgeKind::kRwPredicate;
  }
  const bool pair = cycle.size() == 2;
  // If a forced ww is none, then its reader missed the other's write, which is an rw.
  if (rw == 0 && forced) rw = 1;
  if (rw == 0) return wr == 0 ? Anomaly::kG0 : Anomaly::kG1c;
  if (rw == 1) {
    if (pair && wr == 1) return Anomaly::kFracturedRead;
    const bool one_key = pair && cycle[0].key == cycle[1].key && OrderOf(cycle) == Order::kData;
    return one_key ? Anomaly::kLostUpdate : Anomaly::kGSingle;
  }
  if (!adjacent) {
    const bool fork = cycle.size() == 4 && rw == 2 && wr == 2;
    return fork ? Anomaly::kLongFork : Anomaly::kGNonadjacent;
  }
  if (predicate) return Anomaly::kG2;
  return pair ? Anomaly::kWriteSkew : Anomaly::kG2Item;
}

}  // namespace nacre::check::judge
