#ifndef NACRE_TESTS_CHECK_JUDGE_SHOWN_H_
#define NACRE_TESTS_CHECK_JUDGE_SHOWN_H_

#include <algorithm>
#include <cstddef>

#include "nacre/check/verdict.h"

namespace nacre::check::judge {

// READABLE. What people read of a violation is no longer than they can read, however long it is:
// every loop over edges, transactions or witnesses for words or pictures is one of these.

// Calls show(i) for the first and last of `count`, and in between left_out(how many, if any).
template <typename Show, typename LeftOut>
void ForEachShown(size_t count, Show show, LeftOut left_out) {
  const size_t half = count <= kEdgesShownMax ? count : kEdgesShownMax / 2;
  for (size_t i = 0; i < half; ++i) show(i);
  if (half == count) return;
  left_out(count - 2 * half);
  for (size_t i = count - half; i < count; ++i) show(i);
}

template <typename Show>
void ForEachShown(size_t count, Show show) {
  ForEachShown(count, show, [](size_t) {});
}

inline size_t WitnessesShown(const Violation& violation) {
  return std::min(violation.witnesses.size(), kWitnessesShownMax);
}

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SHOWN_H_
