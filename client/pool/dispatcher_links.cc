// The dispatcher's connections: how they come, are watched, and go.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/pool/dispatcher.h"
#include "nacre/client/errors.h"

namespace nacre::client {

bool Dispatcher::wants_connection() const {
  if (core_.closed || (!was_connected_ && room_.first() == nullptr)) return false;
  return std::any_of(links_.begin(), links_.end(),
                     [](const auto& link) { return link->connection == nullptr; });
}

void Dispatcher::OpenWanted(TimePoint now) {
  if (!wants_connection()) return;
  for (const auto& link : links_) {
    if (link->connection == nullptr) Open(*link, now);
  }
}

void Dispatcher::Open(Link& link, TimePoint now) {
  link.connection =
      connector_.Connect(now, connection_options_,
                         [this, &link](const absl::Status& status) { OnOpened(link, status); });
}

void Dispatcher::OnOpened(Link& link, const absl::Status& status) {
  if (core_.closed) return;
  if (!status.ok()) {
    core_.Bury(std::move(link.connection));
    return;
  }
  was_connected_ = true;
  link.usable = true;
  link.answered = false;
  link.connection->SetPushHandler([this](ReplyView push) { OnPush(push); });
  link.connection->SetCloseHandler([this, &link](const absl::Status&) { OnClosed(link); });
  core_.WatchHealth();
  Pump();
}

// The handler may replace itself, or destroy the client.
void Dispatcher::OnPush(ReplyView push) {
  if (!push_handler_) return;
  const auto hold = core_.Hold();
  Connection::PushHandler handler = std::exchange(push_handler_, nullptr);
  push_handler_set_ = false;
  handler(push);
  if (!push_handler_set_) push_handler_ = std::move(handler);
}

void Dispatcher::OnClosed(Link& link) {
  if (core_.closed) return;
  link.usable = false;
  core_.Bury(std::move(link.connection));
  connector_.OnLost(Clock::now(), link.answered);
  core_.OpenSoon();
}

TimePoint Dispatcher::CheckHealth(TimePoint now) {
  const Nanoseconds interval = ToNanoseconds(core_.options.health_check_interval);
  TimePoint next = TimePoint::max();
  if (interval == Nanoseconds(0)) return next;
  for (const auto& link : links_) {
    if (!link->is_usable()) continue;
    // One with requests under way is watched by their deadlines, or, if these are infinite, not at
    // all (CallOptions).
    const bool idle = link->connection->in_flight() == 0;
    const TimePoint due = idle ? After(link->connection->last_heard(), interval) : now;
    if (due <= now && idle) SendPing(*link, now);
    next = std::min(next, due <= now ? After(now, interval) : due);
  }
  return next;
}

// To one that is idle.
void Dispatcher::SendPing(Link& link, TimePoint now) {
  const absl::Duration timeout = core_.options.health_check_timeout;
  link.asked_at = now;
  link.ping.Send(
      *link.connection, After(now, timeout),
      [this, &link, timeout](const absl::Status& status) { OnPingEnd(link, status, timeout); });
}

void Dispatcher::OnPingEnd(Link& link, const absl::Status& status, absl::Duration timeout) {
  if (core_.closed) return;
  if (status.ok()) {
    if (!std::exchange(link.answered, true)) connector_.OnUseful();
    Pump();
    return;
  }
  if (status.code() != absl::StatusCode::kDeadlineExceeded) return;  // It broke by itself.
  ++core_.stats.health_checks_failed;
  const auto hold = core_.Hold();
  link.usable = false;
  // Its close handler replaces it.
  link.connection->Close(absl::UnavailableError(
      absl::StrCat("no answer to PING within ", absl::FormatDuration(timeout))));
}

void Dispatcher::SetPushHandler(Connection::PushHandler handler) {
  push_handler_ = std::move(handler);
  push_handler_set_ = true;
}

void Dispatcher::Flush() {
  for (const auto& link : links_) {
    if (link->is_usable()) link->connection->Flush();
  }
}

void Dispatcher::Close(const absl::Status& why) {
  // Each end may call the client again, which answers that it is closed, or forget other calls,
  // which needs the connection where it is.
  for (const auto& link : links_) {
    link->usable = false;
    if (link->connection == nullptr) continue;
    link->connection->Close(why);
    core_.Bury(std::move(link->connection));
  }
  FailWaiting(why);
}

void Dispatcher::Abandon() {
  while (Call* const call = calls_.first()) {
    if (call->link_ != nullptr) {
      call->link_->connection->Forget(*call);
      --call->link_->calls;
      call->link_ = nullptr;
      room_.Leave(call->commands);
    } else if (call->waits()) {
      room_.Remove(*call);
    }
    calls_.Remove(*call);
    call->Abandoned();
  }
  for (const auto& link : links_) {
    link->usable = false;
    link->connection.reset();
  }
}

size_t Dispatcher::connections_open() const {
  return static_cast<size_t>(std::count_if(links_.begin(), links_.end(), [](const auto& link) {
    return link->connection != nullptr && link->connection->is_open();
  }));
}

}  // namespace nacre::client
