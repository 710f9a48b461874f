// A connection while a command of it waits to be answered: no thread is occupied, and what follows
// is held back.
//
// The wait ends once, whoever comes first: its timer, CLIENT UNBLOCK by the record, the stop of the
// server; or the connection closes.

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "server/net/connection.h"
#include "server/net/io_thread.h"

namespace nacre::server {

// The request stays in the input, as that of a slow command does; but more may be added behind it.
void Connection::BeginWait() {
  waiting_ = true;
  ++waits_;
  wait_bytes_ = batch_.front_bytes();
  batch_.Forget();  // Its words are views into the input, which moves as more arrives.
  server_.counters().clients_waiting.fetch_add(1, std::memory_order_relaxed);
  record_->wait.store(ClientRecord::Wait::kWaiting, std::memory_order_release);
  if (draining_) {
    SettleWait(Session::WaitEnd::kTimeout);
    return;
  }
  if (session_.wait_until() == absl::InfiniteFuture()) return;
  if (wait_timer_ == nullptr) wait_timer_ = std::make_unique<Timer>(thread_.context());
  wait_timer_->expires_at(std::chrono::steady_clock::time_point(
      absl::ToChronoNanoseconds(session_.wait_until() - absl::UnixEpoch())));
  ++timers_;
  wait_timer_->async_wait([this, wait = waits_](const ErrorCode& error) {
    --timers_;
    if (phase_ == Phase::kClosed) {
      DeleteIfIdle();
    } else if (!error && waiting_ && wait == waits_) {
      SettleWait(Session::WaitEnd::kTimeout);
      Process();
    }
  });
}

// Not by a read that is left pending: the wait may end at any time, and the input then moves.
//
// What is sent behind the command is taken as long as the query buffer may grow: that the client
// has gone comes behind it, and would else come to nobody. At the bound it has to be asked for.
void Connection::WatchInput() {
  if (watching_) return;
  if (InputIsHeldBack()) {
    WatchTime();  // The ticks ask.
    return;
  }
  watching_ = true;
  socket_.async_wait(Socket::wait_read, [this](const ErrorCode& error) { OnInput(error); });
}

bool Connection::InputIsHeldBack() const {
  return waiting_ && input_.size() > server_.settings().request_bytes_max();
}

// Whether the client has shut its side or is gone, though what it sent before was not read.
bool Connection::ClientHasLeft() {
  pollfd socket = {.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
  return poll(&socket, 1, 0) > 0;
}

void Connection::OnInput(const ErrorCode& error) {
  watching_ = false;
  if (phase_ == Phase::kClosed) {
    DeleteIfIdle();
    return;
  }
  if (!waiting_) return;  // Read() is at work again.
  ssize_t got = -1;
  errno = EAGAIN;
  if (!error) {
    char* const room = input_.Reserve(read_bytes_);
    got = recv(socket_.native_handle(), room, input_.room(), MSG_DONTWAIT);
  }
  if (got > 0) {
    ServerState::ThreadCounters::Add(counters_.bytes_in, static_cast<uint64_t>(got));
    input_.Commit(static_cast<size_t>(got));
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    Abort();  // Nobody is there to hear the answer.
    return;
  }
  WatchInput();
}

void Connection::SettleWait(std::optional<Session::WaitEnd> how) {
  if (!waiting_) return;
  using Wait = ClientRecord::Wait;
  Wait seen = Wait::kWaiting;
  if (how) {
    record_->wait.compare_exchange_strong(seen, Wait::kNone, std::memory_order_acq_rel);
  } else {
    seen = record_->wait.load(std::memory_order_acquire);
    if (seen == Wait::kWaiting) return;
  }
  if (seen == Wait::kEndByTimeout) how = Session::WaitEnd::kTimeout;
  if (seen == Wait::kEndByError) how = Session::WaitEnd::kError;
  EndWait(*how);
}

void Connection::EndWait(Session::WaitEnd how) {
  waiting_ = false;
  record_->wait.store(ClientRecord::Wait::kNone, std::memory_order_release);
  server_.counters().clients_waiting.fetch_sub(1, std::memory_order_relaxed);
  session_.EndWait(how);
  input_.Consume(wait_bytes_);
  if (timers_ > 0) wait_timer_->cancel();
}

void Connection::OnWake() {
  if (phase_ == Phase::kClosed) return;
  if (record_->killed.load(std::memory_order_acquire)) {
    Abort();
    return;
  }
  if (!waiting_) return;
  SettleWait(std::nullopt);
  if (!waiting_) Process();
}

}  // namespace nacre::server
