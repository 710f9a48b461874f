#ifndef NACRE_CLIENT_NET_HANDSHAKE_H_
#define NACRE_CLIENT_NET_HANDSHAKE_H_

// The first words on a connection: which protocol version, who we are, which database. No I/O: says
// what to send, and is told what came back.
//
// All of it leaves in one write, before the server's version is known. A server that knows no
// HELLO, or not the version asked for, is asked again in a way that it knows:
//
//   HELLO 3 [AUTH user password] [SETNAME name], [SELECT n]
//     -NOPROTO               HELLO 2 [AUTH ...] [SETNAME ...], [SELECT n]
//     -ERR unknown command   [AUTH [user] password], [CLIENT SETNAME name], [SELECT n]
//     another plain -ERR     PING: a server that is full or protects itself may answer whatever
//                            comes first with an error and close (kUnavailable); one that stays has
//                            refused this request for good
//     another code word      it failed, and errors.h says with which status
//
// No password gets into a message: older servers quote the request that they do not know.

#include <deque>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "nacre/client/connection.h"
#include "nacre/client/options.h"
#include "nacre/client/reply.h"
#include "nacre/client/request.h"

namespace nacre::client {

class Handshake {
 public:
  enum class Next {
    kWait,    // For another reply.
    kSend,    // What request() holds, and wait.
    kDone,    // server() says who it is.
    kFailed,  // status() says why.
  };

  explicit Handshake(const ConnectionOptions& options);

  // First.
  Next Begin();
  Next OnReply(ReplyView reply);
  // The connection has ended before kDone or kFailed, for this reason. What to say of it.
  absl::Status OnClosed(const absl::Status& why) const;

  const Request& request() const { return request_; }
  const ServerInfo& server() const { return server_; }
  const absl::Status& status() const { return status_; }

 private:
  // What the next reply answers.
  enum class Step { kHello, kAuth, kSetName, kSelect, kProbe, kIgnored };

  void AskHello(int protocol);
  void AskWithoutHello();
  void AskSelect();
  void IgnoreTheRest();
  Next OnHelloRefused(ReplyView reply);
  bool ReadHello(ReplyView reply);
  bool has_login() const { return !options_.username.empty() || !options_.password.empty(); }
  // The server's text without the password.
  std::string Quote(std::string_view text) const;
  absl::Status Error(absl::StatusCode code, std::string_view text) const;
  absl::Status ErrorOf(ReplyView reply) const;
  Next Fail(absl::Status status);
  Next WaitOrDone() const { return steps_.empty() ? Next::kDone : Next::kWait; }

  const ConnectionOptions& options_;
  std::deque<Step> steps_;
  Request request_;
  ServerInfo server_;
  std::string refusal_;  // The error that is being probed.
  absl::Status status_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_NET_HANDSHAKE_H_
