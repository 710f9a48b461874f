#ifndef NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_PROGRAM_H_
#define NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_PROGRAM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/check/explore/explorer.h"
#include "tests/check/explore/schedule.h"
#include "tests/check/explore/schedule_world.h"
#include "tests/check/explore/small_database.h"

namespace nacre::check::explore {

// Gives way at the steps of nacre/testing.h, as long as it lives. Only in the NACRE_FAULTS build
// can it do so; elsewhere `Available()` is false and it does nothing.
class StepYields {
 public:
  static bool Available();
  StepYields();
  ~StepYields();
  StepYields(const StepYields&) = delete;
  StepYields& operator=(const StepYields&) = delete;
};

// While it lives, databases are opened in which each commit looks after its own garbage, as threads
// do that have made enough of it, and what has rested since the one before is written over. Only in
// the NACRE_FAULTS build.
class OwnShares {
 public:
  explicit OwnShares(bool wanted);
  ~OwnShares();
  OwnShares(const OwnShares&) = delete;
  OwnShares& operator=(const OwnShares&) = delete;
};

// A program made of functions. They own what they share, by capture.
class FunctionProgram : public Program {
 public:
  FunctionProgram(std::vector<Participant> participants, std::function<absl::Status()> check)
      : participants_(std::move(participants)), check_(std::move(check)) {}
  std::vector<Participant> Participants() override { return participants_; }
  absl::Status Check() override { return check_(); }

 private:
  std::vector<Participant> participants_;
  std::function<absl::Status()> check_;
  StepYields step_yields_;
};

struct ScheduleProgramOptions {
  Isolation level = Isolation::kSnapshot;
  // Passes of the vacuum, run by a participant of their own.
  int vacuum_passes = 0;
  // Runs everything up to the commits in the order written; only the commits interleave.
  bool only_commits = false;
  bool own_shares = false;  // See OwnShares.
  bool yield_at_steps = false;
  bool yield_at_operations = true;
};

// The sessions of a schedule against a fresh database, as a program to explore. What the schedule
// expects plays no part, since it holds in the written order only: the judge is
// CheckQuietDatabase().
class ScheduleProgram : public Program {
 public:
  ScheduleProgram(const Schedule& schedule, const ScheduleProgramOptions& options);

  std::vector<Participant> Participants() override;
  absl::Status Check() override;
  std::vector<TransactionRecord> History() const { return world_.Records(); }
  Database& database() { return world_.database(); }
  ScheduleWorld& world() { return world_; }

 private:
  struct SessionPlan {
    std::string name;
    std::vector<size_t> steps;  // Of the schedule.
    size_t done = 0;            // Of these, run before the exploration.
  };

  void RunSession(const SessionPlan& session);
  void RunUpToCommits();

  const ScheduleProgramOptions options_;
  const Schedule schedule_;
  const OwnShares own_shares_;
  ScheduleWorld world_;
  std::vector<SessionPlan> sessions_;
  std::vector<std::string> labels_;  // By step, for the trace.
  std::unique_ptr<StepYields> step_yields_;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_PROGRAM_H_
