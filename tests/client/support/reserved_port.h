#ifndef NACRE_TESTS_CLIENT_SUPPORT_RESERVED_PORT_H_
#define NACRE_TESTS_CLIENT_SUPPORT_RESERVED_PORT_H_

#include <cstdint>

#include "tests/client/support/socket.h"

namespace nacre::client::support {

// A port of 127.0.0.1 that nobody else on this machine gets as long as this lives: neither a
// program that asks for a free port nor an outgoing connection. A server with SO_REUSEADDR (all of
// ours, and Redis) can listen on it, go away and come back; while it is away, connections to it are
// refused.
class ReservedPort {
 public:
  ReservedPort() : socket_(Socket::Bind()) {}
  uint16_t port() const { return socket_.port(); }
  // Whether a server could listen on it now: nobody does, and no connection that was older than
  // this stands in the way.
  bool is_free() const { return Socket::CanListenOn(port()); }

 private:
  Socket socket_;
};

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_RESERVED_PORT_H_
