#include "nacre/stats.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/epoch.h"
#include "engine/db/convert.h"
#include "engine/db/database_impl.h"

namespace nacre {
namespace {

uint64_t Sum(const base::ShardedCounter& counter) {
  return static_cast<uint64_t>(std::max<int64_t>(0, counter.Sum()));
}

void CopyCounters(const txn::Counters& counters, Stats& stats) {
  stats.commits = Sum(counters.commits);
  stats.commits_read_only = Sum(counters.commits_read_only);
  stats.rollbacks = Sum(counters.rollbacks);
  stats.conflicts_write = Sum(counters.conflicts_write);
  stats.conflicts_read = Sum(counters.conflicts_read);
  stats.conflicts_keyspace = Sum(counters.conflicts_keyspace);
  stats.commits_exclusive = counters.commits_exclusive.load(std::memory_order_relaxed);
  stats.versions_created = Sum(counters.versions_created);
  stats.versions_pruned = Sum(counters.versions_pruned);
  stats.versions_promoted = Sum(counters.versions_promoted);
  stats.objects_freed = Sum(counters.objects_freed);
  stats.records_removed = Sum(counters.records_removed);
  stats.keys_expired = counters.keys_expired.load(std::memory_order_relaxed);
  stats.vacuum_passes = counters.vacuum_passes.load(std::memory_order_relaxed);
  stats.vacuum_assists = counters.vacuum_assists.load(std::memory_order_relaxed);
  stats.snapshots_too_old = counters.snapshots_too_old.load(std::memory_order_relaxed);
}

std::optional<Stats::SnapshotInfo> OldestSnapshot(const txn::SnapshotRegistry& registry) {
  std::vector<txn::SnapshotRegistry::Active> active;
  registry.Collect(active);
  const auto oldest = std::min_element(
      active.begin(), active.end(),
      [](const auto& a, const auto& b) { return a.read_timestamp < b.read_timestamp; });
  if (oldest == active.end()) return std::nullopt;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  Stats::SnapshotInfo info;
  info.read_timestamp = Timestamp{oldest->read_timestamp};
  info.age = std::max(absl::ZeroDuration(),
                      absl::FromChrono(now - std::chrono::nanoseconds(oldest->began_ns)));
  info.id = oldest->id;
  info.owner = oldest->owner;
  return info;
}

}  // namespace

Stats Database::GetStats() const {
  const txn::Store& store = impl_->store;
  Stats stats;
  stats.clock = clock();
  CopyCounters(store.counters, stats);
  for (const auto& [name, id] : store.keyspaces.List()) {
    base::EpochPin pin;
    const txn::Generation* newest = store.keyspaces.Newest(id);
    if (newest == nullptr || newest->tree == nullptr) continue;
    stats.keys += static_cast<uint64_t>(newest->tree->live_keys.load(std::memory_order_relaxed));
  }
  stats.versions_displaced = impl_->vacuum.displaced();
  stats.versions_moved = impl_->vacuum.moved();
  stats.versions_queued = impl_->vacuum.queued();
  stats.versions_parked = impl_->vacuum.parked();
  stats.versions_retained = impl_->vacuum.retained();
  stats.objects_retired = store.retired.waiting();
  stats.active_snapshots = store.registry.active_count();
  stats.memory_bytes = store.MemoryBytes();
  stats.oldest_snapshot = OldestSnapshot(store.registry);
  return stats;
}

std::vector<VersionInfo> Database::DumpKey(std::string_view key, Keyspace keyspace) const {
  base::EpochPin pin;
  std::vector<VersionInfo> chain;
  const txn::Generation* newest = impl_->store.keyspaces.Newest(keyspace.id());
  if (newest == nullptr || newest->tree == nullptr) return chain;
  const txn::Tree& tree = *newest->tree;
  // Only writers walk below what is newest, unless they are snapshots (RESTED in promoter.h).
  txn::LatchTable& latches = impl_->store.latches;
  base::MutexLock latch(latches.at(latches.IndexOf(tree.id, key)).latch);
  const mvcc::Record* record = tree.index.Find(key);
  if (record == nullptr) return chain;
  std::optional<Timestamp> newer;
  for (const mvcc::Version* version = record->head(); version != nullptr;
       version = version->previous()) {
    VersionInfo& info = chain.emplace_back();
    info.created_by = Timestamp{version->commit_timestamp()};
    info.superseded_by = newer;
    newer = info.created_by;
    if (version->is_tombstone()) {
      info.kind = VersionInfo::Kind::kTombstone;
    } else {
      info.expiry = ToTime(version->expiry());
      info.value = std::string(version->value());
    }
  }
  return chain;
}

std::string ToString(const std::vector<VersionInfo>& chain) {
  const auto show = [](const std::optional<Timestamp>& timestamp) {
    return timestamp ? absl::StrCat(ToInteger(*timestamp)) : std::string("-");
  };
  std::string text;
  for (const VersionInfo& info : chain) {
    absl::StrAppend(&text, "created_by=", show(info.created_by),
                    " superseded_by=", show(info.superseded_by));
    if (info.kind == VersionInfo::Kind::kTombstone) {
      absl::StrAppend(&text, " kind=tombstone\n");
      continue;
    }
    absl::StrAppend(&text, " kind=bytes");
    if (info.expiry != absl::InfiniteFuture()) {
      absl::StrAppend(&text, " expiry=", absl::FormatTime(info.expiry, absl::UTCTimeZone()));
    }
    absl::StrAppend(&text, " value=\"", absl::CHexEscape(info.value), "\"\n");
  }
  return text;
}

}  // namespace nacre
