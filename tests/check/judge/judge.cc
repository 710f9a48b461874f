#include "nacre/check/judge.h"

#include <algorithm>
#include <utility>

#include "tests/check/judge/cycle_judge.h"
#include "tests/check/judge/dependency_graph.h"
#include "tests/check/judge/explain.h"
#include "tests/check/judge/observations.h"
#include "tests/check/judge/register_order.h"
#include "tests/check/judge/replay.h"
#include "tests/check/judge/text.h"
#include "tests/check/judge/visibility_judge.h"

namespace nacre::check {
namespace {

using judge::Cat;
using judge::Observations;

constexpr uint32_t kTransactionsWithoutSessionsMax = 10'000;

void NoteWhatIsMissing(const History& history, Level level, Verdict& verdict) {
  verdict.notes = history.notes();
  if (Knows(level, Order::kRealTime) && !history.has_real_time()) {
    verdict.notes.push_back("the history has no real times: only sessions order it");
  }
  if (Knows(level, Order::kSession) && !history.has_sessions()) {
    verdict.notes.push_back("the history names no sessions: none of their guarantees was judged");
  }
}

// No indeterminate transaction turned out to have happened, so all that did have timestamps.
bool AllCommitted(const History& history, const Observations& seen) {
  for (TxnId t = 0; t < history.size(); ++t) {
    if (seen.happened[t] && !history.committed(t)) return false;
  }
  return true;
}

// Anomalies that are no cycles.
void TakeDirect(Level level, const JudgeOptions& options, Observations& seen, Verdict& verdict) {
  std::stable_sort(seen.direct.begin(), seen.direct.end(),
                   [](const Violation& a, const Violation& b) { return a.anomaly < b.anomaly; });
  for (Violation& violation : seen.direct) {
    if (verdict.violations.size() >= options.violations_max) return;
    if (Forbids(level, violation.anomaly, violation.order)) {
      verdict.violations.push_back(std::move(violation));
    }
  }
}

// Where the order of some versions does not follow, one will do that makes no forbidden cycle.
void TryOrders(const History& history, const Observations& unordered, KeyId open, Level level,
               Verdict& verdict) {
  constexpr uint64_t kWorkMax = 50'000'000;
  const uint64_t tries_max =
      std::min<uint64_t>(20'000, kWorkMax / (history.operations() + history.size() + 100));
  Verdict last;
  bool found = false;
  bool unknown = false;
  const bool tried = judge::TryRegisterOrders(
      history, unordered, tries_max,
      [&](const Observations& seen) {
        last = {};
        judge::JudgeByCycles(history, seen, level, {.violations_max = 1}, last);
        unknown |= last.ruling == Ruling::kUnknown;
        return last.violations.empty() && last.ruling == Ruling::kHolds;
      },
      found);
  if (found) return;
  if (!tried || unknown || last.violations.empty()) {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = Cat("the order of the writes to ", judge::KeyText(history, open),
                         " and perhaps of others does not follow from what was read");
    return;
  }
  verdict.ruling = Ruling::kViolated;
  verdict.violations = std::move(last.violations);
  judge::AddRemark(Cat("in whatever order ", judge::KeyText(history, open),
                       " and others were written, there is such a cycle"),
                   verdict.violations[0]);
}

}  // namespace

Verdict Judge(const History& history, Level level, const JudgeOptions& options) {
  Verdict verdict;
  NoteWhatIsMissing(history, level, verdict);
  if (history.keys().size() > judge::DependencyGraph::kKeysMax) {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = Cat("the history has ", history.keys().size(), " keys, which are too many");
    return verdict;
  }
  const bool by_time = history.has_timestamps() && !options.ignore_timestamps &&
                       Forbids(level, Anomaly::kLostUpdate, Order::kData);
  if (by_time) {
    const judge::ReplayResult result = judge::JudgeByReplay(history, level, options, verdict);
    if (result == judge::ReplayResult::kViolated) verdict.ruling = Ruling::kViolated;
    if (result != judge::ReplayResult::kUndecided) return verdict;
  }
  Observations seen = judge::Observe(history, options.violations_max);
  if (!seen.mixed.empty()) {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = seen.mixed;
    return verdict;
  }
  Observations unordered;
  KeyId open = kNone;  // A key whose version order would have to be known, and is not.
  if (by_time && AllCommitted(history, seen)) {
    judge::OrderByCommit(history, seen);
  } else if (seen.has_registers && Forbids(level, Anomaly::kLostUpdate, Order::kData)) {
    unordered = seen;
    open = judge::OrderRegisters(history, seen);
  }
  TakeDirect(level, options, seen, verdict);
  judge::JudgeByCycles(history, seen, level, options, verdict);
  if (verdict.violations.empty()) {
    if (level == Level::kReadAtomic) {
      judge::JudgeByVisibility(history, seen, {}, options, verdict);
    } else if (level == Level::kCausal || open != kNone) {
      // Without sessions there may be as many chains as transactions.
      const bool sessions = Knows(level, Order::kSession);
      const bool transitive = sessions || history.size() <= kTransactionsWithoutSessionsMax;
      judge::JudgeByVisibility(history, seen, {.transitive = transitive, .sessions = sessions},
                               options, verdict);
    }
  }
  if (!verdict.violations.empty()) {
    verdict.ruling = Ruling::kViolated;
    verdict.reason.clear();
  } else if (verdict.ruling == Ruling::kHolds && seen.ambiguous > 0) {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = Cat("of ", seen.ambiguous, " reads it cannot be told whose write they saw; ",
                         seen.ambiguous_example);
  } else if (verdict.ruling == Ruling::kHolds && open != kNone) {
    TryOrders(history, unordered, open, level, verdict);
  }
  return verdict;
}

}  // namespace nacre::check
