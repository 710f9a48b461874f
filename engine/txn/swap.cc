#include <algorithm>
#include <optional>

#include "engine/txn/transaction_state.h"

// Exchanging the contents of keyspaces inside a transaction.
//
// The transaction looks at the other tree from then on; its writes belong to trees, so they move
// along. At the commit each keyspace that ends up with another tree gets a new generation, in the
// same instant as the writes. A change of generations closes the commit gate, so such a commit runs
// behind it.

namespace nacre::txn {

absl::Status TransactionState::Swap(uint32_t a, uint32_t b) {
  if (absl::Status status = CheckWritable(); !status.ok()) return status;
  if (locked_) {
    return absl::FailedPreconditionError(
        "a transaction of TransactLocked() can not swap keyspaces");
  }
  for (const uint32_t keyspace : {a, b}) {
    absl::StatusOr<GenerationUse> use = Resolve(keyspace);
    if (!use.ok()) return use.status();
  }
  if (a == b) return absl::OkStatus();
  swaps_.push_back({writes_.last_savepoint(), a, b});
  Exchange(a, b);
  return absl::OkStatus();
}

void TransactionState::Exchange(uint32_t a, uint32_t b) {
  const auto use_of = [this](uint32_t keyspace) {
    return std::find_if(generations_.begin(), generations_.end(),
                        [=](const GenerationUse& use) { return use.keyspace == keyspace; });
  };
  const auto first = use_of(a);
  const auto second = use_of(b);
  std::swap(first->tree, second->tree);
  std::swap(first->tree_id, second->tree_id);
  // Looked up again at the next use.
  current_ = GenerationUse();
}

void TransactionState::TakeBackSwaps(uint64_t savepoint) {
  while (!swaps_.empty() && swaps_.back().savepoint >= savepoint) {
    Exchange(swaps_.back().a, swaps_.back().b);
    swaps_.pop_back();
  }
}

std::vector<GenerationChange> TransactionState::Swapped() const {
  std::vector<GenerationChange> changes;
  if (swaps_.empty()) return changes;
  for (const GenerationUse& use : generations_) {
    if (use.tree != use.committed) changes.push_back({use.keyspace, use.tree});
  }
  return changes;
}

absl::StatusOr<uint64_t> TransactionState::CommitSwaps(
    absl::Span<const GenerationChange> changes, bool gate_is_mine) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (absl::Status status = CheckMemory(); !status.ok()) return status;
  LogPlace log(store_);
  if (absl::Status status = log.Reserve(writes_); !status.ok()) return status;
  // The mutex comes before the gate. Who has closed the gate already must not wait for somebody
  // that may be waiting for it.
  base::Mutex& mutex = store_.keyspaces.changes_mutex();
  if (!gate_is_mine) {
    mutex.Lock();
  } else if (!mutex.TryLock()) {
    return absl::AbortedError("keyspaces are being changed by another transaction");
  }
  absl::StatusOr<uint64_t> timestamp;
  {
    std::optional<CommitGate::Closed> closed;
    if (!gate_is_mine) closed.emplace(store_.gate);
    timestamp = TryCommit(log, /*gate_is_mine=*/true, changes);
  }
  mutex.Unlock();
  if (!timestamp.ok()) return timestamp;
  if (absl::Status status = log.Await(); !status.ok()) return status;
  return timestamp;
}

}  // namespace nacre::txn
