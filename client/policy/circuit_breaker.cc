#include "client/policy/circuit_breaker.h"

#include <algorithm>

#include "client/base/check.h"

namespace nacre::client {

CircuitBreaker::CircuitBreaker(const CircuitBreakerOptions& options)
    : failures_max_(options.failures),
      open_for_initial_(
          std::min(ToNanoseconds(options.open_for), ToNanoseconds(options.open_for_max))),
      open_for_max_(ToNanoseconds(options.open_for_max)),
      open_for_(open_for_initial_) {}

CircuitBreaker::Admission CircuitBreaker::AdmitProbe(TimePoint now) {
  if (state_ == State::kHalfOpen || now < open_until_) return Admission::kRejected;
  state_ = State::kHalfOpen;
  return Admission::kProbe;
}

void CircuitBreaker::CloseAfterProbe() {
  NACRE_CLIENT_CHECK(state_ == State::kHalfOpen, "ONE-PROBE: a verdict on a probe that is not out");
  state_ = State::kClosed;
  failures_ = unanswered_ = 0;
  open_for_ = open_for_initial_;
}

void CircuitBreaker::OnFailure(TimePoint now, bool probe, Failure failure) {
  if (probe) {
    NACRE_CLIENT_CHECK(state_ == State::kHalfOpen,
                       "ONE-PROBE: a verdict on a probe that is not out");
    open_for_ = open_for_ > open_for_max_ / 2 ? open_for_max_ : open_for_ * 2;
    Open(now);
    return;
  }
  if (failures_max_ <= 0 || state_ != State::kClosed) return;
  if (failure == Failure::kNoAnswer) ++unanswered_;
  if (++failures_ >= failures_max_) Open(now);
}

void CircuitBreaker::OnProbeAbandoned() {
  NACRE_CLIENT_CHECK(state_ == State::kHalfOpen, "ONE-PROBE: a verdict on a probe that is not out");
  state_ = State::kOpen;  // open_until_ has passed.
}

void CircuitBreaker::Open(TimePoint now) {
  state_ = State::kOpen;
  open_until_ = After(now, open_for_);
}

}  // namespace nacre::client
