#ifndef NACRE_TESTS_CHECK_JUDGE_SCAN_CHECK_H_
#define NACRE_TESTS_CHECK_JUDGE_SCAN_CHECK_H_

#include "nacre/check/judge.h"

namespace nacre::check::judge {

// SCAN-ANSWER. What a scan returns are keys of its range that are there, each once and in the order
// that was asked for. All else that the judges know of scans rests on that. Adds those of committed
// transactions that are no such answer.
void CheckScanAnswers(const History& history, const JudgeOptions& options, Verdict& verdict);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SCAN_CHECK_H_
