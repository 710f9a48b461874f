#ifndef NACRE_TESTS_CHECK_JUDGE_DEADLINE_H_
#define NACRE_TESTS_CHECK_JUDGE_DEADLINE_H_

#include <chrono>
#include <functional>

#include "absl/time/time.h"
#include "nacre/check/judge.h"

namespace nacre::check::judge {

// Whether whatever is under way is to end.
using Stop = std::function<bool()>;

// The time of the options' clock; of none one that never steps, unlike the time of day.
inline absl::Time TimeNow(const JudgeOptions& options) {
  if (options.clock) return options.clock();
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

// When the time limit that begins now is over.
inline Stop StopAtLimit(const JudgeOptions& options) {
  if (options.time_limit >= absl::InfiniteDuration()) return [] { return false; };
  return [options, deadline = TimeNow(options) + options.time_limit] {
    return TimeNow(options) >= deadline;
  };
}

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_DEADLINE_H_
