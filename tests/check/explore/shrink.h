#ifndef NACRE_TESTS_CHECK_EXPLORE_SHRINK_H_
#define NACRE_TESTS_CHECK_EXPLORE_SHRINK_H_

#include <cstdint>

#include "tests/check/explore/exploration.h"
#include "tests/check/explore/schedule.h"

namespace nacre::check::explore {

struct Shrunk {
  Schedule schedule;
  FailedRun failure;        // Of `schedule`.
  uint64_t candidates = 0;  // Schedules that were tried.
  // As Exploration: one of them has a run without an end, so no more were explored.
  std::string stuck;
};

// The smallest schedule that breaks the rule that `failure` broke, with the same anomaly if it has
// one, in the sense that nothing can be
// taken from it: no session, transaction, operation, key or option of an operation; and of its
// failing interleavings one with the fewest preemptions. Deterministic. Where operations are
// interleaved, the steps stand in the order that fails.
//
// A broken promise of the engine shrinks to a schedule without outcomes and expected answers. What
// breaks the schedule's own word (kOutcomeRule) keeps it: the wrong answer stays wrong in the same
// way, or of the transactions that are left the same ones commit, which the schedule does not list,
// or lists with another state of the keys that are left.
//
// Preconditions: ExploreSchedule(schedule, options) found `failure`.
Shrunk Shrink(const Schedule& schedule, const ExplorationOptions& options,
              const FailedRun& failure);

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_SHRINK_H_
