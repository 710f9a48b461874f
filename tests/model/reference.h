#ifndef NACRE_TESTS_MODEL_REFERENCE_H_
#define NACRE_TESTS_MODEL_REFERENCE_H_

// The oracle of the model test: a map for each commit timestamp, and what it predicts of a
// transaction.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/types.h"

namespace nacre::model {

inline constexpr int64_t kNoExpiry = INT64_MAX;

struct Entry {
  std::string value;
  int64_t expiry_ms = kNoExpiry;
  bool LiveAt(int64_t now_ms) const { return expiry_ms > now_ms; }
};

using Contents = std::map<std::string, Entry>;   // Of one keyspace.
using Place = std::pair<uint32_t, std::string>;  // Keyspace and key.
using Writes = std::map<Place, std::optional<Entry>>;
using Items = std::vector<std::pair<std::string, std::string>>;

bool InRange(const Range& range, std::string_view key);
// The live entries of `contents` within the range, in its direction, with offset and limit.
Items Select(const Contents& contents, const Range& range, int64_t now_ms);

// What happened to a key after some timestamp. kMaybe: only a deletion of an absent key, which an
// engine may or may not take for a write.
enum class Written : uint8_t { kNo, kMaybe, kYes };

class Reference {
 public:
  explicit Reference(uint32_t keyspaces);

  // Each with the timestamp that the engine returned.
  void Commit(uint64_t timestamp, const Writes& writes);
  void Flush(uint64_t timestamp, uint32_t keyspace);
  void FlushAll(uint64_t timestamp);
  void Swap(uint64_t timestamp, uint32_t a, uint32_t b);

  const Contents& At(uint64_t timestamp, uint32_t keyspace) const;
  const Contents& Newest(uint32_t keyspace) const { return *states_.rbegin()->second[keyspace]; }
  uint64_t newest_timestamp() const { return states_.rbegin()->first; }
  uint32_t keyspaces() const { return keyspaces_; }

  Written WrittenIn(const Place& place, uint64_t after, uint64_t up_to = UINT64_MAX) const;
  // Of all keys that were written in (after, now].
  bool ReplacedIn(uint32_t keyspace, uint64_t after, uint64_t up_to = UINT64_MAX) const;
  template <typename Visit>  // visit(place, written)
  void ForEachWrittenAfter(uint64_t after, Visit visit) const {
    for (const auto& [place, changes] : changes_) {
      const Written written = WrittenIn(place, after);
      if (written != Written::kNo) visit(place, written);
    }
  }

  // Drops what only timestamps below `oldest` would ask for.
  void Forget(uint64_t oldest);

 private:
  using State = std::vector<std::shared_ptr<const Contents>>;
  const State& NewestState() const { return states_.rbegin()->second; }

  const uint32_t keyspaces_;
  std::map<uint64_t, State> states_;
  std::map<Place, std::map<uint64_t, Written>> changes_;
  std::map<uint32_t, std::set<uint64_t>> replacements_;
};

// Follows one transaction of the engine, call by call.
class ReferenceTransaction {
 public:
  ReferenceTransaction(const Reference& reference, Isolation isolation, uint64_t read_timestamp,
                       int64_t now_ms)
      : reference_(reference),
        isolation_(isolation),
        read_timestamp_(read_timestamp),
        now_ms_(now_ms) {}

  void Use(uint32_t keyspace) { keyspace_ = keyspace; }
  uint32_t keyspace() const { return keyspace_; }
  uint64_t read_timestamp() const { return read_timestamp_; }
  int64_t now_ms() const { return now_ms_; }

  std::optional<Entry> Get(const std::string& key);
  // A look at the key as it is committed, whatever was written to it here.
  void NoteCommittedRead(const std::string& key);
  std::optional<Entry> GetForUpdate(const std::string& key);
  // As Transaction::Scan; `stop_after` items the visitor says stop.
  Items Scan(const Range& range, size_t stop_after);
  uint64_t Count(const Range& range);
  // Everything in the range, for an iterator. What it reads depends on where it goes, so it makes
  // conflicts possible and none certain.
  Items Iterate(const Range& range);
  void Put(const std::string& key, const std::string& value, int64_t expiry_ms, bool keep_expiry);
  void Delete(const std::string& key);
  size_t SetSavepoint();
  void RollbackTo(size_t savepoint);
  // Whether GetForUpdate() may, or must, answer a conflict at once.
  Written ChangedForMe(const std::string& key, int64_t now_ms) const;

  enum class Outcome : uint8_t { kCommits, kConflicts, kEither };
  Outcome Predict(int64_t now_ms) const;
  const Writes& writes() const { return writes_; }
  template <typename Visit>
  void ForEachWrittenOrLocked(Visit visit) const {
    for (const auto& [place, entry] : writes_) visit(place);
    for (const Place& place : locked_) visit(place);
  }
  std::string Describe() const;

 private:
  struct RangeRead {
    uint32_t keyspace;
    std::string start, end, prefix;  // What `range` looks at.
    Range range;
    std::optional<std::string> cut;  // The last key that was read, if something stopped the walk.
    bool certain;
    bool Contains(const std::string& key) const;
  };

  Contents Visible(uint32_t keyspace) const;
  void NoteRange(const Range& range, std::optional<std::string> cut, bool certain);
  void NoteLive(const Entry& entry);
  Written WriteConflict(int64_t now_ms) const;
  Written ReadConflict(int64_t now_ms) const;
  Written KeyspaceConflict() const;

  const Reference& reference_;
  const Isolation isolation_;
  const uint64_t read_timestamp_;
  const int64_t now_ms_;
  uint32_t keyspace_ = 0;
  Writes writes_;
  std::vector<Writes> savepoints_;
  std::set<Place> locked_;
  std::set<Place> read_keys_;
  std::vector<std::unique_ptr<RangeRead>> read_ranges_;
  std::set<uint32_t> keyspaces_read_;
  int64_t earliest_expiry_read_ms_ = kNoExpiry;
};

}  // namespace nacre::model

#endif  // NACRE_TESTS_MODEL_REFERENCE_H_
