#ifndef NACRE_CLIENT_NET_TRANSPORT_H_
#define NACRE_CLIENT_NET_TRANSPORT_H_

// A stream of bytes to a server, whatever carries it: TCP (tcp_transport.cc) or a Unix-domain
// socket (unix_transport.cc), both on top of socket_transport.h.
//
// TLS goes here, as a third implementation around a TCP transport: its handshake belongs into
// Connect(), its record layer between ReadSome()/TryWrite() and the socket (an SSL object over
// memory buffers), and bytes count as taken when they have entered it. MakeTransport() chooses it;
// nothing above this header changes.
//
// Why there is no asynchronous write: a Connection has to know exactly which bytes have been handed
// over when it ends, since a request of which nothing was is safe to send again. An asynchronous
// write knows it only when its completion is delivered, some handlers after the fact. So a write
// that the socket does not take at once waits for room and is tried again.
//
// Thread rule: as Connection's.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "nacre/client/options.h"

namespace boost::asio {
class io_context;
}

namespace nacre::client {

// Who uses a transport. Kept alive by the operations that are under way.
class TransportEvents {
 public:
  virtual void OnConnected(const absl::Status& status) = 0;
  // `bytes` have come; or the stream has ended, with the reason.
  virtual void OnRead(const absl::Status& status, size_t bytes) = 0;
  // There may be room.
  virtual void OnWritable() = 0;

 protected:
  ~TransportEvents() = default;
};

class Transport {
 public:
  struct Written {
    size_t bytes = 0;  // Fewer than were offered: there is no room for more now.
    absl::Status error;
  };

  virtual ~Transport() = default;

  // Resolves and connects, trying every address in turn; those still to be tried share the time up
  // to `deadline` evenly. Who waits for the deadline is the caller, by Close(). Calls
  // OnConnected(), later.
  virtual void Connect(std::chrono::steady_clock::time_point deadline,
                       std::shared_ptr<TransportEvents> events) = 0;
  // Calls OnRead(), later. One at a time; `room` stays where it is until then.
  virtual void ReadSome(char* room, size_t bytes, std::shared_ptr<TransportEvents> events) = 0;
  // Never blocks, never raises SIGPIPE.
  virtual Written TryWrite(std::string_view bytes) = 0;
  // Calls OnWritable(), later. One at a time.
  virtual void WaitWritable(std::shared_ptr<TransportEvents> events) = 0;
  // No more is sent or received; reads still find what has arrived, and then the end.
  virtual void ShutDown() = 0;
  // Operations under way end soon, with errors.
  virtual void Close() = 0;
};

std::unique_ptr<Transport> MakeTransport(boost::asio::io_context& context,
                                         const ConnectionOptions& options);

}  // namespace nacre::client

#endif  // NACRE_CLIENT_NET_TRANSPORT_H_
