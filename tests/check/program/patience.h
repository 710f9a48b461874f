#ifndef NACRE_TESTS_CHECK_PROGRAM_PATIENCE_H_
#define NACRE_TESTS_CHECK_PROGRAM_PATIENCE_H_

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "tests/check/run/progress_line.h"
#include "tests/check/run/steady_now.h"
#include "tests/check/run/stop_event.h"

namespace nacre::check {

// Shows how far an exploration is, and ends it by time and by Ctrl-C.
class Patience {
 public:
  Patience(absl::Duration time_limit, const run::StopEvent& interrupt)
      : time_limit_(time_limit), interrupt_(interrupt) {}

  // The limit is for what comes from now on, and so are the words: "exploring snapshot".
  void Begin(std::string what) {
    what_ = std::move(what);
    began_ = run::SteadyNow();
    why_not_ = "";
  }
  // Once it does not, it does not before the next Begin(), and for the reason that it had.
  bool GoesOn(uint64_t runs) {
    if (!why_not_.empty()) return false;
    const absl::Duration elapsed = run::SteadyNow() - began_;
    if (interrupt_.is_set()) {
      why_not_ = "interrupted";
    } else if (elapsed >= time_limit_) {
      why_not_ = "--time-limit";
    }
    line_.Show(run::SteadyNow() - start_, [&] {
      return what_ + ": " + std::to_string(runs) + " interleavings, " +
             std::to_string(absl::ToInt64Seconds(elapsed)) + " s";
    });
    return why_not_.empty();
  }
  void GiveUp(std::string why) {
    why_not_ = std::move(why);
    gave_up_ = true;
  }
  // For good, and not only what began last.
  bool gave_up() const { return gave_up_; }
  // Makes room for a report.
  void End() { line_.Hide(); }
  // Why it did not go on; empty: it did.
  const std::string& why_not() const { return why_not_; }

 private:
  const absl::Duration time_limit_;
  const run::StopEvent& interrupt_;
  const absl::Duration start_ = run::SteadyNow();
  absl::Duration began_;
  std::string what_;
  std::string why_not_;
  bool gave_up_ = false;
  run::ProgressLine line_{stderr};
};

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_PROGRAM_PATIENCE_H_
