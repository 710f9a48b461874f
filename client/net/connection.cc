// The life of a connection, and of the requests on it. What must hold whatever the callbacks do;
// each line has a test in tests/client/connection_reentrancy_test.cc or where it says.
//
//   IN-STEP         Replies are matched by position, so what has been sent stays in the queue until
//                   it is answered: timed out, forgotten or not (pending_queue.h;
//                   connection_end_test.cc). A subscription is answered by as many push messages as
//                   it has channels, or by one error. What would break this is not sent, or ends
//                   the connection (connection_subscription_test.cc).
//   POPPED-FIRST    A consumer's entry is out of the queue, or bears its name no more, before its
//                   OnEnd() is called. So OnEnd() is called once, whatever it does itself: Send()
//                   with the same consumer, Forget() of itself, Close().
//   NO-REFERENCES   Loops with callbacks in them hold numbers of entries, not references or
//                   iterators, and look again after each callback who is there: Send() may have
//                   moved the queue, Forget() may have taken a name from it, Close() emptied it.
//   KEPT-ALIVE      Who calls back holds the Impl until it returns; OnEnd() may destroy the
//                   Connection.
//   CLOSED-IS-LAST  Once Close() has begun, nothing is sent, read or armed any more, another one
//                   does nothing, and Send() ends its consumer at once. When ~Connection() returns,
//                   every consumer has been ended: also if an OnEnd() inside Close() calls it.
//   HANDLERS-OUT    A handler is moved out of its place before it runs, so it may be replaced, or
//                   the Connection destroyed, by itself.
//   QUIET-FLUSH     Send() calls nobody but the consumer that it was given, and Flush() nobody: an
//                   error of a write is found by the read that it makes end.
//   NO-ACTION       OnReply() must not send on, close or destroy the connection. Checked.

#include <boost/asio/post.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/base/check.h"
#include "client/net/connection_impl.h"
#include "nacre/client/errors.h"

namespace nacre::client {

Connection::Impl::Impl(IoContext& context, ConnectionOptions options,
                       std::unique_ptr<Transport> transport)
    : context_(context),
      options_(std::move(options)),
      transport_(std::move(transport)),
      handshake_(options_),
      scanner_({.bytes_max = options_.reply_bytes_max, .depth_max = options_.reply_depth_max}),
      timer_(context) {}

// --- Opening ---

void Connection::Impl::Open(OpenHandler opened) {
  NACRE_CLIENT_CHECK(phase_ == Phase::kNew || phase_ == Phase::kClosed, "Open() is called once");
  opened_ = std::move(opened);
  if (phase_ == Phase::kClosed) {
    FailOpening(absl::CancelledError("closed before it was opened"));
    return;
  }
  phase_ = Phase::kOpening;
  open_by_ = After(std::chrono::steady_clock::now(), options_.connect_timeout);
  WakeAt(open_by_);
  transport_->Connect(open_by_, shared_from_this());
}

void Connection::Impl::OnConnected(const absl::Status& status) {
  if (phase_ != Phase::kOpening) return;
  if (!status.ok()) {
    FailOpening(WithEndpoint(status));
    return;
  }
  OnHandshake(handshake_.Begin());
  if (phase_ == Phase::kOpening) Read();
}

void Connection::Impl::OnHandshake(Handshake::Next next) {
  switch (next) {
    case Handshake::Next::kWait: return;
    case Handshake::Next::kSend:
      output_.Append(handshake_.request().bytes());
      Flush();
      return;
    case Handshake::Next::kFailed: FailOpening(handshake_.status()); return;
    case Handshake::Next::kDone: {
      phase_ = Phase::kOpen;
      open_by_ = Deadline::max();
      last_heard_ = std::chrono::steady_clock::now();
      OpenHandler opened = std::exchange(opened_, nullptr);
      if (opened) opened(absl::OkStatus());
      return;
    }
  }
}

// `opened` is told later, so that it may also be used from inside of Close().
void Connection::Impl::FailOpening(const absl::Status& why) {
  phase_ = Phase::kClosed;
  transport_->Close();
  timer_.cancel();
  output_.Clear();
  const absl::string_view message = why.message();
  const absl::Status marked = MakeError(
      why.code(), std::string_view(message.data(), message.size()), Outcome::kNotExecuted);
  boost::asio::post(context_, [self = shared_from_this(), marked] {
    OpenHandler opened = std::exchange(self->opened_, nullptr);
    if (opened) opened(marked);
  });
}

absl::Status Connection::Impl::WithEndpoint(const absl::Status& status) const {
  return {status.code(), absl::StrCat(options_.endpoint.ToString(), ": ", status.message())};
}

// --- Requests ---

absl::Status Connection::Impl::Admit(const Request& request) const {
  if (phase_ != Phase::kOpen) {
    return MakeError(absl::StatusCode::kUnavailable, "the connection is not open",
                     Outcome::kNotExecuted);
  }
  if (absl::Status status = AdmitSpecial(request); !status.ok()) return status;
  if (places_taken() + request.commands() > options_.in_flight_max) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     absl::StrCat("more commands in flight than in_flight_max allows (",
                                  options_.in_flight_max, ")"),
                     Outcome::kNotExecuted);
  }
  if (output_.size() + request.bytes().size() > options_.output_bytes_max) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     absl::StrCat("more bytes to send than output_bytes_max allows (",
                                  options_.output_bytes_max, ")"),
                     Outcome::kNotExecuted);
  }
  return absl::OkStatus();
}

