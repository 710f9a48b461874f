#ifndef NACRE_ENGINE_DB_ITERATOR_SOURCE_H_
#define NACRE_ENGINE_DB_ITERATOR_SOURCE_H_

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "engine/db/snapshot_shared.h"
#include "engine/txn/cursor.h"
#include "engine/txn/transaction_state.h"
#include "nacre/iterator.h"

namespace nacre {

// What an iterator walks: a cursor, and whatever must stay while it does.
class Iterator::Source {
 public:
  // Of a snapshot, which it keeps.
  Source(std::shared_ptr<Snapshot::Shared> snapshot, std::unique_ptr<txn::Cursor> cursor)
      : look_(std::in_place, std::move(snapshot)), cursor_(std::move(cursor)) {}
  // Of a transaction, which outlives it, and is told when the cursor goes.
  explicit Source(txn::TransactionState* transaction) : transaction_(transaction) {}
  // Of nothing.
  explicit Source(absl::Status error) : status_(std::move(error)) {}
  ~Source() {
    if (transaction_ != nullptr) transaction_->DropCursor(cursor_.get());
  }

  txn::Cursor& Take(std::unique_ptr<txn::Cursor> cursor) {
    cursor_ = std::move(cursor);
    return *cursor_;
  }
  // The cursor, if it may move now.
  txn::Cursor* Movable() {
    if (transaction_ != nullptr && !transaction_->active()) {
      status_ = absl::FailedPreconditionError("the transaction of the iterator is finished");
    }
    return status_.ok() ? cursor_.get() : nullptr;
  }
  void Moved(absl::Status status) { status_ = std::move(status); }
  bool valid() const {
    return cursor_ != nullptr && status_.ok() && cursor_->valid() &&
           (transaction_ == nullptr || transaction_->active());
  }
  const txn::CursorItem& item() const { return cursor_->item(); }
  const absl::Status& status() const { return status_; }

 private:
  std::optional<Snapshot::Shared::Look> look_;
  txn::TransactionState* transaction_ = nullptr;
  std::unique_ptr<txn::Cursor> cursor_;
  absl::Status status_;
};

}  // namespace nacre

#endif  // NACRE_ENGINE_DB_ITERATOR_SOURCE_H_
