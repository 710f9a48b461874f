#ifndef NACRE_STATS_H_
#define NACRE_STATS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nacre/types.h"

namespace nacre {

// Counters since Open() and gauges of now. Collected without stopping anybody: each number is right
// at some instant of the call, not all at the same.
struct Stats {
  struct SnapshotInfo {
    Timestamp read_timestamp{};
    // A transaction's may count from when the vacuum or GetStats() first came upon it only; exact
    // where Options::max_snapshot_age is set.
    absl::Duration age;
    uint64_t id = 0;     // Transaction::id(), or the snapshot's own. Not in order of time.
    uint64_t owner = 0;  // TransactionOptions::owner.
  };

  Timestamp clock{};  // Timestamp of the newest commit.

  // Counters.
  uint64_t commits = 0;             // With writes.
  uint64_t commits_read_only = 0;   // Without.
  uint64_t rollbacks = 0;           // Asked for, by call or destruction.
  uint64_t conflicts_write = 0;     // First-committer-wins.
  uint64_t conflicts_read = 0;      // A key or range read by a serializable transaction.
  uint64_t conflicts_keyspace = 0;  // A keyspace was opened, flushed, dropped or swapped.
  uint64_t commits_exclusive = 0;   // Behind the exclusive gate.
  uint64_t versions_created = 0;    // Linked into a chain by a commit.
  uint64_t versions_pruned = 0;     // Unlinked by the vacuum (also those of dropped keyspaces).
  uint64_t versions_promoted = 0;   // Newest ones that were copied to the place beside their key.
  uint64_t versions_displaced = 0;  // Copied from there, since a snapshot needs them for long.
  uint64_t versions_moved = 0;      // Copied together after much around them had gone.
  uint64_t objects_freed = 0;       // Versions, records and index nodes given back.
  uint64_t records_removed = 0;     // Keys unlinked from the index.
  uint64_t keys_expired = 0;        // Removed because their time had come.
  uint64_t vacuum_passes = 0;
  uint64_t vacuum_assists = 0;     // Shares of vacuum work done by commits.
  uint64_t snapshots_too_old = 0;  // That lost their versions to max_snapshot_age.

  // Gauges.
  // At the newest commit, all keyspaces; with those that have expired and are not removed yet.
  uint64_t keys = 0;
  uint64_t versions_queued = 0;    // Superseded, not yet looked at by the vacuum.
  uint64_t versions_parked = 0;    // Superseded, seen by some snapshot when last looked at.
  uint64_t versions_retained = 0;  // Superseded, kept for history_retention.
  uint64_t objects_retired = 0;    // Unlinked, and not yet freed.
  uint64_t active_snapshots = 0;   // Snapshots and open transactions.
  uint64_t memory_bytes = 0;       // As counted for memory_bytes_max.
  std::optional<SnapshotInfo> oldest_snapshot;
};

// Of one keyspace, at the newest commit.
struct KeyspaceStats {
  uint64_t keys = 0;                 // Present: those whose time has come do not count.
  uint64_t keys_with_expiry = 0;     // Of these.
  absl::Duration time_to_live_mean;  // Of those; zero if there are none.
};

// One version of a key, as Database::DumpKey() shows it.
struct VersionInfo {
  enum class Kind : uint8_t { kBytes, kTombstone };
  // The transaction that made it (PostgreSQL's xmin).
  std::optional<Timestamp> created_by;
  // The transaction that superseded it (xmax). Unset for the newest.
  std::optional<Timestamp> superseded_by;
  Kind kind = Kind::kBytes;
  absl::Time expiry = absl::InfiniteFuture();
  std::string value;
};

// "created_by=17 superseded_by=- kind=bytes value=..." one line a version, newest first.
std::string ToString(const std::vector<VersionInfo>& chain);

}  // namespace nacre

#endif  // NACRE_STATS_H_
