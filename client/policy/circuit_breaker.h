#ifndef NACRE_CLIENT_POLICY_CIRCUIT_BREAKER_H_
#define NACRE_CLIENT_POLICY_CIRCUIT_BREAKER_H_

// Stops asking a server that does not answer, and finds out when it does again.
//
//               failures in a row                  open_for has passed
//     closed ----------------------> open --------------------------> half-open: one probe is out
//       ^                             ^                                   |       |
//       |                             +-- open_for doubles -- it failed --+       |
//       +--------------------------------------------------------- it succeeded --+
//
// Invariants:
//   ONE-PROBE  Between two verdicts on probes, one probe is out at most.
//   LATE-NEWS  What was asked before the breaker opened decides nothing after it: only the probe
//              does. So of a burst of calls that time out together, each of them a failure, those
//              after the one that opens it change nothing.
//
// Thread rule: one thread at a time.

#include "client/policy/time.h"
#include "nacre/client/options.h"

namespace nacre::client {

class CircuitBreaker {
 public:
  enum class State { kClosed, kOpen, kHalfOpen };
  enum class Admission { kAdmitted, kProbe, kRejected };
  enum class Failure { kNoConnection, kNoAnswer };

  explicit CircuitBreaker(const CircuitBreakerOptions& options);

  // Whether to ask the server. Who gets kProbe must bring one of the three verdicts below, with
  // `probe` set.
  Admission Admit(TimePoint now) {
    if (state_ == State::kClosed) return Admission::kAdmitted;
    return AdmitProbe(now);
  }

  // Whether Admit() would not reject.
  bool MayAsk(TimePoint now) const {
    return state_ == State::kClosed || (state_ == State::kOpen && now >= open_until_);
  }

  // An answer.
  void OnSuccess(bool probe) {
    if (probe) {
      CloseAfterProbe();
    } else {
      failures_ = unanswered_ = 0;
    }
  }
  // A connection has come up. Whether requests are answered, that does not tell: on leases each
  // timeout costs a connection, and the next comes up in between.
  void OnConnected(bool probe) {
    if (probe) {
      CloseAfterProbe();
    } else {
      failures_ = unanswered_;
    }
  }
  void OnFailure(TimePoint now, bool probe, Failure failure);
  // The probe has ended without having shown anything: the next caller is the probe.
  void OnProbeAbandoned();

  State state() const { return state_; }
  // If open: when the next probe may go out.
  TimePoint open_until() const { return open_until_; }

 private:
  Admission AdmitProbe(TimePoint now);
  void CloseAfterProbe();
  void Open(TimePoint now);

  const int failures_max_;
  const Nanoseconds open_for_initial_;
  const Nanoseconds open_for_max_;

  State state_ = State::kClosed;
  int failures_ = 0;    // In a row; of those that are not probes.
  int unanswered_ = 0;  // Of failures_: requests.
  Nanoseconds open_for_;
  TimePoint open_until_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POLICY_CIRCUIT_BREAKER_H_
