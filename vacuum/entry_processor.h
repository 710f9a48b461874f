#ifndef NACRE_VACUUM_ENTRY_PROCESSOR_H_
#define NACRE_VACUUM_ENTRY_PROCESSOR_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"
#include "vacuum/chain_pruner.h"
#include "vacuum/scan.h"
#include "vacuum/waiting_room.h"

namespace nacre::vacuum {

// Looks at entries one by one: judges each by the scan, prunes, and either retires the version or
// sends the entry to the waiting room. For one thread and one scan; flushes when destroyed.
class EntryProcessor {
 public:
  // `latches_max`: how often the latch is taken for one entry before it is left for later.
  EntryProcessor(txn::Store& store, ChainPruner& pruner, WaitingRoom& room, const Scan& scan,
                 size_t latches_max)
      : store_(store), pruner_(pruner), room_(room), scan_(scan), latches_max_(latches_max) {}
  ~EntryProcessor() { Flush(); }
  EntryProcessor(const EntryProcessor&) = delete;
  EntryProcessor& operator=(const EntryProcessor&) = delete;

  // Must not be pinned: every entry has a pin of its own, so that freeing is never held up.
  void Process(absl::Span<const txn::Garbage> entries);
  // Counts what was pruned otherwise.
  void Add(const PruneTally& tally);
  // Hands on what waits, and counts.
  void Flush();

  // Since construction.
  size_t versions_unlinked() const { return versions_unlinked_; }
  size_t steps() const { return steps_; }

 private:
  static constexpr size_t kArrivalsMax = 128;

  void ProcessOne(txn::Garbage entry);

  txn::Store& store_;
  ChainPruner& pruner_;
  WaitingRoom& room_;
  const Scan& scan_;
  const size_t latches_max_;
  PruneTally tally_;
  std::vector<txn::Garbage> again_;
  std::vector<WaitingRoom::Arrival> arrivals_;
  size_t versions_unlinked_ = 0;
  size_t steps_ = 0;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_ENTRY_PROCESSOR_H_
