#ifndef NACRE_VACUUM_VACUUM_H_
#define NACRE_VACUUM_VACUUM_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/mutex.h"
#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"
#include "vacuum/chain_pruner.h"
#include "vacuum/displacer.h"
#include "vacuum/dropped_generations.h"
#include "vacuum/entry_processor.h"
#include "vacuum/expirer.h"
#include "vacuum/expiry_index.h"
#include "vacuum/garbage_queue.h"
#include "vacuum/mover.h"
#include "vacuum/promoter.h"
#include "vacuum/scanner.h"
#include "vacuum/tree_reaper.h"
#include "vacuum/tuning.h"
#include "vacuum/waiting_room.h"
#include "vacuum/waiting_tombstones.h"
#include "vacuum/wake_bell.h"

namespace nacre::vacuum {

// Prunes what no snapshot can see, and reclaims it: versions, records, expired keys, dropped
// keyspaces. docs/VACUUM.md shows the path of a dead version. Thread-safe.
//
// Work comes from the queue that commits fill, never from a walk over the database. It is done by
// committers, each for its own (OWN-FIRST in share.cc), by passes, one at a time (the thread's or
// RunOnce()), and by committers for all while the queue is longer than Options::vacuum_backlog_max,
// all beside each other. They meet only at short locks and at the latches of keys, which all of
// them only try.
//
// Order of locks: pass_mutex_; then what the store says (changes mutex, gate, stripes, sequencer);
// then the locks inside the parts below, of which none is held while another is taken.
class Vacuum final : public txn::GarbageSink {
 public:
  // The owner sets store.garbage before the first commit.
  explicit Vacuum(txn::Store& store, const Tuning& tuning = {});
  // Stop().
  ~Vacuum() override;

  // --- GarbageSink ---
  void Accept(absl::Span<const txn::Garbage> garbage) noexcept override;
  void ExpiryChanged(mvcc::Record* record, mvcc::ExpiryMs before,
                     mvcc::ExpiryMs after) noexcept override;
  bool TakeTombstone(mvcc::Record* record, mvcc::Version* tombstone) noexcept override;
  void AcceptGeneration(uint32_t keyspace, txn::Generation* generation,
                        uint64_t superseded_at) noexcept override;
  void Assist() noexcept override;

  // The thread that makes passes by itself. Called at most once.
  void Start();

  // Whole passes on the calling thread: removes keys whose time has come, prunes and frees all that
  // can go now. Returns how many versions were unlinked. The caller holds nothing: no pin, no
  // latch, not the gate.
  size_t RunOnce() ABSL_LOCKS_EXCLUDED(pass_mutex_);

  // The end. Ends the thread, frees the versions that are unlinked, and forgets the entries of
  // those that still stand in their chains: the owner frees these next, with FreeTreeNow()
  // (tree_reaper.h) for every tree. Nobody else uses the store any more. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(pass_mutex_);

  // --- Gauges, for Stats. ---
  size_t queued() const { return queue_.size(); }
  // And those that were set free and wait for another look.
  size_t parked() const {
    return room_.parked() + room_.pending() + room_.ready() + waiting_tombstones_.size();
  }
  size_t retained() const { return room_.retained(); }
  // Dropped keyspaces whose contents are not yet freed, or still seen by a snapshot.
  size_t trees_pending() const {
    return generations_.size() + trees_dying_.load(std::memory_order_relaxed);
  }
  size_t expiries() const { return expiries_.size(); }
  // See ExpiryIndex::CountTree() and CountDue().
  std::optional<ExpiryIndex::TreeTotal> CountMortal(uint32_t tree_id, mvcc::ExpiryMs now,
                                                    size_t due_max) const {
    return expiries_.CountTree(tree_id, now, due_max);
  }
  size_t CountDue(mvcc::ExpiryMs now, size_t count_max) const {
    return expiries_.CountDue(now, count_max);
  }
  // Versions that were copied to other memory (mover.h).
  size_t moved() const { return mover_.versions_moved(); }
  // Versions that held snapshots see and that were moved out of their slots (displacer.h).
  size_t displaced() const { return displacer_.versions_displaced(); }
  // Versions walked over under latches, by everybody.
  size_t steps() const { return steps_.load(std::memory_order_relaxed); }

  // --- For Verify. ---
  // Calls `inspect` while no pass and no share runs; waits for those under way. `inspect` may close
  // the commit gate, which a pass may be waiting to go through before, and throw.
  absl::Status WhilePaused(absl::FunctionRef<absl::Status()> inspect)
      ABSL_LOCKS_EXCLUDED(pass_mutex_);
  // Within `inspect`: entries whose version stands in a chain. O(entries).
  uint64_t CountChainedEntries() const;

 private:
  void AwaitedSnapshotEnded() noexcept override;

