#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_SMT_ORACLE_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_SMT_ORACLE_H_

#include "nacre/check/history.h"
#include "nacre/check/level.h"

namespace nacre::check {

// Whether the definition of a level can be met: every transaction that happened gets a place in
// time for its start and one for its commit (under serializability the same), so that every read
// saw the last commit before its start and no two writers of one key overlap. z3 looks for the
// places. Knows nothing of graphs, versions or chains. Precondition: registers without scans; the
// level is one of the snapshot-isolation and serializable families.
bool SmtOracleAllows(const History& history, Level level);

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_SMT_ORACLE_H_
