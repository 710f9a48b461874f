#ifndef NACRE_TESTS_CHECK_JUDGE_CYCLE_SEARCH_H_
#define NACRE_TESTS_CHECK_JUDGE_CYCLE_SEARCH_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "tests/check/judge/dependency_graph.h"

namespace nacre::check::judge {

// Which cycles are looked for.
//
// NO-ADJACENT-RW. A history is one of snapshot isolation if and only if no cycle is without two rw
// edges that follow each other (Cerone & Gotsman, "Analysing Snapshot Isolation", 2018; Fekete et
// al. 2005). Seen by time: every edge but an rw leads from a commit to a start that follows it, an
// rw leads from a start to a commit that follows it, and a start precedes its own commit. So each
// transaction becomes two nodes, and the cycles of that graph are the ones that are not allowed.
struct CycleClass {
  EdgeKinds kinds = 0;
  bool no_adjacent_rw = false;
};

class CycleSearch {
 public:
  CycleSearch(const History& history, const DependencyGraph& graph)
      : history_(history), graph_(graph) {}

  // Linear. The transactions of each component that holds such a cycle, the smallest first.
  std::vector<std::vector<TxnId>> Components(const CycleClass& of) const;
  // By transaction: the number of its component, also if it is alone in it, in an order that agrees
  // with all edges between components. Of plain classes only.
  std::vector<uint32_t> Ranks(EdgeKinds kinds) const;

  // The shortest cycle through an edge of one of the kinds `required`, all of `component`. Sessions
  // count as one edge however far they lead. Gives up being the shortest after very many steps.
  std::optional<std::vector<Edge>> Shortest(absl::Span<const TxnId> component, const CycleClass& of,
                                            EdgeKinds required);

 private:
  // How a path came to a transaction, as far as that says how it may go on.
  enum Arrival : uint32_t { kByDependency = 0, kByRw = 1, kBySession = 2 };
  struct Trace {
    uint32_t run = 0;  // Of which search this is a trace.
    uint32_t length = 0;
    uint32_t before = kNone;  // State.
    DependencyGraph::Arc arc{};
  };
  static uint32_t StateOf(TxnId t, Arrival arrival) { return 3 * t + arrival; }

  // The shortest path from `from` into a state for which `done` is true, shorter than `limit`;
  // kNone: there is none. Adds what `of` allows.
  template <typename Done>
  uint32_t Search(uint32_t from, uint32_t length, uint32_t limit, const CycleClass& of, Done done);
  template <typename Visit>
  void ForEachStep(TxnId t, EdgeKinds kinds, Visit visit) const;
  Arrival ArrivalBy(EdgeKind kind, const CycleClass& of) const;
  std::vector<Edge> Path(uint32_t state) const;
  void ThroughArcs(absl::Span<const TxnId> component, const CycleClass& of, EdgeKinds required,
                   std::optional<std::vector<Edge>>& best);
  void ThroughRealTime(absl::Span<const TxnId> component, const CycleClass& of,
                       std::optional<std::vector<Edge>>& best);

  const History& history_;
  const DependencyGraph& graph_;
  std::vector<Trace> traces_;  // By state.
  std::vector<bool> inside_;   // The component.
  uint32_t run_ = 0;
  uint64_t steps_ = 0;
};

// Sessions that lead on within a session, made one edge.
void JoinSessions(std::vector<Edge>& cycle);
// The name of a cycle.
Anomaly Classify(absl::Span<const Edge> cycle);
Order OrderOf(absl::Span<const Edge> cycle);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_CYCLE_SEARCH_H_
