#ifndef NACRE_CLIENT_CLI_SERVER_LINK_H_
#define NACRE_CLIENT_CLI_SERVER_LINK_H_

// The connection as the rest of nacre-cli sees it: one server, one command after the other or many
// at once. lease_link.cc puts it on a BlockingLease; tests put scripted answers in its place.

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nacre/client/options.h"
#include "nacre/client/reply.h"
#include "nacre/client/request.h"

namespace nacre::cli {

class ServerLink {
 public:
  virtual ~ServerLink() = default;

  // A new connection; the old one, if there is one, is closed first.
  virtual absl::Status Connect(const client::ConnectionOptions& options) = 0;
  // Connect() has succeeded, and Close() has not been called since. A connection that the server
  // has closed is open until Send() or Receive() says so: a loss that nobody is told of would let
  // the commands of a lost transaction run outside of it.
  virtual bool is_open() const = 0;
  virtual void Close() = 0;

  // Sends without waiting. Replies come in order from Receive(), push messages among them.
  virtual absl::Status Send(const client::Request& request) = 0;
  // kDeadlineExceeded: nothing has come in time, and nothing is lost. Any other error: the
  // connection is closed.
  virtual absl::StatusOr<client::Reply> Receive(absl::Duration timeout) = 0;
  // For how long no byte has come or left.
  virtual absl::Duration quiet_for() const = 0;
};

std::unique_ptr<ServerLink> MakeLeaseLink();

using PushFunction = absl::FunctionRef<void(client::ReplyView)>;

// The next reply that is no push message, however long it takes; push messages on the way go to
// `on_push`. kCancelled after Ctrl-C, and kDeadlineExceeded after `timeout`, with the reply still
// to come.
absl::StatusOr<client::Reply> AwaitReply(ServerLink& link, PushFunction on_push,
                                         absl::Duration timeout = absl::InfiniteDuration());

// One command and its reply; push messages on the way are dropped. For the program's own questions
// to the server. A failure closes the connection: a reply still to come would pass for that of the
// next command.
absl::StatusOr<client::Reply> Ask(ServerLink& link, const client::Request& request,
                                  absl::Duration timeout = absl::InfiniteDuration());

// "Could not connect to 127.0.0.1:6379: Connection refused"
std::string CouldNotConnect(const client::ConnectionOptions& options, const absl::Status& status);
// "127.0.0.1:6379"
std::string AddressOf(const client::Endpoint& endpoint);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_SERVER_LINK_H_
