#include <algorithm>
#include <array>

#include "engine/base/epoch.h"
#include "engine/mvcc/visibility.h"
#include "engine/txn/prefetch.h"
#include "engine/txn/transaction_state.h"

// Reads of several keys, side by side: under one pin, all waits for a level of the index overlap,
// then those for the records, for the versions, and for what is left of the values.

namespace nacre::txn {

absl::Status TransactionState::MultiGet(absl::Span<const std::string_view> keys,
                                        absl::Span<std::optional<std::string_view>> values) {
  if (absl::Status status = CheckActive(); !status.ok()) return status;
  if (absl::Status status = ResolveCurrent(); !status.ok()) return status;
  for (size_t first = 0; first < keys.size(); first += kKeysSideBySide) {
    KeyGroup group;
    for (size_t i = first; i < std::min(first + kKeysSideBySide, keys.size()); ++i) {
      // A lock-first transaction has its keys in the write set.
      if (locked() || HasWritten(keys[i])) {
        absl::StatusOr<std::optional<Value>> value = Get(keys[i]);
        if (!value.ok()) return value.status();
        values[i] = *value ? std::optional((*value)->bytes) : std::nullopt;
        continue;
      }
      group.keys[group.count] = keys[i];
      group.values[group.count++] = &values[i];
    }
    if (absl::Status status = ReadGroup(group); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status TransactionState::ReadGroup(const KeyGroup& group) {
  const bool grows_old = store_.snapshots_grow_old;
  std::array<mvcc::Record*, kKeysSideBySide> records;
  std::array<const mvcc::Version*, kKeysSideBySide> versions;
  base::EpochPin pin;
  if (grows_old && view_.IsTooOld()) return doomed_ = TooOldError();
  current_.tree->index.FindEach(absl::MakeConstSpan(group.keys.data(), group.count),
                                absl::MakeSpan(records.data(), group.count));
  for (size_t i = 0; i < group.count; ++i) {
    if (records[i] != nullptr) PrefetchHead(*records[i]);
  }
  for (size_t i = 0; i < group.count; ++i) {
    versions[i] =
        records[i] == nullptr ? nullptr : mvcc::FindVisible(*records[i], view_.read_timestamp);
    if (versions[i] != nullptr) PrefetchEnd(versions[i]->value());
  }
  if (view_.IsTooOld()) return doomed_ = TooOldError();
  for (size_t i = 0; i < group.count; ++i) {
    const bool live =
        NoteRead(current_.tree, group.keys[i], records[i], versions[i], Tracking::kTracked);
    *group.values[i] = live ? std::optional(ValueOf(*versions[i]).bytes) : std::nullopt;
  }
  return absl::OkStatus();
}

}  // namespace nacre::txn
