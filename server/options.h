#ifndef NACRE_SERVER_OPTIONS_H_
#define NACRE_SERVER_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "nacre/types.h"
#include "server/resp/parser.h"

namespace nacre::server {

// How a server runs. main() fills it from flags; `nacre-server --help` has the same list.
struct ServerOptions {
  std::string bind = "127.0.0.1";
  uint16_t port = 6379;  // 0: any free one; Server::port() tells which.
  int threads = 0;       // I/O threads. 0: one a core.
  int slow_threads = 2;  // Threads that run slow commands away from the I/O threads.
  int databases = 16;
  // Of nacre/memory.h, for the process: by main() only.
  bool memory_pool = true;
  bool huge_pages = true;
  Isolation default_isolation = Isolation::kSnapshot;  // Of a BEGIN that does not say.

  // What clients must give to AUTH before anything else. Empty: nothing.
  std::string password;

  // --- Bounds. Past one, the client gets an error or waits; nobody else notices. ---
  size_t clients_max = 10'000;
  ParserLimits request;
  // Replies of one connection that the client has not taken yet. Past this, its requests are
  // neither read nor run until it has.
  size_t output_bytes_max = 64u << 20;
  // One reply. Past this, the command answers an error instead.
  size_t reply_bytes_max = 1u << 30;
  // Commands queued by MULTI and keys watched, of one connection.
  size_t multi_bytes_max = 64u << 20;
  // Keys and values written by one transaction, and arguments sent inside BEGIN ... COMMIT.
  size_t transaction_bytes_max = 1u << 30;
  // Positions of SCAN that are kept, for all clients together: how many, and their bytes. Past
  // either, the one that was not used for longest is given up.
  size_t scan_cursors_max = 1 << 16;
  size_t scan_cursor_bytes_max = 64u << 20;
  // Data, index and what old versions still hold. Past this, writes are refused. 0: no bound.
  size_t memory_bytes_max = 0;

  // --- Times. InfiniteDuration() turns a limit off. ---
  // A client that sends nothing for so long is disconnected.
  absl::Duration client_idle_timeout = absl::InfiniteDuration();
  // Between two commands of an open transaction; also how long WATCH holds what it has seen.
  absl::Duration transaction_idle_timeout = absl::Seconds(60);
  // From BEGIN to COMMIT.
  absl::Duration transaction_age_max = absl::InfiniteDuration();
  // For clients to take their last replies when the server stops.
  absl::Duration shutdown_timeout = absl::Seconds(10);

  // What SHUTDOWN does: asks whoever owns the server to stop it; must not wait. Unset: SHUTDOWN is
  // an error.
  std::function<void()> on_shutdown;

  // Passed on to nacre::Options::time_source.
  std::function<absl::Time()> time_source;
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_OPTIONS_H_
