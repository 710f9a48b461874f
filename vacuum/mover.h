#ifndef NACRE_VACUUM_MOVER_H_
#define NACRE_VACUUM_MOVER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/mvcc/record.h"
#include "engine/mvcc/version.h"
#include "engine/txn/garbage_sink.h"
#include "engine/txn/store.h"
#include "vacuum/tuning.h"

namespace nacre::vacuum {

// Moves the versions that have survived a great dying to other memory.
//
// The versions that a hundred snapshots held stand among those that are still live. When the
// snapshots have ended nearly every page keeps some of these, and no allocator can return it. A
// copy made then stands where the allocator still has room, so that the pages of the dead become
// free. Nothing needs to be known of the allocator but that. The cost is bounded by what the vacuum
// has done before: a walk begins when half of what was there has gone since the last one, and goes
// over no more bytes than were left then. It may take long, or writers may add keys before it.
//
// Invariant MOVED: a version that was moved is freed like one that a commit superseded by its copy.
//   1. under the latch of the key: the copy, with the same contents, timestamp b and previous
//      version, takes its place at the head of the chain, and it is marked unlinked
//   2. for a whole batch: e = clock + 1 is drawn and published, by a commit that writes nothing
//   3. it gets an entry {no record, version, e}
// Whoever has it in hand after that has found it before 1. A snapshot that did reads in [b, e), and
// there the scan looks for it (NEEDED in scan.h), if it is not at rest (AT-REST in
// snapshot_registry.h); one that reads at e or above has loaded the clock after 2 and finds the
// copy. A read without a snapshot has a pin until it returns, or the latch.
// What a transaction concludes from the address is that nothing was committed (SEEN-STAYS in
// read_set.h); of another one it asks for the timestamp.
//   Forbidden: to free it by the epoch alone. Views are held for as long as their transaction.
//   Forbidden: the clock itself for e. A snapshot that reads there may have seen it.
//
// Invariant ONE-BATCH: no more is moved before no snapshot needs the last batch, nor while a pin
// holds more than a few of all objects that were retired. So little more than one batch is held
// twice.
//
// Thread-compatible, but for Freed() and versions_moved().
class Mover {
 public:
  Mover(txn::Store& store, const Tuning& tuning) : store_(store), tuning_(tuning) {}
  // Frees what nobody has an entry of. Precondition: nobody uses the store any more.
  ~Mover() { Clear(); }

  // To be told in each pass. Begins a walk when enough has gone, if it may: not while more is
  // dying, since the copies would stand among that.
  void Look(bool may_begin);
  // Moves up to about `count` versions; `full` gets the entries of a batch once it is complete.
  // The caller is not pinned. Precondition: CanMove().
  void Move(size_t count, std::vector<txn::Garbage>& full);
  // Whether Move() has something to do now.
  bool CanMove() const { return !trees_.empty() && waiting_.load(std::memory_order_relaxed) == 0; }
  bool begins_batch() const { return batch_.empty(); }
  // An entry of a version that was moved, here or by the promoter, was consumed.
  void Freed(uint64_t superseded_at) {
    if (superseded_at != batch_timestamp_.load(std::memory_order_relaxed)) return;
    waiting_.fetch_sub(1, std::memory_order_relaxed);
  }
  void Clear();

  // Since construction.
  size_t versions_moved() const { return versions_moved_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kRecordsPerPin = 128;
  static constexpr int64_t kBatchBytes = 2 << 20;
  // Larger ones share their pages with few others.
  static constexpr size_t kBytesMax = 4096;

  // Of at most `count` records. Returns how many there were.
  size_t MoveSome(size_t count);
  void MoveOne(mvcc::Record* record);
  // And the walk with the last one.
  void EndTree();
  void HandOver(std::vector<txn::Garbage>& full);

  txn::Store& store_;
  const Tuning& tuning_;
  int64_t most_bytes_ = 0;  // Since the last walk.
  // Of a walk: what is left of it, the last tree first.
  std::vector<uint32_t> trees_;
  int64_t bytes_left_ = 0;  // Of keys and newest versions. Below zero it ends.
  bool begun_ = false;      // The last tree, which goes on behind last_key_.
  std::string last_key_;
  std::vector<mvcc::Record*> records_;
  // Moved, without an entry yet.
  std::vector<mvcc::Version*> batch_;
  int64_t batch_bytes_ = 0;
  std::atomic<size_t> versions_moved_{0};
  // Of the last batch, drawn for it alone.
  std::atomic<uint64_t> batch_timestamp_{0};
  // Entries made and not consumed. Relaxed: a late look costs a pass.
  std::atomic<size_t> waiting_{0};
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_MOVER_H_
