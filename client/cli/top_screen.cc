#include "client/cli/top_screen.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/text.h"

namespace nacre::cli {

namespace {

constexpr size_t kTitleColumns = 14;

// One line: a title, and figures that a server may or may not tell.
class Row {
 public:
  Row(const TopReport& report, std::string_view title) : report_(report) {
    line_ = std::string(title);
    line_.resize(kTitleColumns, ' ');
  }

  Row& Rate(std::string_view field, std::string_view label) {
    const std::string name = absl::StrCat(ToAbsl(field), "_per_second");
    return Add(report_.Value(name), label, ShortNumber, "/s");
  }
  Row& BytesRate(std::string_view field, std::string_view label) {
    const std::string name = absl::StrCat(ToAbsl(field), "_per_second");
    return Add(report_.Value(name), label, HumanBytes, "/s");
  }
  Row& Count(std::string_view field, std::string_view label) {
    return Add(report_.Value(field), label, ShortNumber, "");
  }
  Row& Bytes(std::string_view field, std::string_view label) {
    return Add(report_.Value(field), label, HumanBytes, "");
  }
  Row& Text(std::string_view text) {
    absl::StrAppend(&line_, empty_ ? "" : "  ", ToAbsl(text));
    empty_ = false;
    return *this;
  }

  // Into `lines`, if the server told any of it.
  void To(std::vector<std::string>& lines) const {
    if (!empty_) lines.push_back(line_);
  }

 private:
  Row& Add(std::optional<double> value, std::string_view label, std::string (*format)(double),
           std::string_view unit) {
    if (!value) return *this;
    return Text(absl::StrCat(label.empty() ? "" : absl::StrCat(ToAbsl(label), " "), format(*value),
                             ToAbsl(unit)));
  }

