#ifndef NACRE_TESTS_CHECK_JUDGE_DEADLINE_H_
#define NACRE_TESTS_CHECK_JUDGE_DEADLINE_H_

#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "nacre/check/judge.h"

namespace nacre::check::judge {

// Whether whatever is under way is to end.
using Stop = std::function<bool()>;

// When the time limit that begins now is over.
inline Stop StopAtLimit(const JudgeOptions& options) {
  if (options.time_limit >= absl::InfiniteDuration()) return [] { return false; };
  const std::function<absl::Time()> now =
      options.clock ? options.clock : [] { return absl::Now(); };
  return [now, deadline = now() + options.time_limit] { return now() >= deadline; };
}

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_DEADLINE_H_
