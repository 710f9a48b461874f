#include "engine/txn/keyspace_table.h"

#include <algorithm>

#include "engine/base/check.h"

namespace nacre::txn {

KeyspaceTable::KeyspaceTable(size_t keyspaces_max, base::RetireList& retired, uint32_t tree_ids_max)
    : keyspaces_max_(keyspaces_max),
      tree_ids_max_(tree_ids_max),
      retired_(retired),
      chunks_(std::make_unique<std::atomic<Chunk*>[]>(kChunksMax)) {
  chunks_[0].store(&first_chunk_, std::memory_order_relaxed);
}

// The vacuum has emptied nothing here: the owner frees the records of what is left first.
KeyspaceTable::~KeyspaceTable() {
  for (uint32_t keyspace = 0; keyspace < size(); ++keyspace) {
    Generation* generation = Newest(keyspace);
    while (generation != nullptr) {
      Generation* older = generation->previous.load(std::memory_order_relaxed);
      delete generation;
      generation = older;
    }
  }
  for (uint32_t i = 1; i < kChunksMax; ++i) delete chunks_[i].load(std::memory_order_relaxed);
}

std::optional<uint32_t> KeyspaceTable::FindName(std::string_view name) const {
  base::MutexLock lock(mutex_);
  const auto found = ids_.find(std::string(name));
  return found == ids_.end() ? std::nullopt : std::optional<uint32_t>(found->second);
}

std::vector<std::pair<std::string, uint32_t>> KeyspaceTable::List() const {
  base::MutexLock lock(mutex_);
  std::vector<std::pair<std::string, uint32_t>> names(ids_.begin(), ids_.end());
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<uint32_t> KeyspaceTable::AddName(std::string_view name) noexcept {
  base::MutexLock lock(mutex_);
  const uint32_t keyspace = size_.load(std::memory_order_relaxed);
  if (ids_.size() >= keyspaces_max_ || keyspace == kKeyspaceIdsMax) return std::nullopt;
  if (keyspace % kChunkSize == 0 && keyspace != 0) {
    chunks_[keyspace / kChunkSize].store(new Chunk, std::memory_order_release);
  }
  size_.store(keyspace + 1, std::memory_order_release);
  NACRE_CHECK(ids_.emplace(std::string(name), keyspace).second, "a keyspace name was added twice");
  return keyspace;
}

void KeyspaceTable::RemoveName(uint32_t keyspace) {
  base::MutexLock lock(mutex_);
  for (auto it = ids_.begin(); it != ids_.end(); ++it) {
    if (it->second != keyspace) continue;
    ids_.erase(it);
    return;
  }
}

Tree* KeyspaceTable::NewTree() noexcept {
  base::MutexLock lock(mutex_);
  NACRE_CHECK(trees_.size() < tree_ids_max_, "2^31 trees exist at once");
  // Once around, some trees are as old as the database.
  do {
    last_tree_id_ = last_tree_id_ % tree_ids_max_ + 1;
  } while (trees_.contains(last_tree_id_));
  const uint32_t id = last_tree_id_;
  return trees_.emplace(id, std::make_unique<Tree>(id, retired_)).first->second.get();
}

void KeyspaceTable::Push(uint32_t keyspace, Generation* generation, uint64_t timestamp) {
  std::atomic<Generation*>& place = Place(keyspace);
  generation->timestamp = timestamp;
  generation->previous.store(place.load(std::memory_order_relaxed), std::memory_order_relaxed);
  if (generation->tree != nullptr) {
    generation->tree->generations.fetch_add(1, std::memory_order_relaxed);
  }
  place.store(generation, std::memory_order_release);
}

Tree* KeyspaceTable::Prune(uint32_t keyspace, Generation* generation) {
  base::MutexLock changes(changes_mutex_);
  Generation* newer = Newest(keyspace);
  while (newer != nullptr && newer->previous.load(std::memory_order_relaxed) != generation) {
    newer = newer->previous.load(std::memory_order_relaxed);
  }
  NACRE_CHECK(newer != nullptr, "a generation to prune stands in no keyspace");
  newer->previous.store(generation->previous.load(std::memory_order_relaxed),
                        std::memory_order_release);
  Tree* tree = generation->tree;
  retired_.Add(generation, [](void* object) { delete static_cast<Generation*>(object); });
  if (tree == nullptr) return nullptr;
  return tree->generations.fetch_sub(1, std::memory_order_acq_rel) == 1 ? tree : nullptr;
}

Tree* KeyspaceTable::FindTree(uint32_t tree_id) const {
  base::MutexLock lock(mutex_);
  const auto found = trees_.find(tree_id);
  return found == trees_.end() ? nullptr : found->second.get();
}

void KeyspaceTable::RemoveTree(Tree* tree) {
  base::MutexLock lock(mutex_);
  const auto found = trees_.find(tree->id);
  NACRE_CHECK(found != trees_.end(), "a tree was removed twice");
  retired_.Add(found->second.release(), [](void* object) { delete static_cast<Tree*>(object); });
  trees_.erase(found);
}

size_t KeyspaceTable::IndexBytes() const {
  base::MutexLock lock(mutex_);
  size_t bytes = 0;
  for (const auto& [id, tree] : trees_) bytes += tree->index.memory_bytes();
  return bytes;
}

std::vector<Tree*> KeyspaceTable::ListTrees() const {
  base::MutexLock lock(mutex_);
  std::vector<Tree*> trees;
  trees.reserve(trees_.size());
  for (const auto& [id, tree] : trees_) trees.push_back(tree.get());
  return trees;
}

}  // namespace nacre::txn
