#ifndef NACRE_SERVER_SERVER_H_
#define NACRE_SERVER_SERVER_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "nacre/database.h"
#include "server/options.h"

namespace nacre::server {

// A database that Redis clients can talk to, over TCP. Thread-safe.
class Server {
 public:
  // Listens when it returns. kUnavailable: the address is taken; the message says what to do.
  // kInvalidArgument: an option is out of bounds.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options);
  // Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The one that was bound, also if the options said 0.
  uint16_t port() const;
  // For tests, and for a program that has the server inside. Lives as long as the server.
  Database& database();

  // Accepts nobody any more, runs what has arrived, sends the replies, closes. Waits for all of it,
  // for clients that do not take their replies at most the shutdown timeout. Idempotent.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_SERVER_H_
