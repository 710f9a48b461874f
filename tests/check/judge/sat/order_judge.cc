#include "tests/check/judge/sat/order_judge.h"

#include <utility>

#include "absl/time/time.h"
#include "tests/check/judge/check.h"
#include "tests/check/judge/cycle_judge.h"
#include "tests/check/judge/sat/counterexample.h"
#include "tests/check/judge/sat/order_search.h"
#include "tests/check/judge/text.h"

namespace nacre::check::judge {
namespace {

// "x and 3 other keys"
std::string KeysText(const History& history, const OrderProblem& problem) {
  std::string text = KeyText(history, problem.keys[0].key);
  if (problem.keys.size() > 1) text += Cat(" and ", problem.keys.size() - 1, " other keys");
  return text;
}

}  // namespace

void JudgeByOrders(const History& history, Observations& seen,
                   const std::vector<OpenSources>& reads, Level level, const JudgeOptions& options,
                   const Stop& stop, Verdict& verdict) {
  const OrderProblem problem = MakeProblem(history, seen, reads);
  OrderSearch search(history, seen, problem, level);
  switch (search.Run(stop)) {
    case OrderSearch::Outcome::kFound: {
      Verdict again;
      Observations witness = search.Witness();
      const bool open = JudgeByCycles(history, witness, level, options, again);
      NACRE_JUDGE_CHECK(again.violations.empty() && !open,
                        "WITNESS: an order that explains nothing");
      seen = std::move(witness);
      return;
    }
    case OrderSearch::Outcome::kNone:
      verdict.violations.push_back(
          MakeCounterexample(history, seen, search.graph(), search.cycles(), stop));
      return;
    case OrderSearch::Outcome::kStopped:
      verdict.ruling = Ruling::kUnknown;
      verdict.reason = Cat(
          "the time limit of ", absl::FormatDuration(options.time_limit),
          " ended before the order of the writes to ", KeysText(history, problem),
          " was found, or found impossible (", search.Progress(),
          "); judge with a longer limit, or record timestamps, real times or fewer blind writes");
      return;
  }
}

}  // namespace nacre::check::judge
