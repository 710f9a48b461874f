#include "tests/check/explore/schedule_program.h"

#include <algorithm>

#ifdef NACRE_FAULTS
#include "nacre/testing.h"
#endif

namespace nacre::check::explore {

#ifdef NACRE_FAULTS

bool StepYields::Available() { return true; }

StepYields::StepYields() {
  testing::SetStepHook(
      [](testing::Step step, void*) {
        if (step == testing::Step::kLatchBusy) {
          YieldBlocked(testing::Name(step));
        } else {
          Yield(testing::Name(step));
        }
      },
      nullptr);
}

StepYields::~StepYields() { testing::SetStepHook(nullptr, nullptr); }

OwnShares::OwnShares(bool wanted) { testing::SetOwnShareEntries(wanted ? 1 : 0); }
OwnShares::~OwnShares() { testing::SetOwnShareEntries(0); }

#else

bool StepYields::Available() { return false; }
StepYields::StepYields() = default;
StepYields::~StepYields() = default;

OwnShares::OwnShares(bool) {}
OwnShares::~OwnShares() = default;

#endif

ScheduleProgram::ScheduleProgram(const Schedule& schedule, const ScheduleProgramOptions& options)
    : options_(options),
      schedule_(schedule),
      own_shares_(options.own_shares),
      world_(schedule_, options.level) {
  for (const std::string& name : schedule_.Sessions()) sessions_.push_back({name, {}, 0});
  for (size_t i = 0; i < schedule_.steps.size(); ++i) {
    auto session = std::find_if(sessions_.begin(), sessions_.end(), [&](const SessionPlan& s) {
      return s.name == schedule_.steps[i].session;
    });
    session->steps.push_back(i);
    labels_.push_back("before " + ToString(schedule_.steps[i].operation));
  }
  if (options.only_commits) RunUpToCommits();
  if (options.yield_at_steps) step_yields_ = std::make_unique<StepYields>();
}

// The first transaction of each session only: a second one begins behind a commit.
void ScheduleProgram::RunUpToCommits() {
  for (size_t i = 0; i < schedule_.steps.size(); ++i) {
    for (SessionPlan& session : sessions_) {
      if (session.name != schedule_.steps[i].session) continue;
      if (session.steps[session.done] != i) continue;
      const OperationKind kind = schedule_.steps[i].operation.kind;
      if (kind == OperationKind::kCommit) continue;
      if (kind == OperationKind::kBegin && session.done > 0) continue;
      world_.Execute(i);
      ++session.done;
    }
  }
}

void ScheduleProgram::RunSession(const SessionPlan& session) {
  bool first = true;
  for (size_t i = session.done; i < session.steps.size(); ++i) {
    const size_t step = session.steps[i];
    if (!first && options_.yield_at_operations && !world_.Skips(step)) {
      Yield(labels_[step].c_str());
    }
    first = false;
    world_.Execute(step);
  }
}

std::vector<Program::Participant> ScheduleProgram::Participants() {
  std::vector<Participant> participants;
  for (const SessionPlan& session : sessions_) {
    participants.push_back({session.name, [this, &session] { RunSession(session); }});
  }
  if (options_.vacuum_passes > 0) {
    participants.push_back({"vacuum", [this] {
                              for (int pass = 0; pass < options_.vacuum_passes; ++pass) {
                                if (pass > 0) Yield("before its next pass");
                                world_.database().RunVacuumOnce();
                              }
                            }});
  }
  return participants;
}

absl::Status ScheduleProgram::Check() { return world_.Check(); }

}  // namespace nacre::check::explore
