#ifndef NACRE_OPTIONS_H_
#define NACRE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "absl/time/time.h"
#include "nacre/types.h"

namespace nacre {

// Of a database, fixed when it is opened (but see Database::SetMemoryBytesMax()). Open() answers
// kInvalidArgument to a value out of bounds.
struct Options {
  // --- Limits. A call that would pass one fails and changes nothing. ---
  size_t key_bytes_max = 64 << 10;      // kInvalidArgument. At most 512 MiB.
  size_t value_bytes_max = 512u << 20;  // kInvalidArgument. At most 1 GiB.
  // Keys and values that one transaction holds: what it would commit, the keys of GetForUpdate(),
  // and what a savepoint or a view still needs of replaced values and of keys that were taken back.
  // kResourceExhausted.
  size_t write_set_bytes_max = 1u << 30;
  size_t keyspaces_max = 1024;  // That exist at once; 2^22 in all. kResourceExhausted.
  // Transactions and snapshots at once; from 1 to 2^24. kResourceExhausted.
  size_t snapshots_max = 1 << 20;
  // Keys, values and index, with what superseded versions still hold. Writes are refused with
  // kResourceExhausted while more is in use; deletes pass. Counted in shards: exact to about 1 MiB.
  size_t memory_bytes_max = SIZE_MAX;

  // --- Vacuum ---
  // A thread that prunes versions nobody can see. Without it, call Database::RunVacuumOnce().
  bool vacuum_thread = true;
  // Superseded versions that wait for their first look. Past this, each commit prunes a bounded
  // share before it returns. Below some hundreds, keys that were updated cost more to use, since
  // their newest versions hardly come back to them. At least 1.
  size_t vacuum_backlog_max = 10'000;
  // A snapshot older than this no longer holds versions; its reads may then return kOutOfRange.
  // Any finite value makes Transaction::Get() copy the value into the transaction.
  absl::Duration max_snapshot_age = absl::InfiniteDuration();
  // Versions stay readable by GetSnapshotAt() and TransactionOptions::as_of for this long.
  absl::Duration history_retention = absl::ZeroDuration();
  // Called by a thread that vacuums when it has nothing left to do, and now and then while it moves
  // what is left together, with the number of objects that it has freed since the last call: the
  // place to ask an allocator for what it keeps back for that thread (docs/EMBEDDING.md). Must not
  // use the database, nor throw. Passes wait for it, commits do not.
  std::function<void(size_t objects)> on_memory_freed = {};

  // --- Inside ---
  // A key whose first value has at most so many bytes (an expiry takes eight) keeps room for as
  // many beside it, rounded up to eight; later values that fit stand there too. A read of those
  // waits for memory once less. 0: none does. At most 2040.
  size_t inline_value_bytes_max = 256;
  // Stripes of the latches that committers take. A power of two from 1 to 2^20. More stripes, fewer
  // false meetings; 64 bytes each.
  size_t latch_stripes = 4096;
  // The time that expiry is judged by. Unset: the system's. A step back is ignored. For tests and
  // simulation; must be thread-safe.
  std::function<absl::Time()> time_source = {};
};

// Of one transaction.
struct TransactionOptions {
  Isolation isolation = Isolation::kSnapshot;
  // Never aborts and tracks nothing; writes are kFailedPrecondition.
  bool read_only = false;
  // Where keys are looked up until Transaction::Use() changes it.
  Keyspace keyspace = {};
  // Reads the state at this timestamp. Implies read_only. kOutOfRange from each call if that
  // history is gone or lies in the future.
  std::optional<Timestamp> as_of = {};
  // An application's own number for whoever runs this; shown by Stats for the oldest snapshot.
  uint64_t owner = 0;
};

// Of Database::Transact().
struct TransactOptions {
  TransactionOptions transaction = {};
  // Runs of the function before the last kAborted is returned. At least 1.
  int attempts_max = 64;
  // From this run on, the transaction runs while no other can commit, so that it can not conflict.
  // The function must then be short. The default never does.
  int exclusive_from_attempt = INT32_MAX;
  // Pause after the n-th conflict: random up to min(backoff_max, backoff_base * 2^n) (full jitter).
  absl::Duration backoff_base = absl::Microseconds(5);
  absl::Duration backoff_max = absl::Milliseconds(10);
};

}  // namespace nacre

#endif  // NACRE_OPTIONS_H_
