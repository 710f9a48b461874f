#include "server/net/listener.h"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nacre::server {

namespace {

constexpr int kBacklog = 511;
// When the process has no file descriptor left, accepting again at once would spin.
constexpr auto kRetryAfter = std::chrono::milliseconds(50);

absl::Status CannotListen(const ServerOptions& options, const ErrorCode& error) {
  const std::string remedy =
      error == boost::asio::error::address_in_use
          ? "; another program listens there: choose another port with --port N (0: any free one)"
          : "; choose another address with --bind or another port with --port";
  return absl::UnavailableError(absl::StrCat("cannot listen on ", options.bind, ":", options.port,
                                             ": ", error.message(), remedy));
}

}  // namespace

Listener::Listener(ServerState& server, std::vector<std::unique_ptr<IoThread>>& threads)
    : server_(server),
      threads_(threads),
      acceptor_(threads[0]->context()),
      retry_timer_(threads[0]->context()) {}

absl::Status Listener::Listen() {
  const ServerOptions& options = server_.options();
  ErrorCode error;
  const auto address = boost::asio::ip::make_address(options.bind, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("--bind takes an IPv4 or IPv6 address, and '", options.bind, "' is none"));
  }
  const Tcp::endpoint endpoint(address, options.port);
  // Without SO_REUSEPORT: two servers on one port would each get some of the clients.
  if (!acceptor_.open(endpoint.protocol(), error) &&
      !acceptor_.set_option(Acceptor::reuse_address(true), error) &&
      !acceptor_.bind(endpoint, error)) {
    acceptor_.listen(kBacklog, error);
  }
  if (error) return CannotListen(options, error);
  server_.set_port(acceptor_.local_endpoint(error).port());
  return absl::OkStatus();
}

void Listener::Start() {
  boost::asio::post(threads_[0]->context(), [this] { Accept(); });
}

void Listener::Stop() {
  std::promise<void> stopped;
  boost::asio::post(threads_[0]->context(), [&] {
    ErrorCode ignored;
    acceptor_.close(ignored);
    retry_timer_.cancel();
    stopped.set_value();
  });
  stopped.get_future().wait();
}

void Listener::Accept() {
  IoThread& thread = *threads_[next_thread_++ % threads_.size()];
  acceptor_.async_accept(thread.context(), [this, &thread](const ErrorCode& error, Socket socket) {
    OnAccepted(error, std::move(socket), thread);
  });
}

void Listener::OnAccepted(const ErrorCode& error, Socket socket, IoThread& thread) {
  if (!acceptor_.is_open()) return;
  if (error == boost::asio::error::no_descriptors || error == boost::asio::error::no_memory ||
      error == boost::asio::error::no_buffer_space) {
    retry_timer_.expires_after(kRetryAfter);
    retry_timer_.async_wait([this](const ErrorCode& cancelled) {
      if (!cancelled) Accept();
    });
    return;
  }
  if (!error) {
    ServerState::Counters& counters = server_.counters();
    const uint64_t clients = server_.Sum(&ServerState::ThreadCounters::connections);
    if (clients >= server_.settings().clients_max()) {
      counters.connections_rejected.fetch_add(1, std::memory_order_relaxed);
      thread.Reject(std::move(socket), "ERR max number of clients reached");
    } else {
      counters.connections_received.fetch_add(1, std::memory_order_relaxed);
      // Counted here and not when the thread takes it over, so that a crowd is not let in between.
      thread.counters().connections.fetch_add(1, std::memory_order_relaxed);
      thread.Adopt(std::move(socket));
    }
  }
  Accept();
}

}  // namespace nacre::server
