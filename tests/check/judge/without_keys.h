#ifndef NACRE_TESTS_CHECK_JUDGE_WITHOUT_KEYS_H_
#define NACRE_TESTS_CHECK_JUDGE_WITHOUT_KEYS_H_

#include "absl/types/span.h"
#include "nacre/check/history.h"

namespace nacre::check::judge {

// The history without what was done to `keys`, and without them in what scans found. All ids are
// the same. What explains a history explains this part of it, so what this violates the whole
// violates.
History WithoutKeys(const History& history, absl::Span<const KeyId> keys);

// To make a history out of another: all texts, so that ids are the same,
void CopyTexts(const History& history, HistoryBuilder& builder);
// and what is no scan.
void CopyOperation(const History& history, const Op& op, HistoryBuilder& builder);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_WITHOUT_KEYS_H_
