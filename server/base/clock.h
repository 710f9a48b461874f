#ifndef NACRE_SERVER_BASE_CLOCK_H_
#define NACRE_SERVER_BASE_CLOCK_H_

#include <time.h>

#include <chrono>
#include <cstdint>

#include "absl/time/time.h"

namespace nacre::server {

// For measuring how long something has lasted: unlike absl::Now(), it does not jump when somebody
// sets the time of day. Comparable only with itself.
inline absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

// The same clock, exact to some milliseconds and cheap enough to ask for each batch of requests.
inline int64_t CoarseNanos() {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec;
}

}  // namespace nacre::server

#endif  // NACRE_SERVER_BASE_CLOCK_H_
