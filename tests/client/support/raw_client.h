#ifndef NACRE_TESTS_CLIENT_SUPPORT_RAW_CLIENT_H_
#define NACRE_TESTS_CLIENT_SUPPORT_RAW_CLIENT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tests/client/support/resp.h"
#include "tests/client/support/socket.h"

namespace nacre::client::support {

// A connection of the test's own to a server, past the client library: to see what the server
// really holds. RESP2, one request at a time, replies as the bytes that came. Waits as long as it
// takes.
class RawClient {
 public:
  explicit RawClient(uint16_t port) : socket_(Socket::ConnectTo(port)) {}
  explicit RawClient(const std::string& unix_path) : socket_(Socket::ConnectTo(unix_path)) {}

  bool is_open() const { return socket_.is_open(); }
  // "$1\r\nx\r\n"; empty if the server has closed.
  std::string Do(const Words& words);
  // The value of a key; none if it is absent.
  std::optional<std::string> Get(const std::string& key);

  bool Send(std::string_view bytes) { return socket_.SendAll(bytes); }
  // The next reply; empty if the server has closed first.
  std::string ReadReply();
  Socket& socket() { return socket_; }

 private:
  Socket socket_;
  std::string input_;
};

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_RAW_CLIENT_H_
