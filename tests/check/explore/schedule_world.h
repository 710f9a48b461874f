#ifndef NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_WORLD_H_
#define NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_WORLD_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nacre/database.h"
#include "tests/check/explore/recorder.h"
#include "tests/check/explore/schedule.h"
#include "tests/check/explore/schedule_runner.h"

namespace nacre::check::explore {

// The sessions of a schedule against a fresh database with a clock of its own. Its steps are run
// one by one, in any order that keeps that of each session. Must not outlive the schedule.
class ScheduleWorld {
 public:
  ScheduleWorld(const Schedule& schedule, Isolation level);

  // Runs a step of the schedule, or passes over it if a conflict has ended its transaction.
  void Execute(size_t step);
  bool Skips(size_t step) const { return plan_[step].recorder && plan_[step].recorder->finished(); }

  // All transactions, session by session.
  std::vector<TransactionRecord> Records() const;
  // What happened to each step; `final_state` too, when all have been run. Judged by the schedule.
  RunReport Report();
  // Whether the engine did what its level promises: CheckQuietDatabase(). When all steps have been
  // run. kInvalidArgument: the schedule asks for what cannot be done, in "line 7: T1: ADD k 1".
  absl::Status Check();

  Database& database() { return *database_; }
  const RunClock& clock() const { return clock_; }
  uint64_t initial_timestamp() const { return initial_timestamp_; }

 private:
  struct PlannedStep {
    Recorder* recorder = nullptr;  // nullptr: outside of transactions.
    std::string transaction;       // Or the session, where the step is none.
  };

  void Note(const absl::Status& status);
  StepResult Run(size_t step);
  void RunOutside(size_t step);
  void Flush(size_t step);

  const Schedule& schedule_;
  const Isolation level_;
  RunClock clock_;
  Ticks ticks_;
  std::unique_ptr<Database> database_;
  uint64_t initial_timestamp_ = 0;
  std::deque<Recorder> recorders_;
  std::vector<PlannedStep> plan_;                // By step.
  std::map<size_t, TransactionRecord> flushes_;  // By step, as transactions that delete.
  std::vector<StepResult> results_;
  absl::Status error_;  // The first that is no conflict.
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_WORLD_H_
