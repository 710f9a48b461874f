#ifndef NACRE_TESTS_CHECK_JUDGE_SAT_ORDER_JUDGE_H_
#define NACRE_TESTS_CHECK_JUDGE_SAT_ORDER_JUDGE_H_

#include <vector>

#include "nacre/check/judge.h"
#include "tests/check/judge/deadline.h"
#include "tests/check/judge/sat/problem.h"

namespace nacre::check::judge {

// Judges what hangs on orders of versions, and sources of reads, that the values do not tell: exact
// at snapshot isolation and above, unless it takes longer than the options or `rounds_max` allow.
// Rules, and adds a violation if there is one. `seen`: after OrderRegisters(), with no violation so
// far; if the history holds it has answers that explain it thereafter.
void JudgeByOrders(const History& history, Observations& seen,
                   const std::vector<OpenSources>& reads, Level level, const JudgeOptions& options,
                   const Stop& stop, uint32_t rounds_max, Verdict& verdict);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SAT_ORDER_JUDGE_H_
