// INFO: counters and gauges, in sections of "name:value" lines.

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nacre/database.h"
#include "server/base/text.h"
#include "server/command/table.h"
#include "server/commands/handlers.h"
#include "server/session/session.h"
#include "server/version.h"

namespace nacre::server {

namespace {

// One INFO: everything is asked for once, so that the sections agree.
class Report {
 public:
  explicit Report(ServerState& server) : server_(server), stats_(server.db().GetStats()) {}

  void Server();
  void Clients();
  void Memory();
  void Persistence();
  void Statistics();
  void Replication();
  void Commands();
  void Errors();
  void Cluster();
  void Modules();
  void Transactions();
  void Vacuum();
  void Cpu();
  void Keys();

  const std::string& text() const { return text_; }

 private:
  void Section(std::string_view name) {
    absl::StrAppend(&text_, text_.empty() ? "# " : "\r\n# ", ToAbsl(name), "\r\n");
  }
  template <typename Value>
  void Line(std::string_view name, const Value& value) {
    absl::StrAppend(&text_, ToAbsl(name), ":", value, "\r\n");
  }
  void Line(std::string_view name, std::string_view value) { Line(name, ToAbsl(value)); }
  void Line(std::string_view name, const std::string& value) { Line(name, ToAbsl(value)); }
  void Line(std::string_view name, const std::atomic<uint64_t>& value) {
    Line(name, value.load(std::memory_order_relaxed));
  }

