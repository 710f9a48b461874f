#ifndef NACRE_CLIENT_LOCK_HOLDING_H_
#define NACRE_CLIENT_LOCK_HOLDING_H_

// How long a lock is certainly held, and when to renew it; without a clock of its own.
//
// Invariant COUNTED-FROM-BEFORE: the time of a lock counts from a moment before the request was
// sent that began it. The server's time begins when it runs the request, which is later:
//
//     client            server
//     now_before
//     SET PX 30000 --->
//                       runs it; lets others in 30 s from here
//              <------- OK (may take long)
//     holds until now_before + 30 s, which is earlier
//
// As far as both clocks run at the same speed. A clock that stands still while its machine is
// suspended does not.
//
// Thread rule: a value.

#include <algorithm>

#include "absl/time/time.h"
#include "client/policy/time.h"

namespace nacre::client {

class Holding {
 public:
  Holding(absl::Duration time_to_live, TimePoint now_before)
      : time_to_live_(ToNanoseconds(time_to_live)) {
    Begin(now_before);
  }

  // The server has begun the time to live anew, by a request sent after `now_before`. A lock that
  // was lost meanwhile stays lost: work may have been given up because of it.
  void Renewed(TimePoint now_before, TimePoint now) {
    is_lost_ = IsLost(now);
    Begin(now_before);
  }
  void Lose() { is_lost_ = true; }

  bool IsLost(TimePoint now) const { return is_lost_ || now >= until_; }
  Nanoseconds Left(TimePoint now) const {
    return IsLost(now) ? Nanoseconds::zero() : Nanoseconds(until_ - now);
  }

  // When to renew: at a third of the time to live, and after a failure at each further ninth, as
  // long as there is time.
  TimePoint next_renewal() const { return next_renewal_; }
  void RenewalFailed(TimePoint now) {
    next_renewal_ = std::min(until_, After(now, time_to_live_ / 9));
  }

 private:
  void Begin(TimePoint now_before) {
    until_ = After(now_before, time_to_live_);
    next_renewal_ = After(now_before, time_to_live_ / 3);
  }

  Nanoseconds time_to_live_;
  TimePoint until_;
  TimePoint next_renewal_;
  bool is_lost_ = false;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_LOCK_HOLDING_H_
