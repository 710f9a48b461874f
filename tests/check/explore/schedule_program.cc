#include "tests/check/explore/schedule_program.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#ifdef NACRE_FAULTS
#include "nacre/testing.h"
#endif

namespace nacre::check::explore {
namespace {

constexpr int kVacuumPassesMax = 16;

absl::Status CheckNothingSuperseded(Database& database, const State& final_state,
                                    const std::set<std::string>& keys) {
  for (const std::string& key : keys) {
    const std::vector<VersionInfo> chain = database.DumpKey(key);
    const size_t expected = final_state.count(key);
    if (chain.size() != expected) {
      return absl::InternalError("vacuum: key " + key + " has " + std::to_string(chain.size()) +
                                 " versions, not " + std::to_string(expected) + ":\n" +
                                 nacre::ToString(chain));
    }
  }
  const Stats stats = database.GetStats();
  if (stats.versions_queued != 0 || stats.versions_parked != 0) {
    return absl::InternalError("vacuum: " + std::to_string(stats.versions_queued) +
                               " versions queued, " + std::to_string(stats.versions_parked) +
                               " parked, and no snapshot");
  }
  if (stats.keys != final_state.size()) {
    return absl::InternalError("stats: " + std::to_string(stats.keys) + " keys, not " +
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
  options.time_source = [] { return absl::FromUnixSeconds(1); };
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
    return absl::InternalError("final state " + FormatState(found) + ", not " +
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
  return database.Verify();
}

#ifdef NACRE_FAULTS

bool StepYields::Available() { return true; }

StepYields::StepYields() {
  testing::SetStepHook(
      [](testing::Step step, void*) {
        if (step == testing::Step::kLatchBusy) {
          YieldBlocked(testing::Name(step));
        } else {
          Yield(testing::Name(step));
        }
      },
      nullptr);
}

StepYields::~StepYields() { testing::SetStepHook(nullptr, nullptr); }

#else

bool StepYields::Available() { return false; }
StepYields::StepYields() = default;
StepYields::~StepYields() = default;

#endif

ScheduleProgram::ScheduleProgram(const Schedule& schedule, const ScheduleProgramOptions& options)
    : options_(options), initial_(schedule.initial), database_(OpenOrDie(SmallOptions())) {
  WriteBatch batch;
  for (const auto& [key, value] : initial_) batch.Put(key, value);
  if (batch.size() > 0) Note(database_->Write(batch).status());
  initial_timestamp_ = ToInteger(database_->clock());

  for (const std::string& name : schedule.Sessions()) sessions_.push_back({name, {}});
  for (const Step& step : schedule.steps) {
    auto session = std::find_if(sessions_.begin(), sessions_.end(),
                                [&](const SessionPlan& s) { return s.name == step.session; });
    if (step.operation.kind == OperationKind::kBegin) {
      session->transactions.emplace_back();
      const size_t count = session->transactions.size();
      session->transactions.back().recorder = std::make_unique<Recorder>(
          *database_, ticks_,
          count == 1 ? step.session : step.session + "/" + std::to_string(count), options.level);
    }
    PlannedTransaction& transaction = session->transactions.back();
    transaction.operations.push_back(step.operation);
    transaction.labels.push_back("before " + ToString(step.operation));
  }
  if (options.only_commits) RunUpToCommits(schedule);
  if (options.yield_at_steps) step_yields_ = std::make_unique<StepYields>();
}

void ScheduleProgram::RunUpToCommits(const Schedule& schedule) {
  for (const Step& step : schedule.steps) {
    for (SessionPlan& session : sessions_) {
      if (session.name != step.session) continue;
      // The first transaction of each session only: a second one begins behind a commit.
      PlannedTransaction& transaction = session.transactions.front();
      const size_t next = transaction.done;
      if (next == transaction.operations.size()) continue;
      if (transaction.operations[next].kind == OperationKind::kCommit) continue;
      Note(transaction.recorder->Execute(transaction.operations[next]));
      ++transaction.done;
    }
  }
}

void ScheduleProgram::Note(const absl::Status& status) {
  if (!status.ok() && !absl::IsAborted(status) && error_.ok()) error_ = status;
}

void ScheduleProgram::RunSession(SessionPlan& session) {
  bool first = true;
  for (PlannedTransaction& transaction : session.transactions) {
    for (size_t i = transaction.done; i < transaction.operations.size(); ++i) {
      if (!first && options_.yield_at_operations) Yield(transaction.labels[i].c_str());
      first = false;
      Note(transaction.recorder->Execute(transaction.operations[i]));
      if (transaction.recorder->finished()) break;
    }
  }
}

std::vector<Program::Participant> ScheduleProgram::Participants() {
  std::vector<Participant> participants;
  for (SessionPlan& session : sessions_) {
    participants.push_back({session.name, [this, &session] { RunSession(session); }});
  }
  if (options_.vacuum_passes > 0) {
    participants.push_back({"vacuum", [this] {
                              for (int pass = 0; pass < options_.vacuum_passes; ++pass) {
                                if (pass > 0) Yield("before its next pass");
                                database_->RunVacuumOnce();
                              }
                            }});
  }
  return participants;
}

std::vector<TransactionRecord> ScheduleProgram::History() const {
  std::vector<TransactionRecord> history;
  for (const SessionPlan& session : sessions_) {
    for (const PlannedTransaction& transaction : session.transactions) {
      history.push_back(transaction.recorder->record());
    }
  }
  return history;
}

absl::Status ScheduleProgram::Check() {
  if (!error_.ok()) return error_;
  return CheckQuietDatabase(*database_, initial_, initial_timestamp_, History());
}

}  // namespace nacre::check::explore
