#ifndef NACRE_ENGINE_TXN_SNAPSHOT_REGISTRY_H_
#define NACRE_ENGINE_TXN_SNAPSHOT_REGISTRY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/mutex.h"

// Who is reading the past. The vacuum prunes a version only if no registered snapshot can see it.
//
// Invariant REGISTERED: let the pruner load U from the clock and *then* scan the registry. Every
// snapshot that the scan misses has a read timestamp >= U. So a version superseded at e <= U, with
// no scanned snapshot in its interval, is seen by nobody, now or later.
//
//   a beginning transaction                     the pruner
//   1. L = clock                                a. U = clock               (seq_cst)
//   2. slot: free -> ray [L, oo)   (seq_cst)    b. loads every slot        (seq_cst)
//   3. R = clock                   (seq_cst)    c. prunes [b, e) with e <= U and no slot in it
//   4. slot = point R
//
// If (b) reads the slot from before (2), (b) precedes (2) in the single order of seq_cst
// operations, so (a) precedes (3), and R >= U by coherence. If (b) reads the ray, every e > L is
// kept; R >= L. If (b) reads the point, it is exact.
//   Forbidden: 3 before 2. Between them the pruner passes by and R's versions go (late
//   registration). Forbidden: publishing L as a point. A version superseded in (L, R] that R still
//   sees lies outside (ray as point).

namespace nacre::txn {

class SnapshotRegistry {
 public:
  // A cache line. `state` is written by the owner and read by pruners; the rest says who it is.
  struct alignas(64) Slot {
    std::atomic<uint64_t> state{0};
    // The snapshot in the slot; 0 before the state is freed, set after it is taken. So a pruner
    // that loads state first and id second never takes a new state for an old id.
    std::atomic<uint64_t> id{0};
    std::atomic<uint64_t> owner{0};
    std::atomic<int64_t> began_ns{0};
    // The id of a snapshot that may have lost its versions. Invariant TOO-OLD: written before the
    // first unlink that it allows; read after each walk, inside the pin, and at commit.
    std::atomic<uint64_t> too_old_id{0};
  };
  static_assert(sizeof(Slot) == 64);

  struct Registration {
    Slot* slot = nullptr;
    uint64_t id = 0;
    uint64_t read_timestamp = 0;
  };

  // What a pruner, or Stats, sees of one slot.
  struct Active {
    uint64_t read_timestamp = 0;  // Where a ray begins.
    bool is_ray = false;
    bool too_old = false;  // Holds nothing any more.
    uint64_t id = 0;
    uint64_t owner = 0;
    int64_t began_ns = 0;  // Steady clock.
    Slot* slot = nullptr;
  };

  SnapshotRegistry(const std::atomic<uint64_t>& clock, size_t snapshots_max);
  ~SnapshotRegistry();

  // Registers a snapshot of now. nullopt if snapshots_max are registered. O(1) in general; O(slots)
  // when full.
  std::optional<Registration> Register(uint64_t owner);
  // Registers the ray from a timestamp in the past. The caller then checks that the vacuum still
  // retains `timestamp`, and either settles the registration on that point or releases it.
  std::optional<Registration> RegisterAt(uint64_t timestamp, uint64_t owner);
  static void Settle(const Registration& registration);
  void Release(const Registration& registration);
  // For a transaction that registers nothing.
  uint64_t NewId() { return next_id_.fetch_add(1, std::memory_order_relaxed); }

  static bool IsTooOld(const Registration& registration) {
    return registration.slot->too_old_id.load(std::memory_order_acquire) == registration.id;
  }
  // From now on the snapshot holds no version. Before any unlink that this allows.
  static void MarkTooOld(const Active& active);

  // Appends every registered snapshot, in no order. O(slots ever used at once).
  void Collect(std::vector<Active>& active) const;
  size_t active_count() const { return active_count_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kSlotsPerChunk = 64;
  struct Chunk {
    Slot slots[kSlotsPerChunk];
  };

  std::optional<Registration> Take(uint64_t ray_from, uint64_t owner);
  bool TryTake(Slot& slot, uint64_t ray_from);
  // nullptr if there may be no more.
  Chunk* AddChunk() ABSL_LOCKS_EXCLUDED(grow_mutex_);

  const std::atomic<uint64_t>& clock_;
  const size_t snapshots_max_;
  std::atomic<uint64_t> next_id_{1};
  std::atomic<size_t> active_count_{0};
  base::Mutex grow_mutex_;
  // Appended to under grow_mutex_, read without it; entries never change.
  const std::unique_ptr<std::atomic<Chunk*>[]> chunks_;
  std::atomic<size_t> chunk_count_{0};
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_SNAPSHOT_REGISTRY_H_
