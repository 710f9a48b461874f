#ifndef NACRE_TESTS_CHECK_JUDGE_TEST_ONLINE_COMPARE_H_
#define NACRE_TESTS_CHECK_JUDGE_TEST_ONLINE_COMPARE_H_

#include <cstdint>
#include <string>

#include "nacre/check/online.h"
#include "tests/check/judge/test/rule_store.h"

namespace nacre::check {

// NACRE_SEED, or 1.
uint32_t FirstSeed();

struct OnlineRun {
  Verdict verdict;
  uint64_t beyond = 0;
  uint32_t kept = 0;   // At most at one time.
  uint64_t added = 0;  // Until a violation was found.
};
// Feeds the transactions in their order, each with the least invocation of those behind it as what
// is open.
OnlineRun JudgeOnline(const History& history, Level level, const OnlineOptions& options);

struct OnlineTally {
  int holds = 0;
  int violated = 0;
  int unknown = 0;  // Of those that the judge of the whole decides.
  int open = 0;     // Of those that it does not.
  int dropped = 0;  // Runs that dropped something.
};

// Judges what random stores record, most of them with rules missing for most levels, at every level
// with random horizons and steps, and expects the verdict on the whole wherever there is one.
OnlineTally CompareOnline(StoreRules::Data data, uint32_t first_seed, int rounds);

// The same of histories by whose values alone it is open who was seen (LooseStore), with tiny
// horizons.
OnlineTally CompareOnlineLoose(uint32_t first_seed, int rounds);

// Keeps next to nothing, and looks after every transaction.
inline const OnlineOptions kShort = {.horizon = 2, .step = 1, .filter_bytes = 1 << 12};

Verdict Online(const std::string& text, Level level, const OnlineOptions& options = kShort);

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_JUDGE_TEST_ONLINE_COMPARE_H_
