#ifndef NACRE_SERVER_SERVER_STATE_H_
#define NACRE_SERVER_SERVER_STATE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nacre/database.h"
#include "server/base/clock.h"
#include "server/clients/client_registry.h"
#include "server/options.h"
#include "server/scan_cursors.h"
#include "server/settings/settings.h"
#include "server/stats/command_stats.h"

namespace nacre::server {

// What all connections share: the database, the options, and what INFO counts. Thread-safe.
class ServerState {
 public:
  // Written by one I/O thread (but the gauge also by the one that accepts), read by whoever asks
  // for INFO. Relaxed: each is a number of its own, and a stale one is an INFO of a moment ago.
  struct alignas(64) ThreadCounters {
    std::atomic<uint64_t> connections = 0;  // Gauge.
    std::atomic<uint64_t> commands = 0;
    std::atomic<uint64_t> errors = 0;
    std::atomic<uint64_t> bytes_in = 0;
    std::atomic<uint64_t> bytes_out = 0;
    std::unique_ptr<CommandCounters> commands_run;

    // One writer, so a load and a store will do instead of a locked instruction.
    static void Add(std::atomic<uint64_t>& counter, uint64_t by) {
      counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
  };

  // Of rare events, from any thread. Relaxed, as above.
  struct Counters {
    std::atomic<uint64_t> connections_received = 0;
    std::atomic<uint64_t> connections_rejected = 0;
    std::atomic<uint64_t> transactions_open = 0;  // Gauge: BEGIN without its end.
    std::atomic<uint64_t> transactions_begun = 0;
    std::atomic<uint64_t> transactions_conflicted = 0;
    std::atomic<uint64_t> transactions_timed_out = 0;
    std::atomic<uint64_t> watches_conflicted = 0;
    std::atomic<uint64_t> clients_waiting = 0;  // Gauge: for a command that answers later.
    std::atomic<uint64_t> slow_commands = 0;
    std::atomic<uint64_t> slow_running = 0;  // Gauge, those that wait for a thread included.
  };

  // Sums of what only grows, as INFO shows them: since the start or the last CONFIG RESETSTAT.
  struct Totals {
    uint64_t connections_received = 0;
    uint64_t connections_rejected = 0;
    uint64_t commands = 0;
    uint64_t errors = 0;
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;
    uint64_t slow_commands = 0;
    uint64_t keys_expired = 0;
    std::vector<CommandTotals> by_command;  // By CommandSpec::index.
  };

  // Opens the database and its keyspaces.
  static absl::StatusOr<std::unique_ptr<ServerState>> Open(const ServerOptions& options);

  // As given at the start. What may change since then is in settings().
  const ServerOptions& options() const { return options_; }
  Settings& settings() { return settings_; }
  const Settings& settings() const { return settings_; }
  Database& db() { return *db_; }
  const Database& db() const { return *db_; }

  int databases() const { return static_cast<int>(keyspaces_.size()); }
  bool HasDatabase(int64_t index) const { return index >= 0 && index < databases(); }
  // Redis database N is the keyspace named N; database 0 is the default keyspace.
  Keyspace keyspace(int database) const { return keyspaces_[static_cast<size_t>(database)]; }

  ScanCursors& scan_cursors() { return scan_cursors_; }

  uint64_t NextClientId() { return next_client_id_.fetch_add(1, std::memory_order_relaxed); }
  absl::Time started_at() const { return started_at_; }
  const std::string& run_id() const { return run_id_; }

  // Called after each change of a setting. Before the I/O threads start.
  void set_on_settings_changed(std::function<void()> call) { on_settings_ = std::move(call); }

  ClientRegistry& clients() { return clients_; }
  const ClientRegistry& clients() const { return clients_; }
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }
  // Before the I/O threads start.
  void MakeThreadCounters(int threads);
  ThreadCounters& thread_counters(int thread) {
    return thread_counters_[static_cast<size_t>(thread)];
  }
  // Of the commands that the slow lane runs, for all of its threads.
  CommandCounters& slow_commands_run() { return slow_commands_run_; }
  ErrorStats& error_stats() { return error_stats_; }
  const ErrorStats& error_stats() const { return error_stats_; }
  // Commands a second, over the time since it was last asked for (at least a tenth of a second).
  double CommandsPerSecond();
  Totals SinceReset() const;
  void ResetCounters();
  // Over all I/O threads.
  uint64_t Sum(std::atomic<uint64_t> ThreadCounters::*counter) const;
  int threads() const { return static_cast<int>(thread_counters_.size()); }

  // The port that was bound, once it is.
  void set_port(uint16_t port);
  uint16_t port() const { return port_.load(std::memory_order_relaxed); }

 private:
  explicit ServerState(const ServerOptions& options);

  Totals SinceStart() const;

  const ServerOptions options_;
  Settings settings_;
  const absl::Time started_at_;
  std::string run_id_;
  std::unique_ptr<Database> db_;
  std::vector<Keyspace> keyspaces_;
  ScanCursors scan_cursors_;
  std::atomic<uint64_t> next_client_id_ = 1;
  std::atomic<uint16_t> port_ = 0;
  ClientRegistry clients_;
  std::function<void()> on_settings_;
  Counters counters_;
  std::vector<ThreadCounters> thread_counters_;
  // The counters have one writer each, so they are not set back: what they were is subtracted.
  CommandCounters slow_commands_run_;
  ErrorStats error_stats_;
  Mutex rate_mutex_;
  int64_t rate_since_nanos_ ABSL_GUARDED_BY(rate_mutex_) = CoarseNanos();
  uint64_t rate_commands_ ABSL_GUARDED_BY(rate_mutex_) = 0;
  double rate_ ABSL_GUARDED_BY(rate_mutex_) = 0;
  mutable Mutex reset_mutex_;
  Totals at_reset_ ABSL_GUARDED_BY(reset_mutex_);
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_SERVER_STATE_H_
