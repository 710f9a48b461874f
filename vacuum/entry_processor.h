#ifndef NACRE_VACUUM_ENTRY_PROCESSOR_H_
#define NACRE_VACUUM_ENTRY_PROCESSOR_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"
#include "vacuum/chain_pruner.h"
#include "vacuum/displacer.h"
#include "vacuum/mover.h"
#include "vacuum/promoter.h"
#include "vacuum/scan.h"
#include "vacuum/waiting_room.h"

namespace nacre::vacuum {

// Judges entries by the scan, prunes, and either retires the version or sends the entry to the
// waiting room. Entries are taken in groups, so that their waits for memory overlap; what was
// pruned is retired by the group too. For one thread and one scan; flushes when destroyed.
class EntryProcessor {
 public:
  // `latches_max`: how often the latch is taken for one entry before it is left for later.
  EntryProcessor(txn::Store& store, ChainPruner& pruner, Mover& mover, Displacer& displacer,
                 Promoter& promoter, WaitingRoom& room, const Scan& scan, size_t latches_max)
      : store_(store),
        pruner_(pruner),
        mover_(mover),
        displacer_(displacer),
        promoter_(promoter),
        room_(room),
        scan_(scan),
        latches_max_(latches_max) {}
  ~EntryProcessor() { Flush(); }
  EntryProcessor(const EntryProcessor&) = delete;
  EntryProcessor& operator=(const EntryProcessor&) = delete;

  // kRested: RESTED in promoter.h holds for all entries.
  enum class Age : uint8_t { kAny, kRested };
  // Must not be pinned: every group has a pin of its own, so that freeing is never held up.
  void Process(absl::Span<const txn::Garbage> entries, Age age = Age::kAny);
  // Counts what was pruned otherwise.
  void Add(const PruneTally& tally);
  // Hands on what waits, and counts.
  void Flush();

  // Since construction.
  size_t versions_unlinked() const { return versions_unlinked_; }
  size_t steps() const { return steps_; }

 private:
  static constexpr size_t kArrivalsMax = 128;
  static constexpr size_t kUnlinkedMax = 64;
  // A group that is worked on under one pin.
  static constexpr size_t kSideBySide = 16;
  // What is to be pruned, and the stripe of its key.
  struct Task {
    txn::Garbage entry;
    txn::Stripe* stripe;
  };

  static void Prefetch(absl::Span<const txn::Garbage> entries);
  // `next`: what will be worked on afterwards.
  void ProcessGroup(absl::Span<const txn::Garbage> group, absl::Span<const txn::Garbage> next,
                    Age age);
  bool MayGo(const txn::Garbage& entry) const;
  // False if there is nothing to prune: the entry was sent where it belongs.
  bool Judge(txn::Garbage entry);
  // Of a version that is `parked`, and stands in a slot: moves it out, or says what to wait for
  // before that can be done.
  Scan::Judgement Displace(txn::Garbage& entry, const Scan::Judgement& parked);
  // Precondition: pinned since before Judge() has allowed it.
  Task Prepare(const txn::Garbage& entry);
  // Precondition: the entry has rested. False, and nothing is done, where it is to be pruned like
  // others.
  bool Replace(const Task& task);
  // And what stops waiting by that.
  void PruneAll(const Task& task);
  void Prune(Task task);
  // The version of `entry` is unlinked.
  void Consume(const txn::Garbage& entry);
  void Retire();

  txn::Store& store_;
  ChainPruner& pruner_;
  Mover& mover_;
  Displacer& displacer_;
  Promoter& promoter_;
  WaitingRoom& room_;
  const Scan& scan_;
  const size_t latches_max_;
  PruneTally tally_;
  std::vector<txn::Garbage> again_;
  std::vector<WaitingRoom::Arrival> arrivals_;
  // To be retired: versions, and records whose slots they stand in.
  std::vector<void*> unlinked_;
  std::vector<void*> slots_;
  std::vector<txn::Garbage> promoted_;  // By Replace().
  size_t versions_unlinked_ = 0;
  size_t steps_ = 0;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_ENTRY_PROCESSOR_H_
