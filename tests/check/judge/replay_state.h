#ifndef NACRE_TESTS_CHECK_JUDGE_REPLAY_STATE_H_
#define NACRE_TESTS_CHECK_JUDGE_REPLAY_STATE_H_

#include <cstdint>
#include <vector>

#include "nacre/check/history.h"
#include "tests/check/judge/maybe_writes.h"
#include "tests/check/judge/own_view.h"
#include "tests/check/judge/scan_range.h"

namespace nacre::check::judge {

// What the commits so far have left, and how a transaction's answers compare with it.
//
// SEEN-IS-THERE. When an indeterminate transaction committed is not known. An answer that
// only they explain is believed: from then on, what it showed is there. So a later answer that goes
// back behind it is as wrong as one that goes back behind a commit.
// Its other writes are compared when all answers are known (maybe_places.h).
class ReplayState {
 public:
  // `maybe`: nullptr if no indeterminate transaction explains anything.
  ReplayState(const History& history, MaybeWrites* maybe);

  struct Key {
    ValueId value = kNone;  // Of a register; kNone: absent.
    TxnId writer = kNone;   // Of the last commit; kNone: none yet.
    uint64_t committed = 0;
    uint64_t observed = 0;   // When it was last read as it is,
    TxnId observer = kNone;  // by this one.
    bool maybe = false;      // It was written by an indeterminate transaction.
    std::vector<ValueId> list;
    uint32_t list_observed = 0;  // How many elements of the list were read.
    uint32_t generation = 0;     // Of the list: how often it was not only appended to.
  };
  const Key& key(KeyId key) const { return keys_[key]; }

  // What a transaction was told that the state, with its own writes on top, does not say.
  struct Mismatch {
    uint32_t op = kNone;  // kNone: there is none.
    KeyId key = kNone;    // Of a scan: a key that it should have found.
    bool own = false;     // The transaction's own writes contradict it.
  };
  // Of the reads of `t` at `timestamp`. In the order of time.
  Mismatch Compare(TxnId t, uint64_t timestamp);
  // Some answer hung on when an indeterminate transaction committed.
  bool assumed() const { return assumed_; }
  void Apply(TxnId t, uint64_t timestamp);

 private:
  bool ReadAgrees(absl::Span<const Op> ops, const Op& op, uint64_t timestamp);
  bool ListAgrees(absl::Span<const Op> ops, const OwnKey* own, const Op& op, uint64_t timestamp);
  bool AgreesWithMaybes(KeyId key, ListRef list, uint64_t timestamp);
  bool RegisterAgrees(absl::Span<const Op> ops, const OwnKey* own, const Op& op,
                      uint64_t timestamp);
  bool TakeMaybe(KeyId key, ValueId value, uint64_t timestamp);
  void Observed(Key& key, uint64_t timestamp) const {
    key.observed = timestamp;
    key.observer = reader_;
  }
  // The first key of the scan's range, from that rank on, that is there and was not returned, or
  // kNone. Precondition: SCAN-ANSWER.
  KeyId MissedBy(absl::Span<const Op> ops, uint32_t i, size_t from_rank);
  bool Present(KeyId key) const { return keys_[key].value != kNone || !keys_[key].list.empty(); }
  bool PresentWithOwn(absl::Span<const Op> ops, KeyId key);
  void SetList(KeyId key, std::vector<ValueId> list);
  void SetPresence(KeyId key, bool was);
  uint32_t PresentBelow(size_t rank) const;

  const History& history_;
  std::vector<Key> keys_;
  MaybeWrites* const maybe_;
  bool assumed_ = false;
  struct Agreed {
    uint32_t generation = 0;
    uint32_t length = 0;
  };
  std::vector<Agreed> agreed_;  // By branch: how many of its elements are known to be the key's.
  TxnId reader_ = kNone;        // The transaction at hand.
  bool own_disagrees_ = false;  // The last answer that did not agree did not with its own writes.
  OwnView own_;
  std::vector<uint32_t> previous_append_;
  const SortedKeys sorted_;
  std::vector<uint32_t> rank_;     // By key; only with scans.
  std::vector<uint32_t> present_;  // Fenwick tree over ranks.
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_REPLAY_STATE_H_
