#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_ORACLE_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_ORACLE_H_

#include "nacre/check/history.h"
#include "nacre/check/level.h"

namespace nacre::check {

// Whether some execution of the definition of a level gives the answers of the history, by trying
// all: for serializability every order of the transactions, for snapshot isolation every order of
// starts and commits. Knows nothing of graphs, cycles or versions. Precondition: at most 5
// transactions, the level is one of the snapshot-isolation and serializable families, no scans.
bool OracleAllows(const History& history, Level level);

// Whether some order of the transactions agrees with the definition of read-atomic or causal by
// Biswas and Enea, by trying all orders: it extends "was read by" (causal: and sessions), and
// whoever wrote a key and is seen by a transaction that read the key from another comes before that
// other one. Lists are read in that order too. Precondition: all committed, at most 6 transactions,
// each value written once and read only if it was, every transaction reads its own writes, no
// scans.
bool VisibilityOracleAllows(const History& history, Level level);

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_ORACLE_H_
