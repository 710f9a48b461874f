#ifndef NACRE_CLIENT_POOL_CONNECTOR_H_
#define NACRE_CLIENT_POOL_CONNECTOR_H_

// Opens connections for the whole pool: one circuit breaker and one backoff, whoever asks, so that
// a server that is down sees a few attempts and not a few for each waiting call.
//
// Attempts that run side by side and fail count as one failure, for the backoff and the breaker.

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "client/policy/backoff.h"
#include "client/pool/pool_core.h"

namespace nacre::client {

class Connector {
 public:
  explicit Connector(PoolCore& core);

  // When the next attempt may begin: a time that has come, a later one, or never before the probe
  // that is out has its verdict (TimePoint::max(); OpenSoon() follows that).
  TimePoint next_attempt() const;

  // Begins to open a connection; null if it may not be now. `opened` is called once, later, unless
  // the connection is destroyed before.
  std::unique_ptr<Connection> Connect(TimePoint now, const ConnectionOptions& options,
                                      absl::AnyInvocable<void(const absl::Status&)> opened);

  // A connection that had come up was lost. One that was `useful` begins a new series of waits, one
  // that was not goes on with the old one: a server that accepts and then closes is not asked in a
  // tight loop.
  void OnLost(TimePoint now, bool useful);
  // A connection has been of use: it has answered a request, or a PING.
  void OnUseful() { backoff_.Reset(); }

  // A request has been answered. Who was kept waiting by a `probe` is looked at again.
  void OnSuccess(bool probe) {
    core_.breaker.OnSuccess(probe);
    if (probe) core_.OpenSoon();
  }
  // What the end of a request, or of a PING, says about the server; a timeout counts. Who was kept
  // waiting by a `probe` is looked at again, and if the breaker opens, who waits is told.
  void OnAsked(const absl::Status& status, bool probe);
  // The probe has ended without a verdict.
  void OnProbeAbandoned();

  // Of the last attempt that failed; OK if there is none.
  const absl::Status& last_error() const { return last_error_; }
  // The status for calls that are turned away while the breaker is open.
  absl::Status BreakerError() const;

 private:
  // Of an attempt that began at `began`.
  void OnOpened(TimePoint began, bool probe, const absl::Status& status);
  void OnFailure(TimePoint now, bool probe, CircuitBreaker::Failure failure);
  void Step(TimePoint now);

  PoolCore& core_;
  Backoff backoff_;
  TimePoint not_before_ = TimePoint::min();
  // When the first attempt of the last round failed. Others that had begun before are of that
  // round.
  TimePoint round_failed_at_ = TimePoint::min();
  absl::Status last_error_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POOL_CONNECTOR_H_
