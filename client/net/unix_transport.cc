#include <sys/un.h>

#include <boost/asio/post.hpp>

#include "client/net/socket_transport.h"

namespace nacre::client {

namespace {

class UnixTransport final : public SocketTransport<UnixStream> {
 public:
  UnixTransport(IoContext& context, std::string path)
      : SocketTransport(context), path_(std::move(path)) {}

  void Connect(std::chrono::steady_clock::time_point /*deadline*/,
               std::shared_ptr<TransportEvents> events) override {
    // Asio's endpoint throws for a path that the address has no room for.
    if (path_.size() >= sizeof(sockaddr_un::sun_path)) {
      boost::asio::post(socket().get_executor(), [events = std::move(events)] {
        events->OnConnected(absl::InvalidArgumentError("the path is too long for a socket"));
      });
      return;
    }
    socket().async_connect(UnixStream::endpoint(path_),
                           [events = std::move(events)](const SystemError& error) {
                             events->OnConnected(error ? StatusOf(error) : absl::OkStatus());
                           });
  }

 private:
  const std::string path_;
};

}  // namespace

std::unique_ptr<Transport> MakeUnixTransport(IoContext& context, const ConnectionOptions& options) {
  return std::make_unique<UnixTransport>(context, options.endpoint.unix_path);
}

}  // namespace nacre::client
