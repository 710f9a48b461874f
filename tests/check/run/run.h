#ifndef NACRE_TESTS_CHECK_RUN_RUN_H_
#define NACRE_TESTS_CHECK_RUN_RUN_H_

// A whole run: drives a target with a workload, through as many lives as the target has, and judges
// what was seen of each.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nacre/check/history.h"
#include "nacre/check/judge.h"
#include "nacre/check/online.h"
#include "tests/check/run/disturbance.h"
#include "tests/check/run/round.h"
#include "tests/check/run/stop_event.h"
#include "tests/check/run/target.h"
#include "tests/check/run/workload.h"

namespace nacre::check::run {

// Where targets come from. Used by one thread.
class TargetSource {
 public:
  virtual ~TargetSource() = default;
  // A target that is empty, or as good as empty. kUnavailable: it cannot be reached; kCancelled:
  // `interrupt` was set while it came up.
  virtual absl::StatusOr<std::unique_ptr<Target>> Open(const StopEvent& interrupt) = 0;
  // Ends the life of the target opened last, at once. Only where has_lives().
  virtual void Kill() {}
  virtual bool has_lives() const { return false; }
};

struct Progress {
  Tally tally;  // Of all lives.
  absl::Duration elapsed;
  size_t lives = 1;
  bool is_stopping = false;  // Transactions under way are waited for.
};

struct RunOptions {
  WorkloadOptions workload;
  uint64_t seed = 1;
  uint32_t sessions = 8;
  // The run ends when either is used up. Of all sessions together, and what is recorded of a
  // million takes up to half a gigabyte; 0: no such limit.
  uint64_t transactions = 1'000'000;
  absl::Duration duration = absl::Seconds(10);
  DisturbanceOptions disturbance;
  // If positive: the target is killed after about so long, and opened anew.
  absl::Duration restart_interval = absl::ZeroDuration();
  std::optional<Level> level = std::nullopt;  // None: what the target promises.
  // Judges while it runs, and ends with the first violation. No history is kept then.
  std::optional<OnlineOptions> online = std::nullopt;
  // Called now and then by the thread that runs.
  std::function<void(const Progress&)> progress = [](const Progress&) {};
  // Set by whoever wants the run to end early, such as a signal handler.
  const StopEvent* interrupt = nullptr;
};

// A life of the target: what it answered from an empty state on.
struct Life {
  History history;  // Judged online: only what the verdict refers to.
  Tally tally;
  std::vector<Breach> breaches;
  std::string lost;     // Why it ended before its time; empty if it did not.
  std::string refusal;  // What it said when it first refused a transaction; empty if never.
  std::optional<Verdict> verdict = std::nullopt;  // Of the judge, if it was judged online.
};

struct RunResult {
  std::string target;                       // Its name.
  Level level = Level::kSnapshotIsolation;  // At which it is to be judged.
  uint32_t sessions = 0;
  std::vector<Life> lives;
  Tally tally;
  absl::Duration elapsed;
  std::string left_behind;  // That keys could not be removed, and why; empty: all were.
};

// An error is the target's: nothing could be done with it, and why. kCancelled: interrupted before
// the first transaction.
absl::StatusOr<RunResult> Run(TargetSource& source, const WorkloadKind& workload,
                              const RunOptions& options);

// The verdict on a life: of the judge, and of the invariants of the workload.
Verdict JudgeLife(const Life& life, Level level, const JudgeOptions& options);

struct RunVerdict {
  size_t life = 0;  // Whose history the verdict is on.
  Verdict verdict;
};
// The worst verdict on a life stands for the run; of several alike, that on the longest history.
// None holds if the lives together have committed too little to judge by.
RunVerdict JudgeRun(const RunResult& result, const JudgeOptions& options);

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_RUN_H_
