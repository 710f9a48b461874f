#ifndef NACRE_TESTS_CHECK_JUDGE_WITNESS_H_
#define NACRE_TESTS_CHECK_JUDGE_WITNESS_H_

#include <cstdint>
#include <optional>

#include "nacre/check/judge.h"
#include "tests/check/judge/observations.h"

namespace nacre::check::judge {

// As Judge() by values alone. If the history holds at a level that orders all versions, `witness`
// has an order of the versions of every register, and sources of all reads, that explain it; else
// nothing. A search that takes more than `rounds_max` rounds is given up: then it is unknown.
Verdict JudgeWithWitness(const History& history, Level level, const JudgeOptions& options,
                         std::optional<Observations>& witness, uint32_t rounds_max = kNone);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_WITNESS_H_
