#include "vacuum/scan.h"

#include <algorithm>
#include <cstddef>

namespace nacre::vacuum {
namespace {

// How many short transactions in one interval are passed over in search of a lasting snapshot.
constexpr ptrdiff_t kShortPassedMax = 64;

std::vector<Scan::Point>::const_iterator FirstFrom(const std::vector<Scan::Point>& points,
                                                   uint64_t timestamp) {
  return std::lower_bound(
      points.begin(), points.end(), timestamp,
      [](const Scan::Point& point, uint64_t bound) { return point.timestamp < bound; });
}

}  // namespace

bool Scan::SearchIn(const std::vector<Point>& among, uint64_t b, uint64_t e) {
  const auto first = FirstFrom(among, b);
  return first != among.end() && first->timestamp < e;
}

Scan::Judgement Scan::JudgeKept(uint64_t b, uint64_t e) const {
  if (e > clock) return {Verdict::kLater};
  const auto oldest = FirstFrom(points, b);
  const auto end = FirstFrom(points, e);
  const ptrdiff_t looked_at = std::min(end - oldest, kShortPassedMax);
  for (ptrdiff_t i = 1; i <= looked_at; ++i) {
    const Point& point = *(end - i);
    if (point.began_ns <= lasting_ns) return {Verdict::kPark, point.timestamp, oldest->timestamp};
  }
  if (e > floor) return {Verdict::kRetain};
  const Judgement looks = JudgeLooks(b, e);
  return looks.verdict == Verdict::kPrune ? Judgement{Verdict::kLater} : looks;
}

Scan::Judgement Scan::JudgeMoved(uint64_t b, uint64_t e) const {
  return e > clock ? Judgement{Verdict::kLater} : JudgeLooks(b, e);
}

Scan::Judgement Scan::JudgeLooks(uint64_t b, uint64_t e) const {
  if (!AnyIn(viewers, b, e)) return {e > ray_from ? Verdict::kLater : Verdict::kPrune};
  const auto oldest = FirstFrom(viewers, b);
  const auto end = FirstFrom(viewers, e);
  return {Verdict::kParkForViews, (end - 1)->timestamp, oldest->timestamp};
}

}  // namespace nacre::vacuum
