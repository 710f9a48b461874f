#include "client/cli/stat_line.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/text.h"

namespace nacre::cli {

namespace {

std::string Count(std::optional<double> value) {
  return value ? absl::StrFormat("%.0f", *value) : "-";
}

// "120 (+20)"
std::string Grown(const Info& info, const Info* previous, std::string_view name) {
  const std::optional<double> now = info.Number(name);
  const std::optional<double> before = previous == nullptr ? now : previous->Number(name);
  if (!now || !before) return Count(now);
  return absl::StrFormat("%.0f (%+.0f)", *now, *now - *before);
}

std::optional<double> Conflicts(const Info& info) {
  std::optional<double> sum;
  for (const char* name :
       {"conflicts_write", "conflicts_read", "conflicts_keyspace", "watch_conflicts"}) {
    const std::optional<double> count = info.Number(name);
    if (count) sum = sum.value_or(0) + *count;
  }
  return sum;
}

template <typename... Cells>
std::string Columns(const Cells&... cells) {
  return absl::StrFormat("%-11s %-8s %-8s %-8s %-18s %-20s %-10s %s\n", cells...);
}

}  // namespace

std::string StatHeader() {
  return absl::StrCat("------- data ------- ------------- clients ------------- ",
                      "----------------- load -----------------\n",
                      Columns("keys", "mem", "clients", "blocked", "connections", "requests",
                              "conflicts", "commits"));
}

std::string StatLine(const Info& info, const Info* previous) {
  const std::optional<double> memory = info.Number("used_memory");
  return Columns(Count(info.Keys()), memory ? HumanBytes(*memory) : "-",
                 Count(info.Number("connected_clients")), Count(info.Number("blocked_clients")),
                 Grown(info, previous, "total_connections_received"),
                 Grown(info, previous, "total_commands_processed"), Count(Conflicts(info)),
                 Grown(info, previous, "commits"));
}

}  // namespace nacre::cli
