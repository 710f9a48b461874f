#include "tests/check/judge/sat/counterexample.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "tests/check/judge/check.h"
#include "tests/check/judge/cycle_search.h"
#include "tests/check/judge/explain.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

// A smallest set of cycles that leaves no answers: none of them can be spared.
class Core {
 public:
  Core(const EventGraph& graph, const std::vector<OpenCycle>& cycles, const Stop& stop)
      : graph_(graph), cycles_(cycles), stop_(stop) {
    for (size_t i = 0; i < cycles.size(); ++i) clauses_.push_back(LiteralsOf(cycles[i]));
  }

  std::vector<size_t> Find() {
    std::vector<size_t> core(cycles_.size());
    for (size_t i = 0; i < core.size(); ++i) {
      if (clauses_[i].empty()) return {i};
      core[i] = i;
    }
    // CYCLES-PROVE is checked however little time is left.
    NACRE_JUDGE_CHECK(Shrink(
                          core, [] { return false; }, true),
                      "cycles that are said to leave no answers leave some");
    while (!stop_() && Shrink(core, stop_)) {
    }
    // Each of the others costs a solver; beyond some hundreds the words would not be read anyway.
    constexpr size_t kTriedMax = 300;
    for (size_t i = 0; i < core.size() && core.size() <= kTriedMax && !stop_();) {
      std::vector<size_t> without = core;
      without.erase(without.begin() + static_cast<ptrdiff_t>(i));
      if (Shrink(without, stop_, true)) {
        core = std::move(without);
      } else {
        ++i;
      }
    }
    return core;
  }

 private:
  // Leaves those that a proof needed. False: they leave answers, or (unless `any`) all are needed,
  // or it was stopped.
  bool Shrink(std::vector<size_t>& core, const Stop& stop, bool any = false) {
    Solver solver;
    solver.StopWhen(stop);
    Literal last = 0;
    for (const std::vector<Literal>& clause : clauses_) {
      for (const Literal literal : clause) last = std::max(last, std::abs(literal));
    }
    for (const std::vector<Literal>& clause : graph_.axioms()) {
      for (const Literal literal : clause) last = std::max(last, std::abs(literal));
    }
    while (last-- > 0) solver.NewVariable();
    for (const std::vector<Literal>& clause : graph_.axioms()) solver.Add(clause);
    std::vector<Literal> selectors;
    for (const size_t i : core) {
      selectors.push_back(solver.NewVariable());
      std::vector<Literal> clause = {-selectors.back()};
      for (const Literal literal : clauses_[i]) clause.push_back(-literal);
      solver.Add(clause);
    }
    if (solver.Solve(selectors) != Solver::Answer::kNo) return false;
    std::vector<size_t> needed;
    for (size_t i = 0; i < core.size(); ++i) {
      if (solver.Failed(selectors[i])) needed.push_back(core[i]);
    }
    const bool fewer = needed.size() < core.size();
    core = std::move(needed);
    return fewer || any;
  }

  const EventGraph& graph_;
  const std::vector<OpenCycle>& cycles_;
  const Stop& stop_;
  std::vector<std::vector<Literal>> clauses_;
};

class Teller {
 public:
  Teller(const History& history, const Observations& seen, const EventGraph& graph)
      : history_(history), seen_(seen), graph_(graph) {}

  Violation Tell(std::vector<OpenCycle> cycles) {
    for (OpenCycle& cycle : cycles) {
      std::vector<Edge> edges;
      for (const OpenEdge& edge : cycle) {
        edges.push_back({edge.from, edge.to, edge.kind, edge.key, ""});
        const std::string assumed = Assumed(edge);
        if (!assumed.empty()) {
          edges.back().reason = Cat(assumed, ": ", ReasonOf(history_, seen_, edges.back()));
        }
      }
      JoinSessions(edges);
      const Anomaly anomaly = Classify(edges);
      told_.push_back(ViolationOf(history_, seen_, std::move(edges), anomaly));
      literals_.push_back(LiteralsOf(cycle));
    }
    size_t mildest = 0;
    for (size_t i = 1; i < told_.size(); ++i) {
      if (Rank(told_[i]) > Rank(told_[mildest])) mildest = i;
    }
    Violation violation = told_[mildest];
    if (told_.size() == 1 && literals_[0].empty()) return violation;
    std::map<Literal, bool> assumed;
    violation.words = "";
    Cases(assumed, violation.words);
    violation.remark = violation.words;
    for (const size_t i : shown_) AddWitnesses(told_[i].txns, violation);
    return violation;
  }

 private:
  static constexpr size_t kToldMax = 16;  // Cycles, and a text that is longer than this ends.
  static constexpr size_t kTextMax = 20'000;

  static std::pair<Anomaly, Order> Rank(const Violation& violation) {
    return {violation.anomaly, violation.order};
  }

  // What has to be true for the edge to be there, if that is open.
  std::string Assumed(const OpenEdge& edge) const {
    std::string text;
    for (const Literal literal : edge.literals) {
      text += Cat(text.empty() ? "if " : " and ", Statement(literal));
    }
    return text;
  }

