#ifndef NACRE_CLIENT_POLICY_BACKOFF_H_
#define NACRE_CLIENT_POLICY_BACKOFF_H_

// How long to wait before the next attempt: evenly random between nothing and a ceiling, which
// doubles with each attempt ("full jitter"; M. Brooker, "Exponential Backoff and Jitter", 2015).
// Callers that failed together come back spread over the whole ceiling.
//
// Thread rule: one thread at a time.

#include "client/policy/time.h"
#include "nacre/client/options.h"

namespace nacre::client {

class Backoff {
 public:
  // An `initial` that is not positive is a microsecond: doubling has to start somewhere.
  explicit Backoff(const BackoffOptions& options);

  // The next wait. `unit` is random in [0, 1].
  Nanoseconds Next(double unit);
  // The next wait is the first again.
  void Reset() { ceiling_ = initial_; }

  // The longest that Next() can answer now.
  Nanoseconds ceiling() const { return ceiling_; }
  Nanoseconds max() const { return max_; }

 private:
  Nanoseconds max_;
  Nanoseconds initial_;
  Nanoseconds ceiling_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POLICY_BACKOFF_H_
