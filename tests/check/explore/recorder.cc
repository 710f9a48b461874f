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
  absl::StatusOr<std::string> answer = Perform(operation, *access_);
  if (answer.ok()) {
    record_.operations.push_back({operation, *std::move(answer)});
    return absl::OkStatus();
  }
  if (absl::IsAborted(answer.status())) {
    transaction_->Rollback();
    record_.refused = operation;
    Finish(TransactionRecord::Outcome::kConflict);
  }
  return answer.status();
}

void Recorder::Begin(bool read_only) {
  record_.read_only = read_only;
  record_.began = ticks_.Next();
  TransactionOptions options;
  options.isolation = record_.level;
  options.read_only = read_only;
  transaction_.emplace(database_.Begin(options));
  access_.emplace(*transaction_);
  record_.read_timestamp = ToInteger(transaction_->read_timestamp());
}

absl::Status Recorder::Commit() {
  absl::StatusOr<Timestamp> timestamp = transaction_->Commit();
  if (timestamp.ok()) {
    record_.commit_timestamp = ToInteger(*timestamp);
    Finish(TransactionRecord::Outcome::kCommitted);
    return absl::OkStatus();
  }
  if (absl::IsAborted(timestamp.status())) Finish(TransactionRecord::Outcome::kConflict);
  return timestamp.status();
}

void Recorder::Finish(TransactionRecord::Outcome outcome) {
  record_.outcome = outcome;
  record_.ended = ticks_.Next();
  finished_ = true;
  access_.reset();
  transaction_.reset();
}

}  // namespace nacre::check::explore
