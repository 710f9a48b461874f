#include "tests/client/support/proxy_link.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace nacre::client::support {
namespace {

constexpr size_t kReadBytes = 64 * 1024;
constexpr Direction kBoth[] = {Direction::kToServer, Direction::kToClient};

}  // namespace

void Proxy::Link::Start() {
  thread_ = std::thread([this] {
    Run();
    client_.Close();
    server_.Close();
    const std::lock_guard lock(proxy_.mutex_);
    shared_.server_closed = true;
    proxy_.changed_.notify_all();
  });
}

void Proxy::Link::Run() {
  server_ = Socket::ConnectTo(proxy_.server_port_);
  if (!server_.is_open()) {
    client_.Reset();
    return;
  }
  while (TakeOrders()) {
    FailIfPlanned();
    if (flow(Direction::kToServer).ended && flow(Direction::kToClient).ended) return;
    WaitForSockets();
    for (const Direction direction : kBoth) {
      if (WantsInput(direction)) Read(direction);
      if (!flow(direction).pending.empty()) Write(direction);
      // Before the answer to what has just passed can come through.
      FailIfPlanned();
      PassEnd(direction);
    }
  }
}

bool Proxy::Link::TakeOrders() {
  waker_.Clear();
  std::optional<Cut::How> cut_request;
  {
    const std::lock_guard lock(proxy_.mutex_);
    if (proxy_.stopping_) return false;
    released_ = proxy_.released_;
    cut_request = shared_.cut_request;
  }
  if (cut_request && !cut_) CutNow(*cut_request);
  return true;
}

void Proxy::Link::FailIfPlanned() {
  if (plan_.cut && !cut_ && flow(plan_.cut->direction).passed == plan_.cut->after_bytes) {
    CutNow(plan_.cut->how);
  }
  const bool held = plan_.black_hole ||
                    (plan_.hold && flow(plan_.hold->direction).passed == plan_.hold->after_bytes);
  if (held && !released_) {
    const std::lock_guard lock(proxy_.mutex_);
    shared_.held = true;
    proxy_.changed_.notify_all();
  }
}

void Proxy::Link::CutNow(Cut::How how) {
  cut_ = true;
  for (const Direction direction : kBoth) {
    flow(direction).pending.clear();
    flow(direction).forgetting = true;
  }
  server_.FinishSending();
  flow(Direction::kToServer).finished = true;
  if (how == Cut::How::kReset) {
    client_.Reset();
    flow(Direction::kToServer).ended = true;
  } else {
    client_.FinishSending();
  }
  flow(Direction::kToClient).finished = true;
  const std::lock_guard lock(proxy_.mutex_);
  shared_.cut = true;
  proxy_.changed_.notify_all();
}

size_t Proxy::Link::Room(Direction direction) const {
  const Flow& bytes = flow(direction);
  if (bytes.forgetting) return kReadBytes;
  uint64_t end = bytes.passed + kReadBytes;
  if (plan_.cut && plan_.cut->direction == direction) end = std::min(end, plan_.cut->after_bytes);
  if (!released_) {
    if (plan_.hold && plan_.hold->direction == direction) {
      end = std::min(end, plan_.hold->after_bytes);
    }
    if (plan_.black_hole) end = 0;
  }
  return end > bytes.passed ? static_cast<size_t>(end - bytes.passed) : 0;
}

bool Proxy::Link::WantsInput(Direction direction) const {
  const Flow& bytes = flow(direction);
  return !bytes.ended && bytes.pending.empty() && Room(direction) > 0;
}

void Proxy::Link::WaitForSockets() {
  pollfd sockets[3] = {
      {client_.descriptor(), 0, 0}, {server_.descriptor(), 0, 0}, {waker_.descriptor(), POLLIN, 0}};
  for (const Direction direction : kBoth) {
    const bool to_server = direction == Direction::kToServer;
    if (WantsInput(direction)) sockets[to_server ? 0 : 1].events |= POLLIN;
    if (!flow(direction).pending.empty()) sockets[to_server ? 1 : 0].events |= POLLOUT;
  }
  for (pollfd& socket : sockets) {
    if (socket.events == 0) socket.fd = -1;  // Else an error of it would be told again and again.
  }
  ::poll(sockets, 3, -1);
}

void Proxy::Link::Read(Direction direction) {
  Flow& bytes = flow(direction);
  char chunk[kReadBytes];
  const ssize_t count =
      ::recv(source(direction).descriptor(), chunk, Room(direction), MSG_DONTWAIT);
  if (count > 0) {
    if (!bytes.forgetting) bytes.pending.assign(chunk, static_cast<size_t>(count));
    return;
  }
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  bytes.ended = true;
}

void Proxy::Link::Write(Direction direction) {
  Flow& bytes = flow(direction);
  // So that who has received a byte finds it counted.
  const std::lock_guard lock(proxy_.mutex_);
  const size_t size = plan_.one_byte_at_a_time ? 1 : bytes.pending.size();
  const ssize_t count =
      ::send(sink(direction).descriptor(), bytes.pending.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count > 0) {
    bytes.pending.erase(0, static_cast<size_t>(count));
    bytes.passed += static_cast<uint64_t>(count);
    shared_.passed[static_cast<size_t>(direction)] = bytes.passed;
    proxy_.changed_.notify_all();
  } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    bytes.pending.clear();
    bytes.forgetting = true;
  }
}

void Proxy::Link::PassEnd(Direction direction) {
  Flow& bytes = flow(direction);
  if (!bytes.ended || !bytes.pending.empty()) return;
  if (!bytes.finished) {
    sink(direction).FinishSending();
    bytes.finished = true;
  }
  if (direction == Direction::kToClient) {
    const std::lock_guard lock(proxy_.mutex_);
    shared_.server_closed = true;
    proxy_.changed_.notify_all();
  }
}

}  // namespace nacre::client::support
