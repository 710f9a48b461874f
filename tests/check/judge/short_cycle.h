#ifndef NACRE_TESTS_CHECK_JUDGE_SHORT_CYCLE_H_
#define NACRE_TESTS_CHECK_JUDGE_SHORT_CYCLE_H_

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nacre/check/verdict.h"
#include "tests/check/judge/deadline.h"

namespace nacre::check::judge {

// A cycle of `steps` (by where they begin) that has one of `through`, which it begins with. The
// shortest, unless looking for it takes too long: then the shortest by then. Empty: there is none.
std::vector<Edge> ShortCycle(const absl::flat_hash_map<TxnId, std::vector<Edge>>& steps,
                             const std::vector<Edge>& through, const Stop& stop);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SHORT_CYCLE_H_
