#include <algorithm>
#include <optional>

#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/txn/transaction_state.h"

// Exchanging the contents of keyspaces inside a transaction.
//
// The transaction looks at the other tree from then on; its writes belong to trees, so they move
// along. At the commit each keyspace that ends up with another tree gets a new generation, in the
// same instant as the writes. A change of generations closes the commit gate, with the changes
// mutex of the keyspaces held, so such a commit runs behind both. An exclusive run of Transact()
// takes both before its function runs: nothing is left then that its commit could fail on.

namespace nacre::txn {

absl::Status TransactionState::Swap(uint32_t a, uint32_t b) {
  if (absl::Status status = CheckWritable(); !status.ok()) return status;
  if (locked()) {
    return absl::FailedPreconditionError(
        "a transaction of TransactLocked() can not swap keyspaces");
  }
  for (const uint32_t keyspace : {a, b}) {
    absl::StatusOr<GenerationUse> use = Resolve(keyspace);
    if (!use.ok()) return use.status();
  }
  if (a == b) return absl::OkStatus();
  held().swaps.push_back({writes().last_savepoint(), a, b});
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
  std::vector<SwapMade>& swaps = held().swaps;
  while (!swaps.empty() && swaps.back().savepoint >= savepoint) {
    Exchange(swaps.back().a, swaps.back().b);
    swaps.pop_back();
  }
}

std::vector<GenerationChange> TransactionState::Swapped() const {
  std::vector<GenerationChange> changes;
  if (!held_ || held_->swaps.empty()) return changes;
  for (const GenerationUse& use : generations_) {
    if (use.tree != use.committed) changes.push_back({use.keyspace, use.tree});
  }
  return changes;
}

// A commit that its reads have doomed already finds out here, with the gate open, and not while
// everybody waits for it to walk its ranges. The commit asks once more.
absl::Status TransactionState::CheckReads() {
  if (!serializable()) return absl::OkStatus();
  base::EpochPin pin;
  if (view_.IsTooOld()) return TooOldError();
  reads_->PrepareToMatch();
  absl::Status status = reads_->Validate(view_);
  if (!status.ok()) store_.counters.conflicts_read.Add(1);
  if (status.ok() && view_.IsTooOld()) return TooOldError();
  return status;
}

absl::StatusOr<uint64_t> TransactionState::CommitSwaps(
    absl::Span<const GenerationChange> changes, bool gate_is_mine) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  // A log will need the exchange itself, at its place among the writes: a LoggedWrite names the
  // keyspace that a key was written through, and the tree that it went to may have moved since.
  NACRE_CHECK(store_.log == nullptr, "a log knows nothing of swapped keyspaces");
  if (absl::Status status = CheckMemory(); !status.ok()) return status;
  std::optional<base::MutexLock<>> changes_lock;
  std::optional<CommitGate::Closed> closed;
  if (!gate_is_mine) {
    if (absl::Status status = CheckReads(); !status.ok()) return status;
    changes_lock.emplace(store_.keyspaces.changes_mutex());
    closed.emplace(store_.gate);
  }
  LogPlace no_log(store_);
  return TryCommit(no_log, /*gate_is_mine=*/true, changes);
}

}  // namespace nacre::txn
