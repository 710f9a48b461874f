#include "vacuum/parking_lot.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace nacre::vacuum {

void ParkingLot::Park(const txn::Garbage& entry, uint64_t newest, uint64_t oldest) {
  NACRE_CHECK(oldest <= newest && newest < entry.superseded_at,
              "a version was parked on a snapshot that does not see it");
  places_[newest][oldest].Add(entry);
  ++size_;
}

void ParkingLot::Advance(absl::Span<const Scan::Point> active, EntryList& released) {
  // Newest place first. A list that moves goes to an active snapshot, whose place is passed over.
  size_t older_end = active.size();  // active[0, older_end) are older than the place.
  for (auto place = places_.end(); place != places_.begin();) {
    --place;
    while (older_end > 0 && active[older_end - 1].timestamp > place->first) --older_end;
    if (older_end > 0 && active[older_end - 1].timestamp == place->first) continue;
    const bool has_older = older_end > 0;
    Lists lists = std::move(place->second);
    place = places_.erase(place);
    MoveLists(lists, has_older, has_older ? active[older_end - 1].timestamp : 0, released);
    // Insertion may have put a place between this one and its predecessor: the loop steps on to
    // it, finds it active, and goes on.
  }
}

void ParkingLot::MoveLists(Lists& lists, bool has_older, uint64_t older, EntryList& released) {
  Lists* target = nullptr;
  for (auto& [oldest, list] : lists) {
    ++lists_moved_;
    if (has_older && oldest <= older) {
      if (target == nullptr) target = &places_[older];
      (*target)[oldest].Splice(list);
    } else {
      size_ -= list.size();
      released.Splice(list);
    }
  }
}

}  // namespace nacre::vacuum
