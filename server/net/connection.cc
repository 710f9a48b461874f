#include "server/net/connection.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "server/base/clock.h"
#include "server/net/io_thread.h"
#include "server/net/slow_lane.h"
#include "server/net/turn.h"

namespace nacre::server {

namespace {

// Room that a read is given: little for a client that sends one request at a time, more for one
// whose requests fill it.
constexpr uint32_t kReadBytesMin = 2 << 10;
constexpr uint32_t kReadBytesMax = 16 << 10;
// One request of a client that has not given its password.
constexpr size_t kStrangerArgsMax = 10;
constexpr size_t kStrangerBulkBytesMax = 16 << 10;
// What an empty buffer keeps.
constexpr size_t kBufferBytesKept = 16 << 10;
// Replies beyond this are sent before the batch is complete, so that a batch of large replies does
// not pile up.
constexpr size_t kSendBytes = 256 << 10;
// Replies to a batch of so many commands wait for those to the other clients that are ready.
constexpr uint64_t kCommandsToSendSoon = 4;
// How long a client that is being closed has to take its replies, and then to close its side.
constexpr absl::Duration kFlushTimeout = absl::Seconds(10);
constexpr absl::Duration kLingerTimeout = absl::Seconds(1);
constexpr absl::Duration kLingerTimeoutAtStop = absl::Milliseconds(100);

// "127.0.0.1:6379", "[::1]:6379"
std::string AddressOf(const Socket& socket, bool local) {
  ErrorCode error;
  const Tcp::endpoint end = local ? socket.local_endpoint(error) : socket.remote_endpoint(error);
  if (error) return "?:0";
  const std::string host = end.address().to_string();
  return end.address().is_v6() ? absl::StrCat("[", host, "]:", end.port())
                               : absl::StrCat(host, ":", end.port());
}

}  // namespace

Connection::Connection(IoThread& thread, Socket socket)
    : thread_(thread),
      server_(thread.server()),
      counters_(thread.counters()),
      socket_(std::move(socket)),
      read_bytes_(kReadBytesMin),
      batch_(server_.options().request),
      record_(std::make_shared<ClientRecord>(
          server_.NextClientId(), thread_,
          ClientRecord::Socket{AddressOf(socket_, /*local=*/false),
                               AddressOf(socket_, /*local=*/true), socket_.native_handle()})),
      session_(server_, output_, *record_, *counters_.commands_run) {}

Connection::~Connection() { Unlist(); }

void Connection::Start() {
  ErrorCode ignored;
  socket_.set_option(Tcp::no_delay(true), ignored);
  listed_ = true;
  server_.clients().Add(record_);
  Read();
}

void Connection::StartRejected(std::string_view error) {
  session_.out().Error(error);
  CloseAfterOutput();
}

// --- Reading and running ---

void Connection::Read() {
  if (reading_ || slow_ || phase_ == Phase::kClosed) return;
  if (phase_ == Phase::kServing) {
    if (later_) return;
    if (OutputIsFull()) return;  // OnWritten() goes on.
    if (waiting_) {
      WatchInput();
      return;
    }
    if (draining_) {
      ReadWhatIsLeft();
      return;
    }
  }
  batch_.Forget();
  reading_ = true;
  char* const room = input_.Reserve(read_bytes_);
  socket_.async_read_some(boost::asio::buffer(room, input_.room()),
                          [this](const ErrorCode& error, size_t bytes) { OnRead(error, bytes); });
}

void Connection::OnRead(const ErrorCode& error, size_t bytes) {
  reading_ = false;
  if (phase_ == Phase::kClosed) {
    DeleteIfIdle();
    return;
  }
  if (phase_ == Phase::kLingering) {
    if (error) {
      Abort();
    } else {
      Read();
    }
    return;
  }
  if (error && !(draining_ && error == boost::asio::error::operation_aborted)) {
    // The client has shut its side, or is gone. It may still read what it asked for.
    if (error == boost::asio::error::eof) {
      CloseAfterOutput();
    } else {
      Abort();
    }
    return;
  }
  if (bytes >= read_bytes_) read_bytes_ = std::min(2 * read_bytes_, kReadBytesMax);
  ServerState::ThreadCounters::Add(counters_.bytes_in, bytes);
  input_.Commit(bytes);
  Process();
}

// The server stops. What the kernel has taken from the client by now was under way, so it is run;
// what arrives later was not.
void Connection::ReadWhatIsLeft() {
  if (drained_) {
    CloseAfterOutput();
    return;
  }
  drained_ = true;
  batch_.Forget();
  int waiting = 0;
  if (ioctl(socket_.native_handle(), FIONREAD, &waiting) != 0) waiting = 0;
  while (waiting > 0) {
    char* const room = input_.Reserve(static_cast<size_t>(waiting));
    const ssize_t got =
        recv(socket_.native_handle(), room, static_cast<size_t>(waiting), MSG_DONTWAIT);
    if (got <= 0) break;
    input_.Commit(static_cast<size_t>(got));
    waiting -= static_cast<int>(got);
  }
  Process();
}

void Connection::CountErrors() {
  const uint64_t errors = session_.out().errors();
  if (errors == errors_counted_) return;
  session_.CountMistakes();  // Of requests that were none.
  ServerState::ThreadCounters::Add(counters_.errors, errors - errors_counted_);
  errors_counted_ = errors;
}

void Connection::Process() {
  if (later_) return;  // Its turn comes.
  uint64_t commands = 0;
  Turn turn;
  if (settings_version_ != server_.settings().version()) RefreshLimits();
  record_->active_at_nanos.store(CoarseNanos(), std::memory_order_relaxed);
  record_->query_bytes.store(input_.size(), std::memory_order_relaxed);
  while (phase_ == Phase::kServing && !slow_ && !waiting_) {
    const size_t ran = ProcessSome();
    if (ran == 0) break;
    commands += ran;
    if (turn.IsOver(ran) && phase_ == Phase::kServing && !slow_ && !waiting_) {
      GoOnLater();
      break;
    }
  }
  if (commands > 0) ServerState::ThreadCounters::Add(counters_.commands, commands);
  if (slow_) return;  // The session is another thread's until its command is done.
  CountErrors();
  if (phase_ != Phase::kServing) return;
  input_.ShrinkTo(kBufferBytesKept);
  Publish();
  if (session_.has_time_limits()) {
    // Half a request is no sign of life.
    if (commands > 0) session_.Touch(SteadyNow());
    WatchTime();
  }
  if (commands >= kCommandsToSendSoon) {
    SendSoon();
  } else {
    Send();
  }
  if (phase_ == Phase::kServing) Read();
}

// Others on this thread have waited long enough. At most one such call is under way: Process(),
// which asks for it, does nothing until it comes. It holds `this`, so only a connection that is
// served may ask: one that is closed may be deleted before.
void Connection::GoOnLater() {
  later_ = true;
  boost::asio::post(thread_.context(), [this] {
    later_ = false;
    if (phase_ == Phase::kClosed) {
      DeleteIfIdle();
    } else if (phase_ == Phase::kServing && !slow_) {
      Process();
    }
  });
}

void Connection::RefreshLimits() {
  const Settings& settings = server_.settings();
  settings_version_ = settings.version();
  output_bytes_max_ = settings.output_bytes_max();
  restricted_ = session_.needs_password();
  ParserLimits limits = server_.options().request;
  limits.bulk_bytes_max = settings.bulk_bytes_max();
  limits.request_bytes_max = settings.request_bytes_max();
  if (restricted_) {
    limits.args_max = std::min(limits.args_max, kStrangerArgsMax);
    limits.bulk_bytes_max = std::min(limits.bulk_bytes_max, kStrangerBulkBytesMax);
    limits.unauthenticated = true;
  }
  batch_.set_limits(limits);
}

size_t Connection::ProcessSome() {
  if (output_.size() >= kSendBytes || OutputIsFull()) Send();
  if (OutputIsFull() || phase_ != Phase::kServing) return 0;
  if (record_->killed.load(std::memory_order_acquire)) return 0;  // OnWake() comes.
  if (restricted_ != session_.needs_password()) RefreshLimits();
  if (batch_.empty() && !FillBatch()) return 0;
  if (together_ && batch_.size() > 1) {
    const auto ran = session_.ExecuteTogether(batch_);
    together_ = ran.has_value();
    if (together_ && *ran > 0) {
      for (size_t i = 0; i < *ran; ++i) FinishRequest();
      return *ran;
    }
  }
  bool closes = false;
  if (!batch_.front().empty()) {
    const Session::Outcome outcome = session_.Execute(batch_.front(), Session::Lane::kQuick);
    if (outcome == Session::Outcome::kSlow) {
      SubmitSlow();
      return 1;
    }
    if (outcome == Session::Outcome::kWaiting) {
      BeginWait();
      return 1;
    }
    closes = outcome == Session::Outcome::kClose;
  }
  FinishRequest();
  if (closes) CloseAfterOutput();
  return 1;
}

bool Connection::FillBatch() {
  const RequestParser::Result result = batch_.Fill(input_.view());
  if (result == RequestParser::Result::kRequest) {
    together_ = true;
    session_.LoadAhead(batch_);
    return true;
  }
  if (result == RequestParser::Result::kError) {
    session_.out().Error(batch_.error());
    CloseAfterOutput();
  } else if (input_.size() > server_.settings().request_bytes_max()) {
    session_.out().Error(
        absl::StrCat("ERR Protocol error: request is larger than the query buffer limit of ",
                     server_.settings().request_bytes_max(), " bytes"));
    CloseAfterOutput();
  }
  return false;
}

void Connection::FinishRequest() {
  input_.Consume(batch_.front_bytes());
  batch_.Pop();
}

// The request stays in the input, which nobody reads into meanwhile: its words are views into it.
void Connection::SubmitSlow() {
  Publish();
  Send();  // What was asked before need not wait.
  if (phase_ == Phase::kClosed) return;
  slow_ = true;
  server_.counters().slow_commands.fetch_add(1, std::memory_order_relaxed);
  server_.counters().slow_running.fetch_add(1, std::memory_order_relaxed);
  thread_.slow_lane().Submit([this] {
    // Nobody waits for the reply of a command that had not begun when its client went away.
    const bool gone = abandoned_.load(std::memory_order_acquire) ||
                      record_->killed.load(std::memory_order_acquire);
    const Session::Outcome outcome =
        gone ? Session::Outcome::kClose : session_.Execute(batch_.front(), Session::Lane::kSlow);
    server_.counters().slow_running.fetch_sub(1, std::memory_order_relaxed);
    boost::asio::post(thread_.context(), [this, outcome] { OnSlowDone(outcome); });
  });
}

void Connection::OnSlowDone(Session::Outcome outcome) {
  slow_ = false;
  if (phase_ == Phase::kClosed) {
    DeleteIfIdle();
    return;
  }
  if (outcome == Session::Outcome::kWaiting) {
    BeginWait();
    Process();
    return;
  }
  FinishRequest();
  if (session_.has_time_limits()) session_.Touch(SteadyNow());
  if (outcome == Session::Outcome::kClose) CloseAfterOutput();
  Process();
}

// --- Writing ---

bool Connection::OutputIsFull() const {
  return output_.size() + sending_.size() > output_bytes_max_;
}

void Connection::Send() {
  // A reply that was written after the kill may tell of a server without this client.
  if (record_->killed.load(std::memory_order_acquire)) return;  // OnWake() comes.
  while (!writing_ && !output_.empty() && phase_ != Phase::kClosed) {
    const ssize_t sent =
        send(socket_.native_handle(), output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      ServerState::ThreadCounters::Add(counters_.bytes_out, static_cast<uint64_t>(sent));
      output_.Consume(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      sending_.swap(output_);
      Write();
    } else if (errno != EINTR) {
      Abort();
      return;
    }
  }
  output_.ShrinkTo(kBufferBytesKept);
  record_->reply_bytes.store(output_.size() + sending_.size(), std::memory_order_relaxed);
  record_->writing.store(writing_, std::memory_order_relaxed);
  if (phase_ == Phase::kFlushing && !writing_) Linger();
}

void Connection::SendSoon() {
  if (send_soon_ || output_.empty()) return;
  send_soon_ = true;
  thread_.SendSoon(*this);
}

void Connection::SendNow() {
  send_soon_ = false;
  if (phase_ == Phase::kClosed) {
    DeleteIfIdle();
  } else if (!slow_) {
    Send();
  }
}

void Connection::Write() {
  writing_ = true;
  socket_.async_write_some(
      boost::asio::buffer(sending_.data(), sending_.size()),
      [this](const ErrorCode& error, size_t bytes) { OnWritten(error, bytes); });
}

void Connection::OnWritten(const ErrorCode& error, size_t bytes) {
  writing_ = false;
  if (phase_ == Phase::kClosed) {
    DeleteIfIdle();
    return;
  }
  if (error && !(draining_ && error == boost::asio::error::operation_aborted)) {
    Abort();
    return;
  }
  ServerState::ThreadCounters::Add(counters_.bytes_out, bytes);
  sending_.Consume(bytes);
  if (phase_ == Phase::kFlushing) deadline_ = SteadyNow() + kFlushTimeout;
  if (!sending_.empty()) {
    Write();
    return;
  }
  sending_.ShrinkTo(kBufferBytesKept);
  if (slow_) return;  // output_ is not ours now.
  Send();
  // Reading stopped if the output was full; a read that is pending goes on by itself. While it is
  // still full, another write is under way and comes back here.
  if (phase_ == Phase::kServing && !reading_ && !OutputIsFull()) Process();
}

// --- Ending ---

void Connection::Drain() {
  if (draining_ || phase_ != Phase::kServing) return;
  draining_ = true;
  SettleWait(Session::WaitEnd::kTimeout);
  if (reading_) {
    ErrorCode ignored;
    // OnRead() goes on, with what has been read or nothing; so does OnWritten() if it is waited
    // for.
    socket_.cancel(ignored);
  } else if (!slow_ && !writing_) {
    Process();
  }
}

void Connection::CloseAfterOutput() {
  if (phase_ != Phase::kServing) return;
  phase_ = Phase::kFlushing;
  deadline_ = SteadyNow() + kFlushTimeout;
  WatchTime();
  Send();
}

void Connection::Publish() {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  session_.Publish();
  record_->query_bytes.store(input_.size(), kRelaxed);
  record_->query_room.store(input_.room(), kRelaxed);
  record_->reply_room.store(output_.capacity(), kRelaxed);
}

void Connection::Unlist() {
  if (!listed_) return;
  listed_ = false;
  server_.clients().Remove(record_->id);
}

void Connection::CloseIfIdle(int64_t now_nanos, int64_t timeout_nanos) {
  if (phase_ != Phase::kServing || slow_ || waiting_) return;
  const int64_t active_at = record_->active_at_nanos.load(std::memory_order_relaxed);
  if (now_nanos - active_at > timeout_nanos) Abort();
}

void Connection::Linger() {
  Unlist();
  phase_ = Phase::kLingering;
  deadline_ = SteadyNow() + (draining_ ? kLingerTimeoutAtStop : kLingerTimeout);
  input_.Clear();
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  Read();
}

void Connection::Abort() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  abandoned_.store(true, std::memory_order_release);
  Unlist();
  if (waiting_) {
    waiting_ = false;
    record_->wait.store(ClientRecord::Wait::kNone, std::memory_order_release);
    server_.counters().clients_waiting.fetch_sub(1, std::memory_order_relaxed);
  }
  if (timers_ > 0) wait_timer_->cancel();
  ErrorCode ignored;
  socket_.close(ignored);  // Pending operations end with an error.
  DeleteIfIdle();
}

void Connection::WatchTime() {
  if (time_watched_) return;
  time_watched_ = true;
  thread_.WatchTime(*this);
}

bool Connection::CheckTimeLimits(absl::Time now) {
  if (phase_ == Phase::kFlushing || phase_ == Phase::kLingering) {
    if (now > deadline_) Abort();
    return phase_ != Phase::kClosed;
  }
  // A slow command is at work, so the client is not idle.
  if (!slow_) {
    if (InputIsHeldBack() && ClientHasLeft()) {
      Abort();
      return false;
    }
    if (waiting_) WatchInput();  // The limit may have been raised.
    session_.CheckTimeLimits(now);
    time_watched_ = session_.has_time_limits() || InputIsHeldBack();
  }
  return time_watched_;
}

void Connection::DeleteIfIdle() {
  if (reading_ || writing_ || watching_ || slow_ || later_ || send_soon_ || timers_ > 0) return;
  if (removed_) return;
  removed_ = true;
  if (auto remains = session_.TakeWhatTakesLongToFree()) {
    thread_.slow_lane().Submit([remains = std::move(remains)] {});
  }
  thread_.Remove(*this);  // Deletes it later: our callers still look at members.
}

}  // namespace nacre::server
