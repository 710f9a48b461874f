#ifndef NACRE_VACUUM_PARKING_LOT_H_
#define NACRE_VACUUM_PARKING_LOT_H_

#include <cstddef>
#include <cstdint>
#include <map>

#include "absl/types/span.h"
#include "engine/txn/garbage_sink.h"
#include "vacuum/entry_list.h"
#include "vacuum/scan.h"

namespace nacre::vacuum {

// Versions that snapshots still need, kept where they cost nothing until one of those ends.
// Thread-compatible.
//
// A version with the interval [b, e) stands in the list (newest, oldest) of the newest and the
// oldest active snapshot in the interval. Then every active snapshot in [oldest, newest] lies in
// [b, e), whatever b and e are; so when `newest` ends, the whole list belongs to the next older
// active snapshot if that is >= oldest, and to nobody else if not. A list moves in O(1).
//
// Two snapshots break the picture: one that is not waited for, since it is too young or at rest, in
// (newest, e), and an AS OF snapshot that appears below `oldest`. Neither harms. The lot only says
// when a version is worth another look; whoever takes released entries judges each by a scan.
class ParkingLot {
 public:
  void Park(const txn::Garbage& entry, uint64_t newest, uint64_t oldest);

  // Moves the lists of snapshots that are not among `active`, or out of the lot.
  // O(places + lists moved), not O(entries).
  void Advance(absl::Span<const Scan::Point> active, EntryList& released);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Lists moved or released, for tests of the cost.
  size_t lists_moved() const { return lists_moved_; }

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [newest, lists] : places_) {
      for (const auto& [oldest, list] : lists) list.ForEach(visit);
    }
  }

 private:
  using Lists = std::map<uint64_t, EntryList>;  // By the oldest snapshot.

  void MoveLists(Lists& lists, bool has_older, uint64_t older, EntryList& released);

  std::map<uint64_t, Lists> places_;  // By the newest snapshot.
  size_t size_ = 0;
  size_t lists_moved_ = 0;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_PARKING_LOT_H_
