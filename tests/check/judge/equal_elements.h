#ifndef NACRE_TESTS_CHECK_JUDGE_EQUAL_ELEMENTS_H_
#define NACRE_TESTS_CHECK_JUDGE_EQUAL_ELEMENTS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nacre/check/history.h"
#include "tests/check/judge/deadline.h"
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
  bool decidable() const { return !places_.empty(); }
  enum class Step : uint8_t { kWay, kEnd, kStopped };
  // To the next way; kEnd: there was none behind the last one. Precondition: decidable(). After
  // kEnd and kStopped it must not be called again.
  Step Advance(const Stop& stop);
  // Precondition: Advance() came to a way.
  History Way() const;
  // Of one way: the operations and the elements that were read.
  uint64_t size() const { return size_; }
  // How often an append was chosen for a place.
  uint64_t steps() const { return steps_; }

 private:
  // An append that may have made an element. Those of one value stand in the order of the history,
  // and those that can still be chosen are a list: 0 is its head, and no append.
  struct Append {
    TxnId txn = kNone;
    uint32_t op = 0;
    std::string name = {};
    uint32_t next = 0;
    uint32_t previous = 0;
  };
  // An element that was read.
  struct Place {
    KeyId key;
    uint32_t index;
    ValueId value;
    uint32_t append = 0;  // Of those of the value. 0: none yet.
    uint32_t first = 0;   // From this one of its transaction on they cannot be chosen again.
  };
  using Name = std::pair<KeyId, ValueId>;

  bool ReadsAgree(const Observations& seen) const;
  void NameAppends();
  const Append* AppendAt(TxnId t, uint32_t op) const;
  void Take(Place& place, uint32_t append);
  void GiveBack(Place& place);

  const History& history_;
  absl::flat_hash_map<Name, std::vector<Append>> appends_;  // Of what several appended.
  std::vector<Place> places_;
  absl::flat_hash_map<std::pair<KeyId, uint32_t>, size_t> place_of_;  // By key and index.
  uint64_t size_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_EQUAL_ELEMENTS_H_
