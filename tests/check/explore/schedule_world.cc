#include "tests/check/explore/schedule_world.h"

#include <map>
#include <set>

#include "tests/check/explore/embedded_target.h"
#include "tests/check/explore/small_database.h"

namespace nacre::check::explore {

ScheduleWorld::ScheduleWorld(const Schedule& schedule, Isolation level)
    : schedule_(schedule), level_(level), results_(schedule.steps.size()) {
  Options options = SmallOptions();
  options.time_source = [this] { return TimeOfSecond(clock_.now_s()); };
  if (schedule.short_lived_snapshots) options.max_snapshot_age = absl::Nanoseconds(1);
  database_ = OpenOrDie(options);

  WriteBatch batch;
  for (const auto& [key, value] : schedule.initial) {
    PutOptions put;
    auto expiry = schedule.expiries.find(key);
    if (expiry != schedule.expiries.end()) put.expiry = TimeOfSecond(expiry->second);
    batch.Put(key, value, put);
  }
  if (batch.size() > 0) Note(database_->Write(batch).status());
  initial_timestamp_ = ToInteger(database_->clock());

  std::map<std::string, PlannedStep> current;  // By session.
  std::map<std::string, int> transactions;
  for (const Step& step : schedule.steps) {
    if (step.operation.outside_transactions()) {
      const bool counts = step.operation.kind == OperationKind::kFlush;
      plan_.push_back({nullptr, counts ? TransactionName(step.session, ++transactions[step.session])
                                       : step.session});
      continue;
    }
    PlannedStep& planned = current[step.session];
    if (step.operation.kind == OperationKind::kBegin) {
      planned.transaction = TransactionName(step.session, ++transactions[step.session]);
      planned.recorder =
          &recorders_.emplace_back(*database_, ticks_, planned.transaction, level, &clock_);
    }
    plan_.push_back(planned);
  }
}

void ScheduleWorld::Note(const absl::Status& status) {
  if (!status.ok() && !absl::IsAborted(status) && error_.ok()) error_ = status;
}

void ScheduleWorld::Execute(size_t step) { results_[step] = Run(step); }

StepResult ScheduleWorld::Run(size_t step) {
  const Operation& operation = schedule_.steps[step].operation;
  StepResult result;
  result.transaction = plan_[step].transaction;
  if (Skips(step)) return result;
  result.kind = StepResult::Kind::kAnswered;
  result.answer = "ok";
  if (operation.outside_transactions()) {
    RunOutside(step);
    return result;
  }
  Recorder& recorder = *plan_[step].recorder;
  const absl::Status status = recorder.Execute(operation);
  if (absl::IsInvalidArgument(status)) {
    const Step& of = schedule_.steps[step];
    Note(absl::InvalidArgumentError("line " + std::to_string(of.line) + ": " + of.session + ": " +
                                    ToString(operation) + ": " + std::string(status.message())));
  }
  const TransactionRecord& record = recorder.record();
  const bool refused = record.outcome == TransactionRecord::Outcome::kConflict;
  if (!refused) Note(status);
  if (refused) {
    result.kind = StepResult::Kind::kConflict;
    result.answer = std::string(status.message());
  } else if (operation.kind == OperationKind::kCommit) {
    result.answer = std::to_string(record.commit_timestamp);
  } else if (operation.kind != OperationKind::kBegin && !operation.ends_transaction() &&
             status.ok()) {
    result.answer = record.operations.back().answer;
  }
  return result;
}

void ScheduleWorld::RunOutside(size_t step) {
  const Operation& operation = schedule_.steps[step].operation;
  if (operation.kind == OperationKind::kVacuum) database_->RunVacuumOnce();
  if (operation.kind == OperationKind::kAdvance) clock_.Advance(std::stoll(operation.value));
  if (operation.kind == OperationKind::kFlush) Flush(step);
}

// What the engine promises of a flush is what it promises of a transaction that sees everything
// before it and deletes each key there is, also those that are absent at that time.
void ScheduleWorld::Flush(size_t step) {
  std::set<std::string> keys;
  for (const auto& [key, value] : schedule_.initial) keys.insert(key);
  for (const Step& other : schedule_.steps) {
    if (other.operation.writes() && other.operation.end.empty()) keys.insert(other.operation.key);
  }
  TransactionRecord record;
  record.name = plan_[step].transaction;
  record.began = ticks_.Next();
  const absl::StatusOr<Timestamp> timestamp = database_->FlushKeyspace(Keyspace());
  record.ended = ticks_.Next();
  Note(timestamp.status());
  if (!timestamp.ok() || keys.empty()) return;
  record.outcome = TransactionRecord::Outcome::kCommitted;
  record.commit_timestamp = ToInteger(*timestamp);
  record.read_timestamp = record.commit_timestamp - 1;
  for (const std::string& key : keys) {
    Operation deletes;
    deletes.kind = OperationKind::kDelete;
    deletes.key = key;
    record.operations.push_back(
        {deletes, "ok", {{.kind = Observation::Kind::kDelete, .key = key}}});
  }
  flushes_.emplace(step, std::move(record));
}

std::vector<TransactionRecord> ScheduleWorld::Records() const {
  std::vector<TransactionRecord> records;
  for (const std::string& session : schedule_.Sessions()) {
    for (size_t i = 0; i < plan_.size(); ++i) {
      if (schedule_.steps[i].session != session) continue;
      if (const auto flush = flushes_.find(i); flush != flushes_.end()) {
        records.push_back(flush->second);
      }
      if (schedule_.steps[i].operation.kind != OperationKind::kBegin) continue;
      records.push_back(plan_[i].recorder->record());
    }
  }
  return records;
}

RunReport ScheduleWorld::Report() {
  RunReport report;
  report.steps = results_;
  for (const TransactionRecord& record : Records()) {
    if (record.outcome == TransactionRecord::Outcome::kCommitted) {
      report.committed.push_back(record.name);
    }
  }
  Note(database_->GetSnapshot().Scan(Range::All(),
                                     [&](std::string_view key, std::string_view value) {
                                       report.final_state.emplace(key, value);
                                       return true;
                                     }));
  JudgeOutcome(schedule_, level_, report);
  return report;
}

absl::Status ScheduleWorld::Check() {
  if (!error_.ok()) return error_;
  HistoryRules rules;
  rules.justified =
      !schedule_.has_expiry() && !schedule_.has_flush() && !schedule_.short_lived_snapshots;
  rules.expiries = schedule_.expiries;
  rules.final_second = clock_.now_s();
  return CheckQuietDatabase(*database_, schedule_.initial, initial_timestamp_, Records(), rules);
}

}  // namespace nacre::check::explore
