#ifndef NACRE_TESTS_CHECK_JUDGE_VISIBILITY_JUDGE_H_
#define NACRE_TESTS_CHECK_JUDGE_VISIBILITY_JUDGE_H_

#include "nacre/check/judge.h"
#include "tests/check/judge/deadline.h"
#include "tests/check/judge/observations.h"

namespace nacre::check::judge {

// Read-atomic and causal, by the characterisation of Biswas and Enea ("On the Complexity of
// Checking Transactional Consistency", 2019): whoever reads x from T1 and sees T2, which wrote x
// too, shows that T2 comes before T1; all that has an order if and only if these edges and what is
// seen make no cycle.
//   read-atomic: sees those whose writes it read.
//   causal:      sees those, what came before in its session, and what they saw.
// Precondition: what is seen makes no cycle (JudgeByCycles says so).
struct Visibility {
  bool transitive = false;
  bool sessions = false;
  // True ends what is not linear: what proves a verdict that was found is told all the same.
  Stop stop = nullptr;
  // Of causal pasts that are kept at a time: transactions x sessions. At least one session is.
  uint64_t past_entries_max = 32'000'000;
};
// False: it was stopped before it had looked at all, and found nothing by then.
bool JudgeByVisibility(const History& history, const Observations& seen, Visibility visibility,
                       const JudgeOptions& options, Verdict& verdict);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_VISIBILITY_JUDGE_H_
