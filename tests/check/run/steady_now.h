#ifndef NACRE_TESTS_CHECK_RUN_STEADY_NOW_H_
#define NACRE_TESTS_CHECK_RUN_STEADY_NOW_H_

#include <chrono>

#include "absl/time/time.h"

namespace nacre::check::run {

// Since some moment. Unlike the time of day it never steps, so differences of it are spans.
inline absl::Duration SteadyNow() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_STEADY_NOW_H_
