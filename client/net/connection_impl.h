#ifndef NACRE_CLIENT_NET_CONNECTION_IMPL_H_
#define NACRE_CLIENT_NET_CONNECTION_IMPL_H_

// The inside of Connection. connection.cc: its life and its requests, and the invariants of both.
// connection_io.cc: bytes out and in. connection_timer.cc: deadlines.

#include <cstdint>
#include <memory>
#include <string_view>

#include "client/net/asio.h"
#include "client/net/handshake.h"
#include "client/net/input_buffer.h"
#include "client/net/output_buffer.h"
#include "client/net/pending_queue.h"
#include "client/net/transport.h"
#include "client/policy/time.h"
#include "client/wire/reply_scanner.h"
#include "nacre/client/connection.h"

namespace nacre::client {

class Connection::Impl final : public TransportEvents,
                               public std::enable_shared_from_this<Connection::Impl> {
 public:
  Impl(IoContext& context, ConnectionOptions options, std::unique_ptr<Transport> transport);

  void Open(OpenHandler opened);
  void Send(const Request& request, ReplyConsumer& consumer, Deadline deadline,
            bool while_heard = false);
  void SendWhileHeard(const Request& request, ReplyConsumer& consumer);
  void Flush();
  void Forget(ReplyConsumer& consumer);
  void Close(absl::Status why);
  // The Connection is destroyed: nobody is left to be called, but for the consumers.
  void Abandon();

  void SetPushHandler(PushHandler handler);
  bool has_push_handler() const { return push_handler_runs_ || push_handler_ != nullptr; }
  void SetCloseHandler(CloseHandler handler) { close_handler_ = std::move(handler); }

  bool is_open() const { return phase_ == Phase::kOpen; }
  const ServerInfo& server() const { return handshake_.server(); }
  size_t in_flight() const { return pending_.in_flight(); }
  // Entries that were cut count too: they are memory.
  size_t places_taken() const { return pending_.in_flight() + pending_.cut(); }
  size_t output_bytes() const { return output_.size(); }
  Deadline last_heard() const { return last_heard_; }
  Deadline last_written() const { return last_written_; }
  bool is_like_new() const { return !has_subscribed_ && !has_changed_state_ && left_open_ == 0; }

  void OnConnected(const absl::Status& status) override;
  void OnRead(const absl::Status& status, size_t bytes) override;
  void OnWritable() override;

 private:
  enum class Phase { kNew, kOpening, kOpen, kClosed };

  // connection.cc
  absl::Status Admit(const Request& request) const;
  absl::Status AdmitSpecial(const Request& request) const;
  void FlushSoon();
  void EndAll(const absl::Status& why);
  absl::Status EndOf(const PendingRequest& request, const absl::Status& why) const;
  void OnHandshake(Handshake::Next next);
  void FailOpening(const absl::Status& why);
  absl::Status WithEndpoint(const absl::Status& status) const;

  // connection_io.cc
  void Read();
  void DispatchAll();
  void DispatchReply(const ReplyView& reply);
  void AnswerFront();
  void DispatchPush(const ReplyView& push);
  void OnStreamEnd(const absl::Status& why);

  // connection_timer.cc
  void WakeAt(Deadline time);
  void OnTimer();
  void ExpireRequests(Deadline now);
  void ExpireRequest(uint64_t number, Deadline now);
  void LosePatience(PendingRequest& request, Deadline now);
  Deadline PatienceFor(const PendingRequest& request) const;

  IoContext& context_;
  const ConnectionOptions options_;
  Phase phase_ = Phase::kNew;
  const std::unique_ptr<Transport> transport_;
  Handshake handshake_;
  OpenHandler opened_;
  PushHandler push_handler_;
  CloseHandler close_handler_;
  bool push_handler_runs_ = false;  // It is out of its place, and has not been replaced.

  OutputBuffer output_;
  bool flush_posted_ = false;
  bool waiting_writable_ = false;
  absl::Status write_error_;

  InputBuffer input_;
  ReplyScanner scanner_;
  PendingQueue pending_;
  bool in_reply_ = false;        // OnReply() runs.
  bool has_subscribed_ = false;  // So messages may come, as pushes in RESP3 only.
  bool has_said_hello_ = false;  // Or RESET, since it is open: it may be RESP2 now.
  bool has_changed_state_ = false;
  uint8_t left_open_ = 0;  // Request::opens() of what was sent, but for what was ended since.
  Deadline last_heard_{};
  Deadline last_written_{};  // The system took bytes.

  Timer timer_;
  Deadline wake_at_ = Deadline::max();  // When the timer fires; max: it does not.
  uint64_t wait_ = 0;                   // Tells a completion whether it is of the present wait.
  Deadline open_by_ = Deadline::max();
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_NET_CONNECTION_IMPL_H_
