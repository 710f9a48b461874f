#ifndef NACRE_ENGINE_TXN_SNAPSHOT_SLOT_H_
#define NACRE_ENGINE_TXN_SNAPSHOT_SLOT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/asymmetric_fence.h"

namespace nacre::txn {

// Where one registered snapshot shows itself to the pruners. `state` is written by whoever has the
// slot and read by pruners; id, owner and began_ns say who it is.
struct alignas(64) SnapshotSlot {
  // timestamp << 2 | is_ray << 1 | is_taken. In a free home the timestamp is that of its last
  // snapshot (REGISTERED), in another free slot 0.
  std::atomic<uint64_t> state{0};
  // The snapshot in the slot; 0 before the state is freed, set after it is taken. So a pruner
  // that loads state first and id second never takes a new state for an old id.
  std::atomic<uint64_t> id{0};
  std::atomic<uint64_t> owner{0};
  // Steady clock; 0: a transaction's, which no scan has seen yet.
  std::atomic<int64_t> began_ns{0};
  // The id of a snapshot that may have lost its versions. Invariant TOO-OLD: written before the
  // first unlink that it allows; read after each walk, inside the pin, and at commit.
  std::atomic<uint64_t> too_old_id{0};
  // How many may have views of what the snapshot sees (AT-REST). In a home always one, since there
  // are transactions only.
  std::atomic<uint64_t> looks{0};

  // The rest is of homes only: see HOME-SLOT.
  bool is_home = false;  // Constant.
  // A thread has it. Written under the mutex of the registry, and by that thread when it ends.
  std::atomic<bool> lent{false};
  // It has a place within snapshots_max. Written under the mutex of the registry.
  std::atomic<bool> counted{false};
  // Of its thread's begins.
  base::LightSide light;
  // Of the block of ids that its thread may give out, which ends before a multiple of kIdsAtOnce;
  // at such a multiple there is none left. Only that thread uses it.
  uint64_t next_id = 0;

  static constexpr uint64_t kTaken = 1;
  static constexpr uint64_t kRay = 2;
  static constexpr int kTimestampShift = 2;
  static constexpr uint64_t kIdsAtOnce = 1024;
  static constexpr bool IsTaken(uint64_t state) { return (state & kTaken) != 0; }
  bool has_ids() const { return next_id % kIdsAtOnce != 0; }
};
static_assert(sizeof(SnapshotSlot) == 64, "a slot is a cache line");

// Slots that stay where they are. Grown by one thread at a time, walked by all.
class SlotTable {
 public:
  SlotTable(size_t slots_max, bool of_homes)
      : slots_max_(slots_max),
        of_homes_(of_homes),
        chunks_(std::make_unique<std::atomic<Chunk*>[]>((slots_max + kSlotsPerChunk - 1) /
                                                        kSlotsPerChunk)) {}
  ~SlotTable() {
    for (size_t i = 0; i < size() / kSlotsPerChunk; ++i) {
      delete chunks_[i].load(std::memory_order_relaxed);
    }
  }
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  // A multiple of the size of a chunk, so that it may be more than slots_max.
  size_t size() const { return size_.load(std::memory_order_acquire); }
  SnapshotSlot& at(size_t index) const {
    return chunks_[index / kSlotsPerChunk]
        .load(std::memory_order_acquire)
        ->slots[index % kSlotsPerChunk];
  }
  // False if there may be no more.
  bool Grow() {
    const size_t size = size_.load(std::memory_order_relaxed);
    if (size >= slots_max_) return false;
    auto* chunk = new Chunk;
    for (SnapshotSlot& slot : chunk->slots) {
      slot.is_home = of_homes_;
      slot.looks.store(of_homes_ ? 1 : 0, std::memory_order_relaxed);
    }
    chunks_[size / kSlotsPerChunk].store(chunk, std::memory_order_release);
    size_.store(size + kSlotsPerChunk, std::memory_order_release);
    return true;
  }

 private:
  static constexpr size_t kSlotsPerChunk = 64;
  struct Chunk {
    SnapshotSlot slots[kSlotsPerChunk];
  };

  const size_t slots_max_;
  const bool of_homes_;
  // Entries never change.
  const std::unique_ptr<std::atomic<Chunk*>[]> chunks_;
  std::atomic<size_t> size_{0};
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_SNAPSHOT_SLOT_H_
