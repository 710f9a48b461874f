#ifndef NACRE_ENGINE_TXN_WRITE_SET_H_
#define NACRE_ENGINE_TXN_WRITE_SET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "engine/base/arena.h"
#include "engine/base/short_list.h"
#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"
#include "engine/txn/keyspace_table.h"

namespace nacre::txn {

// A key that a transaction has written, or will treat as written.
struct WriteEntry {
  Tree* tree = nullptr;
  uint64_t hash = 0;     // LatchTable::HashOf().
  std::string_view key;  // In the arena of the write set, or the caller's.
  // What commit will link: private, owned here. nullptr: nothing is written (locked only, or taken
  // back).
  mvcc::Version* version = nullptr;
  uint32_t keyspace = 0;
  bool locked = false;   // GetForUpdate(), or declared by a lock-first transaction.
  bool exposed = false;  // The caller has a view into `version`.
  bool shown = false;    // The caller has a view of `key`, for as long as the write set lives.
  // `record` is one in which the snapshot of the transaction sees a value (STAYS in record.h).
  bool record_stays = false;
  uint64_t savepoint = 0;  // In force when `version` was set.

  // Only within the pin of a commit, unless it stays. Once the latch of the key is held, under
  // which no record leaves the index: the one that stands there. Before that: one that stood there
  // within the pin, or earlier if it stays. nullptr: not looked up, or there is none.
  mvcc::Record* record = nullptr;
  mvcc::Version* superseded = nullptr;  // The newest committed version before this one.
  bool record_is_new = false;
  bool key_stays = false;  // KeyBytes::kStay.

  bool takes_part() const { return version != nullptr || locked; }
};

// The buffered writes of one transaction. Thread-compatible.
//
// A few writes are found by looking through them; more get a hash map. The order by key is only
// kept from the first scan on. Each write is O(1) before that, O(log n) after. A few writes of
// small keys need no memory but their versions, and no call but for these.
//
// To copy a key may throw std::bad_alloc, and changes nothing then. What keeps account of entries
// is noexcept: a key that stood in one part and not in another would be written twice by a commit.
class WriteSet {
 public:
  static constexpr size_t kWithoutAllocation = 4;

  WriteSet() = default;
  ~WriteSet() { Clear(); }
  WriteSet(const WriteSet&) = delete;
  WriteSet& operator=(const WriteSet&) = delete;

  bool empty() const { return entries_.empty(); }
  // Of entries that hold a version.
  size_t write_count() const { return write_count_; }
  // Keys that take part, values, and what is still kept of those that were taken back or replaced.
  size_t bytes() const { return bytes_; }
  // What it would be after a write to `entry`, or to a new one if nullptr.
  size_t BytesAfter(const WriteEntry* entry, size_t key_bytes, size_t value_bytes) const {
    size_t bytes = bytes_ + value_bytes;
    if (entry == nullptr || !entry->takes_part()) return bytes + key_bytes;
    if (entry->version != nullptr && CanDiscard(*entry)) bytes -= entry->version->value().size();
    return bytes;
  }

  void Reserve(size_t keys) { entries_.reserve(keys); }
  WriteEntry* Find(const Tree* tree, uint64_t hash, std::string_view key) {
    if (entries_.size() > kLinearSearchMax) [[unlikely]]
      return FindHashed(tree, hash, key);
    for (WriteEntry& entry : entries_) {
      if (entry.hash == hash && entry.tree == tree && entry.key == key) return &entry;
    }
    return nullptr;
  }
  // The entry of a key, made if there is none; without a version then.
  enum class KeyBytes : uint8_t { kCopied, kStay };  // kStay: they outlive the write set.
  WriteEntry& Add(Tree* tree, uint32_t keyspace, uint64_t hash, std::string_view key,
                  KeyBytes key_bytes = KeyBytes::kCopied) {  // Precondition: there is none.
    const bool stays = key_bytes == KeyBytes::kStay;
    return Append(tree, keyspace, hash, stays ? key : keys_.Copy(key), stays);
  }
  WriteEntry& FindOrAdd(Tree* tree, uint32_t keyspace, uint64_t hash, std::string_view key,
                        KeyBytes key_bytes = KeyBytes::kCopied);
  // Makes the key take part in the commit, written or not.
  void Lock(WriteEntry& entry);
  // Takes over `version`. The version it replaces is kept if a savepoint or a view needs it.
  void Set(WriteEntry& entry, mvcc::Version* version) noexcept {
    if (entry.version != nullptr || savepoint_ != 0) [[unlikely]]
      return Replace(entry, version);
    if (!entry.locked) bytes_ += entry.key.size();
    ++write_count_;
    entry.version = version;
    bytes_ += version->value().size();
  }

