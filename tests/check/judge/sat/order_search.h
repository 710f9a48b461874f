#ifndef NACRE_TESTS_CHECK_JUDGE_SAT_ORDER_SEARCH_H_
#define NACRE_TESTS_CHECK_JUDGE_SAT_ORDER_SEARCH_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nacre/check/level.h"
#include "tests/check/judge/deadline.h"
#include "tests/check/judge/sat/event_graph.h"
#include "tests/check/judge/sat/open_cycles.h"
#include "tests/check/judge/sat/problem.h"
#include "tests/check/judge/sat/schedule.h"

namespace nacre::check::judge {

// Answers to everything that is open, or a proof that there are none.
//
// WITNESS. "Holds" is said only of a complete order of all versions, which is checked once more by
// the judge that knows only complete orders. CYCLES-PROVE. "Violated" is said only if the cycles
// found, each of them forbidden in itself, leave no answers: cycles() alone prove it.
class OrderSearch {
 public:
  enum class Outcome : uint8_t { kFound, kNone, kStopped };

  // `prune_round`: before which round what is forced is settled, if not before that which suits the
  // history.
  OrderSearch(const History& history, const Observations& seen, const OrderProblem& problem,
              Level level, std::optional<uint32_t> prune_round = std::nullopt);

  // `stop` is asked between any two steps; true ends the search, as do so many rounds.
  Outcome Run(const Stop& stop, uint32_t rounds_max = kNone);

  // After kFound: what was seen, with every order that was open.
  Observations Witness() const;
  // After kNone: one for each clause.
  const std::vector<OpenCycle>& cycles() const { return cycles_; }
  // After kStopped: what has been asked, "4 orders of versions and 1 source of a read".
  std::string Progress() const;
  const EventGraph& graph() const { return graph_; }

 private:
  enum class Step : uint8_t { kGoOn, kFound, kNone };
  void TakeAnswers();
  Step Imitate(const std::vector<uint32_t>& order, const Stop& stop);
  bool ImitateWithoutAsking(const Answers& answers, const Stop& stop);
  Step Prune(const Stop& stop);
  OpenCycle Against(Literal literal);
  bool Justify(const Stop& stop);
  Step Justified(const Stop& stop);
  // False: stopped; what was guessed is still to be forgotten.
  bool GuessAll(const Schedule& schedule, bool with_asked, const Stop& stop);
  Step Learn(const std::vector<OpenCycle>& cycles);

  const History& history_;
  const Observations& seen_;
  const OrderProblem& problem_;
  Solver solver_;
  EventGraph graph_;
  Hints hints_;
  const uint32_t prune_round_;
  Answers answers_;
  Schedule schedule_;
  std::vector<OpenCycle> cycles_;
  // By literal: in which round it was found to be forced.
  absl::flat_hash_map<Literal, uint32_t> forced_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_SAT_ORDER_SEARCH_H_
