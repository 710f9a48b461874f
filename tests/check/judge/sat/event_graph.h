#ifndef NACRE_TESTS_CHECK_JUDGE_SAT_EVENT_GRAPH_H_
#define NACRE_TESTS_CHECK_JUDGE_SAT_EVENT_GRAPH_H_

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "tests/check/judge/dependency_graph.h"
#include "tests/check/judge/sat/problem.h"
#include "tests/check/judge/sat/solver.h"

namespace nacre::check::judge {

// Something that is open and has two answers.
struct Question {
  enum class Kind : uint8_t {
    kOrder,   // Of `key`, block `first` comes before block `second`.
    kSource,  // Read `key` of the problem saw source `first`.
  };
  Kind kind = Kind::kOrder;
  uint32_t key = 0;  // In OrderProblem::keys, or OrderProblem::reads.
  uint32_t first = 0;
  uint32_t second = 0;
  std::tuple<Kind, uint32_t, uint32_t, uint32_t> tuple() const {
    return {kind, key, first, second};
  }
};

// What happens before what: starts and commits of transactions under snapshot isolation (see
// NO-ADJACENT-RW in cycle_search.h), or whole transactions under serializability, and helper nodes
// through which many arcs of one kind go. A history is allowed if and only if the open questions
// have answers with which this graph has no cycle.
//
// An arc may hang on literals: it is there if all of them are true. A question becomes a variable
// of the solver, and gets its arcs, when it is asked. Most never are.
class EventGraph {
 public:
  struct Options {
    bool serial = false;  // One event a transaction.
    bool sessions = false;
    bool real_time = false;
  };
  struct Arc {
    uint32_t to;
    uint32_t label;   // EdgeKind and key.
    Literal literal;  // 0: none.
    Literal also;
    bool inside() const { return label >> 29 == kInside; }  // From a start to its commit.
    EdgeKind kind() const { return static_cast<EdgeKind>(label >> 29); }
    KeyId key() const { return (label & kKeyMask) == kKeyMask ? kNone : label & kKeyMask; }
  };

  EventGraph(const History& history, const Observations& seen, const OrderProblem& problem,
             const Options& options, Solver& solver);

  uint32_t nodes() const { return static_cast<uint32_t>(head_.size()); }
  bool serial() const { return options_.serial; }
  uint32_t StartOf(TxnId t) const { return options_.serial ? t : 2 * t; }
  uint32_t CommitOf(TxnId t) const { return options_.serial ? t : 2 * t + 1; }
  bool IsHelper(uint32_t node) const { return node >= events_; }
  bool IsStart(uint32_t node) const { return options_.serial || node % 2 == 0; }
  bool IsCommit(uint32_t node) const { return options_.serial || node % 2 == 1; }
  TxnId TxnOf(uint32_t node) const { return options_.serial ? node : node / 2; }
  // The node that all readers of the last version of a block lead to.
  uint32_t ReadersOf(uint32_t key, uint32_t block) const { return readers_[key][block]; }
  const OrderProblem& problem() const { return problem_; }

  // The literal of a question. 0: the answer is yes whatever happens.
  Literal Ask(const Question& question);
  bool Asked(const Question& question) const { return literals_.contains(question.tuple()); }
  // Precondition: asked.
  Literal LiteralOf(const Question& question) const { return literals_.at(question.tuple()); }
  // What a literal of Ask() answers; nullptr: it is another's.
  const Question* Behind(Literal literal) const;
  // What holds between the literals whatever the graph is.
  const std::vector<std::vector<Literal>>& axioms() const { return axioms_; }
  // True if an optional transaction happened; 0 of the others.
  Literal Presence(TxnId t) const { return presence_.empty() ? 0 : presence_[t]; }

  // The answer yes as an arc that is there until Forget(), under a literal from kGuess on.
  void Guess(const Question& question);
  static constexpr Literal kGuess = Literal{1} << 30;
  const Question& Guessed(Literal literal) const {
    return guesses_[static_cast<size_t>(literal - kGuess)];
  }
  void Forget();

