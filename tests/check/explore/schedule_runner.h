#ifndef NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_RUNNER_H_
#define NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_RUNNER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/check/explore/schedule.h"
#include "tests/check/explore/target.h"

namespace nacre::check::explore {

struct StepResult {
  enum class Kind : uint8_t { kAnswered, kConflict, kSkipped };
  Kind kind = Kind::kSkipped;
  std::string transaction;  // "T1", or "T1/2" for the second one of the session.
  std::string answer;       // Or the message of the conflict.
};

struct RunReport {
  ScheduleVerdict verdict = ScheduleVerdict::kViolated;
  std::vector<StepResult> steps;  // One for each step of the schedule.
  std::vector<std::string> committed;
  State final_state;
  // Answers that a correct engine does not give, in transactions that committed or that the
  // schedule rolled back. Any of them makes the verdict kViolated.
  std::vector<std::string> wrong_answers;
  // The same in transactions that a conflict ended: an isolation level says nothing of those.
  std::vector<std::string> wrong_answers_in_aborted;

  // The whole run, step by step, for a message.
  std::string ToString(const Schedule& schedule) const;
};

// Sets the verdict and the wrong answers by what was answered: needs everything else in `report`.
void JudgeOutcome(const Schedule& schedule, Isolation level, RunReport& report);

// Runs the steps in the order written. kUnimplemented if one of them stands outside of
// transactions. An error: the target failed, so there is no verdict.
absl::StatusOr<RunReport> RunSchedule(const Schedule& schedule, Isolation level, Target& target);

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_RUNNER_H_
