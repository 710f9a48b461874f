#ifndef NACRE_TESTS_CHECK_PROGRAM_INTERRUPT_H_
#define NACRE_TESTS_CHECK_PROGRAM_INTERRUPT_H_

#include "tests/check/run/stop_event.h"

namespace nacre::check {

// While it lives, the first Ctrl-C, or SIGTERM, is for the command, which ends with what it has;
// the second ends the program. One at a time.
class CaughtInterrupt {
 public:
  CaughtInterrupt();
  ~CaughtInterrupt();
  CaughtInterrupt(const CaughtInterrupt&) = delete;
  CaughtInterrupt& operator=(const CaughtInterrupt&) = delete;

  const run::StopEvent& event() const { return event_; }

 private:
  run::StopEvent event_;
};

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_PROGRAM_INTERRUPT_H_
