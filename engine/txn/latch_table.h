#ifndef NACRE_ENGINE_TXN_LATCH_TABLE_H_
#define NACRE_ENGINE_TXN_LATCH_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/types/span.h"
#include "engine/base/hash.h"
#include "engine/base/latch.h"

namespace nacre::txn {

// One latch for all keys of a hash, so that an absent key has one too and a record can come and go.
//
// Invariant FLOOR: when the record of a key is unlinked from the index, the timestamp of its newest
// version is folded into the floor of its stripe first. For a key without a record, "was it written
// after R?" is answered by floor > R: sometimes yes without cause, never no with one.
//
//   forbidden without it:   T begins at R | k inserted, deleted (R < d) | vacuum unlinks k's record
//   |
//                           T writes k blindly, finds no version newer than R, commits: first
//                           committer lost.
struct alignas(64) Stripe {
  base::Latch latch;
  uint64_t floor ABSL_GUARDED_BY(latch) = 0;
};
static_assert(sizeof(Stripe) == 64, "a stripe is a cache line");

// Thread-safe. Latches are taken in the order of their index, and nothing slow happens under one.
class LatchTable {
 public:
  explicit LatchTable(size_t stripe_count)  // A power of two.
      : stripes_(std::make_unique<Stripe[]>(stripe_count)), mask_(stripe_count - 1) {}

  static uint64_t HashOf(uint32_t tree_id, std::string_view key) {
    return base::Hash(key, tree_id);
  }
  uint32_t IndexOf(uint64_t hash) const { return static_cast<uint32_t>(hash & mask_); }
  uint32_t IndexOf(uint32_t tree_id, std::string_view key) const {
    return IndexOf(HashOf(tree_id, key));
  }
  Stripe& at(uint32_t index) { return stripes_[index]; }
  size_t size() const { return mask_ + 1; }

 private:
  const std::unique_ptr<Stripe[]> stripes_;
  const uint64_t mask_;
};

// Holds several stripes. `indices` must be ascending and without repetition, and outlive the
// object.
class StripesLock {
 public:
  StripesLock(LatchTable& table, absl::Span<const uint32_t> indices) ABSL_NO_THREAD_SAFETY_ANALYSIS
      : table_(table),
        indices_(indices) {
    for (uint32_t index : indices_) table_.at(index).latch.Lock();
  }
  ~StripesLock() { Release(); }
  StripesLock(const StripesLock&) = delete;
  StripesLock& operator=(const StripesLock&) = delete;

  void Release() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (uint32_t index : indices_) table_.at(index).latch.Unlock();
    indices_ = {};
  }

 private:
  LatchTable& table_;
  absl::Span<const uint32_t> indices_;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_LATCH_TABLE_H_
