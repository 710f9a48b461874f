#ifndef NACRE_CLIENT_OPTIONS_H_
#define NACRE_CLIENT_OPTIONS_H_

// Everything that can be set. Each limit has a default that suits a service next to its server; a
// call past a limit answers kResourceExhausted with the option's name. A reply past a limit of
// replies ends its connection, with kDataLoss.
//
// Thread rule: values.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace nacre::client {

struct Endpoint {
  std::string host = "127.0.0.1";
  uint16_t port = 6379;
  std::string unix_path;  // If set, a Unix-domain socket instead.

  std::string ToString() const;  // "127.0.0.1:6379", "[::1]:6379", "/run/nacre.sock"
};

struct ConnectionOptions {
  Endpoint endpoint;
  std::string username;  // Empty: the default user.
  std::string password;  // Empty: no AUTH, unless there is a username, which may need none.
  int database = 0;
  std::string client_name;  // As CLIENT LIST shows it; empty: none.
  // 3, or 2. A server that does not know HELLO (before Redis 6) is spoken to in RESP2.
  int protocol = 3;
  // Name resolution, connecting and the handshake together.
  absl::Duration connect_timeout = absl::Seconds(5);
  // If nothing at all comes for so long while a reply is awaited whose caller has given up, the
  // connection is closed. While such a request is still leaving, what the system takes counts too.
  absl::Duration unresponsive_timeout = absl::Seconds(10);
  // Probes of the kernel on an idle connection; zero: none.
  absl::Duration tcp_keepalive = absl::Seconds(60);

  // Commands in flight: not yet answered, queued to be sent, or given up before they were sent and
  // still held in the queue.
  size_t in_flight_max = 10'000;
  // Bytes that wait for the server to read them.
  size_t output_bytes_max = size_t{1} << 30;
  // One reply.
  size_t reply_bytes_max = size_t{1} << 30;
  size_t reply_depth_max = 128;
};

// Exponential, from `initial` doubling to `max`; each wait is drawn evenly from [0, that] (full
// jitter).
struct BackoffOptions {
  absl::Duration initial = absl::Milliseconds(10);
  absl::Duration max = absl::Seconds(5);
};

// Reruns are paid from a budget that requests fill, so that they stay a share of the load however
// much fails: `share` of the requests, and always `per_second_min`.
struct RetryBudgetOptions {
  double share = 0.2;
  double per_second_min = 10;
  // Requests older than this fill it no longer.
  absl::Duration window = absl::Seconds(10);
};

// After `failures` in a row (no connection, or no answer in time; both count together, an answer
// starts the count again, and a connection that comes up that of connections) calls fail at once
// with kUnavailable; after `open_for`, twice that after each failed probe up to `open_for_max`, one
// call is let through. A connection that breaks is no failure, only one that cannot be opened
// (several side by side are one). Each request that times out is one, on a shared connection and in
// Transact(); not on a Lease, where a command may block (BLPOP).
struct CircuitBreakerOptions {
  int failures = 5;  // 0: no breaker.
  // A call that had less time than this from being sent to its deadline says nothing about the
  // server, unless nothing at all has come from it for so long while replies were awaited.
  absl::Duration timeout_min = absl::Milliseconds(1);
  absl::Duration open_for = absl::Milliseconds(500);
  absl::Duration open_for_max = absl::Seconds(30);
};

// How Transact() runs: kAuto asks the server who it is.
enum class TransactionMode { kAuto, kInteractive, kWatch };

struct ClientOptions {
  ConnectionOptions connection;

  // Connections that calls share, pipelined. More than one pays only where one socket is the limit.
  size_t shared_connections = 1;
  // Connections that a caller has to itself (transactions, Lease), idle ones included, and how many
  // of them are kept idle.
  size_t leases_max = 32;
  size_t idle_leases_max = 8;

  // Commands in flight over all shared connections; those past it wait in order.
  size_t in_flight_max = 20'000;
  // How many calls may wait, and how many for a lease; past it, kResourceExhausted at once.
  size_t waiting_max = 100'000;

  // Bytes of replies and push messages that a BlockingLease keeps until they are received; a push
  // message past it ends the connection.
  size_t unreceived_bytes_max = size_t{1} << 30;

  // A call without a timeout of its own. Waiting for room and for a connection counts.
  absl::Duration call_timeout = absl::Seconds(5);

  // An idle connection is asked (PING) after so long; zero: never.
  absl::Duration health_check_interval = absl::Seconds(15);
  absl::Duration health_check_timeout = absl::Seconds(2);

  BackoffOptions reconnect;
  BackoffOptions conflict_backoff{absl::Milliseconds(1), absl::Milliseconds(200)};
  RetryBudgetOptions retry_budget;
  CircuitBreakerOptions breaker;
  TransactionMode transactions = TransactionMode::kAuto;
};

struct CallOptions {
  // Zero: ClientOptions::call_timeout. Negative: has passed. With an infinite one nobody notices
  // that the server's machine has vanished, until the system gives up sending.
  absl::Duration timeout = absl::ZeroDuration();
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_OPTIONS_H_
