#include "server/net/io_thread.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "server/base/clock.h"
#include "server/base/thread_name.h"

namespace nacre::server {

namespace {
// How exact the time limits of transactions are. The clock only ticks while one is open.
constexpr auto kTick = std::chrono::milliseconds(20);
// How often idle clients are looked for: twice in their timeout, within these.
constexpr absl::Duration kTickMin = absl::Milliseconds(10);
constexpr absl::Duration kTickMax = absl::Seconds(1);
}  // namespace

IoThread::IoThread(ServerState& server, SlowLane& slow_lane, int index)
    : index_(index),
      server_(server),
      slow_lane_(slow_lane),
      counters_(server.thread_counters(index)),
      context_(1),
      work_(context_.get_executor()),
      tick_timer_(context_),
      drain_timer_(context_),
      idle_timer_(context_) {}

IoThread::~IoThread() = default;

void IoThread::Start() {
  OnSettingsChanged();
  thread_ = std::thread([this] {
    NameThisThread("nacre-io-" + std::to_string(index_));
    context_.run();
  });
}

void IoThread::Join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::Adopt(Socket socket) {
  boost::asio::post(context_, [this, socket = std::move(socket)]() mutable {
    Connection& connection = Add(std::move(socket), /*counted=*/true);
    connection.Start();
    if (draining_) connection.Drain();
  });
}

void IoThread::Reject(Socket socket, std::string error) {
  boost::asio::post(context_,
                    [this, socket = std::move(socket), error = std::move(error)]() mutable {
                      Add(std::move(socket), /*counted=*/false).StartRejected(error);
                    });
}

Connection& IoThread::Add(Socket socket, bool counted) {
  auto connection = std::make_unique<Connection>(*this, std::move(socket));
  Connection& added = *connection;
  by_id_.emplace(added.id(), &added);
  connections_.emplace(&added, Entry{std::move(connection), counted});
  return added;
}

void IoThread::Remove(Connection& connection) {
  const auto found = connections_.find(&connection);
  if (found->second.counted) {
    counters_.connections.fetch_sub(1, std::memory_order_relaxed);
  }
  removed_.push_back(std::move(found->second.connection));
  connections_.erase(found);
  by_id_.erase(connection.id());
  time_watched_.erase(&connection);
  if (removed_.size() > 1) return;  // The handler below is on its way already.
  boost::asio::post(context_, [this] {
    removed_.clear();
    EndIfDrained();
  });
}

void IoThread::SendSoon(Connection& connection) {
  send_soon_.push_back(&connection);
  if (send_soon_.size() > 1) return;  // The handler below is on its way already.
  boost::asio::post(context_, [this] {
    // Nobody is added meanwhile: sending runs no requests.
    for (Connection* waiting : send_soon_) waiting->SendNow();
    send_soon_.clear();
  });
}

void IoThread::Wake(uint64_t client_id) {
  boost::asio::post(context_, [this, client_id] {
    const auto found = by_id_.find(client_id);
    if (found != by_id_.end()) found->second->OnWake();
  });
}

// --- Idle clients ---

void IoThread::OnSettingsChanged() {
  boost::asio::post(context_, [this] { WatchIdle(); });
}

void IoThread::WatchIdle() {
  const absl::Duration timeout = server_.settings().client_idle_timeout();
  if (watching_idle_ || draining_ || timeout == absl::InfiniteDuration()) return;
  watching_idle_ = true;
  idle_timer_.expires_after(
      absl::ToChronoMilliseconds(std::clamp(timeout / 2, kTickMin, kTickMax)));
  idle_timer_.async_wait([this](const ErrorCode&) {
    watching_idle_ = false;
    CloseIdle();
    WatchIdle();
  });
}

void IoThread::CloseIdle() {
  const absl::Duration timeout = server_.settings().client_idle_timeout();
  if (draining_ || timeout == absl::InfiniteDuration()) return;
  const int64_t now = CoarseNanos();
  // A copy: a connection that closes leaves the map.
  std::vector<Connection*> connections;
  for (const auto& [id, connection] : by_id_) connections.push_back(connection);
  for (Connection* connection : connections) {
    connection->CloseIfIdle(now, absl::ToInt64Nanoseconds(timeout));
  }
}

// --- Time limits ---

void IoThread::WatchTime(Connection& connection) {
  time_watched_.insert(&connection);
  if (!ticking_) ScheduleTick();
}

void IoThread::ScheduleTick() {
  ticking_ = true;
  tick_timer_.expires_after(kTick);
  tick_timer_.async_wait([this](const ErrorCode&) { Tick(); });
}

void IoThread::Tick() {
  ticking_ = false;
  const absl::Time now = SteadyNow();
  // A copy: a connection that closes leaves the set.
  const std::vector<Connection*> watched(time_watched_.begin(), time_watched_.end());
  for (Connection* connection : watched) {
    if (!connection->CheckTimeLimits(now)) time_watched_.erase(connection);
  }
  if (!time_watched_.empty()) ScheduleTick();
}

// --- Stopping ---

void IoThread::Drain() {
  boost::asio::post(context_, [this] { BeginDrain(); });
}

void IoThread::BeginDrain() {
  draining_ = true;
  std::vector<Connection*> connections;
  for (const auto& [connection, entry] : connections_) connections.push_back(connection);
  for (Connection* connection : connections) connection->Drain();

  const absl::Duration timeout = server_.settings().shutdown_timeout();
  if (connections_.empty()) {
    EndIfDrained();
    return;
  }
  if (timeout == absl::InfiniteDuration()) return;
  drain_timer_.expires_after(absl::ToChronoMilliseconds(timeout));
  drain_timer_.async_wait([this](const ErrorCode& error) {
    if (error) return;
    std::vector<Connection*> late;
    for (const auto& [connection, entry] : connections_) late.push_back(connection);
    for (Connection* connection : late) connection->Abort();
  });
}

void IoThread::EndIfDrained() {
  if (!draining_ || !connections_.empty() || !removed_.empty()) return;
  drain_timer_.cancel();
  tick_timer_.cancel();
  idle_timer_.cancel();
  work_.reset();
}

}  // namespace nacre::server
