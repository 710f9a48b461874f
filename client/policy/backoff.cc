#include "client/policy/backoff.h"

#include <algorithm>

namespace nacre::client {

Backoff::Backoff(const BackoffOptions& options)
    : max_(ToNanoseconds(options.max)),
      initial_(std::min(max_, std::max<Nanoseconds>(ToNanoseconds(options.initial),
                                                    std::chrono::microseconds(1)))),
      ceiling_(initial_) {}

Nanoseconds Backoff::Next(double unit) {
  const double wait = static_cast<double>(ceiling_.count()) * unit;
  const Nanoseconds ceiling = ceiling_;
  ceiling_ = ceiling_ > max_ / 2 ? max_ : ceiling_ * 2;
  // The largest count is no double: compared before it is converted back.
  if (wait >= static_cast<double>(ceiling.count())) return ceiling;
  return Nanoseconds(static_cast<int64_t>(wait));
}

}  // namespace nacre::client
