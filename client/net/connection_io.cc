// Bytes out and in. The invariants that are named here stand in connection.cc.

#include <algorithm>
#include <span>
#include <utility>

#include "client/base/check.h"
#include "client/net/connection_impl.h"
#include "nacre/client/errors.h"

namespace nacre::client {

namespace {

// What one turn of the event loop may send: others want theirs too.
constexpr size_t kWriteBytesPerTurn = 1 << 20;

Subscription ConfirmedBy(const ReplyView& push) {
  return push.empty() ? Subscription::kNone : SubscriptionNamed(push.begin()->text());
}

}  // namespace

// --- Out ---

void Connection::Impl::Flush() {
  const bool connected = phase_ == Phase::kOpening || phase_ == Phase::kOpen;
  if (!connected || waiting_writable_ || !write_error_.ok()) return;
  size_t budget = kWriteBytesPerTurn;
  while (!output_.empty()) {
    const std::string_view bytes = output_.Next(budget);
    const Transport::Written written = transport_->TryWrite(bytes);
    if (!written.error.ok()) {
      // QUIET-FLUSH. What the server said before it went (that it has too many clients, say) is
      // still there to be read, and then the end.
      write_error_ = written.error;
      transport_->ShutDown();
      return;
    }
    output_.Take(written.bytes);
    if (written.bytes > 0) last_written_ = std::chrono::steady_clock::now();
    budget -= written.bytes;
    if (written.bytes < bytes.size() || budget == 0) break;
  }
  if (output_.empty()) return;
  waiting_writable_ = true;
  transport_->WaitWritable(shared_from_this());
}

void Connection::Impl::OnWritable() {
  waiting_writable_ = false;
  Flush();
}

// --- In ---

void Connection::Impl::Read() {
  const std::span<char> room = input_.Room(scanner_.bytes_missing());
  transport_->ReadSome(room.data(), room.size(), shared_from_this());
}

// KEPT-ALIVE: the operation that calls holds this.
void Connection::Impl::OnRead(const absl::Status& status, size_t bytes) {
  if (phase_ == Phase::kClosed) return;
  if (!status.ok()) {
    OnStreamEnd(write_error_.ok() ? status : write_error_);
    return;
  }
  last_heard_ = std::chrono::steady_clock::now();
  input_.Commit(bytes);
  DispatchAll();
  if (phase_ != Phase::kClosed) Read();
}

void Connection::Impl::DispatchAll() {
  while (phase_ != Phase::kClosed) {
    const ReplyScanner::Verdict verdict = scanner_.Scan(input_.unused());
    if (verdict == ReplyScanner::Verdict::kMore) return;
    if (verdict == ReplyScanner::Verdict::kMalformed) {
      OnStreamEnd(scanner_.status());
      return;
    }
    // The bytes stay where they are until the next Read(), so the frame is valid.
    input_.Use(scanner_.frame_bytes());
    if (verdict == ReplyScanner::Verdict::kPush) {
      DispatchPush(scanner_.frame());
    } else if (phase_ == Phase::kOpening) {
      OnHandshake(handshake_.OnReply(scanner_.frame()));
    } else {
      DispatchReply(scanner_.frame());
    }
  }
}

void Connection::Impl::DispatchReply(const ReplyView& reply) {
  PendingRequest* const front = pending_.Front();
  if (front == nullptr || front->begin >= output_.taken()) {
    Close(WithEndpoint(absl::DataLossError("a reply that nobody asked for")));
    return;
  }
  // In a MULTI it is queued like any command.
  if (front->subscription != Subscription::kNone && !reply.is_error() && reply.text() != "QUEUED") {
    Close(WithEndpoint(absl::DataLossError("a subscription that no push message answers")));
    return;
  }
  if (front->consumer != nullptr) {
    in_reply_ = true;
    front->consumer->OnReply(front->runs_script ? reply.OfScript() : reply);
    in_reply_ = false;
  }
  AnswerFront();
}

void Connection::Impl::AnswerFront() {
  ReplyConsumer* consumer = nullptr;
  if (pending_.Answer(&consumer) && consumer != nullptr) consumer->OnEnd(absl::OkStatus());
}

void Connection::Impl::SetPushHandler(PushHandler handler) {
  push_handler_ = std::move(handler);
  push_handler_runs_ = false;
}

void Connection::Impl::DispatchPush(const ReplyView& push) {
  const Subscription confirmed = ConfirmedBy(push);
  if (push_handler_) {
    PushHandler handler = std::exchange(push_handler_, nullptr);  // HANDLERS-OUT
    push_handler_runs_ = true;
    handler(push);
    if (std::exchange(push_handler_runs_, false)) push_handler_ = std::move(handler);
  }
  if (confirmed == Subscription::kNone) return;
  // Without channels, UNSUBSCRIBE is confirmed for each one there is, and the first message ends
  // it. Those after it count for the next UNSUBSCRIBE, should it follow at once: it may end early,
  // with nothing out of step, since only push messages come for it.
  PendingRequest* const front = pending_.Front();
  if (front == nullptr || front->subscription != confirmed || front->begin >= output_.taken()) {
    return;
  }
  if (--front->confirmations_left == 0) AnswerFront();
}

// No more will come.
void Connection::Impl::OnStreamEnd(const absl::Status& why) {
  if (phase_ == Phase::kOpening) {
    FailOpening(handshake_.OnClosed(why));
  } else {
    Close(WithEndpoint(why));
  }
}

}  // namespace nacre::client
