#include "tests/check/judge/sat/order_search.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "tests/check/judge/register_order.h"
#include "tests/check/judge/sat/prune.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

constexpr size_t kCyclesAtOnce = 1000;

EventGraph::Options OptionsOf(Level level) {
  return {.serial = Forbids(level, Anomaly::kG2Item, Order::kData),
          .sessions = Knows(level, Order::kSession),
          .real_time = Knows(level, Order::kRealTime)};
}

}  // namespace

OrderSearch::OrderSearch(const History& history, const Observations& seen,
                         const OrderProblem& problem, Level level,
                         std::optional<uint32_t> prune_round)
    : history_(history),
      seen_(seen),
      problem_(problem),
      graph_(history, seen, problem, OptionsOf(level), solver_),
      hints_(MakeHints(history, seen)),
      // Pruning costs as much as many rounds. Where times or the order of the history come near the
      // truth, few are needed.
      prune_round_(prune_round.value_or(hints_.recorded ? 16 : 0)) {}

// First what costs little: a store is imitated, which explains most histories that can be. Then
// rounds, and after the first of them what is forced is settled: solve, look for cycles among the
// answers, imitate a store for what has not been asked, and look for cycles again. Each cycle
// becomes a clause; one that hangs on a guess makes it a question. Each round adds a clause that
// the answers of that round do not satisfy, and there are finitely many questions and answers, so
// it ends.
OrderSearch::Outcome OrderSearch::Run(const Stop& stop, uint32_t rounds_max) {
  solver_.StopWhen(stop);
  if (stop()) return Outcome::kStopped;
  if (ImitateWithoutAsking(answers_, stop)) return Outcome::kFound;
  for (uint32_t round = 0; round < rounds_max && !stop(); ++round) {
    if (round == prune_round_) {
      switch (Prune(stop)) {
        case Step::kNone: return Outcome::kNone;
        case Step::kFound: return Outcome::kFound;
        case Step::kGoOn: break;
      }
    }
    const Solver::Answer answer = solver_.Solve();
    if (answer == Solver::Answer::kNo) {
      return Justify(stop) ? Outcome::kNone : Outcome::kStopped;
    }
    if (answer == Solver::Answer::kStopped) break;
    TakeAnswers();
    const FoundCycles found = FindCycles(graph_, answers_, kCyclesAtOnce);
    const Step step = found.any ? Learn(found.cycles) : Imitate(found.order, stop);
    if (step == Step::kNone) return Outcome::kNone;
    if (step == Step::kFound) return Outcome::kFound;
  }
  return Outcome::kStopped;
}

bool OrderSearch::ImitateWithoutAsking(const Answers& answers, const Stop& stop) {
  // Not if there is a cycle already: then there is no schedule.
  const FoundCycles before = FindCycles(graph_, answers, 1);
  if (before.any) return false;
  for (const bool plain : {true, false}) {
    schedule_ = MakeSchedule(graph_, answers, before.order, hints_, plain, stop);
    if (std::find(schedule_.sources.begin(), schedule_.sources.end(), kNone) !=
        schedule_.sources.end()) {
      continue;
    }
    // What was asked in other rounds has arcs that none of these answers puts there.
    const bool found =
        GuessAll(schedule_, /*with_asked=*/true, stop) && !FindCycles(graph_, answers, 1).any;
    graph_.Forget();
    if (!found) continue;
    answers_ = answers;
    return true;
  }
  return false;
}

// What is forced becomes a question that has its answer. Not the answers of the solver count here,
// but only what was forced before.
OrderSearch::Step OrderSearch::Prune(const Stop& stop) {
  Answers forced;
  for (uint32_t round = 1; !stop(); ++round) {
    const FoundCycles found = FindCycles(graph_, forced, kCyclesAtOnce);
    if (found.any) {
      Learn(found.cycles);
      return Justified(stop);
    }
    const size_t before = forced_.size();
    for (const Question& question : ForcedOrders(graph_, forced, found.order, stop)) {
      const Literal literal = graph_.Ask(question);
      if (!forced_.try_emplace(literal, round).second) continue;
      if (forced_.contains(-literal)) {
        cycles_.push_back(Against(literal));
        cycles_.push_back(Against(-literal));
        return Justified(stop);
      }
      solver_.Add({literal});
      forced.Assume(literal);
    }
    // A round costs as much as many answers of the solver, which finds the rest as well.
    constexpr size_t kWorthWhile = 20;
    if (forced_.size() - before > forced_.size() / kWorthWhile) continue;
    return ImitateWithoutAsking(forced, stop) ? Step::kFound : Step::kGoOn;
  }
  return Step::kGoOn;
}

