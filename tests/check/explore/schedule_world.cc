#include "tests/check/explore/schedule_world.h"

#include <map>

#include "tests/check/explore/embedded_target.h"
#include "tests/check/explore/small_database.h"

namespace nacre::check::explore {

ScheduleWorld::ScheduleWorld(const Schedule& schedule, Isolation level)
    : schedule_(schedule), level_(level), results_(schedule.steps.size()) {
  Options options = SmallOptions();
  options.time_source = [this] { return TimeOfSecond(clock_.now_s()); };
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
      plan_.push_back({nullptr, step.session});
      continue;
    }
    PlannedStep& planned = current[step.session];
    if (step.operation.kind == OperationKind::kBegin) {
      const int count = ++transactions[step.session];
      planned.transaction = count == 1 ? step.session : step.session + "/" + std::to_string(count);
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
  if (operation.kind == OperationKind::kVacuum) {
    database_->RunVacuumOnce();
    return result;
  }
  if (operation.kind == OperationKind::kAdvance) {
    clock_.Advance(std::stoll(operation.value));
    return result;
  }
  Recorder& recorder = *plan_[step].recorder;
  const absl::Status status = recorder.Execute(operation);
  if (absl::IsInvalidArgument(status)) {
    const Step& of = schedule_.steps[step];
    Note(absl::InvalidArgumentError("line " + std::to_string(of.line) + ": " + of.session + ": " +
                                    ToString(operation) + ": " + std::string(status.message())));
  }
  Note(status);
  const TransactionRecord& record = recorder.record();
  if (absl::IsAborted(status)) {
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

std::vector<TransactionRecord> ScheduleWorld::Records() const {
  std::vector<TransactionRecord> records;
  for (const std::string& session : schedule_.Sessions()) {
    for (size_t i = 0; i < plan_.size(); ++i) {
      if (schedule_.steps[i].session != session) continue;
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
  rules.justified = !schedule_.has_expiry();
  rules.expiries = schedule_.expiries;
  rules.final_second = clock_.now_s();
  return CheckQuietDatabase(*database_, schedule_.initial, initial_timestamp_, Records(), rules);
}

}  // namespace nacre::check::explore