  // "T1 wrote x before T2", "T3 read x from T1", "T4 happened"
  std::string Statement(Literal literal) const {
    const Question* question = graph_.Behind(literal);
    const OrderProblem& problem = graph_.problem();
    if (question == nullptr) {
      const TxnId t = Optional(std::abs(literal));
      return Cat(history_.name(t), literal > 0 ? " happened" : " did not happen");
    }
    if (question->kind == Question::Kind::kSource) {
      const OpenRead& read = problem.reads[question->key];
      const TxnId writer = read.sources[question->first].writer;
      return Cat(
          history_.name(read.reader), " read ", KeyText(history_, problem.keys[read.key].key),
          writer == kInitialTxn ? " before anyone wrote it" : Cat(" from ", history_.name(writer)));
    }
    const OpenKey& open = problem.keys[question->key];
    return Cat(history_.name(open.blocks[question->first].writers.back()),
               seen_.is_list[open.key] ? " appended to " : " wrote ", KeyText(history_, open.key),
               " before ", history_.name(open.blocks[question->second].writers.front()));
  }

  TxnId Optional(Literal variable) const {
    for (TxnId t = 0; t < history_.size(); ++t) {
      if (graph_.Presence(t) == variable) return t;
    }
    return 0;
  }

  // "the cycle T1 --ww x--> T2 --rw y--> T1; ..."
  std::string CycleText(size_t i) {
    if (!shown_.insert(i).second) return Cat("cycle ", i + 1, " again");
    return Cat("cycle ", i + 1, ": ", told_[i].words);
  }

  // Whether the cycle is there with what is assumed; if all but one literal are, that one.
  enum class State : uint8_t { kThere, kOneLeft, kOther };
  State StateOf(size_t i, const std::map<Literal, bool>& assumed, Literal& left) const {
    size_t unknown = 0;
    for (const Literal literal : literals_[i]) {
      const auto it = assumed.find(std::abs(literal));
      if (it == assumed.end()) {
        ++unknown;
        left = literal;
      } else if (it->second != (literal > 0)) {
        return State::kOther;
      }
    }
    return unknown == 0 ? State::kThere : unknown == 1 ? State::kOneLeft : State::kOther;
  }

  void TellRest(std::string& text) const {
    text += Cat("no answer to what is open is left by these and further cycles, ", literals_.size(),
                " in all");
  }
  // Whether no more is told, which the text then says.
  bool Enough(std::string& text) const {
    if (shown_.size() <= kToldMax && text.size() <= kTextMax) return false;
    TellRest(text);
    return true;
  }

  // What follows from what is assumed, until there is a cycle; then both answers to a question.
  void Cases(std::map<Literal, bool> assumed, std::string& text) {
    for (bool more = true; more;) {
      more = false;
      for (size_t i = 0; i < literals_.size(); ++i) {
        if (Enough(text)) return;
        Literal left = 0;
        const State state = StateOf(i, assumed, left);
        if (state == State::kThere) {
          text += Cat("there is ", CycleText(i));
          return;
        }
        if (state == State::kOneLeft) {
          assumed[std::abs(left)] = left < 0;
          text += Cat(Negation(left), ", since else there is ", CycleText(i), ". So ");
          more = true;
        }
      }
    }
    for (const std::vector<Literal>& axiom : graph_.axioms()) {
      const bool left = std::any_of(axiom.begin(), axiom.end(), [&](Literal literal) {
        const auto it = assumed.find(std::abs(literal));
        return it == assumed.end() || it->second == (literal > 0);
      });
      if (left) continue;
      text += "nothing is left of";
      for (const Literal literal : axiom) {
        text += Cat(literal == axiom[0] ? " '" : " or '", Statement(literal), "'");
      }
      return;
    }
    const Literal split = Split(assumed);
    if (split == 0) {
      TellRest(text);
      return;
    }
    text += Cat("it is open whether ", Statement(split), ". If so, ");
    std::map<Literal, bool> yes = assumed;
    yes[std::abs(split)] = split > 0;
    Cases(std::move(yes), text);
    text += Cat(". If not (", Negation(split), "), ");
    assumed[std::abs(split)] = split < 0;
    Cases(std::move(assumed), text);
  }

  std::string Negation(Literal literal) const {
    return graph_.Behind(-literal) != nullptr || graph_.Behind(literal) == nullptr
               ? Statement(-literal)
               : Cat("it is not so that ", Statement(literal));
  }

  // The open literal that most cycles hang on.
  Literal Split(const std::map<Literal, bool>& assumed) const {
    std::map<Literal, size_t> counts;
    for (const std::vector<Literal>& literals : literals_) {
      for (const Literal literal : literals) {
        if (!assumed.contains(std::abs(literal))) ++counts[std::abs(literal)];
      }
    }
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    return most == counts.end() ? 0 : most->first;
  }

  const History& history_;
  const Observations& seen_;
  const EventGraph& graph_;
  std::vector<Violation> told_;
  std::vector<std::vector<Literal>> literals_;
  std::set<size_t> shown_;
};

}  // namespace

Violation MakeCounterexample(const History& history, const Observations& seen,
                             const EventGraph& graph, const std::vector<OpenCycle>& cycles,
                             const Stop& stop) {
  std::vector<OpenCycle> core;
  for (const size_t i : Core(graph, cycles, stop).Find()) core.push_back(cycles[i]);
  return Teller(history, seen, graph).Tell(std::move(core));
}

}  // namespace nacre::check::judge
