#include "tests/client/support/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace nacre::client::support {
namespace {

constexpr int kBacklog = 1024;
constexpr size_t kReceiveBytes = 64 * 1024;

// Of what the machine must have for a test to say anything.
int Must(int result, const char* what) {
  if (result < 0) {
    std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
    std::abort();
  }
  return result;
}

void Set(int descriptor, int level, int option) {
  const int on = 1;
  Must(::setsockopt(descriptor, level, option, &on, sizeof(on)), "setsockopt");
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    errno = ENAMETOOLONG;
    Must(-1, path.c_str());
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Socket BindTo(uint16_t port) {
  Socket socket(Must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  Set(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR);
  const sockaddr_in address = Loopback(port);
  Must(::bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
       "bind");
  return socket;
}

Socket Connect(int family, const sockaddr* address, socklen_t bytes) {
  Socket socket(Must(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  if (::connect(socket.descriptor(), address, bytes) != 0) return Socket();
  return socket;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  Close();
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

Socket Socket::ListenOn(uint16_t port) {
  Socket socket = BindTo(port);
  Must(::listen(socket.descriptor_, kBacklog), "listen");
  return socket;
}

Socket Socket::ListenAt(const std::string& unix_path) {
  Socket socket(Must(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  const sockaddr_un address = UnixAddress(unix_path);
  ::unlink(unix_path.c_str());
  Must(::bind(socket.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
       unix_path.c_str());
  Must(::listen(socket.descriptor_, kBacklog), "listen");
  return socket;
}

bool Socket::CanListenOn(uint16_t port) {
  const Socket socket(Must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  Set(socket.descriptor_, SOL_SOCKET, SO_REUSEADDR);
  const sockaddr_in address = Loopback(port);
  return ::bind(socket.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
             0 &&
         ::listen(socket.descriptor_, 1) == 0;
}

Socket Socket::Bind() { return BindTo(0); }

Socket Socket::ConnectTo(uint16_t port) {
  const sockaddr_in address = Loopback(port);
  Socket socket = Connect(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (socket.is_open()) Set(socket.descriptor_, IPPROTO_TCP, TCP_NODELAY);
  return socket;
}

Socket Socket::ConnectTo(const std::string& unix_path) {
  const sockaddr_un address = UnixAddress(unix_path);
  return Connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

Socket Socket::Accept() const {
  for (;;) {
    Socket socket(::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC));
    if (socket.is_open()) {
      const int on = 1;  // Fails on a Unix socket, which does not wait to send anyway.
      ::setsockopt(socket.descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      return socket;
    }
    if (errno != EINTR && errno != ECONNABORTED) return socket;
  }
}

uint16_t Socket::port() const {
  sockaddr_in address{};
  socklen_t bytes = sizeof(address);
  Must(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &bytes), "getsockname");
  return ntohs(address.sin_port);
}

bool Socket::SendAll(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool Socket::Receive(std::string& bytes) const {
  char chunk[kReceiveBytes];
  for (;;) {
    const ssize_t count = ::recv(descriptor_, chunk, sizeof(chunk), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.append(chunk, static_cast<size_t>(count));
    return true;
  }
}

void Socket::FinishSending() const { ::shutdown(descriptor_, SHUT_WR); }

void Socket::ShutDown() const { ::shutdown(descriptor_, SHUT_RDWR); }

void Socket::Close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void Socket::Reset() {
  if (descriptor_ < 0) return;
  const linger abort{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  Close();
}

Waker::Waker() : event_(Must(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}

void Waker::Wake() const { Must(::eventfd_write(event_.descriptor(), 1), "eventfd_write"); }

void Waker::Clear() const {
  eventfd_t count = 0;
  ::eventfd_read(event_.descriptor(), &count);
}

}  // namespace nacre::client::support