// IN-STEP
absl::Status Connection::Impl::AdmitSpecial(const Request& request) const {
  const auto refuse = [](absl::StatusCode code, std::string_view message) {
    return MakeError(code, message, Outcome::kNotExecuted);
  };
  if (request.breaks_step()) {
    return refuse(absl::StatusCode::kInvalidArgument,
                  "MONITOR, SYNC, PSYNC and CLIENT REPLY change how many replies come, and are not "
                  "for a connection that matches them by position");
  }
  if (request.changes_protocol() && (has_subscribed_ || request.subscribes())) {
    return refuse(absl::StatusCode::kFailedPrecondition,
                  "HELLO and RESET may end RESP3, which a connection that has subscribed needs");
  }
  if (!request.subscribes()) return absl::OkStatus();
  if (server().protocol < 3 || has_said_hello_) {
    return refuse(absl::StatusCode::kFailedPrecondition,
                  "subscriptions need RESP3, without a HELLO or RESET since it was agreed on");
  }
  if (request.commands() > 1) {
    return refuse(absl::StatusCode::kInvalidArgument,
                  "a subscription is a request of its own, not part of a batch");
  }
  return absl::OkStatus();
}

void Connection::Impl::SendWhileHeard(const Request& request, ReplyConsumer& consumer) {
  const Deadline patience = After(std::chrono::steady_clock::now(), options_.unresponsive_timeout);
  Send(request, consumer, patience, /*while_heard=*/true);
}

void Connection::Impl::Send(const Request& request, ReplyConsumer& consumer, Deadline deadline,
                            bool while_heard) {
  NACRE_CLIENT_CHECK(!in_reply_, "NO-ACTION: OnReply() must not send");
  absl::Status status = Admit(request);
  // The clock is asked only if no other request has an earlier deadline, whose timer would come
  // first. (Requests of one attempt at a transaction have the same.)
  if (status.ok() && deadline <= wake_at_ && deadline != Deadline::max() &&
      deadline <= std::chrono::steady_clock::now()) {
    status = MakeError(absl::StatusCode::kDeadlineExceeded, "the deadline has passed",
                       Outcome::kNotExecuted);
  }
  if (!status.ok() || request.empty()) {
    consumer.OnEnd(status);
    return;
  }
  const uint64_t begin = output_.end();
  output_.Append(request.bytes());
  pending_.Push({.consumer = &consumer,
                 .commands_left = request.commands(),
                 .begin = begin,
                 .end = output_.end(),
                 .deadline = deadline,
                 .confirmations_left = request.confirmations(),
                 .subscription = request.subscription(),
                 .runs_script = request.runs_script(),
                 .while_heard = while_heard});
  has_subscribed_ |= request.subscribes();
  has_said_hello_ |= request.changes_protocol();
  has_changed_state_ |= request.changes_state();
  left_open_ = static_cast<uint8_t>((left_open_ & ~request.ends()) | request.opens());
  WakeAt(deadline);
  FlushSoon();
}

void Connection::Impl::FlushSoon() {
  if (flush_posted_ || waiting_writable_) return;
  flush_posted_ = true;
  boost::asio::post(context_, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->Flush();
  });
}

