#include "tests/check/explore/explorer.h"

#include <algorithm>
#include <deque>
#include <list>

#include "tests/check/explore/fiber.h"

namespace nacre::check::explore {
namespace {

constexpr int kNobody = -1;

// A point of the tree where more than one participant could go on.
struct Decision {
  std::vector<int> candidates;
  size_t chosen = 0;
};

// A piece of a run: who ran, and where it gave way.
struct Piece {
  int participant;
  const char* where;  // nullptr: it returned.
  bool blocked;
};

class Scheduler;
thread_local Scheduler* active = nullptr;

// Runs one program after the other, walking through the tree of choices.
class Scheduler {
 public:
  explicit Scheduler(const ExploreOptions& options) : options_(options) { active = this; }
  ~Scheduler() { active = nullptr; }

  // One run, along the path of decisions and to the first candidate beyond it. Why it has no end;
  // empty: it has one.
  std::string Run(std::vector<Program::Participant> participants);
  // Of a run without an end, which are not over.
  std::deque<Fiber> TakeFibers() { return std::move(fibers_); }
  // Moves the path to the next run; false if there is none.
  bool Advance();
  std::string Describe() const;
  int preemptions() const { return preemptions_; }

  // Called by the running fiber.
  void GiveWay(const char* where, bool blocked) {
    if (Fiber::Current() == nullptr) return;
    where_ = where;
    blocked_ = blocked;
    Fiber::Current()->Suspend();
  }

 private:
  struct Thread {
    bool finished = false;
    bool blocked = false;  // Nobody else has done anything since it began to wait.
    bool waited = false;   // Its last piece ended waiting.
  };

  std::vector<int> Candidates() const;
  // kNobody: stuck_ says why.
  int Choose();
  void RunPiece(int participant);

  const ExploreOptions options_;
  std::deque<Fiber> fibers_;  // Reused by the runs.
  std::vector<Decision> path_;