// The cycle that there would be without the forced literal, from what was forced before.
OpenCycle OrderSearch::Against(Literal literal) {
  const uint32_t round = forced_.at(literal);
  Answers before;
  for (const auto& [other, of_round] : forced_) {
    if (of_round < round) before.Assume(other);
  }
  return CycleAgainst(graph_, before, -literal);
}

// FORCED-IS-PROVED. Of each forced order that a cycle hangs on, the cycle of the other order is
// added, which hangs only on what was forced in rounds before, and so on. So the cycles alone prove
// that there are no answers, whatever pruning did. False: stopped, so it is not
// proved.
bool OrderSearch::Justify(const Stop& stop) {
  absl::flat_hash_set<Literal> done;
  for (size_t i = 0; i < cycles_.size(); ++i) {
    if (stop()) return false;
    for (const Literal literal : LiteralsOf(cycles_[i])) {
      const auto it = forced_.find(literal);
      if (it == forced_.end() || !done.insert(literal).second) continue;
      cycles_.push_back(Against(literal));
    }
  }
  return true;
}

OrderSearch::Step OrderSearch::Justified(const Stop& stop) {
  return Justify(stop) ? Step::kNone : Step::kGoOn;
}

void OrderSearch::TakeAnswers() {
  for (Literal v = 1; v <= solver_.variables(); ++v) answers_.Assume(solver_.IsTrue(v) ? v : -v);
}

OrderSearch::Step OrderSearch::Imitate(const std::vector<uint32_t>& order, const Stop& stop) {
  schedule_ = MakeSchedule(graph_, answers_, order, hints_, hints_.timed, stop);
  // A guess would not make an absent writer present, so without one that is it has to be asked.
  bool asked = false;
  for (uint32_t r = 0; r < problem_.reads.size(); ++r) {
    const Question question = {Question::Kind::kSource, r, 0, 0};
    if (schedule_.sources[r] != kNone || graph_.Asked(question)) continue;
    graph_.Ask(question);
    asked = true;
  }
  if (asked) return Step::kGoOn;
  // What was asked has its arcs already.
  if (!GuessAll(schedule_, /*with_asked=*/false, stop)) {
    graph_.Forget();
    return Step::kGoOn;
  }
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

// The first block is before all others in any case.
bool OrderSearch::GuessAll(const Schedule& schedule, bool with_asked, const Stop& stop) {
  constexpr uint32_t kGuessesAtOnce = 64;
  uint32_t guesses = 0;
  const auto guess = [&](const Question& question) {
    if (++guesses % kGuessesAtOnce == 0 && stop()) return false;
    if (with_asked || !graph_.Asked(question)) graph_.Guess(question);
    return true;
  };
  for (uint32_t k = 0; k < problem_.keys.size(); ++k) {
    const std::vector<uint32_t>& blocks = schedule.blocks[k];
    for (size_t i = 1; i < blocks.size(); ++i) {
      if (!guess({Question::Kind::kOrder, k, blocks[i - 1], blocks[i]})) return false;
    }
  }
  for (uint32_t r = 0; r < problem_.reads.size(); ++r) {
    if (schedule.sources[r] == kNone) continue;
    if (!guess({Question::Kind::kSource, r, schedule.sources[r], 0})) return false;
  }
  return true;
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
  std::vector<bool> present(history_.size(), false);
  for (TxnId t = 0; t < history_.size(); ++t) {
    const Literal literal = graph_.Presence(t);
    present[t] = literal != 0 && answers_(literal);
  }
  AddHappened(history_, present, seen);
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
