#ifndef NACRE_ENGINE_TXN_SNAPSHOT_REGISTRY_H_
#define NACRE_ENGINE_TXN_SNAPSHOT_REGISTRY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/asymmetric_fence.h"
#include "engine/base/check.h"
#include "engine/base/faults.h"
#include "engine/base/mutex.h"
#include "engine/base/steady_clock.h"
#include "engine/txn/home_slots.h"
#include "engine/txn/places.h"
#include "engine/txn/snapshot_slot.h"

// Who is reading the past. The vacuum prunes a version only if no registered snapshot can see it.
//
// Invariant REGISTERED: let the pruner load U from the clock and *then* scan the registry, which
// returns a clock C <= U. Every snapshot that the scan misses has a read timestamp >= C. So a
// version superseded at e <= C, with no scanned snapshot in its interval, is seen by nobody, now or
// later.
//
//   a beginning transaction                     the pruner
//   1. L = clock                                a. U = clock
//   2. slot: free -> ray [L, oo)                b. full fence
//      Fence()                                  c. loads every slot; C = the least of U and of the
//   3. R = clock                                   timestamps in homes that do not fence themselves
//   4. slot = point R                           d. prunes [b, e) with e <= C and no slot in it
//   5. slot = free, last R
//
// A home tells how far its thread has come: whatever state (c) reads, with a timestamp T, the next
// R there is loaded after T was, so R >= T >= C. Threads that begin all the time hold C back by the
// length of a transaction, and cost no barrier. Where a home stands still and holds C back too far,
// the scan is repeated after a Heavy(), with C = U; from then on its thread fences itself
// (LightSide in asymmetric_fence.h), and so do those who take a slot that belongs to nobody: if (c)
// reads such a slot from before (2), then by SELF-FENCED or ASYMMETRIC (3) sees the clock as (a)
// did, or newer: R >= U. If (c) reads the ray, every e > L is kept; R >= L. If (c) reads the point,
// it is exact.
//   Forbidden: 3 before 2. Between them the pruner passes by and R's versions go (late
//   registration). Forbidden: publishing L as a point. A version superseded in (L, R] that R still
//   sees lies outside (ray as point). Forbidden: b before a. A commit comes between them, and U is
//   its timestamp; a snapshot that (c) misses need only see the clock as it was before.
//   Forbidden: to keep in a free home a timestamp that its thread has not seen on the clock.
//
// Invariant HOME-SLOT: a free home is taken by its thread alone, and a taken one is freed by
// whoever ends the snapshot, so 2 is a plain store there. (That thread may be another one than took
// it; its release is what the owner acquires.) All others take a slot that belongs to nobody, by
// compare-exchange: each Snapshot, what is begun at a timestamp, a thread's second transaction, and
// threads without a home.
//
// Invariant AT-REST: nobody has a pointer to a version, outside a pin, from reading at a snapshot
// that a scan finds at rest, to a version that was taken out of its chain before that scan. (What
// the snapshot sees stays in memory; but it may be a copy that stands in the chain by then.) A
// snapshot is at rest while nobody looks at it.
//
//   who looks at a snapshot                     the pruner
//   1. one more looks (BeginLook())             a. takes the version out of its chain
//   2. full fence                               b. U = clock, full fence
//   3. walks chains                             c. does anybody look?
//   4. one less (EndLook(), release)
//
// A scan is asked only about e at most U, and e is drawn after (a): so (a) came before (b). If (c)
// misses (1), then (3) sees (a). (Of what still stands in its chain it is asked too, but only
// whether it is worth while to take that out.) What is read between two looks is read in a pin.
// Whoever registers a snapshot looks at it, with a slot that shows a ray until then; a transaction
// does as long as it lasts, like its views.
//   Forbidden: to register it at rest, with (1) left to the first look. A transaction would pay for
//   (2).
//
// Invariant PLACES: no more than snapshots_max are registered. A slot that belongs to nobody has a
// place while it is taken (EXACT in places.h); a home has one from then on, so that taking it again
// need not count. Where all places are taken, homes are asked for theirs:
//
//   the owner                                   who needs a place, under the mutex
//   1. counted?                                 a. counted = false, in homes that have a place
//   2. home: free -> ray                        b. Heavy()
//      Light()                                  c. is there a place again?
//   3. counted still? else frees the home       d. no; free? has won its place; else counted = true
//   If not (1) or (3), asks under the mutex.
//
// One of (3) and (d) sees the other side (ASYMMETRIC). After (a) no owner comes past (1) until the
// mutex is given back. So a home which (d) finds taken was so at (c), or its owner had come past
// (1) and is let in afterwards; and at (c) all other places were taken too (EXACT). So a snapshot
// is refused only if, when it had asked, every place was that of a snapshot which is registered, or
// is about to be, or has just ended.
//   Forbidden: (c) only before (a). A thread gives back a place after (c), and takes its home
//   before (d): one of the two was free all the time. Forbidden: to ask only idle homes. Between
//   (c) and (d) a home becomes free, and its thread takes the last of the other places. Forbidden:
//   (2) without (1). A home that nobody had at (c) looks taken at (d), where (3) refuses it, and
//   what was taken at (c) is free again.

