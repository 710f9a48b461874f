#ifndef NACRE_ENGINE_BASE_STEADY_CLOCK_H_
#define NACRE_ENGINE_BASE_STEADY_CLOCK_H_

#include <chrono>
#include <cstdint>
#include <ctime>

namespace nacre::base {

// std::chrono::steady_clock.
inline int64_t SteadyNs() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// The same as it was at the last tick of the system, a few milliseconds ago at most. A fifth of the
// cost.
inline int64_t CoarseSteadyNs() {
#if defined(CLOCK_MONOTONIC_COARSE)
  timespec now;
  if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) == 0) [[likely]] {
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  }
#endif
  return SteadyNs();
}

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_STEADY_CLOCK_H_
