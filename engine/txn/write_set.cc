#include "engine/txn/write_set.h"

#include <algorithm>
#include <atomic>

namespace nacre::txn {
namespace {

// Unique in the process, so that a savepoint of another transaction is recognised.
uint64_t NextSavepoint() {
  static constinit std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

size_t ValueBytes(const mvcc::Version& version) { return version.value().size(); }

}  // namespace

WriteSet::~WriteSet() { Clear(); }

void WriteSet::Clear() {
  // As it is in a transaction that only reads, twice.
  if (entries_.empty() && savepoints_.empty() && undo_.empty() && kept_.empty()) return;
  for (WriteEntry& entry : entries_) {
    if (entry.version != nullptr) mvcc::Version::Free(entry.version);
  }
  for (Undo& undo : undo_) {
    if (undo.version != nullptr) mvcc::Version::Free(undo.version);
  }
  for (mvcc::Version* version : kept_) mvcc::Version::Free(version);
  entries_.clear();
  by_hash_.clear();
  ordered_.reset();
  savepoints_.clear();
  undo_.clear();
  kept_.clear();
  write_count_ = 0;
  bytes_ = 0;
}

WriteEntry* WriteSet::Find(const Tree* tree, uint64_t hash, std::string_view key) {
  if (entries_.size() > kLinearSearchMax) {
    const auto found = by_hash_.find(HashedKey{tree, hash, key});
    return found == by_hash_.end() ? nullptr : &entries_[found->second];
  }
  for (WriteEntry& entry : entries_) {
    if (entry.hash == hash && entry.tree == tree && entry.key == key) return &entry;
  }
  return nullptr;
}

WriteEntry& WriteSet::FindOrAdd(Tree* tree, uint32_t keyspace, uint64_t hash, std::string_view key,
                                KeyBytes key_bytes) {
  WriteEntry* const found = Find(tree, hash, key);
  return found != nullptr ? *found : Add(tree, keyspace, hash, key, key_bytes);
}

WriteEntry& WriteSet::Add(Tree* tree, uint32_t keyspace, uint64_t hash, std::string_view key,
                          KeyBytes key_bytes) {
  return Append(tree, keyspace, hash, key_bytes == KeyBytes::kStay ? key : keys_.Copy(key));
}

WriteEntry& WriteSet::Append(Tree* tree, uint32_t keyspace, uint64_t hash,
                             std::string_view key) noexcept {
  const auto index = static_cast<uint32_t>(entries_.size());
  WriteEntry& entry = entries_.emplace_back();
  entry.tree = tree;
  entry.keyspace = keyspace;
  entry.hash = hash;
  entry.key = key;
  if (entries_.size() == kLinearSearchMax + 1) {
    for (uint32_t i = 0; i < index; ++i) {
      by_hash_.emplace(HashedKey{entries_[i].tree, entries_[i].hash, entries_[i].key}, i);
    }
  }
  if (entries_.size() > kLinearSearchMax) {
    by_hash_.emplace(HashedKey{tree, hash, entry.key}, index);
  }
  if (ordered_) ordered_->insert(OrderedKey{tree, entry.key, index});
  return entry;
}

void WriteSet::Discard(mvcc::Version* version, bool exposed) {
  if (version == nullptr) return;
  if (exposed) {
    kept_.push_back(version);
  } else {
    bytes_ -= ValueBytes(*version);
    mvcc::Version::Free(version);
  }
}

bool WriteSet::CanDiscard(const WriteEntry& entry) const {
  const uint64_t savepoint = savepoints_.empty() ? 0 : savepoints_.back();
  return !entry.exposed && (savepoint == 0 || entry.savepoint == savepoint);
}

size_t WriteSet::BytesAfter(const WriteEntry* entry, size_t key_bytes, size_t value_bytes) const {
  size_t bytes = bytes_ + value_bytes;
  if (entry == nullptr || !entry->takes_part()) return bytes + key_bytes;
  if (entry->version != nullptr && CanDiscard(*entry)) bytes -= ValueBytes(*entry->version);
  return bytes;
}

void WriteSet::Lock(WriteEntry& entry) {
  if (!entry.takes_part()) bytes_ += entry.key.size();
  entry.locked = true;
}

void WriteSet::Set(WriteEntry& entry, mvcc::Version* version) noexcept {
  const uint64_t savepoint = savepoints_.empty() ? 0 : savepoints_.back();
  if (!entry.takes_part()) bytes_ += entry.key.size();
  if (entry.version == nullptr) ++write_count_;
  if (savepoint != 0 && entry.savepoint != savepoint) {
    undo_.push_back({savepoint, static_cast<uint32_t>(&entry - entries_.data()), entry.version,
                     entry.savepoint, entry.exposed});
  } else {
    Discard(entry.version, entry.exposed);
  }
  entry.version = version;
  entry.savepoint = savepoint;
  entry.exposed = false;
  bytes_ += ValueBytes(*version);
}

uint64_t WriteSet::SetSavepoint() {
  savepoints_.push_back(NextSavepoint());
  return savepoints_.back();
}

bool WriteSet::RollbackTo(uint64_t savepoint, bool reuse_keys) noexcept {
  const auto found = std::lower_bound(savepoints_.begin(), savepoints_.end(), savepoint);
  if (found == savepoints_.end() || *found != savepoint) return false;
  savepoints_.erase(found + 1, savepoints_.end());
  while (!undo_.empty() && undo_.back().made_at >= savepoint) {
    const Undo undo = undo_.back();
    undo_.pop_back();
    WriteEntry& entry = entries_[undo.index];
    Discard(entry.version, entry.exposed);
    entry.version = undo.version;
    entry.savepoint = undo.savepoint;
    entry.exposed = undo.exposed;
    if (entry.version == nullptr) --write_count_;
    if (!entry.takes_part()) bytes_ -= entry.key.size();
    PopLastIfUnused(reuse_keys);
  }
  return true;
}

// Entries made since a savepoint are the last ones, so taking them back leaves nothing behind.
void WriteSet::PopLastIfUnused(bool reuse_keys) {
  while (!entries_.empty() && !entries_.back().takes_part()) {
    const WriteEntry& last = entries_.back();
    if (!by_hash_.empty()) by_hash_.erase(HashedKey{last.tree, last.hash, last.key});
    if (ordered_) ordered_->erase(OrderedKey{last.tree, last.key, 0});
    if (reuse_keys) keys_.TakeBack(last.key);
    entries_.pop_back();
    if (entries_.size() == kLinearSearchMax) by_hash_.clear();
  }
}

const absl::btree_set<WriteSet::OrderedKey>& WriteSet::Ordered() noexcept {
  if (!ordered_) {
    ordered_.emplace();
    for (uint32_t i = 0; i < entries_.size(); ++i) {
      ordered_->insert(OrderedKey{entries_[i].tree, entries_[i].key, i});
    }
  }
  return *ordered_;
}

WriteEntry* WriteSet::FirstAfter(const Tree* tree, std::string_view key, bool inclusive) {
  if (entries_.empty()) return nullptr;
  const auto& ordered = Ordered();
  const OrderedKey from{tree, key, 0};
  auto it = inclusive ? ordered.lower_bound(from) : ordered.upper_bound(from);
  while (it != ordered.end() && it->tree == tree) {
    if (entries_[it->index].version != nullptr) return &entries_[it->index];
    ++it;
  }
  return nullptr;
}

WriteEntry* WriteSet::LastBefore(const OrderedKey& from, bool inclusive) {
  const auto& ordered = Ordered();
  auto it = inclusive ? ordered.upper_bound(from) : ordered.lower_bound(from);
  while (it != ordered.begin()) {
    --it;
    if (it->tree != from.tree) return nullptr;
    if (entries_[it->index].version != nullptr) return &entries_[it->index];
  }
  return nullptr;
}

WriteEntry* WriteSet::LastBefore(const Tree* tree, std::string_view key, bool inclusive) {
  return entries_.empty() ? nullptr : LastBefore(OrderedKey{tree, key, 0}, inclusive);
}

WriteEntry* WriteSet::Last(const Tree* tree) {
  return entries_.empty() ? nullptr : LastBefore(OrderedKey{tree, {}, 0, true}, true);
}

}  // namespace nacre::txn
