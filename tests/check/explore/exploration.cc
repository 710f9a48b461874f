#include "tests/check/explore/exploration.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <sstream>
#include <utility>

#include "tests/check/explore/explorer.h"
#include "tests/check/explore/recorded_history.h"
#include "tests/check/explore/schedule_program.h"

namespace nacre::check::explore {
namespace {

// Beyond it, all interleavings of steps are tried at once: their number grows too fast.
constexpr int kPreemptionsOfStepsMax = 4;

bool Counts(const ExplorationOptions& options, const absl::Status& status) {
  return !status.ok() && (options.only_rule.empty() || options.only_rule == RuleOf(status));
}

bool Counts(const ExplorationOptions& options, const FailedRun& failure) {
  if (options.only_anomaly.empty()) return true;
  return options.only_anomaly == kAnyAnomaly ? !failure.anomaly.empty()
                                             : options.only_anomaly == failure.anomaly;
}

History HistoryOf(const Schedule& schedule, ScheduleWorld& world) {
  return RecordedHistory(schedule, world.initial_timestamp(), world.clock().now_s(),
                         world.Records());
}

std::vector<size_t> AsWritten(const Schedule& schedule) {
  std::vector<size_t> order(schedule.steps.size());
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

std::string PieceOf(const Schedule& schedule, size_t step, const StepResult& result) {
  const Step& s = schedule.steps[step];
  std::string piece =
      (result.transaction.empty() ? s.session : result.transaction) + ": " + ToString(s.operation);
  switch (result.kind) {
    case StepResult::Kind::kAnswered: return piece + " -> " + result.answer;
    case StepResult::Kind::kConflict: return piece + " -> CONFLICT: " + result.answer;
    case StepResult::Kind::kSkipped: return piece + " (passed over: its transaction is over)";
  }
  return piece;
}

// The failed run, if it counts.
std::optional<FailedRun> FailureOf(const Schedule& schedule, const ExplorationOptions& options,
                                   const std::vector<size_t>& order, const absl::Status& status,
                                   ScheduleWorld& world) {
  if (!Counts(options, status)) return std::nullopt;
  FailedRun failure;
  failure.rule = RuleOf(status);
  failure.message = std::string(status.message());
  failure.is_mistake = absl::IsInvalidArgument(status);
  failure.order = order;
  failure.preemptions = CountPreemptions(schedule, order);
  failure.report = world.Report();
  failure.history = HistoryOf(schedule, world);
  failure.verdict = Judge(failure.history, JudgedLevel(options.level));
  if (failure.verdict.ruling == Ruling::kViolated) {
    failure.anomaly = failure.verdict.violations[0].name();
  }
  if (!Counts(options, failure)) return std::nullopt;
  for (size_t step : order) {
    failure.pieces.push_back(PieceOf(schedule, step, failure.report.steps[step]));
  }
  return failure;
}

// What the schedule says of the order written, and the run does not keep. OK if it keeps all.
absl::Status OutcomeStatus(const RunReport& report) {
  if (report.verdict != ScheduleVerdict::kViolated) return absl::OkStatus();
  std::string why = std::string(kOutcomeRule) + " broken: ";
  if (!report.wrong_answers.empty()) return absl::InternalError(why + report.wrong_answers[0]);
  why += "committed:";
  for (const std::string& transaction : report.committed) why += " " + transaction;
  if (report.committed.empty()) why += " none";
  return absl::InternalError(why + ", final state " + FormatState(report.final_state) +
                             ": the schedule lists no such outcome");
}

// One order on a fresh database; the failure that counts, if there is one.
std::optional<FailedRun> RunOrder(const Schedule& schedule, const ExplorationOptions& options,
                                  const std::vector<size_t>& order) {
  ScheduleWorld world(schedule, options.level);
  for (size_t step : order) world.Execute(step);
  return FailureOf(schedule, options, order, world.Check(), world);
}

void RunAsWritten(const Schedule& schedule, const ExplorationOptions& options,
                  Exploration& result) {
  const std::vector<size_t> order = AsWritten(schedule);
  ScheduleWorld world(schedule, options.level);
  for (size_t step : order) world.Execute(step);
  const RunReport report = world.Report();
  result.as_written = report.verdict;
  // The engine's own promise first: it says more.
  result.failure = FailureOf(schedule, options, order, world.Check(), world);
  if (!result.failure) {
    result.failure = FailureOf(schedule, options, order, OutcomeStatus(report), world);
  }
  if (result.failure) result.failure->as_written = true;
}

std::string WithinPreemptions(int preemptions_max) {
  if (preemptions_max == INT_MAX) return "all that exist";
  return "all with at most " + std::to_string(preemptions_max) +
         (preemptions_max == 1 ? " preemption" : " preemptions");
}

void ExploreOperations(const Schedule& schedule, const ExplorationOptions& options,
                       Exploration& result) {
  const std::optional<uint64_t> all = CountInterleavings(schedule);
  bool gave_up = false;
  auto visit = [&](const std::vector<size_t>& order) {
    if (result.runs >= options.runs_max || !options.goes_on(result.runs)) {
      gave_up = true;
      return false;
    }
    ++result.runs;
    result.failure = RunOrder(schedule, options, order);
    return !result.failure.has_value();
  };
  const bool bounded = options.preemptions_max != INT_MAX;
  if (bounded) {
    ForEachInterleaving(schedule, options.preemptions_max, visit);
  } else {
    const bool few = all && *all <= kRunAllMax;
    ForEachInterleaving(schedule,
                        options.reduction.value_or(few ? Reduction::kNone : Reduction::kCommuting),
                        visit);
  }
  result.complete = !gave_up && !result.failure;
  const std::string number =
      all ? std::to_string(*all) : "more than " + std::to_string(kInterleavingsMax);
  const std::string runs = std::to_string(result.runs);
  if (!result.complete) {
    result.coverage = "gave up after " + runs + " of " + number + " interleavings of operations";
    if (bounded) result.coverage += ", not yet " + WithinPreemptions(options.preemptions_max);
  } else if (bounded || result.runs == all) {
    result.coverage = runs + " interleaving" + (result.runs == 1 ? "" : "s") + " of operations, " +
                      WithinPreemptions(options.preemptions_max);
  } else {
    result.coverage = runs + " of " + number +
                      " interleavings of operations; those that differ only in the order of "
                      "neighbours that read or begin were taken as one";
  }
}

class JudgedProgram : public ScheduleProgram {
 public:
  JudgedProgram(const Schedule& schedule, const ExplorationOptions& options,
                std::optional<FailedRun>& failure)
      : ScheduleProgram(schedule, {.level = options.level, .yield_at_steps = true}),
        schedule_(schedule),
        options_(options),
        failure_(failure) {}

  absl::Status Check() override {
    const absl::Status status = ScheduleProgram::Check();
    failure_ = FailureOf(schedule_, options_, {}, status, world());
    return failure_ ? status : absl::OkStatus();
  }

 private:
  const Schedule& schedule_;
  const ExplorationOptions& options_;
  std::optional<FailedRun>& failure_;
};

// "T1 runs to commit-linked": behind another one of the same session, in its place.
void AddPiece(const std::string& piece, std::vector<std::string>& pieces) {
  auto session = [](const std::string& text) { return text.substr(0, text.find(' ')); };
  if (!pieces.empty() && session(pieces.back()) == session(piece)) pieces.pop_back();
  pieces.push_back(piece);
}

void ExploreSteps(const Schedule& schedule, const ExplorationOptions& options,
                  Exploration& result) {
  const ExploreResult explored =
      Explore([&] { return std::make_unique<JudgedProgram>(schedule, options, result.failure); },
              {.preemptions_max = options.preemptions_max,
               .runs_max = options.runs_max,
               .pieces_max = options.pieces_max,
               .goes_on = options.goes_on});
  result.runs = explored.runs;
  result.complete = explored.complete;
  result.coverage = result.complete ? "" : "gave up after ";
  result.coverage += std::to_string(result.runs) + " interleavings of steps, ";
  if (!result.complete) result.coverage += "not yet ";
  result.coverage += WithinPreemptions(options.preemptions_max);
  result.stuck = explored.stuck;
  if (result.failure) result.failure->preemptions = explored.failing_preemptions;
  std::istringstream lines(explored.failing_run);
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(' '));
    AddPiece(line, result.failure ? result.failure->pieces : result.stuck_pieces);
  }
}

}  // namespace

