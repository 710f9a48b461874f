#include "vacuum/scanner.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/faults.h"
#include "engine/base/steady_clock.h"

namespace nacre::vacuum {
namespace {

using Active = txn::SnapshotRegistry::Active;

// One point for each timestamp, with the longest held of its snapshots. Where many snapshots are
// open, most were taken in the order of their slots: O(points) then.
void SortAndMerge(std::vector<Scan::Point>& points) {
  const auto before = [](const Scan::Point& a, const Scan::Point& b) {
    return a.timestamp != b.timestamp ? a.timestamp < b.timestamp : a.began_ns < b.began_ns;
  };
  const auto tail = std::is_sorted_until(points.begin(), points.end(), before);
  std::sort(tail, points.end(), before);
  std::inplace_merge(points.begin(), tail, points.end(), before);
  const auto end = std::unique(
      points.begin(), points.end(),
      [](const Scan::Point& a, const Scan::Point& b) { return a.timestamp == b.timestamp; });
  points.erase(end, points.end());
}

}  // namespace

Scanner::Scanner(txn::Store& store, const Tuning& tuning)
    : store_(store),
      tuning_(tuning),
      snapshot_age_max_ns_(absl::ToInt64Nanoseconds(store.options.max_snapshot_age)),
      keeps_history_(store.options.history_retention > absl::ZeroDuration()),
      history_(store.options.history_retention) {}

int64_t Scanner::NowNs() const {
  if (tuning_.steady_ns) return tuning_.steady_ns();
  return base::SteadyNs();
}

std::shared_ptr<const Scan> Scanner::Take(Reach reach) {
  auto scan = std::make_shared<Scan>();
  {
    base::MutexLock lock(mutex_);
    if (!NACRE_BUG(kScanThenLoadClock)) Begin(*scan);
  }
  const uint64_t behind = reach == Reach::kNow ? 0 : std::min(scan->clock, kBehindMax);
  const uint64_t at_least = scan->clock - behind;
  return Finish(std::move(scan), at_least);
}

std::shared_ptr<const Scan> Scanner::TryTake(uint64_t at_least) {
  auto scan = std::make_shared<Scan>();
  if (!mutex_.TryLock()) return nullptr;
  if (!NACRE_BUG(kScanThenLoadClock)) Begin(*scan);
  mutex_.Unlock();
  return Finish(std::move(scan), at_least);
}

std::shared_ptr<const Scan> Scanner::Last() const {
  base::MutexLock lock(last_mutex_);
  return last_;
}

void Scanner::Begin(Scan& scan) {
  scan.clock = store_.sequencer.Clock();
  // After the clock: what was superseded by then has been history at least since now.
  scan.taken_ns = NowNs();
  scan.lasting_ns = scan.taken_ns - absl::ToInt64Nanoseconds(tuning_.short_transaction);
  scan.floor = std::min(scan.clock, history_.FloorAt(scan.taken_ns, scan.clock));
  RaiseFloor(scan.floor);
}

std::shared_ptr<const Scan> Scanner::Finish(std::shared_ptr<Scan> scan, uint64_t at_least) {
  ActiveSnapshots active;
  scan->clock = store_.registry.CollectUpTo(scan->clock, std::min(at_least, scan->clock), active);
  scan->floor = std::min(scan->floor, scan->clock);
  if (NACRE_BUG(kScanThenLoadClock)) {
    NACRE_STEP(kPruneScanned);
    base::MutexLock lock(mutex_);
    Begin(*scan);
  }
  if (tuning_.in_scan) tuning_.in_scan();
  Enter(active, *scan);
  base::MutexLock lock(last_mutex_);
  if (last_ == nullptr || last_->clock <= scan->clock) last_ = scan;
  return scan;
}

void Scanner::NoteClockOfHistory() {
  const uint64_t clock = store_.sequencer.Clock();
  const int64_t now_ns = NowNs();
  if (now_ns < next_note_ns_.load(std::memory_order_relaxed) || !mutex_.TryLock()) return;
  history_.Note(now_ns, clock);
  next_note_ns_.store(history_.next_note_ns(), std::memory_order_relaxed);
  mutex_.Unlock();
}

void Scanner::RaiseFloor(uint64_t floor) {
  // Nobody else writes it.
  NACRE_CHECK(store_.retention_floor.load(std::memory_order_relaxed) <= floor,
              "the floor of retention moved back");
  store_.retention_floor.store(floor, std::memory_order_seq_cst);
}

void Scanner::MarkTooOld(const Active& active) {
  base::MutexLock lock(mutex_);
  // Another scan may have been here before, and another snapshot may be in the slot by now. Its
  // mark must not be undone.
  if (active.slot->id.load(std::memory_order_acquire) != active.id) return;
  if (txn::SnapshotRegistry::MarkTooOld(active))
    store_.counters.snapshots_too_old.fetch_add(1, std::memory_order_relaxed);
}

void Scanner::Enter(const ActiveSnapshots& active_snapshots, Scan& scan) {
  for (const Active& active : active_snapshots) {
    if (active.too_old) continue;
    // Without an id the snapshot is being registered: its age is not known yet, so it is young.
    if (active.id != 0 && scan.taken_ns - active.began_ns > snapshot_age_max_ns_) {
      MarkTooOld(active);
      continue;
    }
    if (active.is_ray) {
      scan.ray_from = std::min(scan.ray_from, active.read_timestamp);
    } else {
      const int64_t began_ns = active.id != 0 ? active.began_ns : scan.taken_ns;
      scan.points.push_back({active.read_timestamp, began_ns});
      if (!active.at_rest) scan.viewers.push_back(scan.points.back());
    }
  }
  SortAndMerge(scan.points);
  SortAndMerge(scan.viewers);
  if (NACRE_BUG(kPruneOneTooMany) && !scan.points.empty()) scan.points.pop_back();
}

}  // namespace nacre::vacuum
