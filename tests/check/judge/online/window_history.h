#ifndef NACRE_TESTS_CHECK_JUDGE_ONLINE_WINDOW_HISTORY_H_
#define NACRE_TESTS_CHECK_JUDGE_ONLINE_WINDOW_HISTORY_H_

#include <vector>

#include "nacre/check/history.h"
#include "tests/check/judge/observations.h"
#include "tests/check/judge/online/cut.h"
#include "tests/check/judge/online/readings.h"

namespace nacre::check::judge {

enum class Side : uint8_t {
  // ASSUMED: begins with the frontier as the initial state, which everything comes after. If this
  // holds, then so does the whole history. It may fail where that holds.
  kAssumed,
  // PART: begins with the transactions that left the frontier, as any others. A part of the whole
  // history, so if this is violated, that is too.
  kPart,
  // The same with timestamps, by which everything has its place: if it holds then so does the
  // whole.
  kTimed,
};

// The window as a history of its own.
//
// DROPPED-STANDS-ALONE. With a cut to prove it has only what the cut drops: if that holds then no
// dropped transaction needs one that is kept, whoever else may have written the value or made the
// absence that it read.
//
// LAST-READER. And one more, which has seen all that the cut drops (each writer of a register
// leaves a mark for it) and reads of each key the last dropped version. So the dropped transactions
// can be explained so that they leave just the frontier that will be assumed.
//
// SOURCE-IN-PART. In the part a read stands only if all that it may have seen does: not if a
// dropped transaction other than those that left the frontier may have written its value, or have
// made the absence. What may still be open may have as well, so reads count once settled.
//
// ABSENT-IS-NOT-FRONTIER. In the assumed history a read of the frontier is a read of the initial
// state, which is absent; but of a key that was there and is deleted in the window that could be
// taken for the deletion, and a scan finds nothing absent. Such keys are written by a first
// transaction, which all have seen that have to do with them.
struct WindowHistory {
  History history;
  std::vector<TxnId> ids;   // By transaction of the window; kNone: it has nothing left.
  std::vector<KeyId> keys;  // By key of the window; kNone: nothing was left that has to do with it.
  // Reads that saw older states than the frontier, shown as reads of nothing.
  std::vector<TxnId> shown_as_absent;
};
// With the timestamps if of kTimed.
WindowHistory HistoryOf(const Window& window, const Frontier& frontier, const Readings& readings,
                        Side side, const Cut* proof);

// The order of the writes to registers that explains `history`.
WriteOrder WriteOrderOf(const WindowHistory& history, const Observations& witness);

// No key of a history may be as large: there are the marks.
std::string_view MarksBegin();

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_ONLINE_WINDOW_HISTORY_H_