  // Of the current run.
  std::vector<Program::Participant> participants_;
  std::vector<Thread> threads_;
  std::vector<Piece> pieces_;
  size_t depth_ = 0;
  int running_ = -1;
  int preemptions_ = 0;
  // A participant was preferred that then could not do anything: the run is like another one, so it
  // is ended without branching.
  bool redundant_ = false;
  std::string stuck_;
  const char* where_ = nullptr;
  bool blocked_ = false;
};

std::string Scheduler::Run(std::vector<Program::Participant> participants) {
  participants_ = std::move(participants);
  threads_.assign(participants_.size(), {});
  pieces_.clear();
  depth_ = 0;
  running_ = -1;
  preemptions_ = 0;
  redundant_ = false;
  while (fibers_.size() < participants_.size()) fibers_.emplace_back();
  for (size_t i = 0; i < participants_.size(); ++i) fibers_[i].Start(participants_[i].body);

  auto unfinished = [](const Thread& thread) { return !thread.finished; };
  while (std::any_of(threads_.begin(), threads_.end(), unfinished)) {
    if (pieces_.size() > options_.pieces_max) return "some participant waits for ever";
    const int next = Choose();
    if (next == kNobody) return stuck_;
    RunPiece(next);
  }
  return "";
}

// Who may go on; first the one that is running, which costs no preemption.
std::vector<int> Scheduler::Candidates() const {
  std::vector<int> candidates;
  auto enabled = [&](int i) { return !threads_[i].finished && !threads_[i].blocked; };
  const bool may_continue = running_ >= 0 && enabled(running_);
  if (may_continue) candidates.push_back(running_);
  if (may_continue && preemptions_ >= options_.preemptions_max) return candidates;
  for (int i = 0; i < static_cast<int>(threads_.size()); ++i) {
    if (i != running_ && enabled(i)) candidates.push_back(i);
  }
  return candidates;
}

int Scheduler::Choose() {
  std::vector<int> candidates = Candidates();
  if (candidates.empty()) {
    stuck_ = "all participants wait for each other";
    return kNobody;
  }
  if (candidates.size() == 1 || redundant_) return candidates[0];
  if (depth_ == path_.size()) path_.push_back({candidates, 0});
  const Decision& decision = path_[depth_++];
  if (candidates != decision.candidates) {
    stuck_ = "the program behaved differently under the same choices";
    return kNobody;
  }
  const int chosen = candidates[decision.chosen];
  if (candidates[0] == running_ && chosen != running_) ++preemptions_;
  return chosen;
}

void Scheduler::RunPiece(int participant) {
  const bool waited = threads_[participant].waited;
  const bool preferred = running_ >= 0 && participant != running_ && !threads_[running_].finished &&
                         !threads_[running_].blocked;
  where_ = nullptr;
  blocked_ = false;
  fibers_[participant].Resume();
  pieces_.push_back({participant, where_, blocked_});
  threads_[participant].finished = fibers_[participant].finished();
  threads_[participant].blocked = threads_[participant].waited = blocked_;
  running_ = participant;
  if (waited && blocked_) {
    // It tried again in vain: nothing has changed for the others.
    if (preferred) redundant_ = true;
    return;
  }
  for (int i = 0; i < static_cast<int>(threads_.size()); ++i) {
    if (i != participant) threads_[i].blocked = false;
  }
}

bool Scheduler::Advance() {
  while (!path_.empty() && path_.back().chosen + 1 >= path_.back().candidates.size()) {
    path_.pop_back();
  }
  if (path_.empty()) return false;
  ++path_.back().chosen;
  return true;
}

std::string Scheduler::Describe() const {
  std::string text;
  for (const Piece& piece : pieces_) {
    text += "  " + participants_[piece.participant].name + " runs to ";
    text += piece.where == nullptr ? "its end" : piece.where;
    text += piece.blocked ? " and waits\n" : "\n";
  }
  return text;
}

// A run without an end, kept as it is until the process ends.
struct Abandoned {
  std::unique_ptr<Program> program;
  std::deque<Fiber> fibers;
};

void Abandon(Abandoned run) {
  static auto* const all = new std::list<Abandoned>;
  all->push_back(std::move(run));
}

}  // namespace

std::string ExploreResult::ToString() const {
  std::string text =
      std::to_string(runs) + " interleavings, " + (complete ? "all" : "not all") + " of those";
  text += preemptions_max == INT_MAX
              ? std::string(" that exist")
              : " with at most " + std::to_string(preemptions_max) + " preemptions";
  if (!failure.ok()) text += "; " + std::string(failure.message()) + "\n" + failing_run;
  if (!stuck.empty()) text += "; a run in which " + stuck + "\n" + failing_run;
  return text;
}

ExploreResult Explore(absl::FunctionRef<std::unique_ptr<Program>()> make,
                      const ExploreOptions& options) {
  Scheduler scheduler(options);
  ExploreResult result;
  result.preemptions_max = options.preemptions_max;
  while (result.runs < options.runs_max && options.goes_on(result.runs)) {
    std::unique_ptr<Program> program = make();
    result.stuck = scheduler.Run(program->Participants());
    ++result.runs;
    if (!result.stuck.empty()) {
      result.failing_run = scheduler.Describe();
      Abandon({std::move(program), scheduler.TakeFibers()});
      return result;
    }
    if (absl::Status status = program->Check(); !status.ok()) {
      result.failure = status;
      result.failing_run = scheduler.Describe();
      result.failing_preemptions = scheduler.preemptions();
      return result;
    }
    if (!scheduler.Advance()) {
      result.complete = true;
      return result;
    }
  }
  return result;
}

void Yield(const char* where) {
  if (active != nullptr) active->GiveWay(where, /*blocked=*/false);
}

void YieldBlocked(const char* where) {
  if (active != nullptr) active->GiveWay(where, /*blocked=*/true);
}

}  // namespace nacre::check::explore
