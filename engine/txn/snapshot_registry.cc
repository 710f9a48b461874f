#include "engine/txn/snapshot_registry.h"

#include <chrono>

#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/base/faults.h"

namespace nacre::txn {
namespace {

// state: 0 = free, else timestamp << 2 | is_ray << 1 | 1.
constexpr uint64_t kFree = 0;
constexpr uint64_t kTaken = 1;
constexpr uint64_t kRay = 2;

constexpr uint64_t Encode(uint64_t timestamp, bool ray) {
  return timestamp << 2 | (ray ? kRay : 0) | kTaken;
}

int64_t SteadyNanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// Where this thread found a free slot last time; a hint for any registry.
constinit thread_local size_t slot_hint = SIZE_MAX;

}  // namespace

SnapshotRegistry::SnapshotRegistry(const std::atomic<uint64_t>& clock, size_t snapshots_max)
    : clock_(clock),
      snapshots_max_(snapshots_max),
      chunks_(std::make_unique<std::atomic<Chunk*>[]>((snapshots_max + kSlotsPerChunk - 1) /
                                                      kSlotsPerChunk)) {
  AddChunk();
}

SnapshotRegistry::~SnapshotRegistry() {
  NACRE_CHECK(active_count() == 0, "a database was closed before its transactions and snapshots");
  for (size_t i = 0; i < chunk_count_.load(std::memory_order_relaxed); ++i) {
    delete chunks_[i].load(std::memory_order_relaxed);
  }
}

bool SnapshotRegistry::TryTake(Slot& slot, uint64_t ray_from) {
  uint64_t state = kFree;
  if (slot.state.load(std::memory_order_relaxed) != kFree) return false;
  const bool ray = !NACRE_BUG(kRayAsPoint);
  return slot.state.compare_exchange_strong(state, Encode(ray_from, ray),
                                            std::memory_order_seq_cst);
}

std::optional<SnapshotRegistry::Registration> SnapshotRegistry::Take(uint64_t ray_from,
                                                                     uint64_t owner) {
  // The count is taken first, so that the limit is exact and a free slot or a chunk to grow is
  // assured.
  if (active_count_.fetch_add(1, std::memory_order_relaxed) >= snapshots_max_) {
    active_count_.fetch_sub(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  if (slot_hint == SIZE_MAX) slot_hint = base::EpochDomain::ThreadIndex();
  Slot* taken = nullptr;
  while (taken == nullptr) {
    const size_t count = chunk_count_.load(std::memory_order_acquire) * kSlotsPerChunk;
    const size_t start = slot_hint % count;
    for (size_t i = 0; i < count; ++i) {
      const size_t index = start + i < count ? start + i : start + i - count;
      Slot& slot = chunks_[index / kSlotsPerChunk]
                       .load(std::memory_order_acquire)
                       ->slots[index % kSlotsPerChunk];
      if (TryTake(slot, ray_from)) {
        slot_hint = index;
        taken = &slot;
        break;
      }
    }
    if (taken == nullptr) {
      slot_hint = count;
      AddChunk();
    }
  }
  const uint64_t id = next_id_.fetch_add(1, std::memory_order_relaxed);
  taken->began_ns.store(SteadyNanoseconds(), std::memory_order_relaxed);
  taken->owner.store(owner, std::memory_order_relaxed);
  taken->id.store(id, std::memory_order_release);
  return Registration{taken, id, ray_from};
}

std::optional<SnapshotRegistry::Registration> SnapshotRegistry::Register(uint64_t owner) {
  NACRE_STEP(kBegin);
  const uint64_t lower = clock_.load(std::memory_order_acquire);
  if (NACRE_BUG(kLateRegistration)) {
    NACRE_STEP(kBeginRegistered);
    std::optional<Registration> late = Take(lower, owner);
    if (late) Settle(*late);
    return late;
  }
  std::optional<Registration> registration = Take(lower, owner);
  if (!registration) return registration;
  NACRE_STEP(kBeginRegistered);
  registration->read_timestamp = clock_.load(std::memory_order_seq_cst);
  NACRE_STEP(kBeginDrawn);
  Settle(*registration);
  return registration;
}

std::optional<SnapshotRegistry::Registration> SnapshotRegistry::RegisterAt(uint64_t timestamp,
                                                                           uint64_t owner) {
  return Take(timestamp, owner);
}

void SnapshotRegistry::Settle(const Registration& registration) {
  registration.slot->state.store(Encode(registration.read_timestamp, false),
                                 std::memory_order_release);
}

void SnapshotRegistry::Release(const Registration& registration) {
  Slot& slot = *registration.slot;
  NACRE_CHECK(slot.id.load(std::memory_order_relaxed) == registration.id,
              "a snapshot was released twice");
  slot.id.store(0, std::memory_order_relaxed);
  slot.state.store(kFree, std::memory_order_release);
  active_count_.fetch_sub(1, std::memory_order_relaxed);
}

void SnapshotRegistry::MarkTooOld(const Active& active) {
  active.slot->too_old_id.store(active.id, std::memory_order_seq_cst);
}

void SnapshotRegistry::Collect(std::vector<Active>& active) const {
  const size_t chunks = chunk_count_.load(std::memory_order_seq_cst);
  for (size_t c = 0; c < chunks; ++c) {
    for (Slot& slot : chunks_[c].load(std::memory_order_acquire)->slots) {
      const uint64_t state = slot.state.load(std::memory_order_seq_cst);
      if (state == kFree) continue;
      Active seen;
      seen.read_timestamp = state >> 2;
      seen.is_ray = (state & kRay) != 0;
      seen.id = slot.id.load(std::memory_order_acquire);
      seen.owner = slot.owner.load(std::memory_order_relaxed);
      seen.began_ns = slot.began_ns.load(std::memory_order_relaxed);
      seen.too_old = seen.id != 0 && slot.too_old_id.load(std::memory_order_acquire) == seen.id;
      seen.slot = &slot;
      active.push_back(seen);
    }
  }
}

SnapshotRegistry::Chunk* SnapshotRegistry::AddChunk() {
  base::MutexLock lock(grow_mutex_);
  const size_t count = chunk_count_.load(std::memory_order_relaxed);
  if (count * kSlotsPerChunk >= snapshots_max_) return nullptr;
  auto* chunk = new Chunk;
  chunks_[count].store(chunk, std::memory_order_release);
  // seq_cst: a pruner that misses the chunk precedes every registration in it.
  chunk_count_.store(count + 1, std::memory_order_seq_cst);
  return chunk;
}

}  // namespace nacre::txn
