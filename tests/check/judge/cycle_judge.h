#ifndef NACRE_TESTS_CHECK_JUDGE_CYCLE_JUDGE_H_
#define NACRE_TESTS_CHECK_JUDGE_CYCLE_JUDGE_H_

#include "nacre/check/judge.h"
#include "tests/check/judge/observations.h"

namespace nacre::check::judge {

// Judges by the cycles of the dependency graph: exact where `seen` has the order of all versions.
// Adds the cycles that the level forbids to the verdict; what is wrong in itself stands there
// already. True: there are none, but that depends on the order of versions that nobody read, which
// sat/order_judge.h finds out. Not for read-atomic and causal, which look at visibility (see
// visibility_judge.h).
bool JudgeByCycles(const History& history, const Observations& seen, Level level,
                   const JudgeOptions& options, Verdict& verdict);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_CYCLE_JUDGE_H_