namespace nacre::txn {

class SnapshotRegistry {
 public:
  using Slot = SnapshotSlot;

  struct Registration {
    Slot* slot = nullptr;
    uint64_t id = 0;
    uint64_t read_timestamp = 0;
  };

  // What a pruner, or Stats, sees of one slot.
  struct Active {
    uint64_t read_timestamp = 0;  // Where a ray begins.
    bool is_ray = false;
    bool at_rest = false;  // See AT-REST. Of a ray it says nothing.
    bool too_old = false;  // Holds nothing any more.
    uint64_t id = 0;
    uint64_t owner = 0;
    int64_t began_ns = 0;  // Steady clock.
    Slot* slot = nullptr;
  };

  // Without `exact_ages` a snapshot may seem a few milliseconds older than it is, and a transaction
  // begins when a scan first sees it: to read a clock takes a good part of a begin.
  SnapshotRegistry(const std::atomic<uint64_t>& clock, size_t snapshots_max,
                   bool exact_ages = false);
  ~SnapshotRegistry();

  // Registers a snapshot of now, at which the caller looks. nullopt if snapshots_max are
  // registered. kTransaction: in the home of the thread, O(1), where that is free. kSnapshot: it
  // may be held for long, so that the home is left to transactions, and its age is known from the
  // beginning. O(slots) at worst, and with a Heavy() when full.
  enum class Holder : uint8_t { kTransaction, kSnapshot };
  std::optional<Registration> Register(uint64_t owner,
                                       Holder holder = Holder::kTransaction) noexcept;
  // The same for a transaction, as it mostly goes: in a home that is free. Without a slot where it
  // goes otherwise. No call, so that a transaction begins without a frame.
  Registration RegisterAtHome(uint64_t owner) noexcept;
  // Registers the ray from a timestamp in the past, with a full fence. The caller then checks that
  // the vacuum still retains `timestamp`, and either settles the registration on that point or
  // releases it.
  std::optional<Registration> RegisterAt(uint64_t timestamp, uint64_t owner) noexcept;
  static void Settle(const Registration& registration);
  // See AT-REST. The first with a full fence; the second returns whether the snapshot is at rest
  // now. Not of what stands in a home.
  static void BeginLook(const Registration& registration);
  static bool EndLook(const Registration& registration);
  void Release(const Registration& registration);
  // The same of what stands in a home.
  static void LeaveHome(const Registration& registration);
  // For a transaction that registers nothing.
  uint64_t NewId() noexcept ABSL_LOCKS_EXCLUDED(mutex_) { return NextId(Home()); }

  static bool IsTooOld(const Registration& registration) {
    return registration.slot->too_old_id.load(std::memory_order_acquire) == registration.id;
  }
  // From now on the snapshot holds no version. Before any unlink that this allows. False if that
  // was so already. One caller at a time: where the slot has another snapshot by now, whose mark
  // this would undo, it must not be called.
  static bool MarkTooOld(const Active& active);

  // Appends every registered snapshot, in no order, after a Heavy(). O(slots ever used at once).
  void Collect(std::vector<Active>& active) const;
  // The same for a pruner that has loaded `clock` before. Returns the C of REGISTERED, which is at
  // least `at_least`; with a Heavy() only where a thread stands still that would hold it back
  // further. `active` is empty before.
  uint64_t CollectUpTo(uint64_t clock, uint64_t at_least, std::vector<Active>& active)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Exact when nobody begins or ends one. O(slots ever used at once).
  size_t active_count() const;

 private:
  // The state of a slot.
  static constexpr uint64_t kFree = 0;
  static constexpr uint64_t Encode(uint64_t timestamp, bool ray) {
    return timestamp << Slot::kTimestampShift | (ray ? Slot::kRay : 0) | Slot::kTaken;
  }
  static constexpr uint64_t FreeSince(uint64_t timestamp) {
    return timestamp << Slot::kTimestampShift;
  }
  static uint64_t TimestampOf(uint64_t state) { return state >> Slot::kTimestampShift; }

