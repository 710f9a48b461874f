#include "tests/check/explore/recorder.h"

namespace nacre::check::explore {

absl::Status Recorder::Execute(const Operation& operation) {
  if (finished_) return absl::OkStatus();
  switch (operation.kind) {
    case OperationKind::kBegin: Begin(operation.read_only); return absl::OkStatus();
    case OperationKind::kCommit: return Commit();
    case OperationKind::kRollback: {
      transaction_->Rollback();
      Finish(TransactionRecord::Outcome::kRolledBack);
      return absl::OkStatus();
    }
    default: break;
  }
  absl::StatusOr<std::string> answer = Perform(operation, *observed_);
  if (answer.ok()) {
    record_.operations.push_back({operation, *std::move(answer), observed_->Take()});
    return absl::OkStatus();
  }
  if (EndsTransaction(answer.status())) {
    transaction_->Rollback();
    record_.refused = operation;
    Finish(TransactionRecord::Outcome::kConflict);
  }
  return answer.status();
}

bool Recorder::EndsTransaction(const absl::Status& status) const {
  return absl::IsAborted(status) ||
         (absl::IsOutOfRange(status) &&
          database_.options().max_snapshot_age != absl::InfiniteDuration());
}

void Recorder::Begin(bool read_only) {
  record_.read_only = read_only;
  record_.began = ticks_.Next();
  const size_t clock_before = clock_ == nullptr ? 0 : clock_->seconds().size() - 1;
  TransactionOptions options;
  options.isolation = record_.level;
  options.read_only = read_only;
  transaction_.emplace(database_.Begin(options));
  access_.emplace(*transaction_);
  observed_.emplace(*access_);
  if (clock_ != nullptr) {
    record_.begin_seconds.assign(clock_->seconds().begin() + clock_before, clock_->seconds().end());
  }
  record_.read_timestamp = ToInteger(transaction_->read_timestamp());
}

absl::Status Recorder::Commit() {
  absl::StatusOr<Timestamp> timestamp = transaction_->Commit();
  if (timestamp.ok()) {
    record_.commit_timestamp = ToInteger(*timestamp);
    Finish(TransactionRecord::Outcome::kCommitted);
    return absl::OkStatus();
  }
  if (EndsTransaction(timestamp.status())) Finish(TransactionRecord::Outcome::kConflict);
  return timestamp.status();
}

void Recorder::Finish(TransactionRecord::Outcome outcome) {
  record_.outcome = outcome;
  record_.ended = ticks_.Next();
  finished_ = true;
  observed_.reset();
  access_.reset();
  transaction_.reset();
}

}  // namespace nacre::check::explore
