#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/socket_base.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/net/socket_transport.h"

namespace nacre::client {

namespace {

// Probes that must go unanswered until the kernel gives a connection up, at a third of the idle
// time from each other.
constexpr int kKeepaliveProbes = 3;

class TcpTransport final : public SocketTransport<Tcp> {
 public:
  TcpTransport(IoContext& context, const ConnectionOptions& options,
               std::vector<Tcp::endpoint> addresses)
      : SocketTransport(context),
        host_(options.endpoint.host),
        port_(options.endpoint.port),
        keepalive_(options.tcp_keepalive),
        resolver_(context),
        attempt_timer_(context),
        addresses_(std::move(addresses)) {}

  void Connect(std::chrono::steady_clock::time_point deadline,
               std::shared_ptr<TransportEvents> events) override {
    deadline_ = deadline;
    SystemError error;
    const auto address = boost::asio::ip::make_address(host_, error);
    // That needs no resolver, which would start a thread of Asio's.
    if (addresses_.empty() && !error) addresses_.emplace_back(address, port_);
    if (!addresses_.empty()) {
      TryNext(std::move(events));
      return;
    }
    resolver_.async_resolve(
        host_, std::to_string(port_), Resolver::numeric_service,
        [this, events = std::move(events)](const SystemError& failure,
                                           const Resolver::results_type& results) mutable {
          if (failure) {
            events->OnConnected(
                absl::UnavailableError(absl::StrCat("no such host: ", failure.message())));
            return;
          }
          for (const auto& result : results) addresses_.push_back(result.endpoint());
          if (closed_) return events->OnConnected(absl::CancelledError());
          TryNext(std::move(events));
        });
  }

  void Close() override {
    closed_ = true;
    resolver_.cancel();
    attempt_timer_.cancel();
    SocketTransport::Close();
  }

 private:
  void TryNext(std::shared_ptr<TransportEvents> events) {
    SocketTransport::Close();  // Of the attempt before.
    LimitAttempt(events);
    socket().async_connect(addresses_[next_++],
                           [this, events = std::move(events)](SystemError error) mutable {
                             attempt_timer_.cancel();
                             ++attempt_;
                             // The timer may have closed it when the success was on its way here.
                             if (!error && !socket().is_open())
                               error = boost::asio::error::timed_out;
                             if (error && next_ < addresses_.size() && !closed_)
                               return TryNext(std::move(events));
                             if (!error) SetOptions();
                             events->OnConnected(error ? StatusOf(error) : absl::OkStatus());
                           });
  }

  // An address that does not answer must not use up the time of those after it. The last one has
  // all that is left.
  void LimitAttempt(std::shared_ptr<TransportEvents> events) {
    const size_t left = addresses_.size() - next_;
    if (left < 2 || deadline_ == std::chrono::steady_clock::time_point::max()) return;
    const auto now = std::chrono::steady_clock::now();
    attempt_timer_.expires_at(now + (deadline_ - now) / static_cast<int64_t>(left));
    attempt_timer_.async_wait(
        [this, attempt = attempt_, events = std::move(events)](const SystemError& error) {
          if (!error && attempt == attempt_ && !closed_) SocketTransport::Close();
        });
  }

  void SetOptions() {
    SystemError ignored;
    socket().set_option(Tcp::no_delay(true), ignored);
    if (keepalive_ <= absl::ZeroDuration()) return;
    socket().set_option(boost::asio::socket_base::keep_alive(true), ignored);
    const int idle_seconds =
        static_cast<int>(std::clamp<int64_t>(absl::ToInt64Seconds(keepalive_), 1, 32'767));
    SetInt(TCP_KEEPIDLE, idle_seconds);
    SetInt(TCP_KEEPINTVL, std::max(idle_seconds / kKeepaliveProbes, 1));
    SetInt(TCP_KEEPCNT, kKeepaliveProbes);
  }

  void SetInt(int option, int value) {
    setsockopt(socket().native_handle(), IPPROTO_TCP, option, &value, sizeof(value));
  }

  const std::string host_;
  const uint16_t port_;
  const absl::Duration keepalive_;
  std::chrono::steady_clock::time_point deadline_;
  Resolver resolver_;
  Timer attempt_timer_;
  std::vector<Tcp::endpoint> addresses_;
  size_t next_ = 0;
  uint64_t attempt_ = 0;  // Tells a timer whether it is of the present attempt.
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<Transport> MakeTcpTransport(IoContext& context, const ConnectionOptions& options,
                                            std::vector<Tcp::endpoint> addresses) {
  return std::make_unique<TcpTransport>(context, options, std::move(addresses));
}

}  // namespace nacre::client