void Connection::Impl::Forget(ReplyConsumer& consumer) {
  if (pending_.empty()) return;
  const Deadline patience = After(std::chrono::steady_clock::now(), options_.unresponsive_timeout);
  if (pending_.Forget(consumer, patience)) WakeAt(patience);
}

// --- Closing ---

void Connection::Impl::Close(absl::Status why) {
  NACRE_CLIENT_CHECK(!in_reply_, "NO-ACTION: OnReply() must not close");
  if (why.ok()) why = absl::CancelledError("the connection was closed");
  const auto self = shared_from_this();  // KEPT-ALIVE
  switch (phase_) {
    case Phase::kClosed: return;
    case Phase::kNew: phase_ = Phase::kClosed; return;
    case Phase::kOpening: FailOpening(why); return;
    case Phase::kOpen: break;
  }
  phase_ = Phase::kClosed;
  transport_->Close();
  timer_.cancel();
  EndAll(why);
  output_.Clear();
  boost::asio::post(context_, [self, why] {
    CloseHandler handler = std::exchange(self->close_handler_, nullptr);
    if (handler) handler(why);
  });
}

void Connection::Impl::Abandon() {
  const auto self = shared_from_this();
  opened_ = nullptr;
  push_handler_ = nullptr;
  push_handler_runs_ = false;  // One that does is not put back.
  close_handler_ = nullptr;
  Close(absl::CancelledError("the connection was destroyed"));
  // A Close() further up may still be at it.
  EndAll(absl::CancelledError("the connection was destroyed"));
}

void Connection::Impl::EndAll(const absl::Status& why) {
  while (!pending_.empty()) {
    const PendingRequest request = pending_.Pop();  // POPPED-FIRST
    if (request.consumer != nullptr) request.consumer->OnEnd(EndOf(request, why));
  }
}

// What a request comes to that will not be answered any more.
absl::Status Connection::Impl::EndOf(const PendingRequest& request, const absl::Status& why) const {
  const bool keeps_code = why.code() == absl::StatusCode::kCancelled;
  if (request.begin >= output_.taken()) {
    return MakeError(keeps_code ? why.code() : absl::StatusCode::kUnavailable,
                     absl::StrCat("not sent: ", why.message()), Outcome::kNotExecuted);
  }
  const bool is_data_loss = why.code() == absl::StatusCode::kDataLoss;
  return MakeError(keeps_code || is_data_loss ? why.code() : absl::StatusCode::kUnknown,
                   absl::StrCat("sent, and not answered: ", why.message()), Outcome::kUnknown);
}

// --- The public face ---

Connection::Connection(boost::asio::io_context& context, ConnectionOptions options)
    : impl_(std::make_shared<Impl>(context, options, MakeTransport(context, options))) {}
Connection::Connection(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() { impl_->Abandon(); }

void Connection::Open(OpenHandler opened) { impl_->Open(std::move(opened)); }
bool Connection::is_open() const { return impl_->is_open(); }
const ServerInfo& Connection::server() const { return impl_->server(); }
void Connection::Send(const Request& request, ReplyConsumer& consumer, Deadline deadline) {
  impl_->Send(request, consumer, deadline);
}
void Connection::SendWhileHeard(const Request& request, ReplyConsumer& consumer) {
  impl_->SendWhileHeard(request, consumer);
}
void Connection::Flush() { impl_->Flush(); }
void Connection::Forget(ReplyConsumer& consumer) { impl_->Forget(consumer); }
void Connection::SetPushHandler(PushHandler handler) { impl_->SetPushHandler(std::move(handler)); }
bool Connection::has_push_handler() const { return impl_->has_push_handler(); }
void Connection::SetCloseHandler(CloseHandler handler) {
  impl_->SetCloseHandler(std::move(handler));
}
void Connection::Close(absl::Status why) { impl_->Close(std::move(why)); }
size_t Connection::in_flight() const { return impl_->in_flight(); }
size_t Connection::places_taken() const { return impl_->places_taken(); }
size_t Connection::output_bytes() const { return impl_->output_bytes(); }
bool Connection::is_like_new() const { return impl_->is_like_new(); }
Deadline Connection::last_heard() const { return impl_->last_heard(); }
Deadline Connection::last_written() const { return impl_->last_written(); }

}  // namespace nacre::client
