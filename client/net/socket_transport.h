#ifndef NACRE_CLIENT_NET_SOCKET_TRANSPORT_H_
#define NACRE_CLIENT_NET_SOCKET_TRANSPORT_H_

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/net/asio.h"
#include "client/net/transport.h"

namespace nacre::client {

// What all stream sockets have in common. `Protocol` is Tcp or UnixStream.
template <typename Protocol>
class SocketTransport : public Transport {
 public:
  using Socket = boost::asio::basic_stream_socket<Protocol, Executor>;

  explicit SocketTransport(IoContext& context) : socket_(context) {}

  void ReadSome(char* room, size_t bytes, std::shared_ptr<TransportEvents> events) override {
    socket_.async_read_some(boost::asio::buffer(room, bytes),
                            [events = std::move(events)](const SystemError& error, size_t read) {
                              if (error) {
                                events->OnRead(StatusOf(error), 0);
                              } else {
                                events->OnRead(absl::OkStatus(), read);
                              }
                            });
  }

  Written TryWrite(std::string_view bytes) override {
    for (;;) {
      const ssize_t sent =
          send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) return {static_cast<size_t>(sent), absl::OkStatus()};
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {};
      return {0, StatusOf(SystemError(errno, boost::system::system_category()))};
    }
  }

  void WaitWritable(std::shared_ptr<TransportEvents> events) override {
    socket_.async_wait(Socket::wait_write, [events = std::move(events)](const SystemError&) {
      events->OnWritable();  // What is wrong, the next write or read will say.
    });
  }

  void ShutDown() override {
    SystemError ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
  }

  void Close() override {
    SystemError ignored;
    socket_.close(ignored);
  }

 protected:
  static absl::Status StatusOf(const SystemError& error) {
    if (error == boost::asio::error::eof) {
      return absl::UnavailableError("the server closed the connection");
    }
    return absl::UnavailableError(error.message());
  }

  Socket& socket() { return socket_; }

 private:
  Socket socket_;
};

// Implementations, each in its own file.
// `addresses`: those of the host, if they are known; empty: it is resolved.
std::unique_ptr<Transport> MakeTcpTransport(IoContext& context, const ConnectionOptions& options,
                                            std::vector<Tcp::endpoint> addresses = {});
std::unique_ptr<Transport> MakeUnixTransport(IoContext& context, const ConnectionOptions& options);

}  // namespace nacre::client

#endif  // NACRE_CLIENT_NET_SOCKET_TRANSPORT_H_
