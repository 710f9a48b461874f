// A Connection over real sockets, TCP and Unix: what the transports do.

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <functional>
#include <optional>

#include "gmock/gmock.h"
#include "tests/client/connection_fixture.h"

namespace nacre::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The server's end, on the same event loop. Reads all the time unless told not to.
template <typename Protocol>
class Peer {
 public:
  using Socket = boost::asio::basic_stream_socket<Protocol, Executor>;
  Peer(IoContext& context, const typename Protocol::endpoint& at)
      : acceptor_(context, at), socket_(context) {}

  typename Protocol::endpoint endpoint() const { return acceptor_.local_endpoint(); }
  void Accept(std::function<void()> accepted) {
    acceptor_.async_accept(socket_, [accepted](const SystemError& error) {
      ASSERT_FALSE(error) << error.message();
      accepted();
    });
  }
  void Read() {
    socket_.async_read_some(boost::asio::buffer(room_), [this](const SystemError& error, size_t n) {
      if (error) return;
      received.append(room_, n);
      Read();
    });
  }
  void Say(std::string_view bytes) {
    boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()));
  }
  void Close() { socket_.close(); }
  Socket& socket() { return socket_; }

  std::string received;

 private:
  boost::asio::basic_socket_acceptor<Protocol, Executor> acceptor_;
  Socket socket_;
  char room_[4096];
};

class SocketConnectionTest : public testing::Test {
 protected:
  void RunUntil(const std::function<bool()>& condition) {
    while (!condition()) {
      context_.restart();
      ASSERT_GT(context_.run_one(), 0u) << "nothing is left that could bring it about";
    }
  }
  template <typename Protocol>
  void Open(Peer<Protocol>& peer, bool reads = true) {
    connection_.emplace(context_, options_);
    connection_->Open([this](const absl::Status& status) { opened_ = status; });
    peer.Accept([&peer, reads] {
      if (reads) peer.Read();
      peer.Say(HelloReply());
    });
    RunUntil([&] { return opened_.has_value(); });
    ASSERT_TRUE(opened_->ok()) << *opened_;
  }
  void AtPort(const Tcp::endpoint& endpoint) { options_.endpoint.port = endpoint.port(); }
  static Tcp::endpoint Loopback() { return {boost::asio::ip::address_v4::loopback(), 0}; }

  IoContext context_{1};
  ConnectionOptions options_;
  std::optional<Connection> connection_;
  std::optional<absl::Status> opened_;
};

template <typename Protocol>
void Converse(IoContext& context, Peer<Protocol>& peer, Connection& connection) {
  Recorder recorder;
  connection.Send(Request("GET", "k"), recorder, Deadline::max());
  while (!peer.received.ends_with("GET\r\n$1\r\nk\r\n")) context.run_one();
  peer.Say("$1\r\nv\r\n");
  while (!recorder.end.has_value()) context.run_one();
  EXPECT_THAT(recorder.replies, ElementsAre("v"));
}

TEST_F(SocketConnectionTest, TalksOverTcp) {
  Peer<Tcp> peer(context_, Loopback());
  AtPort(peer.endpoint());
  Open(peer);
  EXPECT_EQ(connection_->server().name, "nacre");
  Converse(context_, peer, *connection_);
}

TEST_F(SocketConnectionTest, TalksOverAUnixSocket) {
  const std::string path =
      testing::TempDir() + "nacre_connection_test_" + std::to_string(getpid()) + ".sock";
  std::filesystem::remove(path);
  Peer<UnixStream> peer(context_, UnixStream::endpoint(path));
  options_.endpoint.unix_path = path;
  Open(peer);
  Converse(context_, peer, *connection_);
  std::filesystem::remove(path);
}

TEST_F(SocketConnectionTest, TriesTheAddressesOfANameInTurn) {
  Peer<Tcp> peer(context_, Loopback());  // Not on ::1, which "localhost" may come first as.
  AtPort(peer.endpoint());
  options_.endpoint.host = "localhost";
  Open(peer);
  Converse(context_, peer, *connection_);
}

TEST_F(SocketConnectionTest, NobodyThereIsUnavailableAndNamesTheEndpoint) {
  {
    Peer<Tcp> gone(context_, Loopback());
    AtPort(gone.endpoint());
  }
  connection_.emplace(context_, options_);
  connection_->Open([this](const absl::Status& status) { opened_ = status; });
  RunUntil([&] { return opened_.has_value(); });
  EXPECT_EQ(opened_->code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(opened_->message()), HasSubstr(options_.endpoint.ToString()));
}

