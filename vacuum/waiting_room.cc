#include "vacuum/waiting_room.h"

#include "engine/base/check.h"

namespace nacre::vacuum {

void WaitingRoom::Admit(absl::Span<const Arrival> arrivals) {
  if (arrivals.empty()) return;
  base::MutexLock lock(mutex_);
  for (const Arrival& arrival : arrivals) {
    switch (arrival.judgement.verdict) {
      case Scan::Verdict::kPark:
        lot_.Park(arrival.entry, arrival.judgement.newest, arrival.judgement.oldest);
        break;
      case Scan::Verdict::kParkForViews:
        views_lot_.Park(arrival.entry, arrival.judgement.newest, arrival.judgement.oldest);
        break;
      case Scan::Verdict::kRetain: history_.Add(arrival.entry); break;
      case Scan::Verdict::kLater: pending_.Add(arrival.entry); break;
      case Scan::Verdict::kPrune: NACRE_CHECK(false, "an entry that could go was made to wait");
    }
  }
  Count();
}

void WaitingRoom::Advance(const Scan& scan) {
  base::MutexLock lock(mutex_);
  lot_.Advance(scan.points, ready_);
  views_lot_.Advance(scan.viewers, ready_);
  history_.Release(scan.floor, ready_);
  Count();
}

void WaitingRoom::TakeReady(size_t count, EntryList& taken) {
  if (ready() == 0) return;
  base::MutexLock lock(mutex_);
  ready_.MoveSome(count, taken);
  Count();
}

void WaitingRoom::TakePending(size_t count, EntryList& taken) {
  if (pending() == 0) return;
  base::MutexLock lock(mutex_);
  pending_.MoveSome(count, taken);
  Count();
}

void WaitingRoom::ReturnReady(EntryList& entries) {
  if (entries.empty()) return;
  base::MutexLock lock(mutex_);
  ready_.Splice(entries);
  Count();
}

void WaitingRoom::Clear() {
  base::MutexLock lock(mutex_);
  EntryList forgotten;
  lot_.Advance({}, forgotten);
  views_lot_.Advance({}, forgotten);
  history_.Release(UINT64_MAX, forgotten);
  forgotten.Splice(pending_);
  forgotten.Splice(ready_);
  Count();
}

void WaitingRoom::Count() {
  parked_.store(lot_.size() + views_lot_.size(), std::memory_order_relaxed);
  retained_count_.store(history_.size(), std::memory_order_relaxed);
  pending_count_.store(pending_.size(), std::memory_order_relaxed);
  ready_count_.store(ready_.size(), std::memory_order_relaxed);
}

}  // namespace nacre::vacuum
