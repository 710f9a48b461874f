#ifndef NACRE_VACUUM_SCAN_H_
#define NACRE_VACUUM_SCAN_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace nacre::vacuum {

// What one look at the clock and at the registry allows to prune.
//
// Invariant NEEDED: a version committed at b and superseded at e is needed by the snapshots with a
// read timestamp in [b, e) and by nobody else. It may go if none is active there, whatever older
// snapshots exist.
//
// Invariant SCAN-FOREVER: what a scan allows is allowed for ever. It speaks only of e <= clock
// (REGISTERED: who registers later reads at or above the clock that was loaded before) and of e <=
// floor (an AS OF snapshot that registers later is refused below the floor that was stored before),
// and a snapshot that ended since only made it too careful. So committers may share the last scan.
//
// The pruner may take for e the timestamp of the version that stands before it in the chain *now*.
// If versions between were pruned, that widens the interval, and pruning gets only more careful.
struct Scan {
  // A read timestamp at which somebody reads.
  struct Point {
    uint64_t timestamp = 0;
    // When the longest held of the snapshots there was taken.
    int64_t began_ns = 0;
  };

  enum class Verdict : uint8_t {
    kPrune,         // Nobody needs it.
    kPark,          // A snapshot that has lasted for a while needs it.
    kParkForViews,  // One that is not at rest does, and none of those was found; or none of those
                    // counts, since the version was moved or is to be.
    kRetain,        // Kept for history_retention.
    kLater,         // Only one that rests and has not lasted holds it, or one that begins; or it
                    // was superseded after the scan, or somebody had the latch, or what would have
                    // been pushed for it would have made the queue long.
  };
  struct Judgement {
    Verdict verdict = Verdict::kLater;
    // Where it is parked: the newest lasting snapshot in the interval, and the oldest snapshot in
    // it; of those that are not at rest, lasting or not, for kParkForViews.
    uint64_t newest = 0;
    uint64_t oldest = 0;
  };

  uint64_t clock = 0;              // The C of REGISTERED.
  uint64_t floor = 0;              // History above this is retained. At most the clock.
  uint64_t ray_from = UINT64_MAX;  // The lowest timestamp that a beginning transaction may read at.
  int64_t taken_ns = 0;
  int64_t lasting_ns = 0;     // A snapshot taken at or before this time is worth parking on.
  std::vector<Point> points;  // Ascending, without repetition.
  // Those of them that are not at rest (AT-REST in snapshot_registry.h).
  std::vector<Point> viewers;

  bool MayPrune(uint64_t b, uint64_t e) const {
    return e <= floor && e <= ray_from && !AnyPointIn(b, e);
  }
  // Whether nobody reads below e, nor ever will, but in a history that is retained. O(1).
  bool AllReadFrom(uint64_t e) const {
    return e <= clock && e <= ray_from && (points.empty() || points.front().timestamp >= e);
  }
  Judgement Judge(uint64_t b, uint64_t e) const {
    if (MayPrune(b, e)) [[likely]]
      return {Verdict::kPrune};
    return JudgeKept(b, e);
  }
  // The same for what was superseded by its own copy, which is the history now (MOVED in mover.h):
  // only who may have found the original needs that.
  Judgement JudgeMoved(uint64_t b, uint64_t e) const;
  // What to wait for before nobody looks at it, so that a copy does for all who need it. kPrune:
  // nothing. Whoever looks is waited for where that costs nothing, however young: others may look
  // for ever, one after the other, while those that hold it are at rest; and a transaction that
  // reads everything would be asked about by each pass until it has lasted.
  Judgement JudgeLooks(uint64_t b, uint64_t e) const;

 private:
  // Of one that may not be pruned.
  Judgement JudgeKept(uint64_t b, uint64_t e) const;
  bool AnyPointIn(uint64_t b, uint64_t e) const { return AnyIn(points, b, e); }
  static bool AnyIn(const std::vector<Point>& among, uint64_t b, uint64_t e) {
    // Where nobody holds a snapshot for long, all points lie above what was superseded.
    if (among.empty() || among.front().timestamp >= e || among.back().timestamp < b) return false;
    return SearchIn(among, b, e);
  }
  static bool SearchIn(const std::vector<Point>& among, uint64_t b, uint64_t e);
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_SCAN_H_
