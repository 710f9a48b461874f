#include "tests/check/explore/schedule_runner.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace nacre::check::explore {
namespace {

absl::Status WithContext(const Step& step, const absl::Status& status) {
  return absl::Status(status.code(), "line " + std::to_string(step.line) + ", " + step.session +
                                         ": " + ToString(step.operation) + ": " +
                                         std::string(status.message()));
}

// One session and how far it is.
struct Actor {
  std::unique_ptr<Session> session;
  int transactions = 0;
  std::string transaction;
  bool conflicted = false;
};

class Run {
 public:
  Run(const Schedule& schedule, Isolation level, Target& target)
      : schedule_(schedule), level_(level), target_(target) {}

  absl::StatusOr<RunReport> operator()() {
    if (absl::Status status = target_.Reset(schedule_.initial); !status.ok()) return status;
    for (const std::string& name : schedule_.Sessions()) {
      absl::StatusOr<std::unique_ptr<Session>> session = target_.Connect(level_);
      if (!session.ok()) return session.status();
      actors_[name].session = *std::move(session);
    }
    for (const Step& step : schedule_.steps) {
      if (absl::Status status = Perform(step); !status.ok()) return WithContext(step, status);
    }
    actors_.clear();
    absl::StatusOr<State> state = target_.ReadAll();
    if (!state.ok()) return state.status();
    report_.final_state = *std::move(state);
    if (absl::Status status = target_.Verify(); !status.ok()) return status;
    JudgeOutcome(schedule_, level_, report_);
    return report_;
  }

 private:
  absl::Status Perform(const Step& step) {
    Actor& actor = actors_[step.session];
    if (step.operation.kind == OperationKind::kBegin) {
      ++actor.transactions;
      actor.transaction = TransactionName(step.session, actor.transactions);
      actor.conflicted = false;
    }
    StepResult result;
    result.transaction = actor.transaction;
    if (step.operation.outside_transactions()) {
      return absl::UnimplementedError("the target's vacuum, time and keyspaces are its own");
    }
    if (!actor.conflicted) {
      absl::StatusOr<std::string> answer = actor.session->Execute(step.operation);
      if (answer.ok()) {
        result.kind = StepResult::Kind::kAnswered;
        result.answer = *std::move(answer);
        if (step.operation.kind == OperationKind::kCommit) {
          report_.committed.push_back(actor.transaction);
        }
      } else if (absl::IsAborted(answer.status())) {
        result.kind = StepResult::Kind::kConflict;
        result.answer = std::string(answer.status().message());
        actor.conflicted = true;
      } else {
        return answer.status();
      }
    }
    report_.steps.push_back(std::move(result));
    return absl::OkStatus();
  }

  const Schedule& schedule_;
  const Isolation level_;
  Target& target_;
  std::map<std::string, Actor> actors_;
  RunReport report_;
};

}  // namespace

std::string RunReport::ToString(const Schedule& schedule) const {
  std::string text = schedule.anomaly + ": " + Name(verdict) + "\n";
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = schedule.steps[i];
    text += "  " + steps[i].transaction + ": " + explore::ToString(step.operation);
    switch (steps[i].kind) {
      case StepResult::Kind::kAnswered: text += " -> " + steps[i].answer; break;
      case StepResult::Kind::kConflict: text += " -> CONFLICT: " + steps[i].answer; break;
      case StepResult::Kind::kSkipped: text += " (skipped)"; break;
    }
    text += "\n";
  }
  text += "  committed:";
  for (const std::string& transaction : committed) text += " " + transaction;
  text += "; final " + FormatState(final_state) + "\n";
  for (const std::string& wrong : wrong_answers) text += "  WRONG " + wrong + "\n";
  for (const std::string& wrong : wrong_answers_in_aborted) {
    text += "  wrong, in an aborted transaction: " + wrong + "\n";
  }
  return text;
}

void JudgeOutcome(const Schedule& schedule, Isolation level, RunReport& report) {
  std::set<std::string> aborted;
  for (const StepResult& result : report.steps) {
    if (result.kind == StepResult::Kind::kConflict) aborted.insert(result.transaction);
  }
  for (size_t i = 0; i < schedule.steps.size(); ++i) {
    const Step& step = schedule.steps[i];
    const StepResult& result = report.steps[i];
    if (!step.expected || result.kind != StepResult::Kind::kAnswered) continue;
    if (result.answer == *step.expected) continue;
    (aborted.count(result.transaction) != 0 ? report.wrong_answers_in_aborted
                                            : report.wrong_answers)
        .push_back("line " + std::to_string(step.line) + ", " + result.transaction + ": " +
                   ToString(step.operation) + " answered " + result.answer + ", not " +
                   *step.expected);
  }
  std::sort(report.committed.begin(), report.committed.end());
  report.verdict = ScheduleVerdict::kViolated;
  if (!report.wrong_answers.empty()) return;
  if (schedule.outcomes.empty()) report.verdict = ScheduleVerdict::kUnlisted;
  for (const ScheduleOutcome& outcome : schedule.outcomes) {
    if (outcome.level == level && outcome.committed == report.committed &&
        outcome.final_state == report.final_state) {
      report.verdict = outcome.verdict;
      return;
    }
  }
}

absl::StatusOr<RunReport> RunSchedule(const Schedule& schedule, Isolation level, Target& target) {
  return Run(schedule, level, target)();
}

}  // namespace nacre::check::explore