  static void Leave(const Registration& registration, uint64_t free);
  // Of the calling thread; nullptr if there may be no more.
  Slot* Home() ABSL_LOCKS_EXCLUDED(mutex_);
  Slot* LendHome() ABSL_LOCKS_EXCLUDED(mutex_);
  uint64_t NextId(Slot* home);
  enum class From : uint8_t { kHome, kAnywhere };
  template <From kFrom>
  Registration RegisterFrom(uint64_t owner, Holder holder);
  // nullptr if there is no place, or kHome is not to be had without a call.
  template <From kFrom>
  Slot* Take(uint64_t ray_from, uint64_t owner, Holder holder, uint64_t& id)
      ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t Began(Holder holder) const;
  static int64_t BeganAsSeen(Slot& slot);
  template <From kFrom>
  static bool TryTakeHome(Slot& home, uint64_t state);
  // nullptr if there is no place.
  Slot* TakeAny(Slot* home, uint64_t state) ABSL_LOCKS_EXCLUDED(mutex_);
  Slot* TakeShared(uint64_t state) ABSL_LOCKS_EXCLUDED(mutex_);
  bool TryTakePlaceOfHome() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the C of REGISTERED without the bound that is U.
  uint64_t LookAtSlots(std::vector<Active>& active) const;
  // Homes that hold back a scan, and that fence themselves after the Heavy().
  std::vector<Slot*> AskHomesBefore(uint64_t timestamp) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  template <typename Visit>
  void ForEachSlot(Visit visit) const;