  // What a bounded pass, one of the thread's, does at most of each.
  static constexpr size_t kKeysExpiredPerPass = 1 << 12;
  static constexpr size_t kRecordsReapedPerPass = 1 << 12;
  static constexpr size_t kRecordsMovedPerPass = 1 << 12;
  // Unlinked objects that may wait for the next pass; more wake the thread. Inserts retire index
  // nodes, and conflicts prepared versions, without making garbage.
  static constexpr size_t kRetiredRing = 4096;

  // What a thread with nothing left to do must have freed to give back its cache, and to tell the
  // allocator, which may keep one too.
  static constexpr size_t kFreedBeforeRest = 256;

  struct PassResult {
    size_t versions = 0;
    bool progress = false;  // Looked at something new, or freed something.
    bool much = false;      // More of that than threads that commit do for themselves at a time.
    bool more = false;      // Stopped at a bound.
    bool moving = false;    // There is more to move, now.
  };
  PassResult Pass(bool whole) noexcept ABSL_EXCLUSIVE_LOCKS_REQUIRED(pass_mutex_);
  // Whole passes until all is looked at that was there before. Of their results the versions, and
  // whether any has moved something.
  PassResult WholeRound() noexcept ABSL_EXCLUSIVE_LOCKS_REQUIRED(pass_mutex_);
  // From now on passes take all that is pending now, a portion each.
  void AskAboutPending() ABSL_EXCLUSIVE_LOCKS_REQUIRED(pass_mutex_);
  void TakePending(EntryList& work) ABSL_EXCLUSIVE_LOCKS_REQUIRED(pass_mutex_);
  void ProcessAll(EntryList& work, EntryProcessor& processor)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pass_mutex_);
  size_t ReapTrees(const Scan& scan, size_t records_max, EntryProcessor& processor)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pass_mutex_);
  // `more_dies`: the pass has stopped at a bound. Returns whether there is more to do now.
  bool MoveSurvivors(bool more_dies) ABSL_EXCLUSIVE_LOCKS_REQUIRED(pass_mutex_);
  // Frees what is retired, if not `whole` without what committers free themselves.
  size_t Reclaim(bool whole, size_t limit);
  void CountFreed(size_t objects);
  // Gives back what the thread keeps for itself of what it has freed, and calls
  // Options::on_memory_freed, if it has freed so many objects since it did so last.
  void TellFreed(size_t at_least) ABSL_EXCLUSIVE_LOCKS_REQUIRED(pass_mutex_);

  void ShareForAll();
  void ShareOfOwn();
  // Looks at what was taken from the queue, of which it may put some back, and at as many entries
  // that wait elsewhere.
  void DoShare(const Scan& scan, absl::Span<txn::Garbage> rested, absl::Span<txn::Garbage> others,
               size_t share);
  // Frees them, but for those of which somebody may have a view, or of which the scan knows
  // nothing.
  void FreePromoted(absl::Span<const txn::Garbage> rested, const Scan& scan,
                    std::vector<txn::Garbage>& needed);
  // Frees at least so many objects, by whole batches, and one batch in any case, if they may be
  // freed.
  void FreeShare(size_t objects);
  // For so many entries. A new one knows at least what was superseded up to `known_up_to`.
  std::shared_ptr<const Scan> ScanForShare(size_t entries, uint64_t known_up_to);
  // The clock of the last scan; 0 if there was none.
  uint64_t LastScanned() const;

  void RunThread();
  void EndThread();
  // Whether the thread must not go to sleep: until somebody rings, or for a while.
  bool HasWork(bool sleeps_until_rung) const;
  // How long to sleep when there is nothing to do; nullopt: until somebody rings.
  std::optional<std::chrono::nanoseconds> SleepLimit() const;

  template <typename Visit>
  void ForEachEntry(Visit visit) const;

  txn::Store& store_;
  const Tuning tuning_;
  GarbageQueue queue_;
  Promoter promoter_;
  Displacer displacer_;
  Scanner scanner_;
  WaitingTombstones waiting_tombstones_;
  WaitingRoom room_{awaited_.entries};
  ChainPruner pruner_;
  ExpiryIndex expiries_;
  DroppedGenerations generations_{awaited_.generations};

  base::Mutex pass_mutex_;
  Expirer expirer_ ABSL_GUARDED_BY(pass_mutex_);
  TreeReaper reaper_ ABSL_GUARDED_BY(pass_mutex_);
  // Guarded by pass_mutex_, but for Freed().
  Mover mover_;
  // Of AskAboutPending(): when that was, and how much of it is left.
  int64_t pending_looked_at_ns_ ABSL_GUARDED_BY(pass_mutex_) = 0;
  size_t pending_left_ ABSL_GUARDED_BY(pass_mutex_) = 0;
  std::atomic<size_t> trees_dying_{0};

  // Entries that shares have taken since the last scan, which they pay for.
  std::atomic<size_t> scan_credit_{0};
  std::atomic<size_t> shares_running_{0};
  // Both sides store first and load second, seq_cst: a share that begins sees the pause, or the
  // pause sees it.
  std::atomic<bool> shares_paused_{false};
  std::atomic<size_t> steps_{0};

  WakeBell bell_;
  std::thread thread_;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_VACUUM_H_
