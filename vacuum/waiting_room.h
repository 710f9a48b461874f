#ifndef NACRE_VACUUM_WAITING_ROOM_H_
#define NACRE_VACUUM_WAITING_ROOM_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/types/span.h"
#include "engine/base/mutex.h"
#include "engine/txn/garbage_sink.h"
#include "vacuum/entry_list.h"
#include "vacuum/history.h"
#include "vacuum/parking_lot.h"
#include "vacuum/scan.h"

namespace nacre::vacuum {

// Where entries are that were looked at and could not go yet: parked on a snapshot, until it ends
// or rests, retained as history, or asked about again soon (pending). What has been set free is
// ready to be looked at again. Thread-safe; the lock is held for O(batch) or O(lists).
class WaitingRoom {
 public:
  struct Arrival {
    txn::Garbage entry;
    Scan::Judgement judgement;  // Not kPrune.
  };
  // `parked` shows how many entries are parked.
  explicit WaitingRoom(std::atomic<size_t>& parked) : parked_(parked) {}
  void Admit(absl::Span<const Arrival> arrivals);

  // Makes ready what the snapshots and the floor of `scan` no longer hold.
  void Advance(const Scan& scan);
  // At least `count` of the ready entries, oldest first, if there are so many.
  void TakeReady(size_t count, EntryList& taken);
  void TakePending(size_t count, EntryList& taken);
  // What was taken and not looked at. Takes all of it.
  void ReturnReady(EntryList& entries);

  // Forgets everything.
  void Clear();

  size_t parked() const { return parked_.load(std::memory_order_relaxed); }
  size_t retained() const { return retained_count_.load(std::memory_order_relaxed); }
  size_t pending() const { return pending_count_.load(std::memory_order_relaxed); }
  size_t ready() const { return ready_count_.load(std::memory_order_relaxed); }

  template <typename Visit>
  void ForEach(Visit visit) const {
    base::MutexLock lock(mutex_);
    lot_.ForEach(visit);
    views_lot_.ForEach(visit);
    history_.ForEach(visit);
    pending_.ForEach(visit);
    ready_.ForEach(visit);
  }

 private:
  void Count() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  ParkingLot lot_ ABSL_GUARDED_BY(mutex_);
  ParkingLot views_lot_ ABSL_GUARDED_BY(mutex_);  // On those who look.
  RetainedEntries history_ ABSL_GUARDED_BY(mutex_);
  EntryList pending_ ABSL_GUARDED_BY(mutex_);
  EntryList ready_ ABSL_GUARDED_BY(mutex_);
  // Sizes of the above, for those who only look. Written under the mutex.
  std::atomic<size_t>& parked_;
  std::atomic<size_t> retained_count_{0};
  std::atomic<size_t> pending_count_{0};
  std::atomic<size_t> ready_count_{0};
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_WAITING_ROOM_H_
