#ifndef NACRE_TESTS_CHECK_JUDGE_SAT_OPEN_CYCLES_H_
#define NACRE_TESTS_CHECK_JUDGE_SAT_OPEN_CYCLES_H_

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "tests/check/judge/sat/event_graph.h"

namespace nacre::check::judge {

// What is assumed of the literals. All guesses hold; a variable that is not among them is false.
struct Answers {
  std::vector<bool> yes;  // By variable.

  bool operator()(Literal literal) const {
    if (literal >= EventGraph::kGuess) return true;
    const auto variable = static_cast<size_t>(std::abs(literal));
    return (variable < yes.size() && yes[variable]) == (literal > 0);
  }
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

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SAT_OPEN_CYCLES_H_
