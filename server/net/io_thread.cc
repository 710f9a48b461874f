#include "server/net/io_thread.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "server/base/clock.h"
#include "server/base/thread_name.h"

namespace nacre::server {

namespace {
// How exact the time limits of transactions are. The clock only ticks while one is open.
constexpr auto kTick = std::chrono::milliseconds(20);
}  // namespace

IoThread::IoThread(ServerState& server, SlowLane& slow_lane, int index)
    : index_(index),
      server_(server),
      slow_lane_(slow_lane),
      counters_(server.thread_counters(index)),
      context_(1),
      work_(context_.get_executor()),
      tick_timer_(context_),
      drain_timer_(context_) {}

IoThread::~IoThread() = default;

void IoThread::Start() {
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
  time_watched_.erase(&connection);
  if (removed_.size() > 1) return;  // The handler below is on its way already.
  boost::asio::post(context_, [this] {
    removed_.clear();
    EndIfDrained();
  });
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
  work_.reset();
}

}  // namespace nacre::server
