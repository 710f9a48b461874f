#ifndef NACRE_TESTS_CHECK_JUDGE_MAYBE_BOUNDS_H_
#define NACRE_TESTS_CHECK_JUDGE_MAYBE_BOUNDS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/check/judge/deadline.h"
#include "tests/check/judge/maybe_evidence.h"

namespace nacre::check::judge {

// How late the indeterminate transactions that were seen can have committed, by what the evidence
// tells of each and of their orders. If all have a place and none has to be before itself, then
// those places, and within one place CommitOrder(), contradict nothing of that.
class MaybeBounds {
 public:
  MaybeBounds(const MaybeEvidence& evidence, const Stop& stop);

  bool seen(uint32_t m) const { return evidence_.maybes()[m].seen; }
  // The last place that nothing excludes.
  int64_t last(uint32_t m) const { return bounds_[m].last; }
  // What that was lowered by. `later`: it has to be before this one, or behind the interval.
  struct Lowered {
    Interval interval;
    uint32_t later = kNone;
  };
  const std::vector<Lowered>& lowered(uint32_t m) const { return bounds_[m].lowered; }

  // The first that has no place, or kNone.
  uint32_t without_place() const { return without_place_; }

  // The second has to be behind the first: as a list shows, or since a register was read as the
  // second left it, and the first committed before that.
  struct Before {
    uint32_t earlier = kNone;
    uint32_t later = kNone;
    Interval::Why why;
    int64_t last = kForever;  // Of a register: what is behind this is behind that answer.
  };
  // Each before the next, and the last before the first; or empty. The shortest, unless there are
  // very many.
  std::vector<Before> Cycle(const Stop& stop) const;

  // Those that happened, so that of those of one place whoever has to be behind another is. If some
  // are on a cycle there is no such order.
  std::vector<uint32_t> CommitOrder(const Stop& stop) const;

 private:
  struct Bounds {
    int64_t last = 0;
    std::vector<Lowered> lowered;
  };
  bool Lower(uint32_t m);
  int64_t LastBefore(uint32_t later) const;
  bool Spread(const Stop& stop);
  template <typename Visit>
  void ForEachInOnePlace(const Stop& stop, const Visit& visit) const;
  std::vector<uint32_t> Ordered(const std::vector<std::vector<Before>>& behind) const;
  std::vector<std::vector<Before>> Behind(const Stop& stop) const;

  const MaybeEvidence& evidence_;
  std::vector<Bounds> bounds_;  // By indeterminate transaction.
  uint32_t without_place_ = kNone;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_MAYBE_BOUNDS_H_
