#include "server/server_state.h"

#include <cstdio>
#include <random>

#include "absl/strings/str_cat.h"
#include "server/allocator/allocator.h"
#include "server/base/clock.h"
#include "server/command/table.h"

namespace nacre::server {

namespace {

constexpr size_t kBulkBytesMax = 512u << 20;

// Forty hexadecimal digits that tell one run of a server from another.
std::string MakeRunId() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 5; ++i) absl::StrAppend(&id, absl::Hex(random(), absl::kZeroPad8));
  return id;
}

}  // namespace

ServerState::ServerState(const ServerOptions& options)
    : options_(options),
      settings_(options),
      started_at_(absl::Now()),
      run_id_(MakeRunId()),
      scan_cursors_(options.scan_cursors_max, options.scan_cursor_bytes_max),
      slow_commands_run_(CommandIndexes(), /*one_writer=*/false) {}

absl::StatusOr<std::unique_ptr<ServerState>> ServerState::Open(const ServerOptions& options) {
  std::unique_ptr<ServerState> state(new ServerState(options));
  Options engine;
  // What a client may send is bounded by a setting that can change; this is its largest value.
  engine.key_bytes_max = kBulkBytesMax;
  engine.value_bytes_max = kBulkBytesMax;
  engine.write_set_bytes_max = options.transaction_bytes_max;
  if (options.memory_bytes_max != 0) engine.memory_bytes_max = options.memory_bytes_max;
  engine.time_source = options.time_source;
  engine.on_memory_freed = allocator::ObjectsFreed;
  state->settings_.SetAtStart("disable-thp", options.huge_pages ? "no" : "yes");
  auto db = Database::Open(engine);
  if (!db.ok()) return db.status();
  state->db_ = std::move(*db);
  state->settings_.set_on_change([state = state.get()] {
    const uint64_t bytes_max = state->settings_.memory_bytes_max();
    state->db_->SetMemoryBytesMax(bytes_max == 0 ? SIZE_MAX : bytes_max);
    if (state->on_settings_) state->on_settings_();
  });
  state->keyspaces_.push_back(Keyspace());
  for (int i = 1; i < options.databases; ++i) {
    auto keyspace = state->db_->OpenKeyspace(std::to_string(i));
    if (!keyspace.ok()) return keyspace.status();
    state->keyspaces_.push_back(*keyspace);
  }
  return state;
}

void ServerState::MakeThreadCounters(int threads) {
  thread_counters_ = std::vector<ThreadCounters>(static_cast<size_t>(threads));
  for (ThreadCounters& thread : thread_counters_) {
    thread.commands_run = std::make_unique<CommandCounters>(CommandIndexes(), /*one_writer=*/true);
  }
  settings_.SetAtStart("io-threads", std::to_string(threads));
}

void ServerState::set_port(uint16_t port) {
  port_.store(port, std::memory_order_relaxed);
  settings_.SetAtStart("port", std::to_string(port));
}

ServerState::Totals ServerState::SinceStart() const {
  std::vector<CommandTotals> by_command(CommandIndexes());
  for (const ThreadCounters& thread : thread_counters_) thread.commands_run->AddTo(by_command);
  slow_commands_run_.AddTo(by_command);
  return {.connections_received = counters_.connections_received.load(std::memory_order_relaxed),
          .connections_rejected = counters_.connections_rejected.load(std::memory_order_relaxed),
          .commands = Sum(&ThreadCounters::commands),
          .errors = Sum(&ThreadCounters::errors),
          .bytes_in = Sum(&ThreadCounters::bytes_in),
          .bytes_out = Sum(&ThreadCounters::bytes_out),
          .slow_commands = counters_.slow_commands.load(std::memory_order_relaxed),
          .keys_expired = db_->GetStats().keys_expired,
          .by_command = std::move(by_command)};
}

ServerState::Totals ServerState::SinceReset() const {
  MutexLock lock(reset_mutex_);  // First: what is subtracted must not be the newer one.
  Totals now = SinceStart();
  for (size_t i = 0; i < at_reset_.by_command.size(); ++i) {
    now.by_command[i].calls -= at_reset_.by_command[i].calls;
    now.by_command[i].nanos -= at_reset_.by_command[i].nanos;
    now.by_command[i].rejected -= at_reset_.by_command[i].rejected;
    now.by_command[i].failed -= at_reset_.by_command[i].failed;
  }
  return {.connections_received = now.connections_received - at_reset_.connections_received,
          .connections_rejected = now.connections_rejected - at_reset_.connections_rejected,
          .commands = now.commands - at_reset_.commands,
          .errors = now.errors - at_reset_.errors,
          .bytes_in = now.bytes_in - at_reset_.bytes_in,
          .bytes_out = now.bytes_out - at_reset_.bytes_out,
          .slow_commands = now.slow_commands - at_reset_.slow_commands,
          .keys_expired = now.keys_expired - at_reset_.keys_expired,
          .by_command = std::move(now.by_command)};
}

void ServerState::ResetCounters() {
  error_stats_.Reset();
  MutexLock lock(reset_mutex_);
  at_reset_ = SinceStart();
}

double ServerState::CommandsPerSecond() {
  constexpr int64_t kNanosMin = 100'000'000;
  const uint64_t commands = Sum(&ThreadCounters::commands);
  MutexLock lock(rate_mutex_);
  const int64_t now = CoarseNanos();
  const int64_t nanos = now - rate_since_nanos_;
  if (nanos < kNanosMin) return rate_;
  rate_ = static_cast<double>(commands - rate_commands_) * 1e9 / static_cast<double>(nanos);
  rate_since_nanos_ = now;
  rate_commands_ = commands;
  return rate_;
}

uint64_t ServerState::Sum(std::atomic<uint64_t> ThreadCounters::*counter) const {
  uint64_t sum = 0;
  for (const ThreadCounters& thread : thread_counters_) {
    sum += (thread.*counter).load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace nacre::server
