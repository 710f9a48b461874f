#ifndef NACRE_CHECK_JUDGE_H_
#define NACRE_CHECK_JUDGE_H_

#include <cstdint>
#include <functional>

#include "absl/time/time.h"
#include "nacre/check/history.h"
#include "nacre/check/level.h"
#include "nacre/check/verdict.h"

namespace nacre::check {

struct JudgeOptions {
  uint32_t violations_max = 10;  // At least 1: how many are told, the worst first.
  // Judge by the values alone, also where the history has the store's timestamps.
  bool ignore_timestamps = false;
  // For the search of orders of register versions that the values do not tell, from snapshot
  // isolation on. Takes exponential time in the worst case. Behind it: kUnknown.
  absl::Duration time_limit = absl::InfiniteDuration();
  // Tells the time that the limit is measured by; if empty, the system's clock.
  std::function<absl::Time()> clock = nullptr;
};

// Whether a store at `level` could have answered so. Linear in the history but for the search of
// the shortest counterexample and for causal, which takes time proportional to transactions x
// sessions. Thread-safe: keeps nothing.
//
// Says kUnknown only where the history does not decide, or not by what this judge can do:
// then `reason` tells which transactions and keys stood in the way.
Verdict Judge(const History& history, Level level, const JudgeOptions& options = {});

}  // namespace nacre::check

#endif  // NACRE_CHECK_JUDGE_H_
