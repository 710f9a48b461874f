#include "client/cli/top_model.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/json.h"
#include "client/cli/text.h"

namespace nacre::cli {

const std::vector<TopField> kTopFields = {
    {"commands_per_second", "total_commands_processed"},
    {"errors_per_second", "total_error_replies"},
    {"net_in_bytes_per_second", "total_net_input_bytes"},
    {"net_out_bytes_per_second", "total_net_output_bytes"},
    {"connections_per_second", "total_connections_received"},
    {"expired_keys_per_second", "expired_keys"},
    {"commits_per_second", "commits"},
    {"commits_read_only_per_second", "commits_read_only"},
    {"rollbacks_per_second", "rollbacks"},
    {"interactive_begun_per_second", "interactive_begun"},
    {"interactive_conflicts_per_second", "interactive_conflicts"},
    {"interactive_timeouts_per_second", "interactive_timeouts"},
    {"conflicts_write_per_second", "conflicts_write"},
    {"conflicts_read_per_second", "conflicts_read"},
    {"conflicts_keyspace_per_second", "conflicts_keyspace"},
    {"watch_conflicts_per_second", "watch_conflicts"},
    {"versions_created_per_second", "versions_created"},
    {"versions_pruned_per_second", "versions_pruned"},
    {"objects_freed_per_second", "objects_freed"},
    {"cpu_user_per_second", "used_cpu_user"},
    {"cpu_system_per_second", "used_cpu_sys"},
    {"clients", "connected_clients"},
    {"clients_blocked", "blocked_clients"},
    {"clients_in_transaction", "clients_in_transaction"},
    {"clients_in_slow_command", "clients_in_slow_command"},
    {"memory_bytes", "used_memory"},
    {"memory_rss_bytes", "used_memory_rss"},
    {"memory_max_bytes", "maxmemory"},
    {"active_snapshots", "active_snapshots"},
    {"oldest_snapshot_age_ms", "oldest_snapshot_age_ms"},
    {"versions_queued", "versions_queued"},
    {"versions_parked", "versions_parked"},
};

namespace {

bool IsRate(std::string_view name) { return name.ends_with("_per_second"); }

std::string ServerOf(const Info& info) {
  if (const auto version = info.Text("nacre_version")) return absl::StrCat("nacre ", *version);
  if (const auto version = info.Text("redis_version")) return absl::StrCat("redis ", *version);
  return "server of unknown kind";
}

// How much a counter has grown; nullopt: it has shrunk, or is not told.
std::optional<double> Growth(std::optional<double> before, std::optional<double> now) {
  if (!before || !now || *now < *before) return std::nullopt;
  return *now - *before;
}

}  // namespace

std::optional<double> TopReport::Value(std::string_view name) const {
  const auto found = values.find(name);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

void TopModel::AddCommands(const Info& info, double seconds, TopReport& report) const {
  const std::map<std::string, std::string> before = previous_->info.WithPrefix("cmdstat_");
  for (const auto& [name, fields] : info.WithPrefix("cmdstat_")) {
    const auto found = before.find(name);
    // A command that was never called is not listed.
    const std::string was = found == before.end() ? "" : found->second;
    const auto growth = [&, &now = fields](std::string_view field) {
      return Growth(FieldOf(was, field).value_or(0), FieldOf(now, field));
    };
    const std::optional<double> calls = growth("calls");
    const std::optional<double> micros = growth("usec");
    if (!calls || !micros || *calls == 0) continue;
    const double failures =
        growth("failed_calls").value_or(0) + growth("rejected_calls").value_or(0);
    report.commands.push_back({.name = name,
                               .calls_per_second = *calls / seconds,
                               .failures_per_second = failures / seconds,
                               .micros_per_call = *micros / *calls,
                               .busy = *micros / 1e6 / seconds});
  }
}

TopReport TopModel::Update(const Info& info, absl::Duration now) {
  TopReport report;
  report.server = ServerOf(info);
  report.uptime = absl::Seconds(info.Number("uptime_in_seconds").value_or(0));
  report.oldest_snapshot_client = info.Text("oldest_snapshot_client").value_or("");
  // Counters of another process say nothing about this one.
  if (previous_ && previous_->info.Text("run_id") != info.Text("run_id")) previous_.reset();
  if (previous_ && now > previous_->at) report.interval = now - previous_->at;

  const double seconds = absl::ToDoubleSeconds(report.interval);
  for (const TopField& field : kTopFields) {
    const std::optional<double> value = info.Number(field.info);
    if (!IsRate(field.name)) {
      if (value) report.values.emplace(field.name, *value);
    } else if (seconds > 0) {
      const std::optional<double> growth = Growth(previous_->info.Number(field.info), value);
      if (growth) report.values.emplace(field.name, *growth / seconds);
    }
  }
  if (const auto keys = info.Keys()) report.values.emplace("keys", *keys);
  if (seconds > 0) AddCommands(info, seconds, report);
  SortCommands(TopOrder::kTime, report.commands);
  previous_ = Sample{info, now};
  return report;
}

void SortCommands(TopOrder order, std::vector<CommandRate>& commands) {
  std::stable_sort(
      commands.begin(), commands.end(), [&](const CommandRate& a, const CommandRate& b) {
        return order == TopOrder::kTime ? a.busy > b.busy : a.calls_per_second > b.calls_per_second;
      });
}

std::string TopAsJson(const TopReport& report, absl::Time time) {
  std::string json = "{\"time\":";
  AppendJsonString(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone()), json);
  json += ",\"server\":";
  AppendJsonString(report.server, json);
  absl::StrAppendFormat(&json, ",\"uptime_seconds\":%d,\"interval_seconds\":%.3f",
                        absl::ToInt64Seconds(report.uptime),
                        absl::ToDoubleSeconds(report.interval));
  for (const auto& [name, value] : report.values) {
    absl::StrAppendFormat(&json, ",\"%s\":%.12g", name, value);
  }
  if (!report.oldest_snapshot_client.empty()) {
    json += ",\"oldest_snapshot_client\":";
    AppendJsonString(report.oldest_snapshot_client, json);
  }
  json += ",\"commands\":[";
  bool first = true;
  for (const CommandRate& command : report.commands) {
    json += first ? "{\"name\":" : ",{\"name\":";
    first = false;
    AppendJsonString(command.name, json);
    absl::StrAppendFormat(&json,
                          ",\"calls_per_second\":%.12g,\"failures_per_second\":%.12g,"
                          "\"micros_per_call\":%.12g,\"busy\":%.12g}",
                          command.calls_per_second, command.failures_per_second,
                          command.micros_per_call, command.busy);
  }
  json += "]}";
  return json;
}

std::string TopAsLine(const TopReport& report, absl::Time time) {
  std::string line = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
  for (const TopField& field : kTopFields) {
    const std::optional<double> value = report.Value(field.name);
    if (value) absl::StrAppendFormat(&line, " %s=%.6g", std::string(field.name), *value);
  }
  if (const auto keys = report.Value("keys")) absl::StrAppendFormat(&line, " keys=%.15g", *keys);
  for (size_t i = 0; i < std::min<size_t>(report.commands.size(), 3); ++i) {
    absl::StrAppendFormat(&line, " top%d=%s:%.6g/s", i + 1, report.commands[i].name,
                          report.commands[i].calls_per_second);
  }
  return line;
}

}  // namespace nacre::cli
