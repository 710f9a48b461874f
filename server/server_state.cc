#include "server/server_state.h"

#include <cstdio>
#include <random>

#include "absl/strings/str_cat.h"

namespace nacre::server {

namespace {

// Forty hexadecimal digits that tell one run of a server from another.
std::string MakeRunId() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 5; ++i) absl::StrAppend(&id, absl::Hex(random(), absl::kZeroPad8));
  return id;
}

}  // namespace

ServerState::ServerState(const ServerOptions& options)
    : options_(options), started_at_(absl::Now()), run_id_(MakeRunId()) {}

absl::StatusOr<std::unique_ptr<ServerState>> ServerState::Open(const ServerOptions& options) {
  std::unique_ptr<ServerState> state(new ServerState(options));
  Options engine;
  engine.key_bytes_max = options.request.bulk_bytes_max;
  engine.value_bytes_max = options.request.bulk_bytes_max;
  engine.write_set_bytes_max = options.transaction_bytes_max;
  if (options.memory_bytes_max != 0) engine.memory_bytes_max = options.memory_bytes_max;
  engine.time_source = options.time_source;
  auto db = Database::Open(engine);
  if (!db.ok()) return db.status();
  state->db_ = std::move(*db);
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
}

uint64_t ServerState::Sum(std::atomic<uint64_t> ThreadCounters::*counter) const {
  uint64_t sum = 0;
  for (const ThreadCounters& thread : thread_counters_) {
    sum += (thread.*counter).load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace nacre::server
