#ifndef NACRE_TESTS_CHECK_JUDGE_EQUAL_ELEMENTS_H_
#define NACRE_TESTS_CHECK_JUDGE_EQUAL_ELEMENTS_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nacre/check/history.h"
#include "tests/check/judge/observations.h"

namespace nacre::check::judge {

// The ways in which the elements of lists that several transactions appended can have been
// appended: each as a history in which they differ, by who appended them. The history holds if and
// only if one of these does (a list has each append once, and its reads are of one list).
class EqualElements {
 public:
  // `seen` of `history`.
  EqualElements(const History& history, const Observations& seen);

  // Some were read, and no read contradicts another, or else nothing is to be decided.
  bool any() const { return !places_.empty(); }
  // The next way, or nothing behind the last.
  std::optional<History> Next();

 private:
  struct Append {
    TxnId txn;
    uint32_t op;
  };
  // An element that was read.
  struct Place {
    KeyId key;
    uint32_t index;
    ValueId value;
    uint32_t choice = 0;  // Among the appends of the value.
  };
  using Name = std::pair<KeyId, ValueId>;

  bool ReadsAgree(const Observations& seen) const;
  bool Advance();
  bool IsFree(size_t place) const;
  History Renamed() const;
  ValueId Value(HistoryBuilder& builder, const Append& append) const;

  const History& history_;
  absl::flat_hash_map<Name, std::vector<Append>> appends_;  // Of what several appended.
  std::vector<Place> places_;
  absl::flat_hash_map<std::pair<KeyId, uint32_t>, size_t> at_;  // In places_, by key and index.
  bool begun_ = false;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_EQUAL_ELEMENTS_H_
