#ifndef NACRE_TESTS_CHECK_JUDGE_ONLINE_STEP_LIMIT_H_
#define NACRE_TESTS_CHECK_JUDGE_ONLINE_STEP_LIMIT_H_

#include <algorithm>

#include "absl/time/time.h"
#include "nacre/check/judge.h"
#include "tests/check/judge/deadline.h"

namespace nacre::check::judge {

// LIMIT-OF-A-STEP. However often it judges, a step searches no longer than the limit, and after one
// that took as long nothing is searched any more. So a window that is too hard is not tried again
// and again, larger every time.
class StepLimit {
 public:
  explicit StepLimit(const JudgeOptions& options) : options_(options) {}

  void Begin() {
    if (limited() && !over_) deadline_ = Now() + options_.time_limit;
  }
  // For the next judgement of the step.
  absl::Duration left() const {
    if (!limited()) return absl::InfiniteDuration();
    return over_ ? absl::ZeroDuration() : std::max(deadline_ - Now(), absl::ZeroDuration());
  }
  // Whether this step was the first that took as long.
  bool End() {
    if (!limited() || over_ || Now() < deadline_) return false;
    over_ = true;
    return true;
  }

 private:
  bool limited() const { return options_.time_limit < absl::InfiniteDuration(); }
  absl::Time Now() const { return TimeNow(options_); }

  const JudgeOptions options_;
  absl::Time deadline_;
  bool over_ = false;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_ONLINE_STEP_LIMIT_H_
