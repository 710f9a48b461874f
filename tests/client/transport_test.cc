// TCP transports by themselves: names with several addresses, and the options of sockets.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "client/net/socket_transport.h"
#include "gtest/gtest.h"
#include "nacre/client/connection.h"

namespace nacre::client {
namespace {

using Acceptor = boost::asio::basic_socket_acceptor<Tcp, Executor>;

struct Events final : TransportEvents {
  void OnConnected(const absl::Status& status) override { connected = status; }
  void OnRead(const absl::Status&, size_t) override {}
  void OnWritable() override {}
  std::optional<absl::Status> connected;
};

class TcpTransportTest : public testing::Test {
 protected:
  static Tcp::endpoint Loopback() { return {boost::asio::ip::address_v4::loopback(), 0}; }
  // Where nobody is.
  Tcp::endpoint Vacant() { return Acceptor(context_, Loopback()).local_endpoint(); }

  absl::Status Connect(std::vector<Tcp::endpoint> addresses, Deadline deadline = Deadline::max()) {
    transport_ = MakeTcpTransport(context_, options_, std::move(addresses));
    const auto events = std::make_shared<Events>();
    transport_->Connect(deadline, events);
    while (!events->connected.has_value()) {
      context_.restart();
      context_.run_one();
    }
    return *events->connected;
  }

  // Of the socket that is connected to `port`; -1: there is none.
  static int DescriptorTo(uint16_t port) {
    for (int descriptor = 0; descriptor < 1024; ++descriptor) {
      sockaddr_in peer{};
      socklen_t size = sizeof(peer);
      if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
          peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) {
        return descriptor;
      }
    }
    return -1;
  }
  static int OptionOf(int descriptor, int level, int option) {
    int value = -1;
    socklen_t size = sizeof(value);
    getsockopt(descriptor, level, option, &value, &size);
    return value;
  }

  IoContext context_{1};
  ConnectionOptions options_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(TcpTransportTest, ASocketThatCannotBeOpenedIsSaidAndIsNoTimeout) {
#ifdef NACRE_SANITIZED
  GTEST_SKIP() << "the sanitizer opens a pipe to see whether memory can be read, and takes it for "
                  "bad memory if it cannot";
#endif
  const Tcp::endpoint nobody = Vacant();  // Also makes what the event loop itself has open.
  const int lowest_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_NE(lowest_free, -1);
  close(lowest_free);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {.rlim_cur = static_cast<rlim_t>(lowest_free), .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Status status = Connect({nobody});
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_NE(status.ToString().find("Too many open files"), std::string::npos) << status;
}

TEST_F(TcpTransportTest, TriesTheAddressesOfANameInTurn) {
  const Acceptor acceptor(context_, Loopback());
  EXPECT_TRUE(Connect({Vacant(), Vacant(), acceptor.local_endpoint()}).ok());
  EXPECT_NE(DescriptorTo(acceptor.local_endpoint().port()), -1);
}

TEST_F(TcpTransportTest, IsUnavailableIfNobodyIsAtAnyAddress) {
  EXPECT_EQ(Connect({Vacant(), Vacant()}).code(), absl::StatusCode::kUnavailable);
}

// Whose queue of connections is full does not answer. The last address may take all the time that
// there is.
TEST_F(TcpTransportTest, AnAddressThatDoesNotAnswerLeavesTimeForTheOthers) {
  Acceptor full(context_);
  full.open(Tcp::v4());
  full.bind(Loopback());
  full.listen(0);
  std::vector<std::unique_ptr<Tcp::socket>> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(std::make_unique<Tcp::socket>(context_));
    waiting.back()->async_connect(full.local_endpoint(), [](const SystemError&) {});
  }
  const Acceptor acceptor(context_, Loopback());
  const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(40);
  EXPECT_TRUE(Connect({full.local_endpoint(), acceptor.local_endpoint()}, deadline).ok());
  EXPECT_NE(DescriptorTo(acceptor.local_endpoint().port()), -1);
}

TEST_F(TcpTransportTest, SendsSmallRequestsAtOnceAndProbesIdleConnections) {
  const Acceptor acceptor(context_, Loopback());
  options_.tcp_keepalive = absl::Seconds(60);
  ASSERT_TRUE(Connect({acceptor.local_endpoint()}).ok());
  const int descriptor = DescriptorTo(acceptor.local_endpoint().port());
  EXPECT_EQ(OptionOf(descriptor, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(OptionOf(descriptor, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(OptionOf(descriptor, IPPROTO_TCP, TCP_KEEPIDLE), 60);
  EXPECT_EQ(OptionOf(descriptor, IPPROTO_TCP, TCP_KEEPINTVL), 20);
  EXPECT_EQ(OptionOf(descriptor, IPPROTO_TCP, TCP_KEEPCNT), 3);
}

TEST_F(TcpTransportTest, ProbesNobodyIfThatIsTurnedOff) {
  const Acceptor acceptor(context_, Loopback());
  options_.tcp_keepalive = absl::ZeroDuration();
  ASSERT_TRUE(Connect({acceptor.local_endpoint()}).ok());
  const int descriptor = DescriptorTo(acceptor.local_endpoint().port());
  EXPECT_EQ(OptionOf(descriptor, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(OptionOf(descriptor, SOL_SOCKET, SO_KEEPALIVE), 0);
}

}  // namespace
}  // namespace nacre::client
