#ifndef NACRE_CLIENT_CONNECTION_H_
#define NACRE_CLIENT_CONNECTION_H_

// One connection: requests go out in the order in which they are sent, replies come back in that
// order, and as many may be under way as ConnectionOptions::in_flight_max allows. Requests sent in
// one turn of the event loop leave in one write. It does not reconnect; Client does (client.h).
//
// Replies have no names and are matched by position. So commands that change how many replies come
// (MONITOR, SYNC, PSYNC, CLIENT REPLY) are refused, kInvalidArgument. SUBSCRIBE and its kin, which
// are answered by push messages, are not: each is a request of its own, ended with OK when all its
// channels are confirmed (without channels: by the first message that confirms it), or by the
// server's error. The messages also go to the push handler. This needs RESP3; in RESP2 there is no
// pub/sub. So HELLO and RESET are refused, kFailedPrecondition, by a connection that has
// subscribed, and subscriptions by one that has sent HELLO or RESET.
//
// Thread rule: belongs to its io_context, which one thread at a time runs. Every call is made by
// that thread, and every handler is called by it.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "nacre/client/options.h"
#include "nacre/client/reply.h"
#include "nacre/client/request.h"

namespace boost::asio {
class io_context;
}

namespace nacre::client {

using Deadline = std::chrono::steady_clock::time_point;

// Where replies go. Owned by the caller, who keeps it alive until OnEnd() or Connection::Forget().
class ReplyConsumer {
 public:
  // Once for each command of the request, in order. The view is valid during the call. An error
  // reply is a reply. Must not send on, close or destroy the connection.
  virtual void OnReply(ReplyView reply) = 0;
  // Once, last; the consumer is not touched after it. OK: every command has been answered. Else
  // what errors.h says; what was answered before it stands. May do anything, also send the next
  // request.
  virtual void OnEnd(const absl::Status& status) = 0;

 protected:
  ~ReplyConsumer() = default;
};

// What the server said of itself in the handshake.
struct ServerInfo {
  std::string name;     // "nacre", "redis", ...; empty if it knows no HELLO.
  std::string version;  // Empty likewise.
  int protocol = 2;
  int64_t client_id = 0;
};

class Connection {
 public:
  using PushHandler = absl::AnyInvocable<void(ReplyView push)>;
  using CloseHandler = absl::AnyInvocable<void(const absl::Status& why)>;
  using OpenHandler = absl::AnyInvocable<void(const absl::Status& status)>;

  Connection(boost::asio::io_context& context, ConnectionOptions options);
  // As Close(kCancelled); but of the handlers none is called any more, `opened` neither. When it
  // returns, every request has had its OnEnd(). The io_context must still be there.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Resolves, connects, says HELLO (AUTH, SETNAME, SELECT). Once. `opened` is called later, also if
  // it fails: kUnavailable (nobody there), kUnauthenticated, kDeadlineExceeded, kDataLoss (not a
  // server of this protocol).
  void Open(OpenHandler opened);
  bool is_open() const;
  const ServerInfo& server() const;

  // Queues the commands of `request`, whose bytes are copied before the call returns. An error that
  // is known at once (closed, full) also comes through OnEnd(), before the call returns; so does OK
  // for a request without commands. At `deadline` OnEnd(kDeadlineExceeded) is called: outcome
  // kNotExecuted if nothing of the request has left (it will not), else kUnknown; then the replies
  // are still awaited, and dropped, so that the connection stays in step.
  void Send(const Request& request, ReplyConsumer& consumer, Deadline deadline);
  // Writes now what has been sent in this turn of the event loop, as far as the system takes it at
  // once, instead of at the end of the turn. For callers that are about to wait for the replies.
  // Calls nobody.
  void Flush();
  // The consumer of a request is called no more; the request still goes out, its replies are
  // dropped. No-op if it has ended. O(requests in flight).
  void Forget(ReplyConsumer& consumer);

  // Out-of-band messages of RESP3 (and nothing else). nullptr: they are dropped. Like the other
  // handlers it may do anything, also replace itself or destroy the connection.
  void SetPushHandler(PushHandler handler);
  bool has_push_handler() const;
  // Called once, later, when an open connection ends for whatever reason, after the requests'
  // OnEnd(). nullptr: nobody is told. `why` says nothing about requests: what became of each, its
  // own OnEnd() has said, and OutcomeOf(why) means nothing.
  void SetCloseHandler(CloseHandler handler);

  // Ends all requests: those that were never written with outcome kNotExecuted, the others with
  // outcome kUnknown, each with `why` in its message. No-op if closed.
  void Close(absl::Status why);

  size_t in_flight() const;  // Commands not answered, those that wait to be sent included.
  // Of the places that in_flight_max allows. More than in_flight() where a server that has stopped
  // reading holds requests whose callers have given up before they were sent.
  size_t places_taken() const;
  size_t output_bytes() const;  // Not yet taken by the system.
  // Whether a new holder finds it like a new connection, as far as the names of the commands tell
  // that were sent: no subscription, no SELECT and the like (Request::changes_state()), and no
  // transaction and no WATCH left open.
  bool is_like_new() const;
  // When the last byte came, or the handshake ended.
  std::chrono::steady_clock::time_point last_heard() const;
  // When the system last took bytes.
  std::chrono::steady_clock::time_point last_written() const;

  // Inside the library: as Send(), with no deadline but the patience with the server: it ends
  // (kDeadlineExceeded) when nothing has come for unresponsive_timeout.
  void SendWhileHeard(const Request& request, ReplyConsumer& consumer);
  // Inside the library: a connection over a transport that somebody else has made.
  class Impl;
  explicit Connection(std::shared_ptr<Impl> impl);

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_CONNECTION_H_
