#ifndef NACRE_TESTS_CHECK_JUDGE_OBSERVATIONS_H_
#define NACRE_TESTS_CHECK_JUDGE_OBSERVATIONS_H_

// What a history shows without any judgement of levels: who read whose versions, the order of the
// versions where the values tell it, and everything that is wrong in itself.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "nacre/check/history.h"
#include "nacre/check/verdict.h"

namespace nacre::check::judge {

inline constexpr TxnId kInitialTxn = 0xfffffffe;  // Wrote the state before the history.
inline constexpr uint32_t kNoPosition = kNone;

// A read that saw another transaction's version, or none. Own writes are taken off.
struct ExternalRead {
  KeyId key = 0;
  uint32_t op = 0;                  // Its place in its transaction.
  TxnId from = kNone;               // kInitialTxn: saw no write. kNone: cannot be told.
  uint32_t position = kNoPosition;  // In the version order of the key; 0: before the first.
  bool predicate = false;           // Of a key that a scan did not return.
  bool open = false;  // Several versions of the register fit, until one of them is `from`.
};

struct Version {
  TxnId writer = kNone;  // kNone: cannot be told, or nobody.
  ValueId value = kNone;
};

// Columns of rows of various lengths, one behind the other.
template <typename T>
struct Rows {
  std::vector<uint64_t> first = {0};
  std::vector<T> items;

  absl::Span<const T> operator[](size_t row) const {
    return absl::MakeConstSpan(items.data() + first[row], first[row + 1] - first[row]);
  }
  size_t size() const { return first.size() - 1; }
  void EndRow() { first.push_back(items.size()); }
};

struct Observations {
  // Transactions that happened: committed, or indeterminate and seen by one that did.
  std::vector<bool> happened;
  Rows<ExternalRead> reads;  // By transaction; of committed ones.
  Rows<Version>
      versions;  // By key, oldest first, position 1 on: those that reads show the order of.
  // By key: who wrote versions that nobody read. They come after all in `versions`, in an order
  // that is not known.
  Rows<TxnId> unread;
  std::vector<bool> is_list;      // By key.
  std::vector<Violation> direct;  // Not cycles.
  uint64_t ambiguous = 0;         // Reads of which it cannot be told whose version they saw.
  std::string ambiguous_example;  // The first of them, in words.
  std::vector<KeyId> mixed;       // Used as lists and as registers.
  bool has_registers = false;
};

// If keys are mixed, they are all that is told.
Observations Observe(const History& history, uint32_t violations_max);

// `also`, by transaction, have turned out to have happened as well, none of whose appends was read.
void AddHappened(const History& history, const std::vector<bool>& also, Observations& seen);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_OBSERVATIONS_H_
