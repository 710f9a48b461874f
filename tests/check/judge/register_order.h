#ifndef NACRE_TESTS_CHECK_JUDGE_REGISTER_ORDER_H_
#define NACRE_TESTS_CHECK_JUDGE_REGISTER_ORDER_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "tests/check/judge/observations.h"

namespace nacre::check::judge {

// The order of the versions of registers, as far as it follows without trying.
//
// NEXT-VERSION. Under snapshot isolation and above no update is lost, so a transaction that read a
// version and overwrote it wrote the next one. That makes chains of versions; a key with one chain
// from its initial state, or with that and one more, has its order: nothing comes before the
// initial state or between the links of a chain.
//
// Fills in seen.versions and the positions of the reads of such keys, and adds lost updates to
// seen.direct. Returns a key whose order is open, or kNone if there is none.
KeyId OrderRegisters(const History& history, Observations& seen);

// Versions of a register, each of which was read and overwritten by the writer of the next.
using VersionChain = std::vector<Version>;

// Visits the chains of every register that was written: the first one begins with the initial state
// and may be empty, each other one with a blind write. Passes over keys that contradict themselves.
void ForEachChains(const History& history, const Observations& seen,
                   absl::FunctionRef<void(KeyId, absl::Span<const VersionChain>)> visit);

// The given order of the versions of the keys that are `open`, by their writers; of a list only the
// order of those that nobody read matters.
void SetOrder(const History& history, const std::vector<bool>& open,
              const std::vector<std::vector<TxnId>>& order, Observations& seen);

// The order of all versions by the commit timestamps: of registers, and of what was appended and
// never read. Precondition: every transaction that happened and wrote has a commit timestamp.
void OrderByCommit(const History& history, Observations& seen);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_REGISTER_ORDER_H_
