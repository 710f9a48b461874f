#ifndef NACRE_SERVER_BASE_CLOCK_H_
#define NACRE_SERVER_BASE_CLOCK_H_

#include <chrono>

#include "absl/time/time.h"

namespace nacre::server {

// For measuring how long something has lasted: unlike absl::Now(), it does not jump when somebody
// sets the time of day. Comparable only with itself.
inline absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace nacre::server

#endif  // NACRE_SERVER_BASE_CLOCK_H_
