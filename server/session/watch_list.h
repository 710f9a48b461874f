#ifndef NACRE_SERVER_SESSION_WATCH_LIST_H_
#define NACRE_SERVER_SESSION_WATCH_LIST_H_

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "nacre/database.h"

namespace nacre::server {

// The keys that a connection watches, and since when. Thread-compatible.
//
// "Since when" is a snapshot, so nothing has to be told to watchers when a key changes: EXEC
// compares. A snapshot holds memory, so a list that is not used for long is *spoiled*: it lets go
// of its snapshots, and counts as changed, which Redis's rules allow at any time. It keeps its keys
// until Clear(), and says nothing of them any more.
class WatchList {
 public:
  // All or nothing. A key that is watched already stays watched since the first time. A list of
  // very many WATCHes at different times is spoiled.
  absl::Status Add(Database& db, Keyspace keyspace, absl::Span<const std::string_view> keys,
                   size_t bytes_max, uint64_t owner);
  void Clear();
  void Spoil();

  bool spoiled() const { return spoiled_; }
  bool empty() const { return keys_.empty(); }
  size_t size() const { return keys_.size(); }
  bool holds_snapshots() const { return !snapshots_.empty(); }

  // For Database::TransactLocked(). Views into this list.
  void AppendWatched(std::vector<Database::WatchedKey>& watched) const;
  // The keys that would vanish by time alone: no commit makes their end visible, so EXEC has to
  // look.
  void AppendMortal(std::vector<Database::LockedKey>& keys) const;

  // Whether a watched key has changed or expired, as far as `tx` sees, which also makes the commit
  // of `tx` conflict if one changes later. Leaves the keyspace of `tx` anywhere.
  absl::StatusOr<bool> Changed(Transaction& tx) const;
  // Only whether one has expired.
  absl::StatusOr<bool> Expired(Transaction& tx) const;

 private:
  bool IsWatched(Keyspace keyspace, std::string_view key) const;

  struct Key {
    Keyspace keyspace;
    std::string key;
    const Snapshot* since;
    bool mortal;  // It was present, with an expiry.
  };

  std::deque<Snapshot> snapshots_;  // One a WATCH; a deque because the keys point into it.
  std::vector<Key> keys_;
  absl::flat_hash_set<std::pair<uint32_t, std::string>> watched_;  // Those of keys_.
  size_t bytes_ = 0;
  bool spoiled_ = false;
};

}  // namespace nacre::server

#endif  // NACRE_SERVER_SESSION_WATCH_LIST_H_
