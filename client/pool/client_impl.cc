#include "client/pool/client_impl.h"

#include <algorithm>
#include <utility>

#include "boost/asio/post.hpp"
#include "client/pool/await.h"
#include "nacre/client/errors.h"

namespace nacre::client {

Client::Impl::Impl(boost::asio::io_context& context_in, ClientOptions options_in)
    : PoolCore(context_in, std::move(options_in)),
      connector_(*this),
      dispatcher_(*this, connector_),
      home_(*this, connector_),
      timer_(context_in) {}

ClientStats Client::Impl::Stats() const {
  ClientStats now = stats;
  now.in_flight = dispatcher_.in_flight();
  now.waiting = dispatcher_.waiting() + home_.waiting();
  now.leases = home_.leased();
  now.connections_open = dispatcher_.connections_open() + home_.connections_open();
  now.breaker_open = breaker.state() != CircuitBreaker::State::kClosed;
  return now;
}

void Client::Impl::Close() {
  if (closed) return;
  const auto hold = Hold();
  closed = true;
  timer_.cancel();
  const absl::Status why =
      MakeError(absl::StatusCode::kCancelled, "the client is closed", Outcome::kNotExecuted);
  dispatcher_.Close(why);
  home_.Close(why);
}

void Client::Impl::OnContextGone() {
  closed = true;
  dispatcher_.Abandon();
  home_.Abandon();
}

void Client::Impl::Arm() {
  if (closed) return;
  TimePoint due = std::min({dispatcher_.next_deadline(), home_.next_deadline(), health_due_});
  if (dispatcher_.wants_connection() || home_.wants_connection()) {
    due = std::min(due, connector_.next_attempt());
  }
  // A timer that is set too early comes here again.
  if (due >= armed_for_) return;
  armed_for_ = due;
  timer_.expires_at(due);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->OnTimer();
  });
}

void Client::Impl::OnTimer() {
  armed_for_ = TimePoint::max();
  if (closed) return;
  const TimePoint now = Clock::now();
  dispatcher_.EndExpired(now);
  home_.EndExpired(now);
  if (now >= health_due_) {
    health_due_ = std::min(dispatcher_.CheckHealth(now), home_.CheckHealth(now));
  }
  dispatcher_.OpenWanted(now);
  home_.OpenWanted(now);
  Arm();
}

void Client::Impl::WatchHealth() {
  // A look that is due already looks at all of them.
  if (health_due_ != TimePoint::max() || options.health_check_interval <= absl::ZeroDuration()) {
    return;
  }
  health_due_ = After(Clock::now(), options.health_check_interval);
  Arm();
}

void Client::Impl::OpenSoon() {
  if (closed || std::exchange(opening_soon_, true)) return;
  boost::asio::post(context, [self = shared_from_this()] {
    self->opening_soon_ = false;
    if (self->closed) return;
    const TimePoint now = Clock::now();
    self->dispatcher_.OpenWanted(now);
    self->home_.OpenWanted(now);
    self->Arm();
    // What one connection has given back may go to another that is open.
    self->dispatcher_.Pump();
  });
}

void Client::Impl::FailWaitingSoon(absl::Status why) {
  boost::asio::post(context, [self = shared_from_this(), why = std::move(why)] {
    // A refused lease is no matter to those who wait for room on a connection that is open.
    if (self->breaker.state() != CircuitBreaker::State::kClosed ||
        self->dispatcher_.connections_open() == 0) {
      self->dispatcher_.FailWaiting(why);
    }
    self->home_.FailWaiting(why);
  });
}

void Client::Impl::Bury(std::unique_ptr<Connection> connection) {
  if (connection == nullptr) return;
  connection->SetPushHandler(nullptr);
  connection->SetCloseHandler(nullptr);
  // An attempt to open it may still tell its end to what `self` keeps alive.
  boost::asio::post(context, [self = shared_from_this(), connection = std::move(connection)] {});
}

Awaitable<absl::StatusOr<Lease>> Client::Impl::Host::Acquire(CallOptions options) {
  return AcquireLease(impl_.Hold(), impl_.home_, options);
}

bool Client::Impl::Host::TakeRetry() {
  const bool paid = impl_.budget.TrySpend(Clock::now());
  ++(paid ? impl_.stats.retries : impl_.stats.retries_denied);
  return paid;
}

Nanoseconds Client::Impl::Host::PauseBefore(Backoff& backoff) {
  return backoff.Next(impl_.random.Unit());
}

}  // namespace nacre::client
