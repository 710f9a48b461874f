#ifndef NACRE_TESTS_CHECK_JUDGE_REPLAY_H_
#define NACRE_TESTS_CHECK_JUDGE_REPLAY_H_

#include "nacre/check/judge.h"

namespace nacre::check::judge {

enum class ReplayResult : uint8_t {
  kHolds,
  kViolated,   // Told in the verdict.
  kUndecided,  // The timestamps alone do not tell.
};

// Judges a history with timestamps by doing what they say, in one sweep along time. Snapshot
// isolation is these rules:
//
//   SNAPSHOT-READ    every read answers what the commits up to the begin timestamp left, with the
//                    transaction's own writes on top.
//   FIRST-COMMITTER  of two transactions that wrote one key, one began after the other's commit.
//   FRESH            with sessions or real time: a snapshot has what was committed before.
//
// Indeterminate transactions have no timestamps: answers that only they explain are believed, and
// then it is undecided, unless something else is wrong.
//
// Serializability holds if every read answers the same at the commit timestamp. If some does not,
// the store may still have another serial order than that of its commits: undecided.
//
// Precondition: history.has_timestamps(), and the level is one of those two families.
ReplayResult JudgeByReplay(const History& history, Level level, const JudgeOptions& options,
                           Verdict& verdict);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_REPLAY_H_
