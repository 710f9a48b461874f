#include "tests/client/support/proxy.h"

#include <algorithm>

#include "tests/client/support/proxy_link.h"

namespace nacre::client::support {

Proxy::Proxy(uint16_t server_port, PlanFor plan_for)
    : server_port_(server_port),
      plan_for_(std::move(plan_for)),
      listener_(Socket::ListenOn(0)),
      port_(listener_.port()),
      acceptor_([this] { AcceptLoop(); }) {}

Proxy::~Proxy() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& link : links_) link->Wake();
  }
  listener_.ShutDown();
  acceptor_.join();
  // Nobody adds to the list any more.
  for (const auto& link : links_) link->Join();
}

void Proxy::AcceptLoop() {
  for (int number = 0;; ++number) {
    Socket client = listener_.Accept();
    if (!client.is_open()) return;
    const ProxyPlan plan = plan_for_(number);
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    links_.push_back(std::make_unique<Link>(*this, plan, std::move(client)));
    links_.back()->Start();
    changed_.notify_all();
  }
}

void Proxy::Release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  for (const auto& link : links_) link->Wake();
}

void Proxy::CutAll(Cut::How how) {
  const std::lock_guard lock(mutex_);
  for (const auto& link : links_) {
    if (link->shared().server_closed) continue;
    link->shared().cut_request = how;
    link->Wake();
  }
}

int Proxy::connections() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(links_.size());
}

int Proxy::failures() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(links_.begin(), links_.end(), [](const auto& link) {
    return link->shared().held || link->shared().cut;
  }));
}

uint64_t Proxy::bytes(Direction direction) const {
  const std::lock_guard lock(mutex_);
  uint64_t sum = 0;
  for (const auto& link : links_) sum += link->shared().passed[static_cast<size_t>(direction)];
  return sum;
}

uint64_t Proxy::bytes(Direction direction, int connection) const {
  const std::lock_guard lock(mutex_);
  if (connection < 0 || connection >= static_cast<int>(links_.size())) return 0;
  return (*std::next(links_.begin(), connection))->shared().passed[static_cast<size_t>(direction)];
}

void Proxy::WaitForConnections(int count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return static_cast<int>(links_.size()) >= count; });
}

void Proxy::WaitForBytes(Direction direction, uint64_t count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    uint64_t sum = 0;
    for (const auto& link : links_) sum += link->shared().passed[static_cast<size_t>(direction)];
    return sum >= count;
  });
}

void Proxy::WaitUntilHeld() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return std::any_of(links_.begin(), links_.end(),
                       [](const auto& link) { return link->shared().held; });
  });
}

void Proxy::WaitUntilCut() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return std::any_of(links_.begin(), links_.end(),
                       [](const auto& link) { return link->shared().cut; });
  });
}

void Proxy::WaitUntilServerClosed() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return std::all_of(links_.begin(), links_.end(),
                       [](const auto& link) { return link->shared().server_closed; });
  });
}

}  // namespace nacre::client::support
