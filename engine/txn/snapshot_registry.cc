#include "engine/txn/snapshot_registry.h"

#include <algorithm>

#include "engine/base/asymmetric_fence.h"
#include "engine/base/check.h"
#include "engine/base/epoch.h"

namespace nacre::txn {
namespace {

// More threads than this share what slots there are.
constexpr size_t kHomesMax = 4096;

// Where this thread found a free slot last time; a hint for any registry.
constinit thread_local size_t slot_hint = SIZE_MAX;

}  // namespace

SnapshotRegistry::SnapshotRegistry(const std::atomic<uint64_t>& clock, size_t snapshots_max,
                                   bool exact_ages)
    : clock_(clock),
      exact_ages_(exact_ages),
      places_(snapshots_max),
      homes_(std::make_shared<HomeSlots>(std::min(snapshots_max, kHomesMax))),
      shared_(snapshots_max, /*of_homes=*/false) {
  base::AsymmetricFence::Decide();
}

SnapshotRegistry::~SnapshotRegistry() {
  NACRE_CHECK(active_count() == 0, "a database was closed before its transactions and snapshots");
  homes_->Abandon();
}

SnapshotRegistry::Slot* SnapshotRegistry::LendHome() {
  base::MutexLock lock(mutex_);
  Slot* const home = HomeSlots::Lend(homes_);
  if (home != nullptr && !home->counted.load(std::memory_order_relaxed) && places_.TryTake()) {
    home->counted.store(true, std::memory_order_relaxed);
  }
  return home;
}

bool SnapshotRegistry::TryTakePlaceOfHome() {
  std::vector<Slot*> asked;
  asked.reserve(homes_->size());
  for (size_t i = 0; i < homes_->size(); ++i) {
    Slot& home = homes_->at(i);
    if (!home.counted.load(std::memory_order_relaxed)) continue;
    home.counted.store(false, std::memory_order_relaxed);
    asked.push_back(&home);
  }
  if (!asked.empty()) base::AsymmetricFence::Heavy();
  const bool taken = places_.TryTake();
  NACRE_STEP(kPlacesAsked);
  size_t won = 0;
  for (Slot* home : asked) {
    if (!taken && !Slot::IsTaken(home->state.load(std::memory_order_acquire))) {
      ++won;
    } else {
      home->counted.store(true, std::memory_order_relaxed);
    }
  }
  if (won > 1) places_.Leave(won - 1);
  return taken || won != 0;
}

SnapshotRegistry::Slot* SnapshotRegistry::TakeAny(Slot* home, uint64_t state) {
  if (home != nullptr && !Slot::IsTaken(home->state.load(std::memory_order_acquire))) {
    // Its place was taken from it, or is about to be, or was to be.
    base::MutexLock lock(mutex_);
    if (!home->counted.load(std::memory_order_relaxed)) {
      if (!places_.TryTake() && !TryTakePlaceOfHome()) return nullptr;
      home->counted.store(true, std::memory_order_relaxed);
    }
    if (TryTakeHome<From::kAnywhere>(*home, state)) return home;
  }
  if (!places_.TryTake()) {
    base::MutexLock lock(mutex_);
    if (!places_.TryTake() && !TryTakePlaceOfHome()) return nullptr;
  }
  return TakeShared(state);
}

// The caller has a place, so that there is a slot or may be one more.
SnapshotRegistry::Slot* SnapshotRegistry::TakeShared(uint64_t state) {
  if (slot_hint == SIZE_MAX) slot_hint = base::EpochDomain::ThreadIndex();
  for (;;) {
    const size_t count = shared_.size();
    const size_t start = count == 0 ? 0 : slot_hint % count;
    for (size_t i = 0; i < count; ++i) {
      const size_t index = start + i < count ? start + i : start + i - count;
      Slot& slot = shared_.at(index);
      uint64_t free = kFree;
      if (slot.state.load(std::memory_order_relaxed) != kFree ||
          !slot.state.compare_exchange_strong(free, state, std::memory_order_seq_cst)) {
        continue;
      }
      slot_hint = index;
      // Seen with the point, if not before.
      slot.looks.store(1, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      return &slot;
    }
    slot_hint = count;
    base::MutexLock lock(mutex_);
    if (shared_.size() == count) shared_.Grow();
  }
}

// The slot may have changed hands meanwhile: its next snapshot is then a moment older than it is.
int64_t SnapshotRegistry::BeganAsSeen(Slot& slot) {
  int64_t began_ns = slot.began_ns.load(std::memory_order_relaxed);
  if (began_ns != 0) return began_ns;
  const int64_t now_ns = base::SteadyNs();
  const bool first =
      slot.began_ns.compare_exchange_strong(began_ns, now_ns, std::memory_order_relaxed);
  return first ? now_ns : began_ns;
}

bool SnapshotRegistry::MarkTooOld(const Active& active) {
  return active.slot->too_old_id.exchange(active.id, std::memory_order_seq_cst) != active.id;
}

template <typename Visit>
void SnapshotRegistry::ForEachSlot(Visit visit) const {
  const size_t shared = shared_.size();
  for (size_t i = 0; i < shared; ++i) visit(shared_.at(i));
  // Last: what stands there is mostly young.
  const size_t homes = homes_->size();
  for (size_t i = 0; i < homes; ++i) visit(homes_->at(i));
}

uint64_t SnapshotRegistry::LookAtSlots(std::vector<Active>& active) const {
  uint64_t sure = UINT64_MAX;
  const Slot* const own = homes_->OfThread();
  ForEachSlot([&](Slot& slot) {
    // Before its state (LightSide). The calling thread has loaded U itself.
    const bool tells = slot.is_home && !slot.light.FencesItself() && &slot != own;
    const uint64_t state = slot.state.load(std::memory_order_acquire);
    if (tells) sure = std::min(sure, TimestampOf(state));
    if (!Slot::IsTaken(state)) return;
    Active seen;
    seen.read_timestamp = TimestampOf(state);
    seen.is_ray = (state & Slot::kRay) != 0;
    seen.at_rest = slot.looks.load(std::memory_order_acquire) == 0;
    seen.id = slot.id.load(std::memory_order_acquire);
    seen.owner = slot.owner.load(std::memory_order_relaxed);
    seen.began_ns = BeganAsSeen(slot);
    if (seen.id == 0) {
      // Being taken: what else the slot says is of the snapshot before.
      seen.owner = 0;
      seen.began_ns = base::SteadyNs();
    }
    seen.too_old = seen.id != 0 && slot.too_old_id.load(std::memory_order_acquire) == seen.id;
    seen.slot = &slot;
    active.push_back(seen);
  });
  return sure;
}

void SnapshotRegistry::Collect(std::vector<Active>& active) const {
  // Before the tables are looked at too: a slot that is not in them yet is not taken yet.
  base::AsymmetricFence::Heavy();
  LookAtSlots(active);
}

uint64_t SnapshotRegistry::CollectUpTo(uint64_t clock, uint64_t at_least,
                                       std::vector<Active>& active) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const uint64_t sure = LookAtSlots(active);
  if (sure >= at_least) return std::min(clock, sure);
  active.clear();
  // Who meets another one here makes do with a Heavy() of its own.
  if (mutex_.TryLock()) {
    const std::vector<Slot*> asked = AskHomesBefore(at_least);
    base::AsymmetricFence::Heavy();
    for (Slot* home : asked) home->light.Grant();
    mutex_.Unlock();
  } else {
    base::AsymmetricFence::Heavy();
  }
  LookAtSlots(active);
  return clock;
}

std::vector<SnapshotRegistry::Slot*> SnapshotRegistry::AskHomesBefore(uint64_t timestamp) {
  std::vector<Slot*> asked;
  const size_t homes = homes_->size();
  for (size_t i = 0; i < homes; ++i) {
    Slot& home = homes_->at(i);
    const uint64_t state = home.state.load(std::memory_order_relaxed);
    if (TimestampOf(state) < timestamp && home.light.Ask()) asked.push_back(&home);
  }
  return asked;
}

size_t SnapshotRegistry::active_count() const {
  size_t count = 0;
  ForEachSlot([&count](const Slot& slot) {
    if (Slot::IsTaken(slot.state.load(std::memory_order_acquire))) ++count;
  });
  return count;
}

}  // namespace nacre::txn
