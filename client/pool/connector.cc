#include "client/pool/connector.h"

#include <algorithm>
#include <string>
#include <utility>

#include "nacre/client/errors.h"

namespace nacre::client {
namespace {

using Failure = CircuitBreaker::Failure;
using State = CircuitBreaker::State;

// The server is not there, or is not well: trying again may help. Anything else (a wrong password,
// a database that does not exist) will be the same next time.
bool MayPass(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kDeadlineExceeded ||
         code == absl::StatusCode::kDataLoss;
}

}  // namespace

Connector::Connector(PoolCore& core) : core_(core), backoff_(core.options.reconnect) {}

TimePoint Connector::next_attempt() const {
  switch (core_.breaker.state()) {
    case State::kClosed: return not_before_;
    case State::kOpen: return std::max(not_before_, core_.breaker.open_until());
    case State::kHalfOpen: break;
  }
  return TimePoint::max();
}

std::unique_ptr<Connection> Connector::Connect(
    TimePoint now, const ConnectionOptions& options,
    absl::AnyInvocable<void(const absl::Status&)> opened) {
  if (now < next_attempt()) return nullptr;
  const auto admission = core_.breaker.Admit(now);
  if (admission == CircuitBreaker::Admission::kRejected) return nullptr;
  const bool probe = admission == CircuitBreaker::Admission::kProbe;
  auto connection = std::make_unique<Connection>(core_.context, options);
  connection->Open(
      [this, now, probe, opened = std::move(opened)](const absl::Status& status) mutable {
        const auto hold = core_.Hold();
        OnOpened(now, probe, status);
        opened(status);
      });
  return connection;
}

void Connector::OnOpened(TimePoint began, bool probe, const absl::Status& status) {
  if (core_.closed) return;
  if (status.ok()) {
    ++core_.stats.connects;
    core_.breaker.OnConnected(probe);
    not_before_ = TimePoint::min();
    last_error_ = absl::OkStatus();
  } else {
    const TimePoint now = Clock::now();
    ++core_.stats.connect_failures;
    last_error_ = status;
    const bool first_of_round = began >= round_failed_at_;
    if (first_of_round) {
      round_failed_at_ = now;
      Step(now);
    }
    if (!MayPass(status.code())) {
      OnSuccess(probe);  // Somebody is there, and says no.
      core_.FailWaitingSoon(status);
    } else if (probe || first_of_round) {
      // ONE-PROBE: its end is told in any case.
      OnFailure(now, probe, Failure::kNoConnection);
    }
  }
  core_.OpenSoon();
}

void Connector::OnAsked(const absl::Status& status, bool probe) {
  switch (status.code()) {
    case absl::StatusCode::kOk: OnSuccess(probe); return;
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kResourceExhausted:
    // Refused here: the server has not been asked. (An error reply is an answer, kOk.)
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
      if (probe) OnProbeAbandoned();
      return;
    case absl::StatusCode::kDeadlineExceeded:
      OnFailure(Clock::now(), probe, Failure::kNoAnswer);
      return;
    default:
      if (probe) OnFailure(Clock::now(), probe, Failure::kNoConnection);
  }
}

void Connector::OnFailure(TimePoint now, bool probe, Failure failure) {
  const bool was_open = core_.breaker.state() == State::kOpen;
  core_.breaker.OnFailure(now, probe, failure);
  if (!was_open && core_.breaker.state() == State::kOpen) core_.FailWaitingSoon(BreakerError());
  if (probe) core_.OpenSoon();
}

void Connector::OnProbeAbandoned() {
  core_.breaker.OnProbeAbandoned();
  core_.OpenSoon();
}

void Connector::OnLost(TimePoint now, bool useful) {
  if (useful) backoff_.Reset();
  Step(now);
}

void Connector::Step(TimePoint now) {
  if (now < not_before_) return;  // Others have failed, or were lost, in the same moment.
  not_before_ = After(now, backoff_.Next(core_.random.Unit()));
}

absl::Status Connector::BreakerError() const {
  std::string message =
      "circuit breaker open: " + core_.options.connection.endpoint.ToString() + " does not answer";
  if (!last_error_.ok()) message += " (" + std::string(last_error_.message()) + ")";
  return MakeError(absl::StatusCode::kUnavailable, message, Outcome::kNotExecuted);
}

}  // namespace nacre::client
