#ifndef NACRE_TESTS_CHECK_JUDGE_ONLINE_ADVANCE_H_
#define NACRE_TESTS_CHECK_JUDGE_ONLINE_ADVANCE_H_

#include <cstdint>
#include <vector>

#include "tests/check/judge/online/cut.h"
#include "tests/check/judge/online/frontier.h"
#include "tests/check/judge/online/window.h"

namespace nacre::check::judge {

// Makes what the dropped `versions` of a key leave its state in the frontier. Returns those of them
// that were appended. `by_time`: their order is that of the commit timestamps. `transactions`: how
// many have been added so far.
std::vector<ValueId> Advance(const Window& window, KeyId key,
                             const std::vector<Cut::Version>& versions, bool by_time,
                             uint64_t transactions, Frontier& frontier);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_ONLINE_ADVANCE_H_
