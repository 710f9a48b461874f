#include "tests/check/judge/sat/order_search.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "tests/check/judge/register_order.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

constexpr size_t kCyclesAtOnce = 200;

EventGraph::Options OptionsOf(Level level) {
  return {.serial = Forbids(level, Anomaly::kG2Item, Order::kData),
          .sessions = Knows(level, Order::kSession),
          .real_time = Knows(level, Order::kRealTime)};
}

}  // namespace

OrderSearch::OrderSearch(const History& history, const Observations& seen,
                         const OrderProblem& problem, Level level)
    : history_(history),
      seen_(seen),
      problem_(problem),
      graph_(history, seen, problem, OptionsOf(level), solver_),
      hints_(MakeHints(history, seen)) {}

// Solve, look for cycles among the answers, imitate a store for what has not been asked, and look
// for cycles again. Each cycle becomes a clause; one that hangs on a guess makes it a question.
// Each round adds a clause that the answers of that round do not satisfy, and there are finitely
// many questions and answers, so it ends.
OrderSearch::Outcome OrderSearch::Run(const std::function<bool()>& stop) {
  solver_.StopWhen(stop);
  while (!stop()) {
    const Solver::Answer answer = solver_.Solve();
    if (answer == Solver::Answer::kNo) return Outcome::kNone;
    if (answer == Solver::Answer::kStopped) break;
    TakeAnswers();
    const FoundCycles found = FindCycles(graph_, answers_, kCyclesAtOnce);
    const Step step = found.any ? Learn(found.cycles) : Imitate();
    if (step == Step::kNone) return Outcome::kNone;
    if (step == Step::kFound) return Outcome::kFound;
  }
  return Outcome::kStopped;
}

void OrderSearch::TakeAnswers() {
  answers_.yes.assign(static_cast<size_t>(solver_.variables()) + 1, false);
  for (Literal v = 1; v <= solver_.variables(); ++v) {
    answers_.yes[static_cast<size_t>(v)] = solver_.IsTrue(v);
  }
}

OrderSearch::Step OrderSearch::Imitate() {
  schedule_ = MakeSchedule(graph_, answers_, hints_);
  // A guess would not make an absent writer present, so without one that is it has to be asked.
  bool asked = false;
  for (uint32_t r = 0; r < problem_.reads.size(); ++r) {
    const Question question = {Question::Kind::kSource, r, 0, 0};
    if (schedule_.sources[r] != kNone || graph_.Asked(question)) continue;
    graph_.Ask(question);
    asked = true;
  }
  if (asked) return Step::kGoOn;
  GuessAll(schedule_);
  FoundCycles found = FindCycles(graph_, answers_, kCyclesAtOnce);
  if (!found.any) {
    graph_.Forget();
    return Step::kFound;
  }
  // The guesses that a cycle hangs on become questions.
  absl::flat_hash_map<Literal, Question> guessed;
  const auto for_each_literal = [&](auto visit) {
    for (OpenCycle& cycle : found.cycles) {
      for (OpenEdge& edge : cycle) {
        for (Literal& literal : edge.literals) visit(literal);
      }
    }
  };
  for_each_literal([&](Literal& literal) {
    if (literal >= EventGraph::kGuess) guessed.emplace(literal, graph_.Guessed(literal));
  });
  graph_.Forget();
  for_each_literal([&](Literal& literal) {
    if (literal < EventGraph::kGuess) return;
    literal = graph_.Ask(guessed.at(literal));
    solver_.Prefer(literal);
  });
  return Learn(found.cycles);
}

// The first block is before all others in any case, and what was asked has its arcs already.
void OrderSearch::GuessAll(const Schedule& schedule) {
  for (uint32_t k = 0; k < problem_.keys.size(); ++k) {
    const std::vector<uint32_t>& blocks = schedule.blocks[k];
    for (size_t i = 1; i < blocks.size(); ++i) {
      const Question question = {Question::Kind::kOrder, k, blocks[i - 1], blocks[i]};
      if (!graph_.Asked(question)) graph_.Guess(question);
    }
  }
  for (uint32_t r = 0; r < problem_.reads.size(); ++r) {
    const Question question = {Question::Kind::kSource, r, schedule.sources[r], 0};
    if (schedule.sources[r] != kNone && !graph_.Asked(question)) graph_.Guess(question);
  }
}

OrderSearch::Step OrderSearch::Learn(const std::vector<OpenCycle>& cycles) {
  for (const OpenCycle& cycle : cycles) {
    cycles_.push_back(cycle);
    std::vector<Literal> clause = LiteralsOf(cycle);
    if (clause.empty()) return Step::kNone;
    for (Literal& literal : clause) literal = -literal;
    solver_.Add(clause);
  }
  return Step::kGoOn;
}

Observations OrderSearch::Witness() const {
  Observations seen = seen_;
  for (TxnId t = 0; t < history_.size(); ++t) {
    const Literal present = graph_.Presence(t);
    if (present != 0 && answers_(present)) seen.happened[t] = true;
  }
  for (uint32_t r = 0; r < problem_.reads.size(); ++r) {
    const OpenRead& read = problem_.reads[r];
    uint32_t source = schedule_.sources[r];
    for (uint32_t s = 0; source == kNone && s < read.sources.size(); ++s) {
      if (answers_(graph_.LiteralOf({Question::Kind::kSource, r, s, 0}))) source = s;
    }
    seen.reads.items[read.read].from = read.sources[source].writer;
  }
  std::vector<std::vector<TxnId>> order(history_.keys().size());
  std::vector<bool> open(history_.keys().size(), false);
  for (uint32_t k = 0; k < problem_.keys.size(); ++k) {
    const OpenKey& key = problem_.keys[k];
    open[key.key] = true;
    order[key.key] = key.blocks[0].writers;
    for (const uint32_t b : schedule_.blocks[k]) {
      const std::vector<TxnId>& writers = key.blocks[b].writers;
      order[key.key].insert(order[key.key].end(), writers.begin(), writers.end());
    }
  }
  SetOrder(history_, open, order, seen);
  return seen;
}

std::string OrderSearch::Progress() const {
  return Cat(solver_.variables(), " questions were asked of it, and ", cycles_.size(),
             " forbidden cycles found");
}

}  // namespace nacre::check::judge
