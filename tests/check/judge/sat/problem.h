#ifndef NACRE_TESTS_CHECK_JUDGE_SAT_PROBLEM_H_
#define NACRE_TESTS_CHECK_JUDGE_SAT_PROBLEM_H_

// What the values leave open: in which order versions were written, and whose version a read saw.

#include <cstdint>
#include <vector>

#include "tests/check/judge/observations.h"

namespace nacre::check::judge {

// Versions that follow each other at once in every order: who wrote them, oldest first.
//
// BLOCKS-ARE-WHOLE. Nothing is written between two versions of a block: each of its writers but the
// first read the version before it (NEXT-VERSION), or reads of a list show it. So an order of the
// versions of a key is an order of its blocks.
struct Block {
  std::vector<TxnId> writers;
  struct Reader {
    TxnId txn;
    bool predicate;
  };
  std::vector<Reader> readers;  // Of the last version, or of the initial state if there is none.
};

// Block 0 begins with the initial state, so it is the first, and may have no writers.
struct OpenKey {
  KeyId key = 0;
  std::vector<Block> blocks;
};

// A read that may have seen any one of several versions.
struct OpenRead {
  struct Source {
    TxnId writer = kInitialTxn;
    uint32_t block = 0;
    uint32_t place = 0;  // In the block. Of the initial state: none.
  };
  uint64_t read = 0;  // In seen.reads.items.
  TxnId reader = 0;
  uint32_t key = 0;  // In OrderProblem::keys.
  std::vector<Source> sources;
};

// ABSENT-IS-POSSIBLE. An indeterminate transaction that nobody read may be taken as one that never
// happened: without it all others see the same, and conflict with less. So whether one happened is
// a question only if it wrote what one of the open reads may have seen; then it is in `optional`.
struct OrderProblem {
  std::vector<OpenKey> keys;
  std::vector<OpenRead> reads;
  struct Known {
    TxnId from;
    TxnId to;
    EdgeKind kind;
    KeyId key;
  };
  std::vector<Known> known;  // Between versions of one block, and from the reads of its inner ones.
  std::vector<bool> optional;  // By transaction; not in seen.happened.
  bool empty() const { return keys.empty(); }
};

// The sources that the values leave to each read of a register whose writer could not be told.
struct OpenSources {
  uint64_t read = 0;
  TxnId reader = 0;
  std::vector<TxnId> writers;  // kInitialTxn among them if it can be.
};

// Settles the reads that only one version fits, and returns the others. What no version fits
// becomes a direct violation.
std::vector<OpenSources> NarrowReads(const History& history, Observations& seen);

// `seen`: after OrderRegisters(), which found no contradiction.
OrderProblem MakeProblem(const History& history, const Observations& seen,
                         const std::vector<OpenSources>& reads);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SAT_PROBLEM_H_
