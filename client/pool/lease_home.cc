#include "client/pool/lease_home.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/base/check.h"
#include "nacre/client/errors.h"

namespace nacre::client {
namespace {

using State = CircuitBreaker::State;

absl::Status NotExecuted(absl::StatusCode code, std::string_view message) {
  return MakeError(code, message, Outcome::kNotExecuted);
}

}  // namespace

LeaseHome::LeaseHome(PoolCore& core, Connector& connector)
    : core_(core),
      connector_(connector),
      room_(core.options.leases_max, core.options.waiting_max) {}

void LeaseHome::Acquire(LeaseWaiter& waiter, const CallOptions& options) {
  const TimePoint now = Clock::now();
  waiter.commands = 1;
  waiter.deadline = core_.DeadlineOf(now, options);
  DropClosedIdle();
  absl::Status refused;
  if (core_.closed) {
    refused = NotExecuted(absl::StatusCode::kCancelled, "the client is closed");
  } else if (!room_.Fits(1)) {
    refused = NotExecuted(absl::StatusCode::kResourceExhausted, "leases_max is zero");
  } else if (waiter.deadline <= now) {
    refused = NotExecuted(absl::StatusCode::kDeadlineExceeded, "the timeout had passed before");
  } else if (!core_.breaker.MayAsk(now)) {
    ++core_.stats.breaker_rejections;
    refused = connector_.BreakerError();
  } else if (core_.breaker.state() == State::kClosed && !idle_.empty() &&
             !IsStale(*idle_.back(), now) && room_.TryEnter(1)) {
    Grant(waiter);
    return;
  } else if (!room_.Wait(waiter)) {
    refused = NotExecuted(absl::StatusCode::kResourceExhausted,
                          absl::StrCat("waiting_max: ", room_.waiting(), " calls wait already"));
  }
  if (!refused.ok()) {
    ++core_.stats.failures;
    waiter.Ended(refused);
    return;
  }
  Supply(now);
  core_.Arm();
}

void LeaseHome::Forget(LeaseWaiter& waiter) {
  room_.Remove(waiter);
  ++core_.stats.failures;
}

// How many connections are to be under way for those who wait.
size_t LeaseHome::wanted() const {
  const size_t open_max = core_.options.leases_max - std::min(leased(), core_.options.leases_max);
  return std::min(waiting(), open_max);
}

bool LeaseHome::wants_connection() const {
  return !core_.closed && wanted() > arrivals_.size() + idle_.size();
}

void LeaseHome::OpenWanted(TimePoint now) { Supply(now); }

// Gives out what is there, and gets what is missing.
void LeaseHome::Supply(TimePoint now) {
  if (core_.closed) return;
  DropClosedIdle();
  // While the breaker is not closed, an idle connection is the cheapest thing to probe with.
  const bool doubtful = core_.breaker.state() != State::kClosed;
  while (!doubtful && !idle_.empty() && !IsStale(*idle_.back(), now) && GrantFirst()) {
  }
  while (!idle_.empty() && wanted() > arrivals_.size()) {
    if (doubtful && !core_.breaker.MayAsk(now)) break;
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    Check(std::move(connection), now);
  }
  while (wanted() > arrivals_.size() + idle_.size()) {
    const size_t before = arrivals_.size();
    Open(now);
    if (arrivals_.size() == before) break;  // Not now: backoff, or the breaker.
  }
}

// A connection has been heard this moment: it goes to who is first, however short the interval of
// health checks, or is kept.
void LeaseHome::OnArrived(std::unique_ptr<Connection> connection) {
  const bool is_open = connection->is_open();
  Keep(std::move(connection));
  if (is_open) GrantFirst();  // If anybody waits, it is the last of the idle now.
  core_.OpenSoon();
}

// The last of the idle, which are not none, to who is first; false if nobody may have it.
bool LeaseHome::GrantFirst() {
  if (room_.first() == nullptr || !room_.HasPlaceFor(1)) return false;
  auto& waiter = static_cast<LeaseWaiter&>(*room_.first());
  room_.EnterFirst();
  Grant(waiter);
  return true;
}

// To one that has a place, from the idle.
void LeaseHome::Grant(LeaseWaiter& waiter) {
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  connection->SetCloseHandler(nullptr);
  leased_.push_back(connection.get());
  const std::shared_ptr<PoolCore> hold = core_.Hold();
  waiter.Ended(Lease(std::shared_ptr<LeaseHome>(hold, this), std::move(connection)));
}

void LeaseHome::Open(TimePoint now) {
  const auto arrival = arrivals_.emplace(arrivals_.end());
  arrival->connection = connector_.Connect(
      now, core_.options.connection,
      [this, arrival](const absl::Status& status) { OnOpened(arrival, status); });
  if (arrival->connection == nullptr) arrivals_.erase(arrival);
  NACRE_CLIENT_CHECK(leased_.size() + idle_.size() + arrivals_.size() <= core_.options.leases_max,
                     "LEASE-CAP: more connections than leases_max");
}

void LeaseHome::OnOpened(Arrivals::iterator arrival, const absl::Status& status) {
  if (core_.closed) return;
  std::unique_ptr<Connection> connection = std::move(arrival->connection);
  arrivals_.erase(arrival);
  if (!status.ok()) {
    core_.Bury(std::move(connection));
    return;  // The connector looks again who wants one.
  }
  connector_.OnUseful();
  OnArrived(std::move(connection));
}

void LeaseHome::Check(std::unique_ptr<Connection> connection, TimePoint now) {
  const auto arrival = arrivals_.emplace(arrivals_.end());
  arrival->probe = core_.breaker.state() != State::kClosed &&
                   core_.breaker.Admit(now) == CircuitBreaker::Admission::kProbe;
  arrival->connection = std::move(connection);
  arrival->connection->SetCloseHandler(nullptr);
  arrival->ping.Send(*arrival->connection, After(now, core_.options.health_check_timeout),
                     [this, arrival](const absl::Status& status) { OnChecked(arrival, status); });
}

void LeaseHome::OnChecked(Arrivals::iterator arrival, const absl::Status& status) {
  if (core_.closed) return;
  const bool probe = arrival->probe;
  std::unique_ptr<Connection> connection = std::move(arrival->connection);
  arrivals_.erase(arrival);  // The Ping too; it does nothing after this.
  connector_.OnAsked(status, probe);
  if (status.ok()) {
    OnArrived(std::move(connection));
  } else {
    if (status.code() == absl::StatusCode::kDeadlineExceeded) ++core_.stats.health_checks_failed;
    core_.Bury(std::move(connection));
    core_.OpenSoon();
  }
}

void LeaseHome::Judge(const Connection& connection, TimePoint sent_at, TimePoint deadline,
                      const absl::Status& status) {
  if (status.code() != absl::StatusCode::kDeadlineExceeded ||
      core_.HadTimeToAnswer(sent_at, deadline, std::max(sent_at, connection.last_heard()))) {
    connector_.OnAsked(status, /*probe=*/false);
  }
}

void LeaseHome::Return(std::unique_ptr<Connection> connection, bool reusable) {
  const auto leased = std::find(leased_.begin(), leased_.end(), connection.get());
  NACRE_CLIENT_CHECK(leased != leased_.end(), "a lease that is not of this home");
  *leased = leased_.back();
  leased_.pop_back();
  room_.Leave(1);
  if (core_.closed || !reusable || !connection->is_open() || connection->in_flight() != 0 ||
      connection->has_push_handler() || !connection->is_like_new()) {
    core_.Bury(std::move(connection));
  } else {
    Keep(std::move(connection));
  }
  if (room_.first() != nullptr) core_.OpenSoon();
}

void LeaseHome::Keep(std::unique_ptr<Connection> connection) {
  if (!connection->is_open()) {
    core_.Bury(std::move(connection));
    return;
  }
  connection->SetPushHandler(nullptr);  // Also if one runs just now, which would be put back.
  connection->SetCloseHandler(
      [this, raw = connection.get()](const absl::Status&) { OnIdleClosed(raw); });
  idle_.push_back(std::move(connection));
  const size_t idle_max = core_.options.idle_leases_max + room_.waiting();
  if (idle_.size() > idle_max) {
    core_.Bury(std::move(idle_.front()));  // The one that has been idle for the longest.
    idle_.erase(idle_.begin());
  }
  core_.WatchHealth();
}

void LeaseHome::OnIdleClosed(Connection* connection) {
  const auto idle = std::find_if(idle_.begin(), idle_.end(),
                                 [&](const auto& other) { return other.get() == connection; });
  if (idle == idle_.end()) return;
  core_.Bury(std::move(*idle));
  idle_.erase(idle);
}

// Those that have closed this moment, of which OnIdleClosed() is on its way.
void LeaseHome::DropClosedIdle() {
  const auto closed = std::stable_partition(
      idle_.begin(), idle_.end(), [](const auto& connection) { return connection->is_open(); });
  std::for_each(closed, idle_.end(),
                [this](auto& connection) { core_.Bury(std::move(connection)); });
  idle_.erase(closed, idle_.end());
}

// To be asked (PING) before it is handed out.
bool LeaseHome::IsStale(const Connection& connection, TimePoint now) const {
  const Nanoseconds interval = ToNanoseconds(core_.options.health_check_interval);
  return interval != Nanoseconds(0) && After(connection.last_heard(), interval) <= now;
}

TimePoint LeaseHome::CheckHealth(TimePoint now) {
  const Nanoseconds interval = ToNanoseconds(core_.options.health_check_interval);
  TimePoint next = TimePoint::max();
  if (interval == Nanoseconds(0)) return next;
  // Those that are asked leave the list meanwhile.
  for (size_t i = 0; i < idle_.size();) {
    if (!IsStale(*idle_[i], now)) {
      next = std::min(next, After(idle_[i]->last_heard(), interval));
      ++i;
      continue;
    }
    std::unique_ptr<Connection> connection = std::move(idle_[i]);
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
    Check(std::move(connection), now);
  }
  return next;
}

void LeaseHome::EndExpired(TimePoint now) {
  while (Room::Waiter* const waiter = room_.TakeExpired(now)) {
    std::string message = absl::StrCat("the timeout passed while the call waited for a lease (",
                                       leased(), " of leases_max are out)");
    if (const absl::Status& error = connector_.last_error(); !error.ok()) {
      absl::StrAppend(&message, ": ", error.message());
    }
    ++core_.stats.failures;
    static_cast<LeaseWaiter&>(*waiter).Ended(
        NotExecuted(absl::StatusCode::kDeadlineExceeded, message));
  }
}

void LeaseHome::FailWaiting(const absl::Status& why) {
  while (Room::Waiter* const waiter = room_.first()) {
    room_.Remove(*waiter);
    ++core_.stats.failures;
    static_cast<LeaseWaiter&>(*waiter).Ended(why);
  }
}

void LeaseHome::Close(const absl::Status& why) {
  for (Connection* const connection : std::vector<Connection*>(leased_)) {
    // The end of a request may have given another lease back meanwhile.
    if (std::find(leased_.begin(), leased_.end(), connection) != leased_.end()) {
      connection->Close(why);
    }
  }
  // The arrivals stay in the list, without a connection: their handlers may still come.
  for (Arrival& arrival : arrivals_) core_.Bury(std::move(arrival.connection));
  for (auto& connection : idle_) core_.Bury(std::move(connection));
  idle_.clear();
  FailWaiting(why);
}

void LeaseHome::Abandon() {
  suspended_.DropAll();
  while (Room::Waiter* const waiter = room_.first()) {
    room_.Remove(*waiter);
    static_cast<LeaseWaiter&>(*waiter).Abandoned();
  }
  for (Arrival& arrival : arrivals_) arrival.connection.reset();
  idle_.clear();
}

size_t LeaseHome::connections_open() const {
  const auto is_open = [](const auto& connection) { return connection->is_open(); };
  return static_cast<size_t>(std::count_if(idle_.begin(), idle_.end(), is_open) +
                             std::count_if(leased_.begin(), leased_.end(), is_open));
}

}  // namespace nacre::client
