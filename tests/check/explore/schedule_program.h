#ifndef NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_PROGRAM_H_
#define NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_PROGRAM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nacre/database.h"
#include "tests/check/explore/explorer.h"
#include "tests/check/explore/recorder.h"
#include "tests/check/explore/schedule.h"

namespace nacre::check::explore {

// For a database that is opened for every run: small, with enough stripes for few keys to have
// their own, without a vacuum thread, and with a time that stands still.
Options SmallOptions();
// Prints why and aborts if it does not open.
std::unique_ptr<Database> OpenOrDie(const Options& options);

// Judges a database whose transactions have all ended, and vacuums it: the history, the committed
// state, what the vacuum leaves behind, and Database::Verify().
absl::Status CheckQuietDatabase(Database& database, const State& initial,
                                uint64_t initial_timestamp,
                                absl::Span<const TransactionRecord> history,
                                const HistoryRules& rules = {});

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
  std::vector<TransactionRecord> History() const;
  Database& database() { return *database_; }

 private:
  struct PlannedTransaction {
    std::vector<Operation> operations;
    std::vector<std::string> labels;  // For the trace.
    std::unique_ptr<Recorder> recorder;
    size_t done = 0;  // Operations that were run before the exploration.
  };
  struct SessionPlan {
    std::string name;
    std::vector<PlannedTransaction> transactions;
  };

  void RunSession(SessionPlan& session);
  void RunUpToCommits(const Schedule& schedule);
  void Note(const absl::Status& status);

  const ScheduleProgramOptions options_;
  const State initial_;
  Ticks ticks_;
  std::unique_ptr<Database> database_;
  uint64_t initial_timestamp_ = 0;
  std::vector<SessionPlan> sessions_;
  absl::Status error_;  // The first that is no conflict.
  std::unique_ptr<StepYields> step_yields_;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_PROGRAM_H_
