#ifndef NACRE_CLIENT_CLIENT_H_
#define NACRE_CLIENT_CLIENT_H_

// A client for programs built on Asio: a pool of connections that comes up by itself, stays
// healthy, and comes back after a failure. (Programs without an event loop: blocking.h.)
//
//   nacre::client::Client client(context, options);
//   auto name = co_await client.Exec<std::optional<std::string>>(Request("GET", "name"));
//   auto done = co_await client.Transact([&](Transaction& tx) -> Awaitable<absl::Status> { ... });
//
// Calls share connections and are pipelined: what is asked in one turn of the event loop leaves in
// one write. Nothing that may have reached the server is ever sent again by this library; a request
// that has not left its process waits for the next connection, within its timeout.
//
// Commands that block or change the connection's state (BLPOP, SUBSCRIBE, SELECT, MULTI, BEGIN,
// CLIENT REPLY) belong on a Lease.
//
// Cancelling (boost::asio::cancellation_signal, operator||): a call that is cancelled ends with
// kCancelled; its outcome is kNotExecuted if it was still waiting and kUnknown if it had been sent.
// A call that is begun in a coroutine which has been cancelled already throws, as Asio has it.
//
// Thread rule: belongs to its io_context, which one thread at a time runs; every call is made by
// that thread. One Client for each such thread. The io_context may go first only when nothing calls
// the client after it: what is under way then ends without being called. No Lease may be left then:
// its connection needs the io_context to go back. The io_context's destructor waits for the
// system's resolver where the name of a host is being looked up, which no timeout ends.

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "nacre/client/awaitable.h"
#include "nacre/client/client_stats.h"
#include "nacre/client/connection.h"
#include "nacre/client/options.h"
#include "nacre/client/reply.h"
#include "nacre/client/request.h"
#include "nacre/client/transaction.h"

namespace nacre::client {

class LeaseHome;
class TransactHost;

// A connection that its holder has to itself. Goes back to the pool when it is destroyed, and the
// next holder finds it like a new one: it is closed instead if it has requests under way or a push
// handler, or if a command that was sent on it has changed its state or left something open
// (Connection::is_like_new()). What the name of a command does not tell, its holder says:
// DoNotReuse().
class Lease {
 public:
  Lease();
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) noexcept;
  ~Lease();

  Connection& connection() { return *connection_; }
  // All replies, in order; error replies are among them. The lease stays where it is meanwhile.
  Awaitable<absl::StatusOr<std::vector<Reply>>> ExecAll(Request request, CallOptions options = {});
  // One command; its error reply is a status.
  Awaitable<absl::StatusOr<Reply>> Exec(Request request, CallOptions options = {});
  // The connection will be closed: its state is not one for the next holder.
  void DoNotReuse() { reusable_ = false; }

 private:
  friend class LeaseCall;
  friend class LeaseHome;
  friend class Transaction;
  Lease(std::shared_ptr<LeaseHome> home, std::unique_ptr<Connection> connection);

  std::shared_ptr<LeaseHome> home_;
  std::unique_ptr<Connection> connection_;
  bool reusable_ = true;
};

class Client {
 public:
  // Connects when the first call needs it.
  Client(boost::asio::io_context& context, ClientOptions options);
  // As Close().
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // One command, its reply converted to T (reply.h). An error reply is a status.
  template <typename T = Reply>
  Awaitable<absl::StatusOr<T>> Exec(Request request, CallOptions options = {});
  // Any number of commands, their replies in order; error replies are among them.
  Awaitable<absl::StatusOr<std::vector<Reply>>> ExecAll(Request request, CallOptions options = {});

  // The same with callbacks, each called once, later.
  void Exec(Request request, CallOptions options,
            absl::AnyInvocable<void(absl::StatusOr<Reply>)> done);
  void ExecAll(Request request, CallOptions options,
               absl::AnyInvocable<void(absl::StatusOr<std::vector<Reply>>)> done);

  // The lowest level, without a copy of the request: `request` and `consumer` must live until
  // OnEnd() or Forget(). OnEnd() may be called before Start() returns, and by Close().
  void Start(const Request& request, ReplyConsumer& consumer, CallOptions options = {});
  // The consumer is called no more; what has been sent still happens. No-op if it has ended.
  // O(calls begun by Start() and under way).
  void Forget(ReplyConsumer& consumer);
  // Writes now what this turn of the event loop has sent so far; see Connection::Flush().
  void Flush();

  // A connection of its own, open. Waits for one to come back if leases_max are out.
  Awaitable<absl::StatusOr<Lease>> Acquire(CallOptions options = {});
  void Acquire(CallOptions options, absl::AnyInvocable<void(absl::StatusOr<Lease>)> done);

  // Begins, runs fn, commits; see transaction.h for what happens when, and for what fn may do,
  // which is called once for each attempt.
  Awaitable<absl::StatusOr<Committed>> Transact(
      absl::AnyInvocable<Awaitable<absl::Status>(Transaction&)> fn, TransactOptions options = {});

  // Out-of-band messages on the shared connections.
  void SetPushHandler(Connection::PushHandler handler);

  // Ends what is under way (kCancelled) and closes all connections, also those that are leased.
  // Calls after it fail.
  void Close();

  ClientStats stats() const;
  const ClientOptions& options() const;
  boost::asio::io_context& context();

 private:
  friend class BlockingClient;
  class Impl;
  class Waiting;
  std::shared_ptr<TransactHost> transact_host() const;

  std::shared_ptr<Impl> impl_;
};

}  // namespace nacre::client

#include "nacre/client/client_exec.h"  // IWYU pragma: export

#endif  // NACRE_CLIENT_CLIENT_H_
