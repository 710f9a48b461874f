#ifndef NACRE_TESTS_CHECK_JUDGE_SAT_COUNTEREXAMPLE_H_
#define NACRE_TESTS_CHECK_JUDGE_SAT_COUNTEREXAMPLE_H_

#include <vector>

#include "tests/check/judge/deadline.h"
#include "tests/check/judge/sat/event_graph.h"
#include "tests/check/judge/sat/open_cycles.h"

namespace nacre::check::judge {

// A violation out of cycles that together leave no answers to what is open: as few of them as leave
// none, and words that go through the cases. Its name and its edges are those of the mildest of the
// cycles, since only so much is certain. If it is stopped, some of them can be spared.
Violation MakeCounterexample(const History& history, const Observations& seen,
                             const EventGraph& graph, const std::vector<OpenCycle>& cycles,
                             const Stop& stop);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SAT_COUNTEREXAMPLE_H_
