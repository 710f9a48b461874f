#include "tests/check/judge/sat/order_judge.h"

#include <algorithm>
#include <optional>

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

// Real times tell most of an order. One that agrees with them explains the history without them as
// well, and stores that need not respect them mostly do.
std::optional<Level> WithRealTime(Level level) {
  switch (level) {
    case Level::kSnapshotIsolation:
    case Level::kStrongSessionSnapshotIsolation: return Level::kStrongSnapshotIsolation;
    case Level::kSerializable: return Level::kStrictSerializable;
    default: return std::nullopt;
  }
}

Observations CheckedWitness(const History& history, const OrderSearch& search, Level level,
                            const JudgeOptions& options) {
  Observations witness = search.Witness();
  Verdict again;
  const bool open = JudgeByCycles(history, witness, level, options, again);
  NACRE_JUDGE_CHECK(again.violations.empty() && !open, "WITNESS: an order that explains nothing");
  return witness;
}

}  // namespace

void JudgeByOrders(const History& history, Observations& seen,
                   const std::vector<OpenSources>& reads, Level level, const JudgeOptions& options,
                   const Stop& stop, uint32_t rounds_max, Verdict& verdict) {
  const OrderProblem problem = MakeProblem(history, seen, reads);
  const std::optional<Level> stronger = WithRealTime(level);
  if (stronger.has_value() && history.has_real_time()) {
    // Few rounds find an order if there is one so near.
    constexpr uint32_t kRoundsMax = 32;
    OrderSearch search(history, seen, problem, *stronger);
    if (search.Run(stop, std::min(kRoundsMax, rounds_max)) == OrderSearch::Outcome::kFound) {
      seen = CheckedWitness(history, search, level, options);
      return;
    }
  }
  OrderSearch search(history, seen, problem, level);
  switch (search.Run(stop, rounds_max)) {
    case OrderSearch::Outcome::kFound:
      seen = CheckedWitness(history, search, level, options);
      return;
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
