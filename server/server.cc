#include "server/server.h"

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>
#include <vector>

#include "server/base/mutex.h"
#include "server/net/io_thread.h"
#include "server/net/listener.h"
#include "server/net/slow_lane.h"
#include "server/server_state.h"

namespace nacre::server {

namespace {

absl::Status CheckOptions(const ServerOptions& options) {
  if (options.threads < 0 || options.threads > 1024) {
    return absl::InvalidArgumentError("--threads must be from 0 to 1024");
  }
  if (options.slow_threads < 1 || options.slow_threads > 1024) {
    return absl::InvalidArgumentError("--slow-threads must be from 1 to 1024");
  }
  if (options.databases < 1 || options.databases > 1024) {
    return absl::InvalidArgumentError("--databases must be from 1 to 1024");
  }
  if (options.request.bulk_bytes_max < 1024 || options.request.bulk_bytes_max > 512u << 20) {
    return absl::InvalidArgumentError("--proto-max-bulk-len must be from 1kb to 512mb");
  }
  if (options.clients_max < 1) return absl::InvalidArgumentError("--maxclients must be at least 1");
  return absl::OkStatus();
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(std::unique_ptr<ServerState> state)
      : state_(std::move(state)), slow_lane_(state_->options().slow_threads) {
    int threads = state_->options().threads;
    if (threads == 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    state_->MakeThreadCounters(threads);
    for (int i = 0; i < threads; ++i) {
      threads_.push_back(std::make_unique<IoThread>(*state_, slow_lane_, i));
    }
    state_->set_on_settings_changed([this] {
      for (const auto& thread : threads_) thread->OnSettingsChanged();
    });
    listener_ = std::make_unique<Listener>(*state_, threads_);
  }

  ~Impl() { Stop(); }

  absl::Status Start() {
    const absl::Status status = listener_->Listen();
    if (!status.ok()) return status;
    started_ = true;
    for (const auto& thread : threads_) thread->Start();
    listener_->Start();
    return absl::OkStatus();
  }

  void Stop() {
    MutexLock lock(stopping_);
    if (!std::exchange(started_, false)) return;
    listener_->Stop();
    for (const auto& thread : threads_) thread->Drain();
    for (const auto& thread : threads_) thread->Join();
  }

  ServerState& state() { return *state_; }

 private:
  // Destroyed from the last to the first: connections hold transactions of the database.
  std::unique_ptr<ServerState> state_;
  SlowLane slow_lane_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::unique_ptr<Listener> listener_;
  Mutex stopping_;
  bool started_ = false;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options) {
  const absl::Status valid = CheckOptions(options);
  if (!valid.ok()) return valid;
  auto state = ServerState::Open(options);
  if (!state.ok()) return state.status();
  auto impl = std::make_unique<Impl>(std::move(*state));
  const absl::Status started = impl->Start();
  if (!started.ok()) return started;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

uint16_t Server::port() const { return impl_->state().port(); }
Database& Server::database() { return impl_->state().db(); }
void Server::Stop() { impl_->Stop(); }

}  // namespace nacre::server
