#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/client/contender.h"

namespace nacre::bench {
namespace {

constexpr size_t kReceiveBytes = size_t{16} << 10;

class SystemCalls final : public Contender {
 public:
  explicit SystemCalls(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      Fail("no connection");
    }
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  ~SystemCalls() override { ::close(socket_); }

  std::string_view name() const override { return "system calls only"; }

  uint64_t Run(Operation operation, Load& load, int pipeline, int batches) override {
    // "+OK\r\n", or "$100\r\n" and the value and "\r\n".
    const size_t text_bytes = operation == Operation::kGet ? load.value().size() : 2;
    const size_t reply_bytes =
        operation == Operation::kGet
            ? text_bytes + std::to_string(text_bytes).size() + std::string_view("$\r\n\r\n").size()
            : text_bytes + std::string_view("+\r\n").size();
    for (int batch = 0; batch < batches; ++batch) {
      request_.Clear();
      for (int i = 0; i < pipeline; ++i) AddCommand(operation, load, request_);
      Exchange(reply_bytes * static_cast<size_t>(pipeline));
    }
    return text_bytes * static_cast<size_t>(pipeline) * static_cast<size_t>(batches);
  }

 private:
  void Exchange(size_t expected_bytes) {
    const std::string& out = request_.bytes();
    if (::send(socket_, out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) {
      Fail("send");
    }
    while (expected_bytes > 0) {
      char buffer[kReceiveBytes];
      const ssize_t received = ::recv(socket_, buffer, sizeof(buffer), 0);
      if (received <= 0 || static_cast<size_t>(received) > expected_bytes) Fail("recv");
      expected_bytes -= static_cast<size_t>(received);
    }
  }

  const int socket_;
  client::Request request_;
};

}  // namespace

void AddSystemCalls(uint16_t port, Contenders& contenders) {
  contenders.push_back(std::make_unique<SystemCalls>(port));
}

}  // namespace nacre::bench
