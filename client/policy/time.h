#ifndef NACRE_CLIENT_POLICY_TIME_H_
#define NACRE_CLIENT_POLICY_TIME_H_

// Time as the policies take it: points that the caller passes in, so that a test can pass any.
// Sums saturate: an infinite timeout is a deadline that never comes, not one that has wrapped
// around.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "absl/time/time.h"

namespace nacre::client {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Nanoseconds = std::chrono::nanoseconds;

// Negative durations count as zero, those past 292 years as that.
inline Nanoseconds ToNanoseconds(absl::Duration duration) {
  return Nanoseconds(std::max<int64_t>(0, absl::ToInt64Nanoseconds(duration)));
}

inline TimePoint After(TimePoint start, Nanoseconds duration) {
  return duration < TimePoint::max() - start ? start + duration : TimePoint::max();
}
inline TimePoint After(TimePoint start, absl::Duration duration) {
  return After(start, ToNanoseconds(duration));
}

// As servers take a time to live: fractions are rounded up.
inline int64_t WholeMilliseconds(absl::Duration duration) {
  return absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1)));
}

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POLICY_TIME_H_
