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
  const Judgement judgement = JudgeBy(points, b, e);
  if (judgement.verdict == Verdict::kPark || e > clock || e <= floor) return judgement;
  return {Verdict::kRetain};
}

Scan::Judgement Scan::JudgeMoved(uint64_t b, uint64_t e) const {
  Judgement judgement = JudgeBy(viewers, b, e);
  if (judgement.verdict == Verdict::kPark) judgement.verdict = Verdict::kParkForViews;
  return judgement;
}

Scan::Judgement Scan::JudgeLooks(uint64_t b, uint64_t e) const {
  const auto oldest = FirstFrom(viewers, b);
  const auto end = FirstFrom(viewers, e);
  if (oldest != end) return {Verdict::kParkForViews, (end - 1)->timestamp, oldest->timestamp};
  return {e > ray_from ? Verdict::kLater : Verdict::kPrune};
}

Scan::Judgement Scan::JudgeBy(const std::vector<Point>& by, uint64_t b, uint64_t e) const {
  if (e > clock) return {Verdict::kLater};
  const auto oldest = FirstFrom(by, b);
  const auto end = FirstFrom(by, e);
  const ptrdiff_t looked_at = std::min(end - oldest, kShortPassedMax);
  for (ptrdiff_t i = 1; i <= looked_at; ++i) {
    const Point& point = *(end - i);
    if (point.began_ns <= lasting_ns) return {Verdict::kPark, point.timestamp, oldest->timestamp};
  }
  if (oldest != end || e > ray_from) return {Verdict::kLater};
  return {Verdict::kPrune};
}

}  // namespace nacre::vacuum
