#include "tests/server/wire_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "tests/server/parse_all.h"

namespace nacre::server {

std::vector<std::string> SplitWords(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : line) {
    if (c != ' ') {
      word.push_back(c);
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

WireClient::WireClient(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval ten_seconds = {.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &ten_seconds, sizeof(ten_seconds));
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &ten_seconds, sizeof(ten_seconds));
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    std::perror("connect");
    std::abort();
  }
}

WireClient::~WireClient() { Close(); }

WireClient::WireClient(WireClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), input_(std::move(other.input_)) {}

std::string WireClient::DoWords(const std::vector<std::string>& words) {
  SendWords(words);
  return Read();
}
std::string WireClient::Do(std::string_view line) { return DoWords(SplitWords(line)); }
void WireClient::SendWords(const std::vector<std::string>& words) { SendRaw(Encode(words)); }
void WireClient::Send(std::string_view line) { SendWords(SplitWords(line)); }

bool WireClient::SendRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

size_t WireClient::SendWithoutWaiting(std::string_view bytes) {
  const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<size_t>(sent);
}

bool WireClient::Readable() {
  if (!input_.empty()) return true;
  pollfd waiting = {.fd = socket_, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, 0) > 0;
}

void WireClient::ShutDownSending() { shutdown(socket_, SHUT_WR); }

void WireClient::CloseByReset() {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

void WireClient::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

bool WireClient::Fill() {
  char bytes[16 << 10];
  while (true) {
    const ssize_t got = recv(socket_, bytes, sizeof(bytes), 0);
    if (got > 0) {
      input_.append(bytes, static_cast<size_t>(got));
      return true;
    }
    if (got < 0 && errno == EINTR) continue;
    timed_out_ = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return false;
  }
}

bool WireClient::ReadLine(std::string& line) {
  size_t end = 0;
  while ((end = input_.find("\r\n")) == std::string::npos) {
    if (!Fill()) return false;
  }
  line = input_.substr(0, end);
  input_.erase(0, end + 2);
  return true;
}

bool WireClient::ReadBytes(size_t count, std::string& bytes) {
  while (input_.size() < count + 2) {
    if (!Fill()) return false;
  }
  bytes = input_.substr(0, count);
  input_.erase(0, count + 2);
  return true;
}

std::string WireClient::ReadItems(const std::string& count, std::string_view open,
                                  std::string_view close, bool pairs) {
  std::string items(open);
  const long elements = std::atol(count.c_str());
  for (long i = 0; i < elements; ++i) {
    if (i > 0) items += ", ";
    items += Read();
    if (pairs) items += ": " + Read();
  }
  return items + std::string(close);
}

std::string WireClient::Read() {
  std::string line;
  if (!ReadLine(line)) return timed_out_ ? "(timeout)" : "(closed)";
  const std::string rest = line.substr(1);
  std::string bytes;
  switch (line[0]) {
    case '$':
      if (rest == "-1") return "(nil)";
      if (!ReadBytes(std::strtoul(rest.c_str(), nullptr, 10), bytes)) return "(closed)";
      return "\"" + bytes + "\"";
    case '=':
      if (!ReadBytes(std::strtoul(rest.c_str(), nullptr, 10), bytes)) return "(closed)";
      return "=" + bytes.substr(4);
    case '_': return "(nil)";
    case '*':
      if (rest == "-1") return "(nil array)";
      return ReadItems(rest, "[", "]", false);
    case '~': return ReadItems(rest, "~[", "]", false);
    case '%': return ReadItems(rest, "{", "}", true);
    default: return line;
  }
}

}  // namespace nacre::server
