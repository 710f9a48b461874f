#ifndef NACRE_TRANSACTION_H_
#define NACRE_TRANSACTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "nacre/iterator.h"
#include "nacre/options.h"
#include "nacre/snapshot.h"
#include "nacre/types.h"

namespace nacre {

namespace txn {
class TransactionState;
}

// Reads one snapshot and buffers its writes until Commit().
//
// Thread-compatible: one thread at a time, not always the same one. Move-only; destruction rolls
// back. Must not outlive its database. No call waits for another open transaction, and an open
// transaction delays nobody: its writes stand in no place where others look before it commits.
//
// After Commit(), Rollback() or a move, every call returns kFailedPrecondition.
class Transaction {
 public:
  Transaction(Transaction&&) noexcept = default;
  Transaction& operator=(Transaction&&) noexcept = default;
  ~Transaction() = default;

  // Sees the commits at or below it, and its own writes.
  Timestamp read_timestamp() const;
  // Identifies the running transaction in dumps and Stats; never reused. Not the commit timestamp.
  uint64_t id() const;
  // kSnapshot of a read-only one in any case: it needs no more to be part of a serial order.
  Isolation isolation() const;
  bool read_only() const;
  // False from Commit() or Rollback() on.
  bool active() const;

  // Where the calls below look keys up. kNotFound if there is no such keyspace at read_timestamp(),
  // which a serializable transaction has read then: its commit is kAborted if it is opened.
  absl::Status Use(Keyspace keyspace);
  Keyspace keyspace() const;

  // --- Reading. Views live until the transaction finishes. ---
  absl::StatusOr<std::optional<std::string_view>> Get(std::string_view key)
      ABSL_ATTRIBUTE_LIFETIME_BOUND {
    const Seen seen = See(key);
    if (seen.bytes != nullptr) return std::string_view(seen.bytes, seen.size);
    if (seen.size == kAbsent) return std::nullopt;
    return GetElse(key);
  }
  // values.size() must equal keys.size().
  absl::Status MultiGet(absl::Span<const std::string_view> keys,
                        absl::Span<std::optional<std::string_view>> values);
  // Get() that conflicts at Commit() if anybody has written the key since read_timestamp(), at any
  // isolation level, also when this transaction writes nothing. Used for every key that a decision
  // depends on, it prevents write skew; predicates over ranges need kSerializable.
  absl::StatusOr<std::optional<std::string_view>> GetForUpdate(std::string_view key)
      ABSL_ATTRIBUTE_LIFETIME_BOUND;
  absl::StatusOr<bool> Exists(std::string_view key);
  absl::StatusOr<std::optional<KeyInfo>> GetInfo(std::string_view key);
  // Visits a range in key order (or reverse) until `visit` returns false. Sees own writes made
  // before the call; `visit` may write, and does not see that. The views live until the transaction
  // finishes.
  absl::Status Scan(const Range& range,
                    absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit);
  // O(keys in the range).
  absl::StatusOr<uint64_t> Count(const Range& range);
  // Bounded by start, end and prefix of `range`; its other fields are ignored.
  Iterator NewIterator(const Range& range = {}) ABSL_ATTRIBUTE_LIFETIME_BOUND;
  // A key at random, nullopt if there is none. Nearly even: about as a choice from sixteen keys
  // that are come upon by walking down the index at random, evened out by the probability of each
  // walk. O(log n) where most keys are present; O(keys that are gone) beside very many that the
  // vacuum has not removed or that this transaction has deleted. Under kSerializable it counts as
  // having read the whole keyspace.
  absl::StatusOr<std::optional<std::string_view>> RandomKey() ABSL_ATTRIBUTE_LIFETIME_BOUND;
  // True if key got a version after `since`, up to read_timestamp(); own writes do not count. Also
  // true if the keyspace was flushed or swapped meanwhile and the key was or is present. For WATCH.
  // kOutOfRange if `since` is too old to know.
  absl::StatusOr<bool> ChangedSince(std::string_view key, const Snapshot& since);

  // --- Writing. Key and value are copied. ---
  absl::Status Put(std::string_view key, std::string_view value, const PutOptions& options = {});
  absl::Status Delete(std::string_view key);  // OK if absent.
  // Exchanges the contents of two keyspaces, own writes included. Others see it with the commit,
  // which is kAborted if either was flushed, dropped or swapped meanwhile, and which waits for the
  // commits that are under way. kNotFound if there is no such keyspace.
  absl::Status SwapKeyspaces(Keyspace a, Keyspace b);
  Savepoint SetSavepoint();
  // Takes back every write since the savepoint, which stays usable. Reads stay read: they still
  // count for conflicts. kInvalidArgument if the savepoint is not of this transaction or was rolled
  // back over.
  absl::Status RollbackTo(Savepoint savepoint);

  // First-committer-wins: kAborted if any written or GetForUpdate key has a version newer than
  // read_timestamp(); under kSerializable, also if any key or range that was read has changed. On
  // success the writes are visible to every Begin() after the return. Finishes the transaction
  // either way. Returns the commit timestamp, or the read timestamp if nothing was written.
  // O(writes), and O(reads) for a serializable transaction that writes.
  absl::StatusOr<Timestamp> Commit() {
    const Ended ended = TryEnd();
    if (ended.plainly) return ended.at;
    return CommitElse();
  }
  void Rollback();  // Idempotent.

 private:
  friend class Database;
  struct Deleter {
    void operator()(txn::TransactionState* state) const;
  };
  // What Get() and Commit() mostly come to, in two registers each: a caller that looks at it at
  // once has no object in memory for it, and stores are what a processor has least room for
  // (docs/decisions/0028-fewer-stores.md).
  struct Seen {
    const char* bytes;  // nullptr: `size` says why.
    size_t size;
  };
  static constexpr size_t kAbsent = 0;
  static constexpr size_t kElse = 1;  // GetElse() tells.
  struct Ended {
    bool plainly;  // False: nothing is done, and CommitElse() does it.
    Timestamp at;
  };

  explicit Transaction(txn::TransactionState* state) : state_(state) {}
  Seen See(std::string_view key);
  absl::StatusOr<std::optional<std::string_view>> GetElse(std::string_view key);
  Ended TryEnd();
  Ended EndAwaited();
  absl::StatusOr<Timestamp> CommitElse();

  std::unique_ptr<txn::TransactionState, Deleter> state_;
};

}  // namespace nacre

#endif  // NACRE_TRANSACTION_H_
