#ifndef NACRE_TESTS_CHECK_JUDGE_SAT_OPEN_CYCLES_H_
#define NACRE_TESTS_CHECK_JUDGE_SAT_OPEN_CYCLES_H_

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "tests/check/judge/sat/event_graph.h"

namespace nacre::check::judge {

// What is assumed of the literals. All guesses hold; of a variable that nothing is assumed of,
// neither literal does.
class Answers {
 public:
  bool operator()(Literal literal) const {
    if (literal >= EventGraph::kGuess) return true;
    const auto variable = static_cast<size_t>(std::abs(literal));
    return variable < values_.size() && values_[variable] == (literal > 0 ? 1 : -1);
  }
  void Assume(Literal literal) {
    const auto variable = static_cast<size_t>(std::abs(literal));
    if (values_.size() <= variable) values_.resize(variable + 1, 0);
    values_[variable] = literal > 0 ? 1 : -1;
  }

 private:
  std::vector<int8_t> values_;  // By variable.
};

// An edge between transactions, and what it hangs on.
struct OpenEdge {
  TxnId from;
  TxnId to;
  EdgeKind kind;
  KeyId key;
  std::vector<Literal> literals;
};
// Forbidden, if all its literals are true.
using OpenCycle = std::vector<OpenEdge>;

// Each once, sorted.
std::vector<Literal> LiteralsOf(const OpenCycle& cycle);

struct FoundCycles {
  bool any = false;
  std::vector<OpenCycle> cycles;  // With few literals each; none of them twice.
  std::vector<uint32_t> order;    // If there is none: of all nodes, so that arcs lead forwards.
};
FoundCycles FindCycles(const EventGraph& graph, const Answers& answers, size_t cycles_max);

// A cycle that one of the arcs that hang on `literal` closes, with nothing else that does not hold.
// Precondition: there is one.
OpenCycle CycleAgainst(const EventGraph& graph, const Answers& answers, Literal literal);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SAT_OPEN_CYCLES_H_
