#include "tests/check/explore/small_database.h"

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "tests/check/explore/embedded_target.h"

namespace nacre::check::explore {
namespace {

constexpr int kVacuumPassesMax = 16;

absl::Status CheckNothingSuperseded(Database& database, const State& final_state,
                                    const std::set<std::string>& keys) {
  for (const std::string& key : keys) {
    const std::vector<VersionInfo> chain = database.DumpKey(key);
    const size_t expected = final_state.count(key);
    if (chain.size() != expected) {
      return absl::InternalError("VACUUM broken: key " + key + " has " +
                                 std::to_string(chain.size()) + " versions, not " +
                                 std::to_string(expected) + ":\n" + nacre::ToString(chain));
    }
  }
  const Stats stats = database.GetStats();
  if (stats.versions_queued != 0 || stats.versions_parked != 0) {
    return absl::InternalError("VACUUM broken: " + std::to_string(stats.versions_queued) +
                               " versions queued, " + std::to_string(stats.versions_parked) +
                               " parked, and no snapshot");
  }
  if (stats.keys != final_state.size()) {
    return absl::InternalError("VACUUM broken: the statistics tell of " +
                               std::to_string(stats.keys) + " keys, not " +
                               std::to_string(final_state.size()));
  }
  return absl::OkStatus();
}

}  // namespace

Options SmallOptions() {
  Options options;
  options.vacuum_thread = false;
  options.latch_stripes = 256;
  options.snapshots_max = 64;
  // Time that moves would make runs differ.
  options.time_source = [] { return TimeOfSecond(0); };
  return options;
}

std::unique_ptr<Database> OpenOrDie(const Options& options) {
  absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(options);
  if (!database.ok()) {
    std::fprintf(stderr, "the database does not open: %s\n", database.status().ToString().c_str());
    std::abort();
  }
  return *std::move(database);
}

absl::Status CheckQuietDatabase(Database& database, const State& initial,
                                uint64_t initial_timestamp,
                                absl::Span<const TransactionRecord> history,
                                const HistoryRules& rules) {
  State expected;
  absl::Status status = CheckHistory(initial, initial_timestamp, history, rules, &expected);
  if (!status.ok()) return status;
  State found;
  status =
      database.GetSnapshot().Scan(Range::All(), [&](std::string_view key, std::string_view value) {
        found.emplace(key, value);
        return true;
      });
  if (!status.ok()) return status;
  if (found != expected) {
    return absl::InternalError("FINAL-STATE broken: " + FormatState(found) + ", not " +
                               FormatState(expected));
  }
  for (int pass = 0; pass < kVacuumPassesMax && database.RunVacuumOnce() > 0; ++pass) {
  }
  std::set<std::string> keys;
  for (const auto& [key, value] : initial) keys.insert(key);
  for (const TransactionRecord& record : history) {
    for (const OperationRecord& step : record.operations) keys.insert(step.operation.key);
  }
  if (status = CheckNothingSuperseded(database, expected, keys); !status.ok()) return status;
  if (status = database.Verify(); !status.ok()) {
    return absl::InternalError("VERIFY broken: " + std::string(status.message()));
  }
  return absl::OkStatus();
}

}  // namespace nacre::check::explore
