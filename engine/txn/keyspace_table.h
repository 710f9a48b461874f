#ifndef NACRE_ENGINE_TXN_KEYSPACE_TABLE_H_
#define NACRE_ENGINE_TXN_KEYSPACE_TABLE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "engine/base/mutex.h"
#include "engine/base/retire.h"
#include "engine/base/sharded_counter.h"
#include "engine/index/radix_tree.h"
#include "engine/mvcc/record.h"

namespace nacre::txn {

// The records of one keyspace between two of its flushes, or wherever a swap has put them. Latches
// and floors go by the id of the tree, which another one has only when this one is long gone.
struct Tree {
  Tree(uint32_t tree_id, base::RetireList& retired) : id(tree_id), index(retired) {}

  const uint32_t id;
  index::RadixTree<mvcc::Record> index;
  // Keys whose newest committed version is a value. Changed inside the sequencer.
  std::atomic<int64_t> live_keys{0};
  // Generations that hold it and are not yet pruned. At 0 the tree can go.
  std::atomic<uint32_t> generations{0};
};

// What a keyspace contains from a commit on, until the next generation. Newest first, like
// versions.
class Generation {
 public:
  explicit Generation(Tree* contents) : tree(contents) {}

  Tree* const tree;        // nullptr: there is no such keyspace.
  uint64_t timestamp = 0;  // Set by Push(), before anybody else can find it.
  std::atomic<Generation*> previous{nullptr};
};

// Names, ids and generations. Thread-safe.
//
// Invariant GENERATION: a commit that touched a generation of a keyspace takes effect only while
// that generation is the newest, checked inside the sequencer. Else a writer would commit into a
// tree that has just been dropped.
class KeyspaceTable {
 public:
  static constexpr uint32_t kKeyspaceIdsMax = 1 << 22;

  // `tree_ids_max`: from there on, trees get the ids of those that are gone.
  KeyspaceTable(size_t keyspaces_max, base::RetireList& retired,
                uint32_t tree_ids_max = mvcc::Record::kTreeIdMax);
  ~KeyspaceTable();

  // The generation of a keyspace that is visible at a read timestamp. nullptr if the keyspace did
  // not exist. The caller is pinned, and registered or ready to check again.
  const Generation* Find(uint32_t keyspace, uint64_t read_timestamp) const {
    const Generation* generation = Newest(keyspace);
    while (generation != nullptr && generation->timestamp > read_timestamp) {
      generation = generation->previous.load(std::memory_order_acquire);
    }
    return generation != nullptr && generation->tree != nullptr ? generation : nullptr;
  }
  // The newest one. nullptr if the id was never given out.
  Generation* Newest(uint32_t keyspace) const {
    if (keyspace < kChunkSize) [[likely]]
      return first_chunk_.newest[keyspace].load(std::memory_order_acquire);
    return keyspace < size() ? Place(keyspace).load(std::memory_order_acquire) : nullptr;
  }
  // Ids in use are below this.
  uint32_t size() const { return size_.load(std::memory_order_acquire); }

  // --- Names. ---
  std::optional<uint32_t> FindName(std::string_view name) const;
  std::vector<std::pair<std::string, uint32_t>> List() const;

  // --- Changes. The caller holds changes_mutex() throughout, and calls Push() inside the
  // sequencer. ---
  base::Mutex& changes_mutex() ABSL_LOCK_RETURNED(changes_mutex_) { return changes_mutex_; }
  // A fresh id, without a generation yet. nullopt if keyspaces_max have a name,
  // or all ids were given out.
  std::optional<uint32_t> AddName(std::string_view name) noexcept;
  void RemoveName(uint32_t keyspace);
  Tree* NewTree() noexcept;
  // Makes `generation` the newest of its keyspace, as of `timestamp`.
  void Push(uint32_t keyspace, Generation* generation, uint64_t timestamp);

  // --- For the vacuum. ---
  // Unlinks a superseded generation that no snapshot sees and retires it. Returns its tree if that
  // was the last generation that held it: from the next epoch on nobody can find the tree any more.
  Tree* Prune(uint32_t keyspace, Generation* generation);
  // The tree with this id, nullptr if it is gone. O(1), under a lock.
  Tree* FindTree(uint32_t tree_id) const;
  // Retires a tree without records.
  void RemoveTree(Tree* tree);
  // All trees, for Verify and Stats.
  std::vector<Tree*> ListTrees() const;
  size_t IndexBytes() const;

 private:
  // Ids are never reused; a dropped keyspace leaves its place in a chunk behind.
  static constexpr uint32_t kChunkSize = 1 << 10;
  static constexpr uint32_t kChunksMax = kKeyspaceIdsMax / kChunkSize;
  struct Chunk {
    std::atomic<Generation*> newest[kChunkSize] = {};
  };

  std::atomic<Generation*>& Place(uint32_t keyspace) const {
    Chunk* chunk = chunks_[keyspace / kChunkSize].load(std::memory_order_acquire);
    return chunk->newest[keyspace % kChunkSize];
  }

  const size_t keyspaces_max_;
  const uint32_t tree_ids_max_;
  base::RetireList& retired_;
  // Places are written inside the sequencer and read by everyone under an epoch pin. Chunks are
  // added under mutex_ and never change; the first is there from the beginning.
  Chunk first_chunk_;
  const std::unique_ptr<std::atomic<Chunk*>[]> chunks_;
  std::atomic<uint32_t> size_{0};

  base::Mutex changes_mutex_;
  mutable base::Mutex mutex_;
  absl::flat_hash_map<std::string, uint32_t> ids_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint32_t, std::unique_ptr<Tree>> trees_ ABSL_GUARDED_BY(mutex_);
  uint32_t last_tree_id_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_KEYSPACE_TABLE_H_
