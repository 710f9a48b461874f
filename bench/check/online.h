#ifndef NACRE_BENCH_CHECK_ONLINE_H_
#define NACRE_BENCH_CHECK_ONLINE_H_

#include "nacre/check/history.h"

namespace nacre::bench {

// Hands the history to an OnlineJudge, in the order in which its transactions finished, once for
// every level, and prints the speed and the most that the judge itself held meanwhile.
void JudgeOnline(const check::History& history, bool timestamps, uint32_t horizon,
                 double limit_seconds);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_CHECK_ONLINE_H_
