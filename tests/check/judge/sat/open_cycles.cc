#include "tests/check/judge/sat/open_cycles.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/check.h"
#include "tests/check/judge/components.h"

namespace nacre::check::judge {
namespace {

using Arc = EventGraph::Arc;

struct View {
  const EventGraph& graph;
  const Answers& answers;

  uint32_t nodes() const { return graph.nodes(); }
  uint32_t Next(uint32_t node, uint32_t& cursor) const {
    const Arc* arc = graph.NextArc(node, cursor, answers);
    return arc == nullptr ? kNone : arc->to;
  }
};

uint32_t Weight(const Arc& arc) { return (arc.literal != 0 ? 1u : 0u) + (arc.also != 0 ? 1u : 0u); }

class Finder {
 public:
  Finder(const EventGraph& graph, const Answers& answers, size_t cycles_max)
      : graph_(graph), answers_(answers), cycles_max_(cycles_max), component_(graph.nodes(), 0) {}

  FoundCycles Run() {
    std::vector<std::vector<uint32_t>> components;
    std::vector<uint32_t> order;
    order.reserve(graph_.nodes());
    ForEachComponent(View{graph_, answers_}, [&](absl::Span<const uint32_t> nodes) {
      order.push_back(nodes[0]);
      if (nodes.size() > 1) components.emplace_back(nodes.begin(), nodes.end());
    });
    found_.any = !components.empty();
    if (!found_.any) {
      std::reverse(order.begin(), order.end());
      found_.order = std::move(order);
      return std::move(found_);
    }
    traces_.resize(graph_.nodes());
    std::stable_sort(components.begin(), components.end(),
                     [](const auto& a, const auto& b) { return a.size() < b.size(); });
    for (const auto& component : components) {
      if (found_.cycles.size() >= cycles_max_) break;
      ++number_;
      for (const uint32_t node : component) component_[node] = number_;
      InComponent(component);
    }
    // COMPONENT-HAS-CYCLE, as in cycle_judge.cc: or else the search would go round for ever.
    NACRE_JUDGE_CHECK(!found_.cycles.empty(), "a component without a cycle");
    return std::move(found_);
  }

  OpenCycle Against(Literal literal) {
    traces_.resize(graph_.nodes());
    for (uint32_t node = 0; node < graph_.nodes(); ++node) {
      const Arc* closing = nullptr;
      const auto holds = [&](Literal l) { return l == literal || answers_(l); };
      graph_.ForEachArc(node, holds, [&](const Arc& arc) {
        if (arc.literal == literal) closing = &arc;
      });
      if (closing != nullptr) Through(node, *closing);
      if (!found_.cycles.empty()) return std::move(found_.cycles[0]);
    }
    NACRE_JUDGE_CHECK(false, "FORCED-IS-PROVED: an order that nothing forces");
  }

 private:
  struct Trace {
    uint32_t run = 0;
    uint32_t weight = 0;
    uint32_t before = 0;
    const Arc* arc = nullptr;
  };

  // Cycles through arcs that hang on literals, spread over the component.
  void InComponent(const std::vector<uint32_t>& component) {
    std::vector<std::pair<uint32_t, const Arc*>> starts;
    for (const uint32_t node : component) {
      graph_.ForEachArc(node, answers_, [&](const Arc& arc) {
        if (component_[arc.to] == number_ && Weight(arc) > 0) starts.emplace_back(node, &arc);
      });
    }
    if (starts.empty()) {
      uint32_t cursor = 0;
      const uint32_t node = component[0];
      const Arc* arc = graph_.NextArc(node, cursor, answers_);
      while (component_[arc->to] != number_) arc = graph_.NextArc(node, cursor, answers_);
      Through(node, *arc);
      return;
    }
    constexpr uint64_t kStepsMax = 2'000'000;
    const uint64_t steps_max = steps_ + kStepsMax;
    const size_t tried = std::min<size_t>(starts.size(), cycles_max_);
    for (size_t i = 0; i < tried; ++i) {
      const auto& [node, arc] = starts[i * starts.size() / tried];
      Through(node, *arc);
      if (steps_ > steps_max || found_.cycles.size() >= cycles_max_) return;
    }
  }

  // The path with the fewest literals from the end of the arc back to its beginning.
  void Through(uint32_t from, const Arc& arc) {
    ++run_;
    std::deque<uint32_t> queue = {arc.to};
    traces_[arc.to] = {.run = run_};
    while (!queue.empty()) {
      const uint32_t node = queue.front();
      queue.pop_front();
      if (node == from) break;
      const uint32_t weight = traces_[node].weight;
      graph_.ForEachArc(node, answers_, [&](const Arc& next) {
        if (component_[next.to] != number_) return;
        ++steps_;
        Trace& trace = traces_[next.to];
        const uint32_t there = weight + Weight(next);
        if (trace.run == run_ && trace.weight <= there) return;
        trace = {.run = run_, .weight = there, .before = node, .arc = &next};
        if (there == weight) {
          queue.push_front(next.to);
        } else {
          queue.push_back(next.to);
        }
      });
    }
    if (traces_[from].run != run_) return;
    std::vector<std::pair<uint32_t, const Arc*>> path;
    for (uint32_t node = from; node != arc.to; node = traces_[node].before) {
      path.emplace_back(traces_[node].before, traces_[node].arc);
    }
    path.emplace_back(from, &arc);
    std::reverse(path.begin(), path.end());
    Take(path);
  }

  // Steps from one transaction to the next, however many nodes lie between.
  void Take(std::vector<std::pair<uint32_t, const Arc*>>& path) {
    const auto first = std::find_if(path.begin(), path.end(),
                                    [&](const auto& step) { return !graph_.IsHelper(step.first); });
    std::rotate(path.begin(), first, path.end());
    OpenCycle cycle;
    for (const auto& [node, arc] : path) {
      if (arc->inside()) continue;
      if (!graph_.IsHelper(node)) {
        cycle.push_back({graph_.TxnOf(node), 0, arc->kind(), arc->key(), {}});
      }
      OpenEdge& edge = cycle.back();
      if (!graph_.IsHelper(arc->to)) edge.to = graph_.TxnOf(arc->to);
      for (const Literal literal : {arc->literal, arc->also}) {
        if (literal != 0) edge.literals.push_back(literal);
      }
    }
    if (known_.insert(LiteralsOf(cycle)).second) found_.cycles.push_back(std::move(cycle));
  }

  const EventGraph& graph_;
  const Answers& answers_;
  const size_t cycles_max_;
  FoundCycles found_;
  std::vector<uint32_t>
      component_;  // By node: the number of its component, once that is looked at.
  uint32_t number_ = 0;
  std::vector<Trace> traces_;
  uint32_t run_ = 0;
  uint64_t steps_ = 0;
  absl::flat_hash_set<std::vector<Literal>> known_;
};

}  // namespace

std::vector<Literal> LiteralsOf(const OpenCycle& cycle) {
  std::vector<Literal> literals;
  for (const OpenEdge& edge : cycle) {
    literals.insert(literals.end(), edge.literals.begin(), edge.literals.end());
  }
  std::sort(literals.begin(), literals.end());
  literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
  return literals;
}

OpenCycle CycleAgainst(const EventGraph& graph, const Answers& answers, Literal literal) {
  return Finder(graph, answers, 1).Against(literal);
}

FoundCycles FindCycles(const EventGraph& graph, const Answers& answers, size_t cycles_max) {
  return Finder(graph, answers, cycles_max).Run();
}

}  // namespace nacre::check::judge
