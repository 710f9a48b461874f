#ifndef NACRE_TESTS_CHECK_PROGRAM_EXPLORE_IN_TURN_H_
#define NACRE_TESTS_CHECK_PROGRAM_EXPLORE_IN_TURN_H_

#include <algorithm>
#include <vector>

#include "absl/functional/function_ref.h"
#include "nacre/types.h"
#include "tests/check/program/exit_code.h"
#include "tests/check/program/patience.h"

namespace nacre::check {

// One level after the other, up to the first that is violated: a picture shows one violation. Those
// that come when nothing more is to be explored are passed over, and nobody can tell of them.
inline ExitCode ExploreInTurn(const std::vector<Isolation>& levels, const Patience& patience,
                              absl::FunctionRef<ExitCode(Isolation)> explore,
                              absl::FunctionRef<void(Isolation)> pass_over) {
  ExitCode worst = kHolds;
  for (const Isolation level : levels) {
    if (patience.gave_up()) {
      pass_over(level);
      worst = std::max(worst, kUnknown);
      continue;
    }
    const ExitCode one = explore(level);
    if (one == kViolated || one == kUsage) return one;
    worst = std::max(worst, one);
  }
  return worst;
}

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_PROGRAM_EXPLORE_IN_TURN_H_
