#ifndef NACRE_TESTS_CHECK_JUDGE_OBSERVER_H_
#define NACRE_TESTS_CHECK_JUDGE_OBSERVER_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/observations.h"
#include "tests/check/judge/own_view.h"
#include "tests/check/judge/scan_range.h"
#include "tests/check/judge/write_index.h"

namespace nacre::check::judge {

// Makes the Observations. observe.cc walks the transactions, version_order.cc orders the lists.
//
// OWN-SUFFIX. What a transaction reads of a list that it appended to ends with its own appends;
// only what stands before them says something of others. A list that was read with own appends at
// its end is therefore not evidence that they stand there for others.
class Observer {
 public:
  Observer(const History& history, uint32_t violations_max);

  void ClassifyKeys();
  void WalkTransactions();
  void OrderVersions();
  bool mixed() const { return !out_.mixed.empty(); }
  Observations Take() { return std::move(out_); }

 private:
  // A place in a version order that should not be, told with the first read that shows it.
  struct Flaw {
    KeyId key;
    uint32_t position;
    Anomaly anomaly;
    TxnId writer;
    ValueId missed = kNone;  // What should have stood before it.
  };

  void Report(Anomaly anomaly, std::vector<TxnId> txns, std::string words);
  void WalkTransaction(TxnId t);
  // `i`: the operation that read it.
  void WalkList(TxnId t, uint32_t i, KeyId key, ListRef list, bool predicate);
  void WalkRegister(TxnId t, uint32_t i, KeyId key, ValueId value, bool predicate);
  void WalkScan(TxnId t, uint32_t i);
  bool EndsWithOwn(TxnId t, const OwnKey& own, ListRef list) const;
  void FindSource(TxnId t, ValueId value, ExternalRead& read);

  void OrderKey(KeyId key);
  TxnId WriterOf(KeyId key, ValueId value, uint32_t position);
  void AddFlaw(const Flaw& flaw);
  void CheckOwnOrder(KeyId key, ValueId value, uint32_t position, TxnId writer);
  void CheckReads();
  std::pair<TxnId, uint32_t> WitnessOf(KeyId key) const;
  void CheckStray(TxnId t, const ExternalRead& read, ListRef base);
  void CollectUnread();

  const History& history_;
  const uint32_t violations_max_;
  WriteIndex writes_;
  Observations out_;
  OwnView own_;
  std::vector<uint32_t> previous_append_;  // Of the transaction: of the same key.
  std::vector<ListRef> longest_;           // By key: the longest that others' appends were read as.
  std::vector<ListRef> bases_;             // By read, in step with out_.reads.items.
  const SortedKeys sorted_keys_;
  absl::flat_hash_set<KeyId> found_;  // By a scan.
  std::array<uint32_t, kAnomalies> told_{};

  std::vector<Flaw> flaws_;         // By key; at most one a key and anomaly.
  std::vector<bool> intermediate_;  // In step with out_.versions.items.
  // By writer of several elements of a list: from which of its operations on the next of them is.
  absl::flat_hash_map<TxnId, uint32_t> next_append_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_OBSERVER_H_
