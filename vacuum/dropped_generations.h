#ifndef NACRE_VACUUM_DROPPED_GENERATIONS_H_
#define NACRE_VACUUM_DROPPED_GENERATIONS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/mutex.h"
#include "engine/txn/keyspace_table.h"
#include "vacuum/scan.h"

namespace nacre::vacuum {

// Generations of keyspaces that a flush, drop or swap has superseded. They are versions like any
// other: [timestamp, superseded_at) is needed by the snapshots in it (NEEDED in scan.h).
// Thread-safe.
class DroppedGenerations {
 public:
  // `size` shows how many there are.
  explicit DroppedGenerations(std::atomic<size_t>& size) : size_(size) {}
  void Add(uint32_t keyspace, txn::Generation* generation, uint64_t superseded_at) {
    base::MutexLock lock(mutex_);
    dropped_.push_back({keyspace, generation, superseded_at});
    arrived_ = true;
    size_.store(dropped_.size(), std::memory_order_relaxed);
  }

  // Unlinks the generations that nobody needs; returns the trees that no generation holds any more.
  // Takes KeyspaceTable::changes_mutex(), so the caller holds no latch and is not inside the gate.
  std::vector<txn::Tree*> Prune(txn::KeyspaceTable& keyspaces, const Scan& scan) {
    std::vector<Dropped> free;
    {
      base::MutexLock lock(mutex_);
      arrived_ = false;
      std::vector<Dropped> needed;
      for (const Dropped& dropped : dropped_) {
        const bool may_go = scan.MayPrune(dropped.generation->timestamp, dropped.superseded_at);
        (may_go ? free : needed).push_back(dropped);
      }
      dropped_.swap(needed);
      size_.store(dropped_.size(), std::memory_order_relaxed);
    }
    std::vector<txn::Tree*> trees;
    for (const Dropped& dropped : free) {
      txn::Tree* tree = keyspaces.Prune(dropped.keyspace, dropped.generation);
      if (tree != nullptr) trees.push_back(tree);
    }
    return trees;
  }

  size_t size() const { return size_.load(std::memory_order_relaxed); }
  // Since the last Prune().
  bool any_arrived() const {
    base::MutexLock lock(mutex_);
    return arrived_;
  }

 private:
  struct Dropped {
    uint32_t keyspace;
    txn::Generation* generation;
    uint64_t superseded_at;
  };

  mutable base::Mutex mutex_;
  std::vector<Dropped> dropped_ ABSL_GUARDED_BY(mutex_);
  bool arrived_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<size_t>& size_;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_DROPPED_GENERATIONS_H_
