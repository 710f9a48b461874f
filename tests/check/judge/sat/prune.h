#ifndef NACRE_TESTS_CHECK_JUDGE_SAT_PRUNE_H_
#define NACRE_TESTS_CHECK_JUDGE_SAT_PRUNE_H_

#include <vector>

#include "tests/check/judge/deadline.h"
#include "tests/check/judge/sat/event_graph.h"
#include "tests/check/judge/sat/open_cycles.h"

namespace nacre::check::judge {

// The orders of blocks that follow from what is there, since the other order would close a cycle:
//
// FORCED. Block i comes before block j if the first writer of i began before the commit of the last
// writer of j in any case (or else it would have to begin behind that commit), or committed before
// a reader of j began (or else the reader would have missed it).
//
// Only the orders that the others follow from: if i comes before j and j before k, not that i comes
// before k. Takes time proportional to arcs x blocks / 64, and memory in bounds however many they
// are. `order`: of the nodes, so that arcs that are there lead forwards. If it is stopped, some are
// missing.
std::vector<Question> ForcedOrders(const EventGraph& graph, const Answers& answers,
                                   const std::vector<uint32_t>& order, const Stop& stop);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SAT_PRUNE_H_
