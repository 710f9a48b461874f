#ifndef NACRE_TESTS_CHECK_JUDGE_MAYBE_PLACES_H_
#define NACRE_TESTS_CHECK_JUDGE_MAYBE_PLACES_H_

#include "nacre/check/judge.h"
#include "tests/check/judge/deadline.h"

namespace nacre::check::judge {

// Looks for times at which the indeterminate transactions that were seen may have committed, in a
// history with timestamps in which the replay found nothing wrong without them. At snapshot
// isolation:
//
//   ONE-PLACE  An indeterminate transaction commits at one time, or never. All snapshots from then
//              on have all its writes, none before has any, and nobody who wrote the same began
//              before and committed after it. It is behind its own begin timestamp, if that is
//              known, and nobody who wrote the same committed in between.
//   FRESH      With sessions or real time: it commits behind what was over before it was begun, and
//              a snapshot has it if one that was over before had it.
//
// True: there are such times, found, and all of the history was replayed with them. Otherwise it
// is violated, which the verdict tells then, or unknown.
bool ExplainedByPlaces(const History& history, Level level, const Stop& stop, Verdict& verdict);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_MAYBE_PLACES_H_
