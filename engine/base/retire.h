#ifndef NACRE_ENGINE_BASE_RETIRE_H_
#define NACRE_ENGINE_BASE_RETIRE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/mutex.h"

namespace nacre::base {

// Objects that were unlinked and wait until no thread can still be reading them. Thread-safe.
//
// Add() costs an uncontended lock; nothing is freed there. Reclaim() frees, and is called where
// time may be spent: by the vacuum, or by a committer that owes a share.
class RetireList {
 public:
  using Free = void (*)(void* object);

  RetireList() = default;
  RetireList(const RetireList&) = delete;
  RetireList& operator=(const RetireList&) = delete;
  // Frees everything. Precondition: nobody can reach the objects any more.
  ~RetireList();

  // Precondition: `object` can not be found by a thread that pins from now on.
  void Add(void* object, Free free);

  // Frees at most about `limit` objects whose epoch has passed; returns how many. Returns 0 at once
  // if another thread is in here.
  size_t Reclaim(size_t limit);

  // Objects retired and not yet freed. Approximate while others work.
  size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  struct Retired {
    void* object;
    Free free;
  };
  struct alignas(64) Shard {
    Mutex mutex;
    std::vector<Retired> fresh ABSL_GUARDED_BY(mutex);
  };
  struct Batch {
    uint64_t epoch;
    std::vector<Retired> objects;
  };
  static constexpr size_t kShards = 16;

  void CollectFresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(batches_mutex_);

  std::array<Shard, kShards> shards_;
  Mutex batches_mutex_;
  std::deque<Batch> batches_ ABSL_GUARDED_BY(batches_mutex_);
  // Written by everyone, read for Stats; a stale value costs nothing.
  std::atomic<size_t> waiting_{0};
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_RETIRE_H_
