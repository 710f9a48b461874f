#ifndef NACRE_ENGINE_TXN_COMMIT_H_
#define NACRE_ENGINE_TXN_COMMIT_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/short_list.h"
#include "engine/txn/garbage_sink.h"
#include "engine/txn/keyspace_commit.h"
#include "engine/txn/log_place.h"
#include "engine/txn/read_set.h"
#include "engine/txn/read_view.h"
#include "engine/txn/store.h"
#include "engine/txn/write_set.h"

// The commit protocol. A commit goes through numbered steps:
//
//   1. Latch the stripes of all keys that take part, in the order of the table.
//   2. First-committer-wins: none of them has a version newer than the read timestamp.
//   3. Link a prepared version, without a timestamp, at the head of each chain.
//   4. Serializable: C = clock; nothing that was read has changed up to C, which needs no look
//   where C is the read timestamp.
//   5. In the sequencer: the generations still stand; serializable: no commit in (C, clock] wrote
//   what was read, and
//      nothing read as present has expired; then timestamp = clock + 1, place in the log, stamp the
//      leader, publish.
//   6. Stamp the other versions; release the latches; hand the superseded versions to the vacuum.
//
// Why this holds, by named invariant:
//   FIRST-COMMITTER: 1 and 2 exclude two commits that wrote one key and overlapped: the second
//   takes the latch after
//     the first has released it, so after 6, and sees its timestamp.
//   CURRENT-READS: at 5 everything a serializable transaction has read is as it was at its read
//   timestamp. Up to C by 4
//     (a commit <= C is fully visible, CLOCK); in (C, clock] by the ring; and no commit can come
//     between the check and the timestamp, because both happen inside the sequencer. Hence the
//     serial order is that of the timestamps. Read-only transactions fit in at their read
//     timestamp: they see a prefix of that order.
//   ALL-AT-ONCE: see LEADER (version.h) and CLOCK (sequencer.h).
//
//   Forbidden, if validation ended at 4 (Fekete, O'Neil, O'Neil 2004):
//     T2 reads x, y | T1 writes y, commits | T3 reads x, y (sees T1, not T2), commits | T2 writes
//     x: with T1's commit between T2's validation and T2's timestamp, T3 has seen a state of no
//     serial order.

namespace nacre::txn {

// A generation that a transaction works on, and whether a commit must find it unchanged.
struct GenerationUse {
  GenerationUse() = default;
  GenerationUse(uint32_t of_keyspace, const Generation& used)
      : keyspace(of_keyspace),
        tree_id(used.tree->id),
        tree(used.tree),
        committed(used.tree),
        generation(&used) {}
  // That there is no such keyspace. `newest`: its generation that says so, if it has been.
  static GenerationUse OfNone(uint32_t keyspace, const Generation* newest) {
    GenerationUse use;
    use.keyspace = keyspace;
    use.generation = newest;
    return use;
  }

  uint32_t keyspace = 0;
  uint32_t tree_id = 0;
  Tree* tree = nullptr;  // nullptr: there is no such keyspace.
  // What the generation contains: not `tree` once the transaction has swapped keyspaces.
  Tree* committed = nullptr;
  const Generation* generation = nullptr;
};

// One attempt to commit one write set. Lives on the stack of the committing thread, which is
// pinned. What changes chains is noexcept: half a commit is nobody's to take back (NO-HALVES in
// check.h).
class Committer {
 public:
  // `reads` is nullptr unless the transaction is serializable.
  Committer(Store& store, const ReadView& view, WriteSet& writes, ReadSet* reads,
            absl::Span<const GenerationUse> generations, LogPlace& log)
      : store_(store),
        view_(view),
        writes_(writes),
        reads_(reads),
        generations_(generations),
        log_(log) {
    for (const WriteEntry& entry : writes_.entries()) {
      if (entry.takes_part()) stripes_.push_back(store_.latches.IndexOf(entry.hash));
    }
    if (stripes_.size() > 1) SortStripes();
  }

  // What the commit does to keyspaces, beside the writes. The caller holds the changes mutex of the
  // keyspaces and has closed the gate.
  void SetGenerations(absl::Span<const GenerationChange> changes) { changes_ = changes; }

  // The stripes of every key that takes part, ascending, each once.
  absl::Span<const uint32_t> stripes() const { return stripes_; }

  // Step 2. kAborted names the key.
  absl::Status CheckFirstCommitterWins();
  // Whether the generations still stand. Final inside the sequencer, and inside the commit gate,
  // which a change of generations closes.
  absl::Status CheckGenerations() const;
  // Steps 3 to 5. On any error nothing is left in any chain.
  // kUnavailable: too many commits passed by; the write set is whole again, to be repeated behind
  // the exclusive gate.
  absl::Status LinkAndSequence() noexcept;
  // Once that has succeeded.
  uint64_t timestamp() const { return timestamp_; }
  // Step 6 under the latches, and after they were released.
  void Stamp() noexcept;
  void HandOver() noexcept;

 private:
  enum class Sequenced : uint8_t { kDone, kConflict, kPassedBy };

  void SortStripes();
  void Insert(WriteEntry& entry);
  void Link(WriteEntry& entry);
  void CountLive(const WriteEntry& entry);
  void PrefetchSequencer() const;
  void PushGenerations();
  void TellExpiry(const WriteEntry& entry);
  bool GenerationsStand() const;
  bool NothingPassedBy(uint64_t validated_up_to) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(store_.sequencer.mutex());
  // Step 4, where the clock has moved since the read timestamp.
  absl::Status ValidateReads(uint64_t& validated_up_to);
  void UnlinkAll(bool will_repeat);
  Sequenced Sequence(uint64_t validated_up_to, absl::Status& conflict);
  absl::Status CheckInSequencer(uint64_t validated_up_to, bool& passed_by)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(store_.sequencer.mutex());
  bool MustStand(const GenerationUse& use) const;

  Store& store_;
  const ReadView& view_;
  WriteSet& writes_;
  ReadSet* const reads_;
  const absl::Span<const GenerationUse> generations_;
  LogPlace& log_;

  base::ShortList<uint32_t, 8> stripes_;
  base::ShortList<RecentWrite, 8> recent_;
  base::ShortList<Garbage, 8> garbage_;
  // What the commit adds to the live keys of each tree.
  struct LiveDelta {
    Tree* tree;
    int64_t keys;
  };
  base::ShortList<LiveDelta, 1> live_deltas_;
  absl::Span<const GenerationChange> changes_;
  std::vector<Generation*> superseded_generations_;  // Of changes_.
  bool changes_expiry_ = false;
  mvcc::Version* leader_ = nullptr;
  uint64_t timestamp_ = 0;
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_COMMIT_H_
