#ifndef NACRE_TESTS_CHECK_JUDGE_WITHOUT_KEYS_H_
#define NACRE_TESTS_CHECK_JUDGE_WITHOUT_KEYS_H_

#include "absl/types/span.h"
#include "nacre/check/history.h"

namespace nacre::check::judge {

// The history without what was done to `keys`, and without them in what scans found. All ids are
// the same. What explains a history explains this part of it, so what this violates the whole
// violates.
History WithoutKeys(const History& history, absl::Span<const KeyId> keys);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_WITHOUT_KEYS_H_
