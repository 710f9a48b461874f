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

}  // namespace

void WriteSet::ClearRare() {
  for (Undo& undo : rare_->undo) {
    if (undo.version != nullptr) mvcc::Version::Free(undo.version);
  }
  for (mvcc::Version* version : rare_->kept) mvcc::Version::Free(version);
  rare_.reset();
  savepoint_ = 0;
}

WriteEntry* WriteSet::FindHashed(const Tree* tree, uint64_t hash, std::string_view key) {
  const auto found = rare_->by_hash.find(HashedKey{tree, hash, key});
  return found == rare_->by_hash.end() ? nullptr : &entries_[found->second];
}

WriteEntry& WriteSet::FindOrAdd(Tree* tree, uint32_t keyspace, uint64_t hash, std::string_view key,
                                KeyBytes key_bytes) {
  WriteEntry* const found = Find(tree, hash, key);
  return found != nullptr ? *found : Add(tree, keyspace, hash, key, key_bytes);
}

void WriteSet::EnterLast() noexcept {
  const auto index = static_cast<uint32_t>(entries_.size() - 1);
  if (entries_.size() > kLinearSearchMax) {
    // The first one beyond takes those before it along.
    for (uint32_t i = rare().by_hash.empty() ? 0 : index; i <= index; ++i) {
      rare_->by_hash.emplace(HashedKey{entries_[i].tree, entries_[i].hash, entries_[i].key}, i);
    }
  }
  const WriteEntry& last = entries_.back();
  if (rare_->ordered) rare_->ordered->insert(OrderedKey{last.tree, last.key, index});
}

void WriteSet::Discard(mvcc::Version* version, bool exposed) {
  if (version == nullptr) return;
  if (exposed) {
    rare().kept.push_back(version);
  } else {
    bytes_ -= version->value().size();
    mvcc::Version::Free(version);
  }
}

void WriteSet::Lock(WriteEntry& entry) {
  if (!entry.takes_part()) bytes_ += entry.key.size();
  entry.locked = true;
}

void WriteSet::Replace(WriteEntry& entry, mvcc::Version* version) noexcept {
  if (!entry.takes_part()) bytes_ += entry.key.size();
  if (entry.version == nullptr) ++write_count_;
  if (savepoint_ != 0 && entry.savepoint != savepoint_) {
    rare().undo.push_back({savepoint_, static_cast<uint32_t>(&entry - entries_.data()),
                           entry.version, entry.savepoint, entry.exposed});
  } else {
    Discard(entry.version, entry.exposed);
  }
  entry.version = version;
  entry.savepoint = savepoint_;
  entry.exposed = false;
  bytes_ += version->value().size();
}

uint64_t WriteSet::SetSavepoint() {
  rare().savepoints.push_back(NextSavepoint());
  return savepoint_ = rare_->savepoints.back();
}

bool WriteSet::RollbackTo(uint64_t savepoint, bool reuse_keys) noexcept {
  if (savepoint_ == 0) return false;
  std::vector<uint64_t>& savepoints = rare_->savepoints;
  const auto found = std::lower_bound(savepoints.begin(), savepoints.end(), savepoint);
  if (found == savepoints.end() || *found != savepoint) return false;
  savepoints.erase(found + 1, savepoints.end());
  savepoint_ = savepoint;
  std::vector<Undo>& undo_list = rare_->undo;
  while (!undo_list.empty() && undo_list.back().made_at >= savepoint) {
    const Undo undo = undo_list.back();
    undo_list.pop_back();
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
    if (!rare_->by_hash.empty()) rare_->by_hash.erase(HashedKey{last.tree, last.hash, last.key});
    if (rare_->ordered) rare_->ordered->erase(OrderedKey{last.tree, last.key, 0});
    const bool takes_no_room =
        last.key_stays || (reuse_keys && !last.shown && keys_.TakeBack(last.key));
    if (!takes_no_room) bytes_ += last.key.size();
    entries_.pop_back();
    if (entries_.size() == kLinearSearchMax) rare_->by_hash.clear();
  }
}

const absl::btree_set<WriteSet::OrderedKey>& WriteSet::Ordered() noexcept {
  std::optional<absl::btree_set<OrderedKey>>& ordered = rare().ordered;
  if (!ordered) {
    ordered.emplace();
    for (uint32_t i = 0; i < entries_.size(); ++i) {
      ordered->insert(OrderedKey{entries_[i].tree, entries_[i].key, i});
    }
  }
  return *ordered;
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
