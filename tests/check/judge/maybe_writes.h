#ifndef NACRE_TESTS_CHECK_JUDGE_MAYBE_WRITES_H_
#define NACRE_TESTS_CHECK_JUDGE_MAYBE_WRITES_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nacre/check/history.h"

namespace nacre::check::judge {

// What indeterminate transactions left behind, if they happened. When they committed is only known
// from those who saw it.
class MaybeWrites {
 public:
  explicit MaybeWrites(const History& history);

  // Takes the value at `key` (kNone: its absence) to be that of an indeterminate transaction, which
  // committed behind `after` and was seen at `now` by `reader`. False: none can have.
  bool Take(KeyId key, ValueId value, uint64_t after, uint64_t now, TxnId reader);
  // The same of an element of a list. Each append gives one.
  bool TakeElement(KeyId key, ValueId value);
  void BeginTaking() { taken_.clear(); }
  void UndoTaking();  // Of the elements since.
  // Some of these transactions deleted the key, or wrote to it what is no list.
  bool Replaces(KeyId key) const { return key < replaces_.size() && replaces_[key]; }
  // Those that leave the value, or append it, and who saw that they had committed.
  std::vector<TxnId> WhoWrote(KeyId key, ValueId value) const;

 private:
  struct Maybe {
    std::vector<TxnId> txns;  // Once for each append.
    uint32_t taken = 0;       // Of lists.
  };
  absl::flat_hash_map<std::pair<KeyId, ValueId>, Maybe> writes_;
  struct Seen {
    uint64_t at = 0;
    TxnId by = kNone;
  };
  absl::flat_hash_map<TxnId, Seen> seen_;  // Those of which it is certain that they had committed
                                           // by then.
  std::vector<Maybe*> taken_;
  std::vector<bool> replaces_;  // By key.
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_MAYBE_WRITES_H_
