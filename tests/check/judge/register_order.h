#ifndef NACRE_TESTS_CHECK_JUDGE_REGISTER_ORDER_H_
#define NACRE_TESTS_CHECK_JUDGE_REGISTER_ORDER_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
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

// Tries every order that is open, with `holds` on each, until one holds: then `found` is true.
// `seen` must be as it was before OrderRegisters(). Returns false, and tries none, if they are more
// than `tries_max` or contradict themselves.
bool TryRegisterOrders(const History& history, const Observations& seen, uint64_t tries_max,
                       absl::FunctionRef<bool(const Observations&)> holds, bool& found);

// The order of all versions by the commit timestamps: of registers, and of what was appended and
// never read. Precondition: every transaction that happened and wrote has a commit timestamp.
void OrderByCommit(const History& history, Observations& seen);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_REGISTER_ORDER_H_
