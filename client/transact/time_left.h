#ifndef NACRE_CLIENT_TRANSACT_TIME_LEFT_H_
#define NACRE_CLIENT_TRANSACT_TIME_LEFT_H_

#include "absl/time/time.h"
#include "client/policy/time.h"

namespace nacre::client {

// Until `deadline`, for CallOptions and TransactOptions. Never zero, which would mean the default:
// a deadline that has come is a negative timeout.
inline absl::Duration TimeLeft(TimePoint deadline, TimePoint now) {
  if (deadline == TimePoint::max()) return absl::InfiniteDuration();
  const absl::Duration left = absl::FromChrono(deadline - now);
  return left == absl::ZeroDuration() ? -absl::Nanoseconds(1) : left;
}

}  // namespace nacre::client

#endif  // NACRE_CLIENT_TRANSACT_TIME_LEFT_H_