  ServerState& server_;
  const Stats stats_;
  std::string text_;
};

uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string HumanBytes(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "K", "M", "G", "T"};
  double amount = static_cast<double>(bytes);
  size_t unit = 0;
  while (amount >= 1024 && unit + 1 < std::size(kUnits)) {
    amount /= 1024;
    ++unit;
  }
  return unit == 0 ? absl::StrCat(bytes, "B") : absl::StrFormat("%.2f%s", amount, kUnits[unit]);
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void Report::Server() {
  Section("Server");
  utsname system = {};
  uname(&system);
  const int64_t uptime = absl::ToInt64Seconds(absl::Now() - server_.started_at());
  Line("redis_version", kRedisVersion);
  Line("nacre_version", kNacreVersion);
  Line("redis_mode", std::string_view("standalone"));
  Line("os", absl::StrCat(system.sysname, " ", system.release, " ", system.machine));
  Line("arch_bits", 8 * sizeof(void*));
  Line("process_id", getpid());
  Line("run_id", server_.run_id());
  Line("tcp_port", server_.port());
  Line("config_file", std::string_view());
  Line("uptime_in_seconds", uptime);
  Line("uptime_in_days", uptime / 86400);
  Line("io_threads", server_.threads());
  Line("slow_threads", server_.options().slow_threads);
}

void Report::Clients() {
  Section("Clients");
  Line("connected_clients", server_.clients().size());
  Line("maxclients", server_.settings().clients_max());
  Line("blocked_clients", server_.counters().clients_waiting);
  Line("clients_in_transaction", server_.counters().transactions_open);
  Line("clients_in_slow_command", server_.counters().slow_running);
}

void Report::Memory() {
  Section("Memory");
  const uint64_t resident = ResidentBytes();
  Line("used_memory", stats_.memory_bytes);
  Line("used_memory_human", HumanBytes(stats_.memory_bytes));
  Line("used_memory_rss", resident);
  Line("used_memory_rss_human", HumanBytes(resident));
  Line("maxmemory", server_.settings().memory_bytes_max());
  Line("maxmemory_human", HumanBytes(server_.settings().memory_bytes_max()));
  const auto used = static_cast<double>(std::max<uint64_t>(stats_.memory_bytes, 1));
  Line("mem_fragmentation_ratio", absl::StrFormat("%.2f", static_cast<double>(resident) / used));
  Line("maxmemory_policy", std::string_view("noeviction"));
}

void Report::Persistence() {
  Section("Persistence");
  Line("loading", 0);
  Line("rdb_bgsave_in_progress", 0);
  Line("aof_enabled", 0);
  Line("aof_rewrite_in_progress", 0);
}

void Report::Statistics() {
  Section("Stats");
  const ServerState::Totals totals = server_.SinceReset();
  Line("total_connections_received", totals.connections_received);
  Line("total_commands_processed", totals.commands);
  Line("instantaneous_ops_per_sec", static_cast<uint64_t>(server_.CommandsPerSecond()));
  Line("total_error_replies", totals.errors);
  Line("total_net_input_bytes", totals.bytes_in);
  Line("total_net_output_bytes", totals.bytes_out);
  Line("rejected_connections", totals.connections_rejected);
  Line("expired_keys", totals.keys_expired);
  Line("evicted_keys", 0);
  Line("pubsub_channels", 0);
  Line("pubsub_patterns", 0);
  Line("slow_commands", totals.slow_commands);
}

// There is one server, which has none to replicate to.
void Report::Replication() {
  Section("Replication");
  Line("role", std::string_view("master"));
  Line("connected_slaves", 0);
  Line("master_failover_state", std::string_view("no-failover"));
  Line("master_replid", server_.run_id());
  Line("master_replid2", std::string(40, '0'));
  Line("master_repl_offset", 0);
  Line("second_repl_offset", -1);
  Line("repl_backlog_active", 0);
}

void Report::Commands() {
  Section("Commandstats");
  const std::vector<CommandTotals> totals = server_.SinceReset().by_command;
  ForEachCommand([&](const CommandSpec& spec) {
    const CommandTotals& command = totals[spec.index];
    if (command.calls == 0 && command.rejected == 0) return;
    const uint64_t micros = command.nanos / 1000;
    const double each =
        command.calls == 0 ? 0 : static_cast<double>(micros) / static_cast<double>(command.calls);
    Line(absl::StrCat("cmdstat_", ToAbsl(spec.name)),
         absl::StrCat("calls=", command.calls, ",usec=", micros,
                      ",usec_per_call=", absl::StrFormat("%.2f", each),
                      ",rejected_calls=", command.rejected, ",failed_calls=", command.failed));
  });
}

void Report::Errors() {
  Section("Errorstats");
  for (const auto& [code, count] : server_.error_stats().counts()) {
    Line(absl::StrCat("errorstat_", code), absl::StrCat("count=", count));
  }
}

void Report::Cluster() {
  Section("Cluster");
  Line("cluster_enabled", 0);
}

void Report::Modules() { Section("Modules"); }

void Report::Transactions() {
  Section("Transactions");
  const ServerState::Counters& counters = server_.counters();
  Line("clock", ToInteger(stats_.clock));
  Line("commits", stats_.commits);
  Line("commits_read_only", stats_.commits_read_only);
  Line("commits_exclusive", stats_.commits_exclusive);
  Line("rollbacks", stats_.rollbacks);
  Line("conflicts_write", stats_.conflicts_write);
  Line("conflicts_read", stats_.conflicts_read);
  Line("conflicts_keyspace", stats_.conflicts_keyspace);
  Line("interactive_open", counters.transactions_open);
  Line("interactive_begun", counters.transactions_begun);
  Line("interactive_conflicts", counters.transactions_conflicted);
  Line("interactive_timeouts", counters.transactions_timed_out);
  Line("watch_conflicts", counters.watches_conflicted);
  Line("active_snapshots", stats_.active_snapshots);
  if (stats_.oldest_snapshot) {
    Line("oldest_snapshot_timestamp", ToInteger(stats_.oldest_snapshot->read_timestamp));
    Line("oldest_snapshot_age_ms", absl::ToInt64Milliseconds(stats_.oldest_snapshot->age));
    Line("oldest_snapshot_client", stats_.oldest_snapshot->owner);
  }
}

void Report::Vacuum() {
  Section("Vacuum");
  Line("versions_created", stats_.versions_created);
  Line("versions_pruned", stats_.versions_pruned);
  Line("versions_queued", stats_.versions_queued);
  Line("versions_parked", stats_.versions_parked);
  Line("objects_retired", stats_.objects_retired);
  Line("objects_freed", stats_.objects_freed);
  Line("versions_promoted", stats_.versions_promoted);
  Line("versions_displaced", stats_.versions_displaced);
  Line("versions_moved", stats_.versions_moved);
  Line("records_removed", stats_.records_removed);
  Line("vacuum_passes", stats_.vacuum_passes);
  Line("vacuum_assists", stats_.vacuum_assists);
}

void Report::Cpu() {
  Section("CPU");
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  Line("used_cpu_sys", absl::StrFormat("%.6f", Seconds(usage.ru_stime)));
  Line("used_cpu_user", absl::StrFormat("%.6f", Seconds(usage.ru_utime)));
  rusage children = {};
  getrusage(RUSAGE_CHILDREN, &children);
  Line("used_cpu_sys_children", absl::StrFormat("%.6f", Seconds(children.ru_stime)));
  Line("used_cpu_user_children", absl::StrFormat("%.6f", Seconds(children.ru_utime)));
}

void Report::Keys() {
  Section("Keyspace");
  for (int i = 0; i < server_.databases(); ++i) {
    const auto stats = server_.db().GetKeyspaceStats(server_.keyspace(i));
    if (!stats.ok() || stats->keys == 0) continue;
    Line(absl::StrCat("db", i),
         absl::StrCat("keys=", stats->keys, ",expires=", stats->keys_with_expiry,
                      ",avg_ttl=", absl::ToInt64Milliseconds(stats->time_to_live_mean)));
  }
}

// Who sees a section without naming it.
enum class Among { kDefault, kAll, kEverything };

struct Section {
  std::string_view name;
  void (Report::*write)();
  Among among = Among::kDefault;
};

constexpr Section kSections[] = {
    {"server", &Report::Server},
    {"clients", &Report::Clients},
    {"memory", &Report::Memory},
    {"persistence", &Report::Persistence},
    {"stats", &Report::Statistics},
    {"replication", &Report::Replication},
    {"transactions", &Report::Transactions},
    {"vacuum", &Report::Vacuum},
    {"cpu", &Report::Cpu},
    {"modules", &Report::Modules, Among::kEverything},
    {"commandstats", &Report::Commands, Among::kAll},
    {"errorstats", &Report::Errors},
    {"cluster", &Report::Cluster},
    {"keyspace", &Report::Keys},
};

bool Wants(Args sections, const Section& section) {
  if (sections.empty()) return section.among == Among::kDefault;
  for (const std::string_view wanted : sections) {
    if (EqualsIgnoringCase(wanted, section.name) || EqualsIgnoringCase(wanted, "everything") ||
        (EqualsIgnoringCase(wanted, "all") && section.among != Among::kEverything) ||
        (EqualsIgnoringCase(wanted, "default") && section.among == Among::kDefault)) {
      return true;
    }
  }
  return false;
}

}  // namespace

void RunInfo(Session& session, Args args) {
  Report report(session.server());
  for (const Section& section : kSections) {
    if (Wants(args.subspan(1), section)) (report.*section.write)();
  }
  session.out().Verbatim(report.text());
}

}  // namespace nacre::server
