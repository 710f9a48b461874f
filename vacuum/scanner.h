#ifndef NACRE_VACUUM_SCANNER_H_
#define NACRE_VACUUM_SCANNER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/mutex.h"
#include "engine/txn/store.h"
#include "vacuum/history.h"
#include "vacuum/scan.h"
#include "vacuum/tuning.h"

namespace nacre::vacuum {

// Takes scans, and hands out the last one. Thread-safe.
//
// Several threads may scan at a time: the lock is held while the clock and the floor are chosen,
// and not while slots are looked at. So one that is preempted in a scan keeps nobody else from
// taking one (BACKPRESSURE in share.cc).
//
// Order of a scan; a full fence stands before step 3:
//   1. U = clock                   REGISTERED (snapshot_registry.h): a snapshot that step 3 misses
//                                  reads at C <= U or above.
//   2. retention_floor = F <= U    Invariant FLOOR-FIRST: an AS OF snapshot publishes its ray and,
//                                  after a full fence, loads the floor. If step 3 misses the ray,
//                                  that load sees F, and a timestamp below F is refused.
//   3. loads every slot            The scan speaks of what was superseded up to C, and up to F.
//   4. marks the snapshots that are too old, and leaves them out
//                                  TOO-OLD: before any unlink that leaving them out allows.
// Forbidden: 3 before 1. A transaction registers after 3, reads at R; a commit supersedes at e > R
// what R sees; 1 loads U >= e, and the version goes.
// Forbidden: 3 before 2. AS OF t registers after 3 and finds the old floor below t; 2 raises it
// above t, and versions that t sees go.
class Scanner {
 public:
  Scanner(txn::Store& store, const Tuning& tuning);

  // How far its clock reaches: to now, which takes a Heavy() where other threads begin
  // transactions, or to kBehindMax commits before.
  enum class Reach : uint8_t { kNow, kNearlyNow };
  static constexpr uint64_t kBehindMax = 256;

  std::shared_ptr<const Scan> Take(Reach reach) ABSL_LOCKS_EXCLUDED(mutex_);
  // Up to `at_least`, if that has been reached. nullptr if another thread is just beginning one.
  std::shared_ptr<const Scan> TryTake(uint64_t at_least) ABSL_LOCKS_EXCLUDED(mutex_);
  // nullptr if there was none yet.
  std::shared_ptr<const Scan> Last() const ABSL_LOCKS_EXCLUDED(last_mutex_);

  // Notes the clock for history_retention, also where no pass is made for long. A look at the
  // steady clock, or nothing without retention.
  void NoteClock() ABSL_LOCKS_EXCLUDED(mutex_) {
    if (keeps_history_) NoteClockOfHistory();
  }

  int64_t NowNs() const;

 private:
  using ActiveSnapshots = std::vector<txn::SnapshotRegistry::Active>;

  void NoteClockOfHistory() ABSL_LOCKS_EXCLUDED(mutex_);
  // Steps 1 and 2.
  void Begin(Scan& scan) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RaiseFloor(uint64_t floor) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Steps 3 and 4, and makes it the last scan, unless a later one is.
  std::shared_ptr<const Scan> Finish(std::shared_ptr<Scan> scan, uint64_t at_least)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Enters what is active into the scan, but for what is too old.
  void Enter(const ActiveSnapshots& active, Scan& scan) ABSL_LOCKS_EXCLUDED(mutex_);
  void MarkTooOld(const txn::SnapshotRegistry::Active& active) ABSL_LOCKS_EXCLUDED(mutex_);

  txn::Store& store_;
  const Tuning tuning_;
  const int64_t snapshot_age_max_ns_;
  const bool keeps_history_;
  base::Mutex mutex_;
  History history_ ABSL_GUARDED_BY(mutex_);
  // History::next_note_ns(). Written under mutex_; a stale value costs a futile TryLock.
  std::atomic<int64_t> next_note_ns_{INT64_MIN};
  mutable base::Mutex last_mutex_;
  std::shared_ptr<const Scan> last_ ABSL_GUARDED_BY(last_mutex_);
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_SCANNER_H_
