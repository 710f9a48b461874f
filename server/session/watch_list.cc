#include "server/session/watch_list.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace nacre::server {

namespace {
// About what the database keeps for a registered snapshot.
constexpr size_t kSnapshotBytes = 256;
// About what this list keeps for a key, beside its bytes.
constexpr size_t kKeyBytes = 160;
// Of one connection. The database has a bound for all, which one client must not use up alone.
constexpr size_t kSnapshotsMax = 1024;
}  // namespace

bool WatchList::IsWatched(Keyspace keyspace, std::string_view key) const {
  return watched_.contains({keyspace.id(), std::string(key)});
}

absl::Status WatchList::Add(Database& db, Keyspace keyspace,
                            absl::Span<const std::string_view> keys, size_t bytes_max,
                            uint64_t owner) {
  if (spoiled_) return absl::OkStatus();
  // A key that is watched already stays watched since the first time: nothing to add.
  std::vector<std::string_view> fresh_keys;
  for (const std::string_view key : keys) {
    if (!IsWatched(keyspace, key)) fresh_keys.push_back(key);
  }
  if (fresh_keys.empty()) return absl::OkStatus();
  size_t added = kSnapshotBytes;
  for (const std::string_view key : fresh_keys) added += kKeyBytes + key.size();
  if (bytes_ + added > bytes_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the watched keys would take more than ", bytes_max, " bytes"));
  }
  // If nobody has committed since the last WATCH, its snapshot will do.
  const bool fresh = snapshots_.empty() || snapshots_.back().read_timestamp() != db.clock();
  if (fresh && snapshots_.size() == kSnapshotsMax) {
    Spoil();
    return absl::OkStatus();
  }
  if (fresh) {
    auto taken = db.TakeSnapshot(owner);
    if (!taken.ok()) return taken.status();
    snapshots_.push_back(*std::move(taken));
  }
  const Snapshot& now = snapshots_.back();
  const size_t keys_before = keys_.size();
  for (const std::string_view key : fresh_keys) {
    if (!watched_.emplace(keyspace.id(), key).second) continue;
    const auto info = now.GetInfo(key, keyspace);
    if (!info.ok()) {
      keys_.resize(keys_before);
      for (const std::string_view added_key : fresh_keys) {
        watched_.erase({keyspace.id(), std::string(added_key)});
      }
      if (fresh) snapshots_.pop_back();
      return info.status();
    }
    const bool mortal = *info && (*info)->expiry != absl::InfiniteFuture();
    keys_.push_back({keyspace, std::string(key), &now, mortal});
  }
  bytes_ += added;
  return absl::OkStatus();
}

void WatchList::Clear() {
  keys_.clear();
  watched_.clear();
  snapshots_.clear();
  bytes_ = 0;
  spoiled_ = false;
}

// Letting go of the keys may take long, and EXEC will do that where it may.
void WatchList::Spoil() {
  snapshots_.clear();
  spoiled_ = true;
}

void WatchList::AppendWatched(std::vector<Database::WatchedKey>& watched) const {
  for (const Key& key : keys_) watched.push_back({key.keyspace, key.key, key.since});
}

void WatchList::AppendMortal(std::vector<Database::LockedKey>& keys) const {
  for (const Key& key : keys_) {
    if (key.mortal) keys.push_back({key.keyspace, key.key});
  }
}

absl::StatusOr<bool> WatchList::Changed(Transaction& tx) const {
  for (const Key& key : keys_) {
    absl::Status status = tx.Use(key.keyspace);
    if (!status.ok()) return status;
    const auto changed = tx.ChangedSince(key.key, *key.since);
    if (!changed.ok()) return changed.status();
    if (*changed) return true;
    // Enters the read set, so that a change between here and the commit is a conflict.
    const auto exists = tx.Exists(key.key);
    if (!exists.ok()) return exists.status();
    if (key.mortal && !*exists) return true;
  }
  return false;
}

absl::StatusOr<bool> WatchList::Expired(Transaction& tx) const {
  for (const Key& key : keys_) {
    if (!key.mortal) continue;
    const absl::Status status = tx.Use(key.keyspace);
    if (!status.ok()) return status;
    const auto exists = tx.Exists(key.key);
    if (!exists.ok()) return exists.status();
    if (!*exists) return true;
  }
  return false;
}

}  // namespace nacre::server
