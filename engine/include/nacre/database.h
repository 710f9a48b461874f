#ifndef NACRE_DATABASE_H_
#define NACRE_DATABASE_H_

// Nacre, an in-memory transactional key-value store. Start here; types.h has the error rule.
//
//   auto db = nacre::Database::Open({}).value();
//   absl::Status status = db->Transact([&](nacre::Transaction& tx) -> absl::Status {
//     auto balance = tx.Get("alice");
//     if (!balance.ok()) return balance.status();
//     return tx.Put("alice", NewBalance(*balance));
//   });

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "nacre/options.h"
#include "nacre/snapshot.h"
#include "nacre/stats.h"
#include "nacre/transaction.h"
#include "nacre/types.h"
#include "nacre/write_batch.h"

namespace nacre {

// Thread-safe. Must outlive its transactions, snapshots and iterators (checked).
class Database {
 public:
  static absl::StatusOr<std::unique_ptr<Database>> Open(const Options& options = {});
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // --- Transactions ---

  // Never waits. If the limit on snapshots is reached or `as_of` is out of reach, every call of the
  // transaction returns that error.
  Transaction Begin(const TransactionOptions& options = {}) {
    return Transaction(NewTransaction(options));
  }
  // kResourceExhausted if Options::snapshots_max are open. `owner`: see TransactionOptions.
  absl::StatusOr<Snapshot> TakeSnapshot(uint64_t owner = 0) const;
  // The same where the limit is known to be far away (checked).
  Snapshot GetSnapshot() const { return *TakeSnapshot(); }
  // The state at `timestamp`: kOutOfRange if that history is gone (see Options::history_retention)
  // or in the future.
  absl::StatusOr<Snapshot> GetSnapshotAt(Timestamp timestamp) const;

  // Runs `fn` on a fresh transaction and commits. On kAborted, from `fn` or from the commit: backs
  // off with full jitter and runs it again on a new snapshot, at most attempts_max times. Any other
  // error of `fn` rolls back and is returned. A conflict that `fn` swallowed comes back from the
  // commit. `fn` may run many times: it has no outside effects, and neither commits nor rolls back
  // (checked). Returns the commit timestamp, or the read timestamp if nothing was written.
  absl::StatusOr<Timestamp> Transact(absl::FunctionRef<absl::Status(Transaction&)> fn,
                                     const TransactOptions& options = {});

  // A key that TransactLocked() locks.
  struct LockedKey {
    Keyspace keyspace;
    std::string_view key;
  };
  // Runs `fn` once, with the latches of `keys` held, and commits without a possible conflict. Reads
  // see the newest committed state. `fn` may read and write `keys` only (anything else, and any
  // range, is kFailedPrecondition), must be short, must not call the database otherwise, and
  // neither commits nor rolls back. If it returns an error, nothing is applied and the error is
  // returned. With `watched`, first checks ChangedSince() for each watched key, in the same
  // instant; any change is kAborted, and `fn` does not run.
  struct WatchedKey {
    Keyspace keyspace;
    std::string_view key;
    const Snapshot* since;
  };
  absl::StatusOr<Timestamp> TransactLocked(absl::Span<const LockedKey> keys,
                                           absl::FunctionRef<absl::Status(Transaction&)> fn,
                                           absl::Span<const WatchedKey> watched = {});

  // Reads one key and writes it, with its latch held: never conflicts. `fn` runs once and must be
  // short.
  absl::StatusOr<Timestamp> Modify(
      std::string_view key,
      absl::FunctionRef<Modification(std::optional<std::string_view> value)> fn,
      Keyspace keyspace = Keyspace());

  // All or nothing. Reads nothing, so it is never kAborted.
  absl::StatusOr<Timestamp> Write(const WriteBatch& batch);

  // The newest committed value of one key, without a snapshot: one look-up, no registration. Calls
  // `visit` once, with the value or without; the view lives during the call.
  absl::Status ReadLatest(
      std::string_view key,
      absl::FunctionRef<void(std::optional<std::string_view> value, absl::Time expiry)> visit,
      Keyspace keyspace = Keyspace()) const;

  // Starts loading into the processor's cache what a read or a write of these keys will touch, all
  // of them at once. A hint for whoever knows the keys of several operations ahead: then their
  // waits for memory overlap, which pays from about four keys on. Changes nothing. O(keys).
  void Prefetch(absl::Span<const std::string_view> keys, Keyspace keyspace = Keyspace()) const;

  // --- Keyspaces ---
  // Each change is a commit of its own: snapshots from before it still see what was.

  // The keyspace of that name, made if there is none. The default keyspace has the name "".
  absl::StatusOr<Keyspace> OpenKeyspace(std::string_view name);
  std::optional<Keyspace> FindKeyspace(std::string_view name) const;
  std::vector<std::pair<std::string, Keyspace>> ListKeyspaces() const;
  // O(1) for the caller; the vacuum frees the contents. A transaction that wrote to the keyspace,
  // or read it under kSerializable, and commits later is kAborted.
  absl::StatusOr<Timestamp> FlushKeyspace(Keyspace keyspace);
  absl::StatusOr<Timestamp> FlushAllKeyspaces();
  // The default keyspace can not be dropped. The handle is dead afterwards; the name can be used
  // again.
  absl::StatusOr<Timestamp> DropKeyspace(Keyspace keyspace);
  // Exchanges the contents of two keyspaces.
  absl::StatusOr<Timestamp> SwapKeyspaces(Keyspace a, Keyspace b);
  // Keys at the newest commit, without those whose time has come. O(1), and O(keys) while
  // CountingIsSlow().
  absl::StatusOr<uint64_t> KeyCount(Keyspace keyspace = Keyspace()) const;
  // KeyCount() with more to it, at the same cost.
  absl::StatusOr<KeyspaceStats> GetKeyspaceStats(Keyspace keyspace = Keyspace()) const;
  // More keys have expired than the vacuum has had the time to remove, or a commit that changes
  // expiries is not quite done. O(1).
  bool CountingIsSlow() const;

  // --- Looking inside ---

  Timestamp clock() const;
  // The time that a transaction beginning now judges expiry by.
  absl::Time now() const;
  const Options& options() const;
  // Replaces Options::memory_bytes_max, which options() goes on to show as it was. Commits that
  // have begun may still be judged by the old one.
  void SetMemoryBytesMax(size_t bytes);
  // O(snapshots + threads).
  Stats GetStats() const;
  // Every version of a key, newest first, for debugging. Empty if there is no record of it. Writers
  // of the key wait meanwhile, and it for them: not from within TransactLocked(). O(versions and
  // their bytes).
  std::vector<VersionInfo> DumpKey(std::string_view key, Keyspace keyspace = Keyspace()) const;
  // Walks everything and checks the invariants of index, chains, queues and counters. Readers go
  // on; commits wait meanwhile. kInternal names the first fault. O(everything), for tests and
  // administration.
  absl::Status Verify() const;
  // The work of the vacuum on the calling thread: prunes and frees all that can go now. Returns how
  // many versions it unlinked. Thread-safe, also beside the vacuum thread.
  size_t RunVacuumOnce();

 private:
  class Impl;
  txn::TransactionState* NewTransaction(const TransactionOptions& options);
  // `begun`: see TransactionState::LacksTime().
  txn::TransactionState* NewTransactionElse(const TransactionOptions& options,
                                            txn::TransactionState* begun);
  absl::StatusOr<Timestamp> RunOnce(absl::FunctionRef<absl::Status(Transaction&)> fn,
                                    const TransactionOptions& options, bool gate_is_mine);
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nacre

#endif  // NACRE_DATABASE_H_
