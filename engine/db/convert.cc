#include "engine/db/convert.h"

namespace nacre {

absl::Status Walk(txn::Cursor& cursor, const Range& range,
                  absl::FunctionRef<bool(const txn::CursorItem& item)> visit) {
  if (range.limit == 0) return absl::OkStatus();
  // Without a limit nothing is expected: the visitor may stop anywhere.
  if (range.limit != Range::kNoLimit && range.limit <= Range::kNoLimit - range.offset) {
    cursor.Expect(range.offset + range.limit);
  }
  absl::Status status = range.reverse ? cursor.SeekToLast() : cursor.SeekToFirst();
  for (uint64_t passed = 0; status.ok() && cursor.valid(); ++passed) {
    if (passed >= range.offset) {
      if (!visit(cursor.item())) break;
      // Stops on the last key it returns: what lies behind was not read.
      if (passed - range.offset + 1 == range.limit) break;
    }
    status = range.reverse ? cursor.Prev() : cursor.Next();
  }
  return status;
}

absl::StatusOr<uint64_t> CountKeys(txn::Cursor& cursor, const Range& range) {
  uint64_t count = 0;
  absl::Status status = Walk(cursor, range, [&](const txn::CursorItem&) {
    ++count;
    return true;
  });
  if (!status.ok()) return status;
  return count;
}

}  // namespace nacre
