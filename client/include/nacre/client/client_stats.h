#ifndef NACRE_CLIENT_CLIENT_STATS_H_
#define NACRE_CLIENT_CLIENT_STATS_H_

#include <cstddef>
#include <cstdint>

namespace nacre::client {

// Counters since construction, and gauges.
struct ClientStats {
  uint64_t requests = 0;  // Commands accepted.
  uint64_t failures = 0;  // Calls that ended in something other than replies.
  uint64_t connects = 0;  // Connections that came up.
  uint64_t connect_failures = 0;
  uint64_t health_checks_failed = 0;
  uint64_t transactions = 0;    // Committed.
  uint64_t conflicts = 0;       // Attempts that ended in one.
  uint64_t retries = 0;         // Attempts after the first.
  uint64_t retries_denied = 0;  // By the retry budget.
  uint64_t breaker_rejections = 0;
  size_t in_flight = 0;         // Commands, over the shared connections.
  size_t waiting = 0;           // Calls that wait for room or a connection.
  size_t leases = 0;            // Held now.
  size_t connections_open = 0;  // All.
  bool breaker_open = false;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_CLIENT_STATS_H_
