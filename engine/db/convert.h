#ifndef NACRE_ENGINE_DB_CONVERT_H_
#define NACRE_ENGINE_DB_CONVERT_H_

#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"
#include "engine/txn/cursor.h"
#include "engine/txn/transaction_state.h"
#include "nacre/types.h"

// Between the words of the public headers and those of the inside.

namespace nacre {

inline absl::Time ToTime(mvcc::ExpiryMs expiry) {
  return expiry == mvcc::kNoExpiry ? absl::InfiniteFuture() : absl::FromUnixMillis(expiry);
}

inline absl::StatusOr<Timestamp> ToTimestamp(const absl::StatusOr<uint64_t>& timestamp) {
  if (!timestamp.ok()) return timestamp.status();
  return Timestamp{*timestamp};
}

inline KeyInfo ToKeyInfo(std::string_view key, const txn::TransactionState::Value& value) {
  KeyInfo info;
  info.value_bytes = value.bytes.size();
  info.memory_bytes = mvcc::Record::MemoryBytes(key.size()) +
                      mvcc::Version::MemoryBytes(value.bytes.size(), value.expiry);
  info.expiry = ToTime(value.expiry);
  if (value.commit_timestamp != 0) info.version = Timestamp{value.commit_timestamp};
  return info;
}

// Walks a range with a fresh cursor: direction, offset and limit are the range's.
absl::Status Walk(txn::Cursor& cursor, const Range& range,
                  absl::FunctionRef<bool(const txn::CursorItem& item)> visit);
absl::StatusOr<uint64_t> CountKeys(txn::Cursor& cursor, const Range& range);

}  // namespace nacre

#endif  // NACRE_ENGINE_DB_CONVERT_H_
