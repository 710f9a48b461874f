#ifndef NACRE_CLIENT_BLOCKING_H_
#define NACRE_CLIENT_BLOCKING_H_

// The client for programs without an event loop: each call returns when it is done. Needs no Asio
// to compile against, and starts no thread (but the one in which the name of a host is looked up,
// for which the destructor, or that of the last lease, waits): a thread that waits for its reply
// drives the sockets, for itself and for the other threads that wait at the same time, whose
// requests then share writes.
//
//   nacre::client::BlockingClient client(options);
//   auto name = client.Exec<std::optional<std::string>>(Request("GET", "name"));
//   auto done = client.Transact([&](BlockingTransaction& tx) -> absl::Status { ... });
//
// Everything else is as in client.h and transaction.h. While no thread is in a call, nothing
// happens: no health checks, no reconnecting, no push messages (Poll() waits for these).
//
// Thread rule: BlockingClient may be used by any number of threads at once, BlockingTransaction and
// BlockingLease by one at a time.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nacre/client/client_stats.h"
#include "nacre/client/connection.h"
#include "nacre/client/options.h"
#include "nacre/client/reply.h"
#include "nacre/client/request.h"
#include "nacre/client/transact_options.h"

namespace nacre::client {

class BlockingTransaction;
class BlockingLease;

class BlockingClient {
 public:
  // Connects when the first call needs it.
  explicit BlockingClient(ClientOptions options);
  // No thread may be in a call. Leases may be left over; their calls fail then.
  ~BlockingClient();
  BlockingClient(const BlockingClient&) = delete;
  BlockingClient& operator=(const BlockingClient&) = delete;

  // One command, its reply converted to T (reply.h). An error reply is a status.
  template <typename T = Reply>
  absl::StatusOr<T> Exec(const Request& request, CallOptions options = {});
  // Any number of commands, their replies in order; error replies are among them.
  absl::StatusOr<std::vector<Reply>> ExecAll(const Request& request, CallOptions options = {});
  // Hands each reply to `each` as it comes, without keeping it. `each` may run on another thread
  // that is in a call meanwhile, never on two at once, and must not call this client.
  absl::Status ExecEach(const Request& request, absl::FunctionRef<void(ReplyView)> each,
                        CallOptions options = {});

  // See transaction.h. fn runs on the calling thread, between the network's turns, once for each
  // attempt.
  absl::StatusOr<Committed> Transact(absl::FunctionRef<absl::Status(BlockingTransaction&)> fn,
                                     TransactOptions options = {});

  // A connection of its own.
  absl::StatusOr<BlockingLease> Acquire(CallOptions options = {});

  // Push messages come during calls of any thread, on that thread; Poll() waits for them, up to
  // `timeout`. The handler must not call this client. Of leases, push messages are Receive()d.
  void SetPushHandler(Connection::PushHandler handler);
  // Returns whether a push message has come since it was called.
  bool Poll(absl::Duration timeout);

  ClientStats stats() const;

 private:
  class Impl;
  class TransactRun;
  std::unique_ptr<Impl> impl_;
};

// As Transaction, each call waiting for its answer.
class BlockingTransaction {
 public:
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key);
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      std::span<const std::string> keys);
  absl::StatusOr<Reply> Read(Request command, std::vector<std::string> keys);
  void Set(std::string_view key, std::string_view value,
           absl::Duration time_to_live = absl::InfiniteDuration());
  void Del(std::string_view key);
  void Write(Request commands, std::vector<std::string> keys);
  absl::StatusOr<Reply> Exec(Request command);
  bool is_interactive() const;

 private:
  friend class BlockingClient;
  class Impl;
  explicit BlockingTransaction(Impl& impl) : impl_(impl) {}
  Impl& impl_;
};

// A connection of its own: for commands that block or change the connection's state, for pub/sub,
// and for everything that wants to see the wire (nacre-cli, the isolation harness). What comes is
// kept until it is received, and calls of other threads take it in meanwhile: who subscribes has to
// receive as fast as is published, for past ClientOptions::unreceived_bytes_max the connection
// ends.
class BlockingLease {
 public:
  BlockingLease(BlockingLease&&) noexcept;
  BlockingLease& operator=(BlockingLease&&) noexcept;
  ~BlockingLease();

  absl::StatusOr<Reply> Exec(const Request& request, CallOptions options = {});
  absl::StatusOr<std::vector<Reply>> ExecAll(const Request& request, CallOptions options = {});
  // Sends without waiting; the replies are read by Receive(), one for each command, in order.
  absl::Status Send(const Request& request);
  // The next reply, or the next push message (kind kPush); kDeadlineExceeded leaves all as it was.
  absl::StatusOr<Reply> Receive(absl::Duration timeout);
  const ServerInfo& server() const;
  bool is_open() const;
  // For how long no byte has come or left: of a server that takes a long request, or sends a long
  // reply, that is not long.
  absl::Duration quiet_for() const;
  void Close();
  // The connection will be closed instead of going back to the pool; see Lease (client.h).
  void DoNotReuse();

 private:
  friend class BlockingClient;
  class Impl;
  explicit BlockingLease(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

template <typename T>
absl::StatusOr<T> BlockingClient::Exec(const Request& request, CallOptions options) {
  if (request.commands() != 1) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     "Exec takes one command; ExecAll takes several", Outcome::kNotExecuted);
  }
  std::optional<absl::StatusOr<T>> result;
  const absl::Status status = ExecEach(
      request, [&](ReplyView reply) { result = reply.To<T>(); }, options);
  if (!status.ok()) return status;
  // No reply: push messages have answered, as they do a subscription.
  if (!result) return Reply().To<T>();
  return *std::move(result);
}

}  // namespace nacre::client

#endif  // NACRE_CLIENT_BLOCKING_H_
