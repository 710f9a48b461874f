#include "tests/check/explore/observation.h"

namespace nacre::check::explore {

using Kind = Observation::Kind;

absl::Status ObservedAccess::Note(const absl::Status& status, Observation observation) {
  if (status.ok()) observations_.push_back(std::move(observation));
  return status;
}

absl::StatusOr<std::optional<std::string>> ObservedAccess::Get(const std::string& key) {
  absl::StatusOr<std::optional<std::string>> value = access_.Get(key);
  if (value.ok()) observations_.push_back({.kind = Kind::kGet, .key = key, .value = *value});
  return value;
}

absl::StatusOr<std::optional<std::string>> ObservedAccess::GetForUpdate(const std::string& key) {
  absl::StatusOr<std::optional<std::string>> value = access_.GetForUpdate(key);
  if (value.ok()) observations_.push_back({.kind = Kind::kGet, .key = key, .value = *value});
  return value;
}

absl::StatusOr<bool> ObservedAccess::Exists(const std::string& key) {
  absl::StatusOr<bool> present = access_.Exists(key);
  if (present.ok()) {
    observations_.push_back({.kind = Kind::kExists, .key = key, .count = *present ? 1u : 0u});
  }
  return present;
}

absl::StatusOr<KeyValues> ObservedAccess::Scan(const std::string& start, const std::string& end,
                                               bool reverse, std::optional<uint64_t> limit) {
  absl::StatusOr<KeyValues> items = access_.Scan(start, end, reverse, limit);
  if (items.ok()) {
    observations_.push_back({.kind = Kind::kScan,
                             .key = start,
                             .end = end,
                             .items = *items,
                             .reverse = reverse,
                             .limited = limit && items->size() == *limit});
  }
  return items;
}

absl::StatusOr<uint64_t> ObservedAccess::Count(const std::string& start, const std::string& end) {
  absl::StatusOr<uint64_t> count = access_.Count(start, end);
  if (count.ok()) {
    observations_.push_back({.kind = Kind::kCount, .key = start, .end = end, .count = *count});
  }
  return count;
}

absl::Status ObservedAccess::Put(const std::string& key, const std::string& value,
                                 std::optional<int64_t> expires_s) {
  return Note(access_.Put(key, value, expires_s),
              {.kind = Kind::kPut, .key = key, .value = value, .expires_s = expires_s});
}

absl::Status ObservedAccess::Delete(const std::string& key) {
  return Note(access_.Delete(key), {.kind = Kind::kDelete, .key = key});
}

absl::Status ObservedAccess::SetSavepoint() {
  return Note(access_.SetSavepoint(), {.kind = Kind::kSetSavepoint});
}

absl::Status ObservedAccess::RollbackToSavepoint() {
  return Note(access_.RollbackToSavepoint(), {.kind = Kind::kRollbackTo});
}

}  // namespace nacre::check::explore
