#ifndef NACRE_TESTS_CHECK_JUDGE_REPLAY_STATE_H_
#define NACRE_TESTS_CHECK_JUDGE_REPLAY_STATE_H_

#include <cstdint>
#include <vector>

#include "nacre/check/history.h"
#include "tests/check/judge/own_view.h"
#include "tests/check/judge/scan_range.h"

namespace nacre::check::judge {

// What the commits so far have left, and how a transaction's answers compare with it.
class ReplayState {
 public:
  explicit ReplayState(const History& history);

  struct Key {
    ValueId value = kNone;  // Of a register; kNone: absent.
    TxnId writer = kNone;   // Of the last commit; kNone: none yet.
    uint64_t committed = 0;
    std::vector<ValueId> list;
  };
  const Key& key(KeyId key) const { return keys_[key]; }

  // What a transaction was told that the state, with its own writes on top, does not say.
  struct Mismatch {
    uint32_t op = kNone;  // kNone: there is none.
    KeyId key = kNone;    // Of a scan: a key that it should have found.
    bool own = false;     // The transaction had written the key itself.
  };
  Mismatch Compare(TxnId t);
  void Apply(TxnId t, uint64_t timestamp);

 private:
  bool ListAgrees(absl::Span<const Op> ops, const OwnKey* own, const Op& op);
  bool RegisterAgrees(absl::Span<const Op> ops, const OwnKey* own, const Op& op) const;
  // A key of the scan's range that is there and was not returned, or kNone.
  KeyId MissedBy(absl::Span<const Op> ops, uint32_t i);
  bool Present(KeyId key) const { return keys_[key].value != kNone || !keys_[key].list.empty(); }
  bool PresentWithOwn(absl::Span<const Op> ops, KeyId key);
  void ForgetList(KeyId key);  // It was deleted. Takes time in all lists, which is rare enough.
  void SetPresence(KeyId key, bool was);
  uint32_t PresentBelow(size_t rank) const;

  const History& history_;
  std::vector<Key> keys_;
  std::vector<uint32_t> agreed_;  // By branch: how many of its elements are known to be the key's.
  OwnView own_;
  std::vector<uint32_t> previous_append_;
  const SortedKeys sorted_;
  std::vector<uint32_t> rank_;     // By key; only with scans.
  std::vector<uint32_t> present_;  // Fenwick tree over ranks.
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_REPLAY_STATE_H_