TEST_F(SocketConnectionTest, APathThatIsNoSocketIsUnavailable) {
  options_.endpoint.unix_path = testing::TempDir() + "nacre_no_such_socket";
  connection_.emplace(context_, options_);
  connection_->Open([this](const absl::Status& status) { opened_ = status; });
  RunUntil([&] { return opened_.has_value(); });
  EXPECT_EQ(opened_->code(), absl::StatusCode::kUnavailable);
}

TEST_F(SocketConnectionTest, APathTooLongForASocketIsInvalid) {
  options_.endpoint.unix_path = "/" + std::string(200, 'p');
  connection_.emplace(context_, options_);
  connection_->Open([this](const absl::Status& status) { opened_ = status; });
  RunUntil([&] { return opened_.has_value(); });
  EXPECT_EQ(opened_->code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SocketConnectionTest, AServerThatIsFullIsUnavailableWithItsText) {
  Peer<Tcp> peer(context_, Loopback());
  AtPort(peer.endpoint());
  connection_.emplace(context_, options_);
  connection_->Open([this](const absl::Status& status) { opened_ = status; });
  peer.Accept([&] {
    peer.Say("-ERR max number of clients reached\r\n");
    peer.Close();
  });
  RunUntil([&] { return opened_.has_value(); });
  EXPECT_EQ(opened_->code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(opened_->message()), HasSubstr("max number of clients reached"));
}

TEST_F(SocketConnectionTest, AServerThatClosesEndsWhatIsUnderWay) {
  Peer<Tcp> peer(context_, Loopback());
  AtPort(peer.endpoint());
  Open(peer);
  std::optional<absl::Status> closed;
  connection_->SetCloseHandler([&](const absl::Status& why) { closed = why; });
  Recorder recorder;
  connection_->Send(Request("GET", "k"), recorder, Deadline::max());
  RunUntil([&] { return peer.received.ends_with("k\r\n"); });
  peer.Close();
  RunUntil([&] { return closed.has_value(); });
  EXPECT_EQ(closed->code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(recorder.outcome(), Outcome::kUnknown);
}

// The signal would end the program.
TEST_F(SocketConnectionTest, WritingToAConnectionThatIsGoneRaisesNoSignal) {
  Peer<Tcp> peer(context_, Loopback());
  AtPort(peer.endpoint());
  Open(peer);
  // Who closes with bytes unread resets at once, and then it is the reset that a write finds.
  RunUntil([&] { return peer.received == Request("HELLO", 3).bytes(); });
  peer.Close();
  // The first write is taken, and answered by a reset; after that, writing raises the signal.
  Recorder first, second;
  connection_->Send(Request("GET", "k"), first, Deadline::max());
  connection_->Flush();
  connection_->Send(Request("GET", "k"), second, Deadline::max());
  connection_->Flush();
  RunUntil([&] { return first.end.has_value() && second.end.has_value(); });
  EXPECT_FALSE(connection_->is_open());
}

TEST_F(SocketConnectionTest, AServerThatStopsReadingIsGivenUp) {
  Peer<Tcp> peer(context_, Loopback());
  AtPort(peer.endpoint());
  options_.unresponsive_timeout = absl::Milliseconds(20);
  Open(peer, /*reads=*/false);
  std::optional<absl::Status> closed;
  connection_->SetCloseHandler([&](const absl::Status& why) { closed = why; });
  Recorder large, unsent;
  connection_->Send(Request("SET", "k", std::string(32 << 20, 'v')), large, Deadline::max());
  connection_->Flush();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
  connection_->Send(Request("GET", "k"), unsent, deadline);
  size_t handlers = 0;
  while (!unsent.end.has_value()) handlers += context_.run_one();
  EXPECT_EQ(unsent.end->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(unsent.outcome(), Outcome::kNotExecuted);
  connection_->Forget(large);
  while (!closed.has_value()) handlers += context_.run_one();
  EXPECT_THAT(std::string(closed->message()), HasSubstr("unresponsive_timeout"));
  EXPECT_LT(handlers, 200u) << "a busy loop";
}

TEST(EndpointTest, NamesItselfAsItIsWritten) {
  EXPECT_EQ((Endpoint{"127.0.0.1", 6379, ""}).ToString(), "127.0.0.1:6379");
  EXPECT_EQ((Endpoint{"::1", 6379, ""}).ToString(), "[::1]:6379");
  EXPECT_EQ((Endpoint{"example", 1, ""}).ToString(), "example:1");
  EXPECT_EQ((Endpoint{"example", 1, "/run/nacre.sock"}).ToString(), "/run/nacre.sock");
}

}  // namespace
}  // namespace nacre::client
