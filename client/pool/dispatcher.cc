#include "client/pool/dispatcher.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/base/check.h"
#include "nacre/client/errors.h"

namespace nacre::client {
namespace {

using Admission = CircuitBreaker::Admission;
using State = CircuitBreaker::State;

absl::Status NotExecuted(absl::StatusCode code, std::string_view message) {
  return MakeError(code, message, Outcome::kNotExecuted);
}

}  // namespace

void Call::OnEnd(const absl::Status& status) { dispatcher_->OnEnd(*this, status); }

Dispatcher::Dispatcher(PoolCore& core, Connector& connector)
    : core_(core),
      connector_(connector),
      connection_options_([&] {
        // One place more than calls may take, for the PING of a connection that is full.
        ConnectionOptions options = core.options.connection;
        options.in_flight_max = std::max(options.in_flight_max, options.in_flight_max + 1);
        return options;
      }()),
      room_(core.options.in_flight_max, core.options.waiting_max) {
  for (size_t i = 0; i < std::max<size_t>(1, core.options.shared_connections); ++i) {
    links_.push_back(std::make_unique<Link>());
  }
}

void Dispatcher::Start(Call& call, const CallOptions& options) {
  const TimePoint now = Clock::now();
  call.dispatcher_ = this;
  call.link_ = nullptr;
  call.replies_ = 0;
  call.probe_ = false;
  call.commands = call.request_->commands();
  call.deadline = core_.DeadlineOf(now, options);
  calls_.Add(call);
  Link* link = nullptr;
  if (absl::Status status = Admit(call, now, &link); !status.ok()) {
    End(call, status);
    return;
  }
  if (call.commands == 0) {
    AbandonProbe(call);
    End(call, absl::OkStatus());
    return;
  }
  core_.stats.requests += call.commands;
  core_.budget.OnRequests(now, call.commands);
  if (link != nullptr && room_.TryEnter(call.commands)) {
    call.order = room_.TakeOrder();
    SendOn(*link, call, now);
    return;
  }
  NACRE_CLIENT_CHECK(!call.probe_, "PROBE-SENT: a probe that waits");
  if (!room_.Wait(call)) {
    End(call, NotExecuted(absl::StatusCode::kResourceExhausted,
                          absl::StrCat("waiting_max: ", room_.waiting(), " calls wait already")));
    return;
  }
  if (link == nullptr) {
    OpenWanted(now);
    AskStuck();
  }
  core_.Arm();
}

// Whether the call may go on at all, and the connection for it if there is one now.
absl::Status Dispatcher::Admit(Call& call, TimePoint now, Link** link) {
  if (core_.closed) {
    return NotExecuted(absl::StatusCode::kCancelled, "the client is closed");
  }
  if (!room_.Fits(call.commands)) {
    return NotExecuted(
        absl::StatusCode::kResourceExhausted,
        absl::StrCat("ClientOptions::in_flight_max: ", call.commands, " commands in one request, ",
                     core_.options.in_flight_max, " allowed"));
  }
  if (call.commands > core_.options.connection.in_flight_max) {
    return NotExecuted(absl::StatusCode::kResourceExhausted,
                       absl::StrCat("ConnectionOptions::in_flight_max: ", call.commands,
                                    " commands in one request, ",
                                    core_.options.connection.in_flight_max, " allowed"));
  }
  if (call.deadline <= now) {
    return NotExecuted(absl::StatusCode::kDeadlineExceeded, "the timeout had passed before");
  }
  *link = Choose(call.commands);
  if (core_.breaker.state() == State::kClosed) return absl::OkStatus();
  Admission admission = Admission::kRejected;
  if (connections_open() == 0) {
    // The attempt to open a connection is the probe, and the call waits for it.
    if (core_.breaker.MayAsk(now)) admission = Admission::kAdmitted;
  } else if (*link != nullptr && room_.MayEnter(call.commands)) {
    admission = core_.breaker.Admit(now);  // See PROBE-SENT.
  }
  if (admission == Admission::kRejected) {
    ++core_.stats.breaker_rejections;
    return connector_.BreakerError();
  }
  call.probe_ = admission == Admission::kProbe;
  return absl::OkStatus();
}

Link* Dispatcher::Choose(size_t commands) const {
  Link* best = nullptr;
  size_t fewest_taken = 0;
  for (const auto& link : links_) {
    if (!link->is_usable()) continue;
    const size_t taken = link->connection->places_taken();
    if (taken + commands > core_.options.connection.in_flight_max) continue;
    if (best != nullptr && taken >= fewest_taken) continue;
    best = link.get();
    fewest_taken = taken;
  }
  return best;
}

// Last of what the caller does: the call may end, and its end may destroy the client.
void Dispatcher::SendOn(Link& link, Call& call, TimePoint now) {
  call.link_ = &link;
  call.sent_at_ = now;
  if (link.connection->in_flight() == 0) link.asked_at = now;
  ++link.calls;
  link.connection->Send(*call.request_, call, call.deadline);
}

void Dispatcher::Pump() {
  // A call that ends while it is being sent comes here again: the loop below goes on instead.
  if (pumping_ || room_.first() == nullptr) return;
  const auto hold = core_.Hold();
  const TimePoint now = Clock::now();
  pumping_ = true;
  while (Room::Waiter* const waiter = room_.first()) {
    if (!room_.HasPlaceFor(waiter->commands)) break;
    Link* const link = Choose(waiter->commands);
    if (link == nullptr) break;
    room_.EnterFirst();
    SendOn(*link, static_cast<Call&>(*waiter), now);
  }
  pumping_ = false;
  if (!core_.closed && room_.first() != nullptr) AskStuck();
}

// Somebody waits for a connection that is full of requests whose callers have given up. Nobody is
// told when their replies come; the reply to a PING, which comes after them, tells.
void Dispatcher::AskStuck() {
  for (const auto& link : links_) {
    if (link->is_usable() && link->calls == 0 && !link->ping.under_way() &&
        link->connection->in_flight() > 0) {
      link->ping.SendWhileHeard(
          *link->connection, [this, link = link.get()](const absl::Status& status) {
            OnPingEnd(*link, status, core_.options.connection.unresponsive_timeout);
          });
    }
  }
}

void Dispatcher::OnEnd(Call& call, const absl::Status& status) {
  Link& link = *call.link_;
  call.link_ = nullptr;
  --link.calls;
  room_.Leave(call.commands);
  Judge(call, link, status);
  if (!status.ok() && MoveBack(call, link, status)) return;
  if (room_.first() == nullptr) {
    End(call, status);  // Which may destroy this.
    return;
  }
  const auto hold = core_.Hold();
  End(call, status);
  Pump();
}

// What the end of a call says about the server.
void Dispatcher::Judge(Call& call, Link& link, const absl::Status& status) {
  const bool probe = std::exchange(call.probe_, false);
  if (status.ok()) {
    if (!std::exchange(link.answered, true)) connector_.OnUseful();
    connector_.OnSuccess(probe);
    return;
  }
  if (status.code() != absl::StatusCode::kDeadlineExceeded ||
      core_.HadTimeToAnswer(call.sent_at_, call.deadline,
                            std::max(link.asked_at, link.connection->last_heard()))) {
    connector_.OnAsked(status, probe);
  } else if (probe) {
    connector_.OnProbeAbandoned();
  }
}

// See NEVER-TWICE. `link` has lost its connection, or will have.
bool Dispatcher::MoveBack(Call& call, Link& link, const absl::Status& status) {
  if (status.code() != absl::StatusCode::kUnavailable ||
      OutcomeOf(status) != Outcome::kNotExecuted || core_.closed) {
    return false;
  }
  NACRE_CLIENT_CHECK(call.replies_ == 0, "NEVER-TWICE: a request that has been answered");
  link.usable = false;
  room_.WaitAgain(call);
  core_.OpenSoon();
  return true;
}

void Dispatcher::End(Call& call, const absl::Status& status) {
  NACRE_CLIENT_CHECK(call.link_ == nullptr && !call.waits(), "ONE-END: a call that is on its way");
  calls_.Remove(call);
  if (!status.ok()) ++core_.stats.failures;
  call.Ended(status);
}

void Dispatcher::AbandonProbe(Call& call) {
  if (std::exchange(call.probe_, false)) connector_.OnProbeAbandoned();
}

bool Dispatcher::Forget(Call& call) {
  const bool sent = call.link_ != nullptr;
  if (sent) {
    call.link_->connection->Forget(call);
    --call.link_->calls;
    call.link_ = nullptr;
    room_.Leave(call.commands);
  } else {
    room_.Remove(call);
  }
  AbandonProbe(call);
  calls_.Remove(call);
  ++core_.stats.failures;
  return sent;
}

void Dispatcher::EndExpired(TimePoint now) {
  bool any = false;
  while (Room::Waiter* const waiter = room_.TakeExpired(now)) {
    auto& call = static_cast<Call&>(*waiter);
    any = true;
    End(call, WaitedTooLong());
  }
  if (any) Pump();  // Who came behind may fit where the first did not.
}

absl::Status Dispatcher::WaitedTooLong() const {
  if (connections_open() > 0) {
    return NotExecuted(absl::StatusCode::kDeadlineExceeded,
                       "the timeout passed while the call waited for room (in_flight_max)");
  }
  std::string message =
      absl::StrCat("the timeout passed while the call waited for a connection to ",
                   core_.options.connection.endpoint.ToString());
  if (const absl::Status& error = connector_.last_error(); !error.ok()) {
    absl::StrAppend(&message, " (", error.message(), ")");
  }
  return NotExecuted(absl::StatusCode::kDeadlineExceeded, message);
}

void Dispatcher::FailWaiting(const absl::Status& why) {
  // Not those who come meanwhile: who asks again at its end would be told so without end.
  const uint64_t newcomers = room_.TakeOrder();
  while (Room::Waiter* const waiter = room_.first()) {
    if (waiter->order > newcomers) break;
    room_.Remove(*waiter);
    End(static_cast<Call&>(*waiter), why);
  }
}

}  // namespace nacre::client
