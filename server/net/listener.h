#ifndef NACRE_SERVER_NET_LISTENER_H_
#define NACRE_SERVER_NET_LISTENER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "server/net/asio.h"
#include "server/net/io_thread.h"
#include "server/server_state.h"

namespace nacre::server {

// Accepts connections and deals them out to the I/O threads in turn. Runs on the first of them.
class Listener {
 public:
  Listener(ServerState& server, std::vector<std::unique_ptr<IoThread>>& threads);

  // Binds and listens. The status names the address and what to do about it.
  absl::Status Listen();
  void Start();
  // Thread-safe. No connection is accepted after it returns.
  void Stop();

 private:
  void Accept();
  void OnAccepted(const ErrorCode& error, Socket socket, IoThread& thread);

  ServerState& server_;
  std::vector<std::unique_ptr<IoThread>>& threads_;
  Acceptor acceptor_;
  Timer retry_timer_;
  size_t next_thread_ = 0;
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_NET_LISTENER_H_
