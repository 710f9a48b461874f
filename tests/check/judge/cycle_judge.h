#ifndef NACRE_TESTS_CHECK_JUDGE_CYCLE_JUDGE_H_
#define NACRE_TESTS_CHECK_JUDGE_CYCLE_JUDGE_H_

#include "nacre/check/judge.h"
#include "tests/check/judge/observations.h"

namespace nacre::check::judge {

// Judges by the cycles of the dependency graph: exact where `seen` has the order of all versions.
// Adds the cycles that the level forbids to the verdict, and rules; what is wrong in itself stands
// there already. Not for read-atomic and causal, which look at visibility (see visibility_judge.h).
void JudgeByCycles(const History& history, const Observations& seen, Level level,
                   const JudgeOptions& options, Verdict& verdict);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_CYCLE_JUDGE_H_