Level JudgedLevel(Isolation level) {
  return level == Isolation::kSnapshot ? Level::kStrongSnapshotIsolation
                                       : Level::kStrictSerializable;
}

std::string RuleOf(const absl::Status& status) {
  const std::string message(status.message());
  const size_t broken = message.find(" broken");
  const size_t space = message.find(' ');
  return broken != std::string::npos && broken == space ? message.substr(0, space) : "ERROR";
}

OrderedRun RunInOrder(const Schedule& schedule, Isolation level, const std::vector<size_t>& order) {
  ScheduleWorld world(schedule, level);
  for (size_t step : order) world.Execute(step);
  OrderedRun run;
  run.report = world.Report();
  run.promise = world.Check();
  run.history = HistoryOf(schedule, world);
  return run;
}

Exploration ExploreSchedule(const Schedule& schedule, const ExplorationOptions& options) {
  Exploration result;
  RunAsWritten(schedule, options, result);
  if (result.failure) {
    result.runs = 1;
    result.coverage = "1 interleaving of operations, the one written";
    return result;
  }
  Exploration orders = ExploreOrders(schedule, options);
  orders.as_written = result.as_written;
  return orders;
}

Exploration ExploreOrders(const Schedule& schedule, const ExplorationOptions& options) {
  Exploration result;
  if (options.steps) {
    ExploreSteps(schedule, options, result);
  } else {
    ExploreOperations(schedule, options, result);
  }
  return result;
}

Exploration ExploreFewestPreemptions(const Schedule& schedule, const ExplorationOptions& options) {
  const int steps = static_cast<int>(schedule.steps.size());
  const int preemptions_max =
      std::min(options.preemptions_max, options.steps ? kPreemptionsOfStepsMax : steps);
  for (int preemptions = 0; preemptions < preemptions_max; ++preemptions) {
    ExplorationOptions some = options;
    some.preemptions_max = preemptions;
    Exploration result = ExploreOrders(schedule, some);
    if (result.failure || !result.stuck.empty()) return result;
  }
  return ExploreOrders(schedule, options);
}

}  // namespace nacre::check::explore
