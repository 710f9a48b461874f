#ifndef NACRE_TESTS_CHECK_RUN_ANSWER_WAIT_H_
#define NACRE_TESTS_CHECK_RUN_ANSWER_WAIT_H_

#include <algorithm>
#include <atomic>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "tests/check/run/steady_now.h"
#include "tests/check/run/stop_event.h"

namespace nacre::check::run {

// How long the sessions of a target wait for its answers. A server that has stopped answering must
// not hold up whoever has interrupted the run: from then on it has kGrace for each answer, and once
// one has not come by then, nobody connects to it any more. Thread-safe.
class AnswerWait {
 public:
  static constexpr absl::Duration kGrace = absl::Seconds(1);

  // `interrupt` outlives it.
  explicit AnswerWait(const StopEvent& interrupt) : interrupt_(interrupt) {}

  // Calls `look` with spans to wait, until it returns true or what is asked for now has had its
  // time: `timeout`, or less. Whether it returned true. It is to return after each span, whatever
  // has come: who never falls silent must not be waited for longer than who says nothing.
  bool Until(absl::Duration timeout, absl::FunctionRef<bool(absl::Duration)> look) {
    const absl::Duration began = SteadyNow();
    for (;;) {
      const absl::Duration left = End(began, timeout) - SteadyNow();
      if (look(std::clamp(left, absl::ZeroDuration(), kSlice))) return true;
      if (left > absl::ZeroDuration()) continue;
      // Who would have been given no longer has not been given up because of the interrupt.
      if (End(began, timeout) < began + timeout) gave_up_ = true;
      return false;
    }
  }
  // Whether an answer had not come when the run was interrupted, and was not waited for.
  bool gave_up() const { return gave_up_; }
  // Whether who has been asked for several answers since `began` has had the time of one. False
  // unless the run is interrupted.
  bool IsOver(absl::Duration began) const {
    return SteadyNow() >= End(began, absl::InfiniteDuration());
  }

 private:
  // How late it may be noticed that the run is interrupted.
  static constexpr absl::Duration kSlice = absl::Milliseconds(50);

  absl::Duration End(absl::Duration began, absl::Duration timeout) const {
    const absl::Duration end = began + timeout;
    if (!interrupt_.is_set()) return end;
    return std::min(end, std::max(began, interrupt_.set_at()) + kGrace);
  }

  const StopEvent& interrupt_;
  std::atomic<bool> gave_up_ = false;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_ANSWER_WAIT_H_
