// Deadlines. One timer for all of them: it is set for the earliest, and when it fires it is set for
// the earliest of those that are left. Since most requests are answered long before, that is about
// once for each span of a call's timeout, whatever the number of requests.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/net/connection_impl.h"
#include "nacre/client/errors.h"

namespace nacre::client {

void Connection::Impl::WakeAt(Deadline time) {
  if (time >= wake_at_ || phase_ == Phase::kClosed) return;
  wake_at_ = time;
  timer_.expires_at(time);
  timer_.async_wait([self = shared_from_this(), wait = ++wait_](const SystemError& error) {
    if (error || wait != self->wait_) return;
    self->wake_at_ = Deadline::max();
    self->OnTimer();
  });
}

void Connection::Impl::OnTimer() {
  const Deadline now = std::chrono::steady_clock::now();
  if (phase_ == Phase::kOpening) {
    if (now < open_by_) {
      WakeAt(open_by_);
      return;
    }
    FailOpening(handshake_.OnClosed(absl::DeadlineExceededError(
        absl::StrCat("not open within connect_timeout (",
                     absl::FormatDuration(options_.connect_timeout), ")"))));
  } else if (phase_ == Phase::kOpen) {
    ExpireRequests(now);
    WakeAt(pending_.EarliestDeadline());
  }
}

void Connection::Impl::ExpireRequests(Deadline now) {
  // Those that are sent meanwhile have a timer of their own, or the next one.
  const uint64_t last = pending_.last();
  for (uint64_t number = pending_.first(); number < last; ++number) {
    // NO-REFERENCES: some may have been answered meanwhile, or all ended by Close().
    number = std::max(number, pending_.first());
    if (number >= std::min(last, pending_.last())) break;
    if (pending_.at(number).deadline <= now) ExpireRequest(number, now);
  }
}

void Connection::Impl::ExpireRequest(uint64_t number, Deadline now) {
  PendingRequest& request = pending_.at(number);
  if (request.consumer == nullptr) {
    LosePatience(request, now);
    return;
  }
  if (request.while_heard) {
    request.deadline = PatienceFor(request);
    if (request.deadline > now) return;
  }
  ReplyConsumer* const consumer = std::exchange(request.consumer, nullptr);  // POPPED-FIRST
  absl::Status status;
  if (request.begin >= output_.taken()) {
    status =
        MakeError(absl::StatusCode::kDeadlineExceeded,
                  "the deadline passed before the request could be sent", Outcome::kNotExecuted);
    output_.Cut(request.begin, request.end);
    pending_.Cut(number);
    // It may have been the end of something, which is still open then.
    has_changed_state_ = true;
  } else {
    status = MakeError(absl::StatusCode::kDeadlineExceeded,
                       "the deadline passed before the reply came", Outcome::kUnknown);
    request.deadline = After(now, options_.unresponsive_timeout);
  }
  consumer->OnEnd(status);
}

// A server that still takes the request, or says something, has more time: a large reply may be on
// its way.
Deadline Connection::Impl::PatienceFor(const PendingRequest& request) const {
  const bool is_leaving = request.end > output_.taken();
  const Deadline last_sign = is_leaving ? std::max(last_heard_, last_written_) : last_heard_;
  return After(last_sign, options_.unresponsive_timeout);
}

// The caller has given up, and the time that the server had since is over.
void Connection::Impl::LosePatience(PendingRequest& request, Deadline now) {
  request.deadline = PatienceFor(request);
  if (request.deadline > now) return;
  Close(WithEndpoint(absl::UnavailableError(absl::StrCat(
      "no sign of life within unresponsive_timeout (",
      absl::FormatDuration(options_.unresponsive_timeout), ") after a caller had given up"))));
}

}  // namespace nacre::client