  const std::atomic<uint64_t>& clock_;
  const bool exact_ages_;
  // The first id of a block that nobody has: written once for many ids, and for each of a thread
  // without a home.
  std::atomic<uint64_t> next_ids_{1};
  Places places_;
  // Guards the lending of homes, their places, and the growth of shared_.
  base::Mutex mutex_;
  const std::shared_ptr<HomeSlots> homes_;
  SlotTable shared_;
};

// A begin takes some two hundred instructions in all, so that calls would be a good part of them.

inline SnapshotRegistry::Slot* SnapshotRegistry::Home() {
  Slot* const home = homes_->OfThread();
  if (home != nullptr) [[likely]]
    return home;
  return LendHome();
}

inline uint64_t SnapshotRegistry::NextId(Slot* home) {
  if (home != nullptr && home->has_ids()) return home->next_id++;
  const uint64_t first = next_ids_.fetch_add(Slot::kIdsAtOnce, std::memory_order_relaxed);
  if (home != nullptr) home->next_id = first + 1;
  return first;
}

inline int64_t SnapshotRegistry::Began(Holder holder) const {
  if (exact_ages_) [[unlikely]]
    return base::SteadyNs();
  return holder == Holder::kTransaction ? 0 : base::CoarseSteadyNs();
}

// Steps 1 to 3 of PLACES.
template <SnapshotRegistry::From kFrom>
inline bool SnapshotRegistry::TryTakeHome(Slot& home, uint64_t state) {
  const uint64_t before = home.state.load(std::memory_order_acquire);
  if (Slot::IsTaken(before) || !home.counted.load(std::memory_order_relaxed)) return false;
  home.state.store(state, std::memory_order_release);
  bool is_fenced = true;
  if constexpr (kFrom == From::kHome) {
    is_fenced = home.light.TryFence();
  } else {
    home.light.Fence();
  }
  if (is_fenced && home.counted.load(std::memory_order_relaxed)) [[likely]]
    return true;
  NACRE_STEP(kHomeRefused);
  home.state.store(before, std::memory_order_release);
  return false;
}

template <SnapshotRegistry::From kFrom>
[[gnu::always_inline]] inline SnapshotRegistry::Slot* SnapshotRegistry::Take(uint64_t ray_from,
                                                                             uint64_t owner,
                                                                             Holder holder,
                                                                             uint64_t& id) {
  const uint64_t state = Encode(ray_from, /*ray=*/!NACRE_BUG(kRayAsPoint));
  Slot* const home = kFrom == From::kHome ? homes_->OfThread() : Home();
  Slot* taken = home;
  if constexpr (kFrom == From::kHome) {
    if (home == nullptr || !home->has_ids() || exact_ages_) [[unlikely]]
      return nullptr;
    if (!TryTakeHome<kFrom>(*home, state)) [[unlikely]]
      return nullptr;
    id = home->next_id++;
  } else {
    if (holder == Holder::kSnapshot) taken = nullptr;
    if (taken == nullptr || !TryTakeHome<kFrom>(*taken, state)) taken = TakeAny(taken, state);
    if (taken == nullptr) return nullptr;
    id = NextId(home);
  }
  // What is there already is not stored: decision 28.
  const int64_t began_ns = kFrom == From::kHome ? 0 : Began(holder);
  if (taken->began_ns.load(std::memory_order_relaxed) != began_ns)
    taken->began_ns.store(began_ns, std::memory_order_relaxed);
  if (taken->owner.load(std::memory_order_relaxed) != owner)
    taken->owner.store(owner, std::memory_order_relaxed);
  taken->id.store(id, std::memory_order_release);
  return taken;
}

template <SnapshotRegistry::From kFrom>
[[gnu::always_inline]] inline SnapshotRegistry::Registration SnapshotRegistry::RegisterFrom(
    uint64_t owner, Holder holder) {
  NACRE_STEP(kBegin);
  const std::atomic<uint64_t>& clock = clock_;
  const uint64_t lower = clock.load(std::memory_order_acquire);
  if (NACRE_BUG(kLateRegistration)) NACRE_STEP(kBeginRegistered);
  uint64_t id;
  Slot* const slot = Take<kFrom>(lower, owner, holder, id);
  if (slot == nullptr) [[unlikely]]
    return {};
  uint64_t read_timestamp = lower;
  if (!NACRE_BUG(kLateRegistration)) {
    NACRE_STEP(kBeginRegistered);
    read_timestamp = clock.load(std::memory_order_acquire);
    NACRE_STEP(kBeginDrawn);
  }
  slot->state.store(Encode(read_timestamp, false), std::memory_order_release);
  return {slot, id, read_timestamp};
}

inline SnapshotRegistry::Registration SnapshotRegistry::RegisterAtHome(uint64_t owner) noexcept {
  return RegisterFrom<From::kHome>(owner, Holder::kTransaction);
}

inline std::optional<SnapshotRegistry::Registration> SnapshotRegistry::Register(
    uint64_t owner, Holder holder) noexcept {
  const Registration registration = RegisterFrom<From::kAnywhere>(owner, holder);
  return registration.slot == nullptr ? std::nullopt : std::optional(registration);
}

inline std::optional<SnapshotRegistry::Registration> SnapshotRegistry::RegisterAt(
    uint64_t timestamp, uint64_t owner) noexcept {
  uint64_t id;
  Slot* const slot = Take<From::kAnywhere>(timestamp, owner, Holder::kSnapshot, id);
  if (slot == nullptr) return std::nullopt;
  NACRE_CHECK(!slot->is_home, "a snapshot of the past was registered without a full fence");
  return Registration{slot, id, timestamp};
}

inline void SnapshotRegistry::Settle(const Registration& registration) {
  registration.slot->state.store(Encode(registration.read_timestamp, false),
                                 std::memory_order_release);
}

inline void SnapshotRegistry::BeginLook(const Registration& registration) {
  registration.slot->looks.fetch_add(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

inline bool SnapshotRegistry::EndLook(const Registration& registration) {
  NACRE_CHECK(!registration.slot->is_home, "a transaction was to be at rest");
  std::atomic<uint64_t>& looks = registration.slot->looks;
  // Release: whoever sees it at rest also sees that all has been read.
  const uint64_t before = looks.fetch_sub(1, std::memory_order_release);
  NACRE_CHECK(before != 0, "somebody stopped to look at a snapshot who had not begun");
  return before == 1;
}

inline void SnapshotRegistry::Leave(const Registration& registration, uint64_t free) {
  Slot& slot = *registration.slot;
  NACRE_CHECK(slot.id.load(std::memory_order_relaxed) == registration.id,
              "a snapshot was released twice");
  slot.id.store(0, std::memory_order_relaxed);
  slot.state.store(free, std::memory_order_release);
}

inline void SnapshotRegistry::LeaveHome(const Registration& registration) {
  Leave(registration, FreeSince(registration.read_timestamp));
}

inline void SnapshotRegistry::Release(const Registration& registration) {
  if (registration.slot->is_home) return LeaveHome(registration);
  Leave(registration, kFree);
  places_.Give();
}

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_SNAPSHOT_REGISTRY_H_
