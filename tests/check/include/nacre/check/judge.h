#ifndef NACRE_CHECK_JUDGE_H_
#define NACRE_CHECK_JUDGE_H_

#include <cstdint>
#include <functional>

#include "absl/time/time.h"
#include "nacre/check/history.h"
#include "nacre/check/level.h"
#include "nacre/check/verdict.h"

namespace nacre::check {

struct JudgeOptions {
  uint32_t violations_max = 10;  // At least 1: how many are told, the worst first.
  // Judge by the values alone, also where the history has the store's timestamps.
  bool ignore_timestamps = false;
  // For all that takes longer than linear time: the search of orders of register versions that the
  // values do not tell, exponential in the worst case, causal with very many sessions, when
  // transactions of unknown outcome committed. Behind it: kUnknown. A shorter counterexample is
  // looked for no longer either, which changes no verdict.
  absl::Duration time_limit = absl::InfiniteDuration();
  // Tells the time that the limit is measured by; if empty, a steady clock of the system.
  std::function<absl::Time()> clock = nullptr;
};

// What the program says of a recorded file: as Judge(), but kUnknown if no transaction is known to
// have committed, since a recording that never began to work is not to pass for a store that holds
// what it promises. To Judge() itself such a history is one like others, and holds: any store could
// have answered so, and a part of a longer history may be empty.
Verdict JudgeRecording(const History& history, Level level, const JudgeOptions& options = {});

// Whether a store at `level` could have answered so. Linear in the history but for the search of
// the shortest counterexample and for causal, which takes time proportional to transactions x
// sessions. Thread-safe: keeps nothing.
//
// Says kUnknown only where the history does not decide, or not by what this judge can do:
// then `reason` tells which transactions and keys stood in the way.
Verdict Judge(const History& history, Level level, const JudgeOptions& options = {});

}  // namespace nacre::check

#endif  // NACRE_CHECK_JUDGE_H_
