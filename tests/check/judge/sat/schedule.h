#ifndef NACRE_TESTS_CHECK_JUDGE_SAT_SCHEDULE_H_
#define NACRE_TESTS_CHECK_JUDGE_SAT_SCHEDULE_H_

#include <cstdint>
#include <vector>

#include "tests/check/judge/deadline.h"
#include "tests/check/judge/sat/event_graph.h"
#include "tests/check/judge/sat/open_cycles.h"

namespace nacre::check::judge {

// A guess how the store ran the transactions, in an order that agrees with all arcs that are there.
// It is only a guess: whether it explains the history is seen by the cycles it makes.
//
// The store is imitated: a version of an open key is not overwritten before all who read it have
// begun, and of two who write one key the second begins after the commit of the first. Where
// that cannot go on, the event with the earliest hint happens all the same.
struct Schedule {
  std::vector<std::vector<uint32_t>> blocks;  // By key of the problem: as they were written.
  // By open read: the source that was there when it was read; kNone: none of them.
  std::vector<uint32_t> sources;
};
// About when each transaction started and committed.
struct Hints {
  std::vector<uint64_t> starts;
  std::vector<uint64_t> commits;
  bool timed = false;     // By a clock.
  bool recorded = false;  // By a clock, or by the order of the history.
};
// `plain`: only the hints and the arcs count, as they do of all that is left when `stop` says so.
// `order`: of all nodes, so that the arcs that are there lead forwards.
Schedule MakeSchedule(const EventGraph& graph, const Answers& answers,
                      const std::vector<uint32_t>& order, const Hints& hints, bool plain,
                      const Stop& stop);

// Real time if the history has it; or else its order, if nobody read what comes later in it; or
// else how long a chain of reads and sessions leads there.
Hints MakeHints(const History& history, const Observations& seen);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SAT_SCHEDULE_H_