  const TopReport& report_;
  std::string line_;
  bool empty_ = true;
};

std::string Header(const TopReport& report, const TopView& view) {
  std::string line = absl::StrCat("nacre-cli top  ", view.address);
  if (!report.server.empty()) {
    absl::StrAppend(&line, "  ", report.server, "  up ", ShortDuration(report.uptime));
  }
  absl::StrAppend(&line, "  every ", absl::FormatDuration(view.interval));
  if (view.paused) absl::StrAppend(&line, "  PAUSED");
  return line;
}

void AddLoad(const TopReport& report, std::vector<std::string>& lines) {
  Row(report, "Commands")
      .Rate("commands", "")
      .Rate("errors", "errors")
      .BytesRate("net_in_bytes", "in")
      .BytesRate("net_out_bytes", "out")
      .To(lines);
  Row clients(report, "Clients");
  clients.Count("clients", "")
      .Count("clients_in_transaction", "in transaction")
      .Count("clients_blocked", "blocked")
      .Count("clients_in_slow_command", "slow")
      .Rate("connections", "new");
  clients.To(lines);
  Row memory(report, "Memory");
  memory.Bytes("memory_bytes", "").Bytes("memory_rss_bytes", "rss");
  if (report.Value("memory_max_bytes").value_or(0) > 0) memory.Bytes("memory_max_bytes", "limit");
  memory.Count("keys", "keys").Rate("expired_keys", "expired").To(lines);
  const auto user = report.Value("cpu_user_per_second");
  const auto system = report.Value("cpu_system_per_second");
  if (user && system) {
    Row(report, "CPU")
        .Text(absl::StrFormat("%.0f%%  user %.0f%%  system %.0f%%", 100 * (*user + *system),
                              100 * *user, 100 * *system))
        .To(lines);
  }
}

void AddTransactions(const TopReport& report, std::vector<std::string>& lines) {
  Row(report, "Transactions")
      .Rate("interactive_begun", "begun")
      .Rate("commits", "committed")
      .Rate("commits_read_only", "read-only")
      .Rate("rollbacks", "rolled back")
      .Rate("interactive_timeouts", "timed out")
      .To(lines);
  Row(report, "Conflicts")
      .Rate("conflicts_write", "write")
      .Rate("conflicts_read", "read")
      .Rate("conflicts_keyspace", "keyspace")
      .Rate("watch_conflicts", "watch")
      .Rate("interactive_conflicts", "interactive")
      .To(lines);
  Row snapshots(report, "Snapshots");
  snapshots.Count("active_snapshots", "active");
  if (const auto age = report.Value("oldest_snapshot_age_ms")) {
    snapshots.Text(absl::StrCat("oldest ", ShortDuration(absl::Milliseconds(*age))));
    if (!report.oldest_snapshot_client.empty()) {
      snapshots.Text(absl::StrCat("of client ", report.oldest_snapshot_client));
    }
  }
  snapshots.To(lines);
  Row(report, "Vacuum")
      .Rate("versions_created", "created")
      .Rate("versions_pruned", "pruned")
      .Count("versions_queued", "queued")
      .Count("versions_parked", "parked")
      .Rate("objects_freed", "freed")
      .To(lines);
}

void AddCommands(const TopReport& report, const TopView& view, std::vector<std::string>& lines) {
  if (report.commands.empty()) return;
  std::vector<CommandRate> commands = report.commands;
  SortCommands(view.order, commands);
  lines.emplace_back();
  lines.push_back(absl::StrFormat("%-20s %10s %12s %8s %10s  by %s", "COMMAND", "CALLS/S",
                                  "USEC/CALL", "BUSY", "FAILED/S",
                                  view.order == TopOrder::kTime ? "time" : "calls"));
  for (const CommandRate& command : commands) {
    lines.push_back(absl::StrFormat("%-20s %10s %12.2f %7.1f%% %10s", Lower(command.name),
                                    ShortNumber(command.calls_per_second), command.micros_per_call,
                                    100 * command.busy, ShortNumber(command.failures_per_second)));
  }
}

}  // namespace

std::vector<std::string> RenderTop(const TopReport& report, const TopView& view) {
  std::vector<std::string> lines = {Header(report, view)};
  if (!view.trouble.empty()) lines.push_back(view.trouble);
  lines.emplace_back();
  AddLoad(report, lines);
  AddTransactions(report, lines);
  AddCommands(report, view, lines);

  // The keys stand on the last row, unless there is room for little else.
  constexpr std::string_view kKeys = "q quit  space pause  + faster  - slower  s order";
  const size_t for_keys = view.rows >= 8 ? 1 : 0;
  const size_t rows = view.rows - for_keys;
  if (lines.size() > rows) lines.resize(rows);
  if (for_keys != 0) {
    lines.resize(rows);
    lines.emplace_back(kKeys);
  }
  // The last column stays free: a terminal that is about to wrap clears what it should not.
  const size_t columns = view.columns > 1 ? view.columns - 1 : 1;
  for (std::string& line : lines) line = std::string(CutToColumns(line, columns));
  return lines;
}

std::string DrawInPlace(const std::vector<std::string>& lines) {
  std::string drawn = "\x1b[H";
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) drawn += "\r\n";
    drawn += lines[i];
    drawn += "\x1b[K";
  }
  drawn += "\x1b[J";
  return drawn;
}

std::string ShortNumber(double number) {
  static constexpr const char* kUnits[] = {"", "k", "M", "G", "T"};
  size_t unit = 0;
  while (std::abs(number) >= 999.5 && unit + 1 < std::size(kUnits)) {
    number /= 1000;
    ++unit;
  }
  const bool whole = number == std::floor(number) && unit == 0;
  const int decimals = whole || number >= 99.95 ? 0 : number >= 9.995 || unit == 0 ? 1 : 2;
  return absl::StrFormat("%.*f%s", decimals, number, kUnits[unit]);
}

std::string ShortDuration(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration);
  if (duration < absl::Seconds(1)) {
    return absl::StrCat(absl::ToInt64Milliseconds(duration), "ms");
  }
  if (seconds < 60) return absl::StrFormat("%.1fs", absl::ToDoubleSeconds(duration));
  if (seconds < 3600) return absl::StrCat(seconds / 60, "m ", seconds % 60, "s");
  if (seconds < 86400) return absl::StrCat(seconds / 3600, "h ", seconds / 60 % 60, "m");
  return absl::StrCat(seconds / 86400, "d ", seconds / 3600 % 24, "h");
}

}  // namespace nacre::cli