  // Visits the arcs of a node that are there. `holds`: whether a literal is true.
  template <typename Holds, typename Visit>
  void ForEachArc(uint32_t node, const Holds& holds, Visit visit) const {
    uint32_t cursor = 0;
    for (const Arc* arc = NextArc(node, cursor, holds); arc != nullptr;
         arc = NextArc(node, cursor, holds)) {
      visit(*arc);
    }
  }
  // `cursor`: 0 at first.
  template <typename Holds>
  const Arc* NextArc(uint32_t node, uint32_t& cursor, const Holds& holds) const {
    if (cursor == 0) cursor = head_[node] + 1;
    while (cursor != kLast) {
      const Arc& arc = arcs_[cursor - 1];
      cursor = next_[cursor - 1] + 1;
      if ((arc.literal == 0 || holds(arc.literal)) && (arc.also == 0 || holds(arc.also))) {
        return &arc;
      }
    }
    return nullptr;
  }

 private:
  static constexpr uint32_t kInside = 7;
  static constexpr uint32_t kKeyMask = DependencyGraph::kKeysMax;
  static constexpr uint32_t kLast = 0xfffffffe;
  static constexpr uint32_t kNoArc = kLast - 1;

  void Add(uint32_t from, uint32_t to, uint32_t kind, KeyId key, Literal literal = 0,
           Literal also = 0);
  // An edge between transactions.
  void Join(TxnId from, TxnId to, EdgeKind kind, KeyId key, Literal literal = 0, Literal also = 0);
  uint32_t NewHelper();
  void AddAxiom(std::vector<Literal> clause);
  void AddData(const History& history, const Observations& seen);
  void AddSessions(const History& history, const Observations& seen);
  void AddRealTime(const History& history, const Observations& seen);
  void AddBlocks();
  void AddOrder(const Question& question, Literal literal);
  void AddSource(const Question& question, Literal literal);
  Literal AskOrder(const Question& question);
  void AskSources(uint32_t read);
  void AddOwnReads(const Question& order, Literal literal);
  void LeadPast(uint32_t r, uint32_t block, Literal literal, Literal also);
  bool IsLast(const OpenRead& read, uint32_t source) const;
  // See AddOwnReads().
  bool LeadsToWritersOneByOne(uint32_t read) const {
    return options_.serial && own_block_[read] != kNone;
  }
  EdgeKind KindOf(const OpenRead& read) const;

  const Observations& seen_;
  const OrderProblem& problem_;
  const Options options_;
  Solver& solver_;
  const uint32_t events_;
  std::vector<uint32_t> head_;  // By node.
  std::vector<Arc> arcs_;
  std::vector<uint32_t> from_;                  // By arc.
  std::vector<uint32_t> next_;                  // By arc: the next one of its node.
  std::vector<std::vector<uint32_t>> readers_;  // By key and block: the node all readers lead to.
  std::vector<Literal> presence_;               // By transaction.
  absl::flat_hash_map<std::tuple<Question::Kind, uint32_t, uint32_t, uint32_t>, Literal> literals_;
  std::vector<Question> questions_;                  // By variable; `second` kNone: of no question.
  absl::flat_hash_map<size_t, Question> reversed_;   // By variable: what its negation says.
  std::vector<std::vector<Question>> asked_orders_;  // By key of the problem.
  std::vector<uint32_t> own_block_;                  // By open read: of its reader's own write.
  // By key and block: asked sources that are the last of their block, of LeadsToWritersOneByOne().
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, std::vector<std::pair<uint32_t, Literal>>>
      own_sources_;
  std::vector<std::vector<Literal>> axioms_;
  std::vector<Question> guesses_;
  size_t arcs_before_ = 0;  // The guesses.
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SAT_EVENT_GRAPH_H_