  uint64_t SetSavepoint();
  // 0 if there is none.
  uint64_t last_savepoint() const { return savepoint_; }
  // False if there is no such savepoint.
  bool RollbackTo(uint64_t savepoint, bool reuse_keys) noexcept;

  // The first own write of a tree at or after (or before, in reverse) a key. nullptr: none. Builds
  // the order on first use. O(log n).
  WriteEntry* FirstAfter(const Tree* tree, std::string_view key, bool inclusive);
  WriteEntry* LastBefore(const Tree* tree, std::string_view key, bool inclusive);
  WriteEntry* Last(const Tree* tree);

  // For the commit, which takes the versions out.
  using Entries = base::ShortList<WriteEntry, kWithoutAllocation>;
  Entries& entries() { return entries_; }
  // Whether there is anything to free but versions.
  bool has_memory() const {
    return rare_ != nullptr || keys_.has_memory() || entries_.has_memory();
  }
  // Frees or forgets everything.
  void Clear() {
    if (rare_ != nullptr) [[unlikely]]
      ClearRare();
    for (WriteEntry& entry : entries_) {
      if (entry.version != nullptr) mvcc::Version::Free(entry.version);
    }
    entries_.clear();
    write_count_ = 0;
    bytes_ = 0;
  }

 private:
  static constexpr size_t kLinearSearchMax = 16;

  struct HashedKey {
    const Tree* tree;
    uint64_t hash;
    std::string_view key;
    friend bool operator==(const HashedKey& a, const HashedKey& b) {
      return a.hash == b.hash && a.tree == b.tree && a.key == b.key;
    }
  };
  struct Hasher {
    size_t operator()(const HashedKey& key) const { return key.hash; }
  };
  struct OrderedKey {
    const Tree* tree;
    std::string_view key;
    uint32_t index;
    bool after_all_keys = false;  // A place to search from, never stored.
    friend bool operator<(const OrderedKey& a, const OrderedKey& b) {
      // By address: the tree itself may be gone once the snapshot is too old.
      if (a.tree != b.tree) return std::less<const Tree*>()(a.tree, b.tree);
      if (a.after_all_keys || b.after_all_keys) return !a.after_all_keys;
      return a.key < b.key;
    }
  };
  struct Undo {
    uint64_t made_at;  // Savepoint in force.
    uint32_t index;
    mvcc::Version* version;  // What the entry held before; owned.
    uint64_t savepoint;
    bool exposed;
  };

  // What few transactions need, each of it for itself.
  struct Rare {
    absl::flat_hash_map<HashedKey, uint32_t, Hasher> by_hash;  // Empty up to kLinearSearchMax.
    std::optional<absl::btree_set<OrderedKey>> ordered;
    std::vector<uint64_t> savepoints;
    std::vector<Undo> undo;
    std::vector<mvcc::Version*> kept;  // Replaced, but the caller may have a view.
  };
  Rare& rare() {
    if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
    return *rare_;
  }

  WriteEntry& Append(Tree* tree, uint32_t keyspace, uint64_t hash, std::string_view key,
                     bool key_stays) noexcept {
    WriteEntry& entry = entries_.emplace_back();
    entry.tree = tree;
    entry.keyspace = keyspace;
    entry.hash = hash;
    entry.key = key;
    entry.key_stays = key_stays;
    if (rare_ != nullptr || entries_.size() > kLinearSearchMax) [[unlikely]]
      EnterLast();
    return entry;
  }
  WriteEntry* FindHashed(const Tree* tree, uint64_t hash, std::string_view key);
  // The last entry, which is new, into whatever else keeps account of entries.
  void EnterLast() noexcept;
  // Set() of what may hold something, or have held it at a savepoint.
  void Replace(WriteEntry& entry, mvcc::Version* version) noexcept;
  void ClearRare();
  // Whether the next Set() can free what the entry holds.
  bool CanDiscard(const WriteEntry& entry) const {
    return !entry.exposed && (savepoint_ == 0 || entry.savepoint == savepoint_);
  }
  void Discard(mvcc::Version* version, bool exposed);
  void PopLastIfUnused(bool reuse_keys);
  WriteEntry* LastBefore(const OrderedKey& from, bool inclusive);
  const absl::btree_set<OrderedKey>& Ordered() noexcept;

  // A few keys need no allocation.
  std::array<char, 64> first_keys_;
  base::Arena keys_{absl::MakeSpan(first_keys_)};
  Entries entries_;
  std::unique_ptr<Rare> rare_;
  uint64_t savepoint_ = 0;  // In force: the last one.
  size_t write_count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_WRITE_SET_H_
