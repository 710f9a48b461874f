#ifndef NACRE_TESTS_CHECK_JUDGE_MAYBE_PART_H_
#define NACRE_TESTS_CHECK_JUDGE_MAYBE_PART_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "nacre/check/history.h"
#include "tests/check/judge/maybe_evidence.h"
#include "tests/check/judge/scan_range.h"

namespace nacre::check::judge {

// Some transactions of a history with timestamps as a history of their own.
//
// PART-HOLDS. If the whole holds at a level of snapshot isolation, so does the part. A read stands
// in it only if all that may have made its answer do, and of lists only the elements of those that
// do: then the times that explain the whole explain the part. Of scans only the reads of keys
// remain. What tells nothing of those of unknown outcome (MaybeEvidence) is left out.
struct Part {
  History history;
  std::vector<TxnId> txns;                 // In the whole, by transaction,
  std::vector<std::vector<uint32_t>> ops;  // and its operations.
};

class PartMaker {
 public:
  // They outlive it.
  PartMaker(const History& whole, const MaybeEvidence& evidence)
      : whole_(whole), evidence_(evidence), sorted_(whole) {}

  // Precondition: `txns` grow.
  Part Make(const std::vector<TxnId>& txns);

 private:
  void Transaction(TxnId t);
  void Write(const Op& op);
  void ReadList(TxnId t, uint32_t i, uint32_t own_appends);
  bool ValueStands(TxnId reader, KeyId key, ValueId value) const;
  const std::vector<TxnId>& AppendersOf(KeyId key, ValueId value);
  KeyId Key(KeyId key) { return builder_.Key(whole_.key(key)); }
  ValueId Value(ValueId value) { return builder_.Value(whole_.value(value)); }

  const History& whole_;
  const MaybeEvidence& evidence_;
  const SortedKeys sorted_;
  absl::flat_hash_map<KeyId, absl::flat_hash_map<ValueId, std::vector<TxnId>>> appenders_;
  absl::flat_hash_set<TxnId> in_;
  HistoryBuilder builder_;
  std::vector<uint32_t> ops_;  // Of the transaction at hand.
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_MAYBE_PART_H_
