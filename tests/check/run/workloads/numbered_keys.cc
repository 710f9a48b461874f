#include "tests/check/run/workloads/numbered_keys.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "tests/check/run/workloads/tagged_value.h"

namespace nacre::check::run {
namespace {

constexpr uint64_t kKeysPerSetUp = 100;

}  // namespace

uint64_t NumberedKeys::setup_transactions() const {
  return (keys_ + kKeysPerSetUp - 1) / kKeysPerSetUp;
}

absl::Status NumberedKeys::SetUp(uint64_t number, RecordedTransaction& txn) const {
  if (absl::Status status = txn.Begin(); !status.ok()) return status;
  const uint64_t from = number * kKeysPerSetUp;
  for (uint64_t i = from; i < std::min(keys_, from + kKeysPerSetUp); ++i) {
    if (absl::Status status = WriteNumber(i, FirstNumber(i), txn); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::string NumberedKeys::KeyOf(uint64_t i) const { return absl::StrCat(name_, i); }

absl::Status NumberedKeys::ReadNumber(uint64_t i, RecordedTransaction& txn, int64_t& number) const {
  const absl::StatusOr<std::optional<std::string>> value = txn.Read(KeyOf(i));
  if (!value.ok()) return value.status();
  const std::optional<int64_t> found = NumberOf(*value);
  number = found.value_or(0);
  if (!found) {
    txn.ClaimBreach(Level::kStrongSnapshotIsolation,
                    absl::StrCat("found nothing in ", KeyOf(i), ", which holds a number from the ",
                                 "first transaction on"));
  }
  return absl::OkStatus();
}

absl::Status NumberedKeys::WriteNumber(uint64_t i, int64_t number, RecordedTransaction& txn) const {
  return txn.Write(KeyOf(i), TaggedValue(number, txn.UniqueValue()));
}

}  // namespace nacre::check::run
