#ifndef NACRE_ENGINE_BASE_EPOCH_H_
#define NACRE_ENGINE_BASE_EPOCH_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

// Epochs answer one question: may memory that was unlinked be freed? They know nothing of
// transaction time, and a pin lasts one call into the engine, never as long as a transaction.
//
// Invariant EPOCH-SAFE: memory that was unlinked before Advance() returned E is not reached by
// anybody once HasPassed(E) is true.
//
//   reader (Pin)                              reclaimer
//   1. e = global (acquire)                   a. unlinks the object
//   2. slot = e (seq_cst)                     b. E = global++ (seq_cst)
//   3. global == e still? (seq_cst)           c. loads every slot (seq_cst): free when each is 0 or
//   > E
//      else again from 1
//
// If (c) reads a slot from before (2), then (c) precedes (2) in the order of sequentially
// consistent operations, so (b) precedes (3), and (3) sees at least E + 1: the reader repeats with
// an e > E, whose acquire load makes (a) visible, and it can not find the object. If (c) reads e
// from (2) and e <= E, the object is kept. If e > E, (1) has read a value published by (b) or
// later, again with (a) visible.

namespace nacre::base {

// One domain for the process, shared by all databases: threads register once.
class EpochDomain {
 public:
  static constexpr uint64_t kUnpinned = 0;

  // Closes the current epoch and returns it. O(1).
  static uint64_t Advance();
  // True when no thread is pinned in `epoch` or before it. O(threads).
  static bool HasPassed(uint64_t epoch);
  // True while the calling thread is pinned.
  static bool IsPinned();
  // A small number that differs between running threads, for spreading load over shards.
  static size_t ThreadIndex();
};

// Keeps everything that the calling thread can reach from being freed. May be nested, also across
// the fibers of one thread: the outermost pin counts. Must end on the thread that began it.
class EpochPin {
 public:
  EpochPin();
  ~EpochPin();
  EpochPin(const EpochPin&) = delete;
  EpochPin& operator=(const EpochPin&) = delete;
};

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_EPOCH_H_
