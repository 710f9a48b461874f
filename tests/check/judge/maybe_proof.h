#ifndef NACRE_TESTS_CHECK_JUDGE_MAYBE_PROOF_H_
#define NACRE_TESTS_CHECK_JUDGE_MAYBE_PROOF_H_

#include <optional>

#include "nacre/check/history.h"
#include "nacre/check/verdict.h"
#include "tests/check/judge/deadline.h"
#include "tests/check/judge/maybe_bounds.h"
#include "tests/check/judge/maybe_evidence.h"

namespace nacre::check::judge {

// Why no times explain what was seen of indeterminate transactions: one of them has no place, or
// some would each have to commit before the next one, in a circle. Or nothing, if that is not so.
// With `bounds` of `evidence`, which is that of `history` at `level` without guesses.
//
// STANDS-ALONE. Its transactions are enough: as a history of their own (PART-HOLDS) they contradict
// themselves, and none of them can be spared, unless `stop` ended the search for one that can.
std::optional<Violation> ContradictionOfPlaces(const History& history, Level level,
                                               const MaybeEvidence& evidence,
                                               const MaybeBounds& bounds, const Stop& stop);

// The same of answers that several of them may have left: one that none of those can have left.
std::optional<Violation> LeftByNone(const History& history, Level level,
                                    const MaybeEvidence& evidence, const MaybeBounds& bounds,
                                    const Stop& stop);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_MAYBE_PROOF_H_
