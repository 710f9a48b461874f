#include "tests/check/run/recorded_transaction.h"

#include <thread>

#include "tests/check/run/check.h"

namespace nacre::check::run {

absl::Status RecordedTransaction::Step() {
  NACRE_RUN_CHECK(begun_, "a workload begins its transaction");
  if (disturbance_.PausesAt(step_)) end_.stopping.WaitFor(disturbance_.pause());
  if (disturbance_.DropsAt(step_)) {
    session_.Drop();
    GiveUp();
    return absl::UnavailableError("dropped on purpose");
  }
  if (disturbance_.Yields()) std::this_thread::yield();
  ++step_;
  return absl::OkStatus();
}

absl::Status RecordedTransaction::StepToOperation() {
  if (end_.interrupt.is_set()) return absl::CancelledError("the run was interrupted");
  return Step();
}

absl::Status RecordedTransaction::Begin(bool read_only) {
  const absl::Status status = session_.Begin(read_only);
  begun_ = status.ok();
  return status;
}

absl::StatusOr<std::optional<std::string>> RecordedTransaction::Read(std::string_view key) {
  if (absl::Status status = StepToOperation(); !status.ok()) return status;
  absl::StatusOr<std::optional<std::string>> value = session_.Read(key);
  if (value.ok()) log_.Read(key, *value);
  return value;
}

absl::StatusOr<std::vector<std::string>> RecordedTransaction::ReadList(std::string_view key) {
  if (absl::Status status = StepToOperation(); !status.ok()) return status;
  std::vector<std::string> elements;
  if (absl::Status status = session_.ReadList(key, elements); !status.ok()) return status;
  log_.ReadList(key, elements);
  return elements;
}

// Writes are written down before they are asked for: one that was answered with an error may show
// up all the same, and then it has to be known whose it was.
absl::Status RecordedTransaction::Append(std::string_view key, std::string_view element) {
  if (absl::Status status = StepToOperation(); !status.ok()) return status;
  log_.Append(key, element);
  return session_.Append(key, element);
}

absl::Status RecordedTransaction::Write(std::string_view key, std::string_view value) {
  if (absl::Status status = StepToOperation(); !status.ok()) return status;
  log_.Write(key, value);
  return session_.Write(key, value);
}

absl::Status RecordedTransaction::Delete(std::string_view key) {
  if (absl::Status status = StepToOperation(); !status.ok()) return status;
  log_.Delete(key);
  return session_.Delete(key);
}

absl::StatusOr<std::vector<Row>> RecordedTransaction::Scan(const KeyRange& range) {
  if (absl::Status status = StepToOperation(); !status.ok()) return status;
  absl::StatusOr<std::vector<Row>> rows = session_.Scan(range);
  if (rows.ok()) log_.Scan(range, *rows);
  return rows;
}

std::string RecordedTransaction::UniqueValue() {
  NACRE_RUN_CHECK(values_ < kValuesMax, "values of one transaction are not those of the next");
  const uint64_t number = place_.index * kValuesMax + values_++;
  return std::to_string(number * place_.sessions + place_.session + 1);
}

CommitResult RecordedTransaction::Commit() {
  if (absl::Status status = Step(); !status.ok()) {
    return {.ending = Ending::kRefused, .why = std::string(status.message())};
  }
  begin_timestamp_ = session_.begin_timestamp();
  if (disturbance_.drops_at_commit()) {
    if (std::optional<CommitResult> result = session_.CommitAndDrop()) return *std::move(result);
  }
  return session_.Commit();
}

}  // namespace nacre::check::run
