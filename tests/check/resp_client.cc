#include "tests/check/resp_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace nacre::check {
namespace {

constexpr int kReplyWaitSeconds = 30;
constexpr int kDepthMax = 8;

absl::Status Unavailable(const std::string& what) {
  return absl::UnavailableError(what + ": " + std::strerror(errno));
}

std::optional<int64_t> ToInteger(const std::string& text) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

absl::StatusOr<RespClient> RespClient::Connect(uint16_t port) {
  RespClient client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (client.socket_ < 0) return Unavailable("socket");
  const timeval wait{.tv_sec = kReplyWaitSeconds, .tv_usec = 0};
  const int on = 1;
  ::setsockopt(client.socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  ::setsockopt(client.socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(client.socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return Unavailable("connect to port " + std::to_string(port));
  }
  return client;
}

RespClient::RespClient(RespClient&& other) noexcept
    : socket_(other.socket_), buffer_(std::move(other.buffer_)), position_(other.position_) {
  other.socket_ = -1;
}

RespClient::~RespClient() {
  if (socket_ >= 0) ::close(socket_);
}

absl::StatusOr<RespReply> RespClient::Call(absl::Span<const std::string> request) {
  std::string bytes = "*" + std::to_string(request.size()) + "\r\n";
  for (const std::string& word : request) {
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count < 0) return Unavailable("send");
    sent += static_cast<size_t>(count);
  }
  return ReadReply(0);
}

absl::Status RespClient::Fill() {
  buffer_.erase(0, position_);
  position_ = 0;
  char bytes[16 << 10];
  const ssize_t count = ::recv(socket_, bytes, sizeof(bytes), 0);
  if (count == 0) return absl::UnavailableError("the server closed the connection");
  if (count < 0) return Unavailable("recv");
  buffer_.append(bytes, static_cast<size_t>(count));
  return absl::OkStatus();
}

absl::StatusOr<std::string> RespClient::ReadLine() {
  for (;;) {
    const size_t end = buffer_.find("\r\n", position_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(position_, end - position_);
      position_ = end + 2;
      return line;
    }
    if (absl::Status status = Fill(); !status.ok()) return status;
  }
}

absl::StatusOr<RespReply> RespClient::ReadReply(int depth) {
  absl::StatusOr<std::string> line = ReadLine();
  if (!line.ok()) return line.status();
  if (line->empty() || depth > kDepthMax) return absl::DataLossError("not a reply");
  RespReply reply;
  reply.text = line->substr(1);
  const std::optional<int64_t> number = ToInteger(reply.text);
  switch ((*line)[0]) {
    case '+': reply.kind = RespReply::Kind::kSimple; return reply;
    case '-': reply.kind = RespReply::Kind::kError; return reply;
    case ':':
      if (!number) break;
      reply.kind = RespReply::Kind::kInteger;
      reply.integer = *number;
      return reply;
    case '$':
      if (!number) break;
      return ReadBulk(*number);
    case '*':
      if (!number) break;
      return ReadArray(*number, depth);
    default: break;
  }
  return absl::DataLossError("not a reply: " + *line);
}

absl::StatusOr<RespReply> RespClient::ReadBulk(int64_t length) {
  RespReply reply;
  if (length < 0) return reply;
  const size_t size = static_cast<size_t>(length);
  while (buffer_.size() - position_ < size + 2) {
    if (absl::Status status = Fill(); !status.ok()) return status;
  }
  if (buffer_.compare(position_ + size, 2, "\r\n") != 0) {
    return absl::DataLossError("a bulk string does not end where it says");
  }
  reply.kind = RespReply::Kind::kBulk;
  reply.text = buffer_.substr(position_, size);
  position_ += size + 2;
  return reply;
}

absl::StatusOr<RespReply> RespClient::ReadArray(int64_t length, int depth) {
  RespReply reply;
  if (length < 0) return reply;
  reply.kind = RespReply::Kind::kArray;
  for (int64_t i = 0; i < length; ++i) {
    absl::StatusOr<RespReply> element = ReadReply(depth + 1);
    if (!element.ok()) return element.status();
    reply.elements.push_back(*std::move(element));
  }
  return reply;
}

}  // namespace nacre::check
