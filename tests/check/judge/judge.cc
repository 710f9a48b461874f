#include "nacre/check/judge.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "tests/check/judge/cycle_judge.h"
#include "tests/check/judge/deadline.h"
#include "tests/check/judge/dependency_graph.h"
#include "tests/check/judge/equal_elements.h"
#include "tests/check/judge/explain.h"
#include "tests/check/judge/maybe_places.h"
#include "tests/check/judge/observations.h"
#include "tests/check/judge/register_order.h"
#include "tests/check/judge/replay.h"
#include "tests/check/judge/sat/order_judge.h"
#include "tests/check/judge/scan_check.h"
#include "tests/check/judge/text.h"
#include "tests/check/judge/visibility_judge.h"
#include "tests/check/judge/without_keys.h"
#include "tests/check/judge/witness.h"

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

// Those of all others say nothing then of what it saw.
void NoteMissingTimestamps(const History& history, Verdict& verdict) {
  TxnId without = kNone;
  bool some = false;
  for (TxnId t = 0; t < history.size(); ++t) {
    if (!history.committed(t)) continue;
    some |= history.begin_timestamp(t).has_value() || history.commit_timestamp(t).has_value();
    const auto ops = history.ops(t);
    const bool writes =
        std::any_of(ops.begin(), ops.end(), [](const Op& op) { return op.writes(); });
    const bool has = history.begin_timestamp(t).has_value() &&
                     (!writes || history.commit_timestamp(t).has_value());
    if (!has && without == kNone) without = t;
  }
  if (!some || without == kNone) return;
  verdict.notes.push_back(Cat(
      "the timestamps were not used, since not all transactions have theirs: ",
      judge::TxnText(history, without), " has ",
      history.begin_timestamp(without).has_value() ? "no commit timestamp" : "no begin timestamp"));
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

// A serial order that explains everything proves itself, and that of the commits often does. If it
// does not, another one may.
bool HoldsInOrderOfCommits(const History& history, Level level, const JudgeOptions& options) {
  Observations seen = judge::Observe(history, options.violations_max);
  if (!seen.mixed.empty() || !AllCommitted(history, seen)) return false;
  judge::OrderByCommit(history, seen);
  Verdict verdict;
  TakeDirect(level, options, seen, verdict);
  return verdict.violations.empty() && seen.ambiguous == 0 &&
         !judge::JudgeByCycles(history, seen, level, {.violations_max = 1}, verdict) &&
         verdict.violations.empty();
}

// False: the limit ended it.
bool JudgeVisibility(const History& history, const Observations& seen, Level level,
                     const JudgeOptions& options, const judge::Stop& stop, Verdict& verdict) {
  if (level == Level::kReadAtomic) {
    return judge::JudgeByVisibility(history, seen, {.stop = stop}, options, verdict);
  }
  return level != Level::kCausal ||
         judge::JudgeByVisibility(
             history, seen, {.transitive = true, .sessions = true, .stop = stop}, options, verdict);
}

// One of its sources, in one of several ways that often fit: the state before the history or the
// first that wrote the value, or else the last of those that stand before the reader.
TxnId LikelySource(const History& history, const judge::OpenSources& open, bool last) {
  TxnId source = open.writers[0];
  for (const TxnId writer : open.writers) {
    if (writer == judge::kInitialTxn) continue;
    const bool known = source == judge::kInitialTxn || history.committed(source);
    if (history.committed(writer) && (!known || (last && writer < open.reader))) source = writer;
  }
  return source;
}

// Below snapshot isolation, whether one choice of what the open reads saw explains all: then the
// level holds. Not all choices are tried.
bool SomeSourcesFit(const History& history, const Observations& seen,
                    const std::vector<judge::OpenSources>& sources, Level level,
                    const judge::Stop& stop) {
  for (const bool last : {false, true}) {
    Observations chosen = seen;
    std::vector<bool> happened(history.size(), false);
    for (const judge::OpenSources& open : sources) {
      const TxnId source = LikelySource(history, open, last);
      chosen.reads.items[open.read].from = source;
      if (source != judge::kInitialTxn) happened[source] = true;
    }
    judge::AddHappened(history, happened, chosen);
    Verdict verdict;
    judge::JudgeByCycles(history, chosen, level, {.violations_max = 1}, verdict);
    if (!verdict.violations.empty()) continue;
    const JudgeOptions one = {.violations_max = 1};
    const bool whole = JudgeVisibility(history, chosen, level, one, stop, verdict);
    if (whole && verdict.violations.empty()) return true;
  }
  return false;
}

// Of what hangs on several orders there may be a plain cycle all the same, which is more easily
// understood. What is open in `seen` gets an answer if the history holds.
void JudgeOpen(const History& history, Observations& seen,
               const std::vector<judge::OpenSources>& sources, Level level,
               const JudgeOptions& options, const judge::Stop& stop, uint32_t rounds_max,
               Verdict& verdict) {
  Verdict exact;
  judge::JudgeByOrders(history, seen, sources, level, options, stop, rounds_max, exact);
  if ((!exact.violations.empty() || exact.ruling == Ruling::kUnknown) && !stop()) {
    // Without sessions there may be as many chains as transactions.
    const bool sessions = Knows(level, Order::kSession);
    const bool transitive = sessions || history.size() <= kTransactionsWithoutSessionsMax;
    judge::JudgeByVisibility(history, seen,
                             {.transitive = transitive, .sessions = sessions, .stop = stop},
                             options, verdict);
    if (!verdict.violations.empty()) return;
  }
  verdict.ruling = exact.ruling;
  verdict.reason = std::move(exact.reason);
  verdict.violations = std::move(exact.violations);
}

Verdict JudgeHistory(const History& history, Level level, const JudgeOptions& options,
                     std::optional<Observations>* witness, uint32_t rounds_max);

// What was done to a key as to a list and as to a register nobody can judge, but the rest.
Verdict JudgeWithout(const History& history, const std::vector<KeyId>& mixed, Level level,
                     const JudgeOptions& options, uint32_t rounds_max) {
  std::string why =
      Cat("key ", judge::KeyText(history, mixed[0]), " is used as a list and as a register");
  if (mixed.size() > 1) why += Cat(", as are ", mixed.size() - 1, " other keys");
  Verdict verdict =
      JudgeHistory(judge::WithoutKeys(history, mixed), level, options, nullptr, rounds_max);
  if (verdict.ruling == Ruling::kViolated) {
    verdict.notes.push_back(Cat(why, ": what was done to such keys was left out"));
  } else {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = std::move(why);
  }
  return verdict;
}

void AddOnce(const std::vector<TxnId>& more, Violation& violation) {
  const auto in = [](TxnId t, const std::vector<TxnId>& txns) {
    return std::find(txns.begin(), txns.end(), t) != txns.end();
  };
  for (const TxnId t : more) {
    if (!in(t, violation.txns) && !in(t, violation.witnesses)) violation.witnesses.push_back(t);
  }
}

// How many levels forbid it.
int Severity(const Violation& violation) {
  return static_cast<int>(std::count_if(std::begin(kLevels), std::end(kLevels), [&](Level level) {
    return Forbids(level, violation.anomaly, violation.order);
  }));
}

// The mildest of those of all ways, since only so much is certain.
Violation OfAllWays(const std::vector<Violation>& found) {
  Violation violation =
      *std::min_element(found.begin(), found.end(), [](const Violation& a, const Violation& b) {
        return std::pair(Severity(a), b.anomaly) < std::pair(Severity(b), a.anomaly);
      });
  for (const Violation& other : found) {
    AddOnce(other.txns, violation);
    AddOnce(other.witnesses, violation);
  }
  return violation;
}

// Of elements that several transactions appended to a list all ways are tried in which they can
// have: one that holds is enough. False: that does not decide it, and `why_not` tells why.
bool JudgeEqualElements(const History& history, const Observations& seen, Level level,
                        const JudgeOptions& options, absl::Time deadline, const judge::Stop& stop,
                        uint32_t rounds_max, Verdict& verdict, std::string& why_not) {
  constexpr uint64_t kWaysMax = 1'000;
  constexpr uint64_t kSizeMax = 20'000'000;  // Of all ways together.
  judge::EqualElements ways(history, seen);
  if (!ways.decidable()) return false;
  const uint64_t ways_max = std::min(kWaysMax, kSizeMax / std::max<uint64_t>(ways.size(), 1));
  JudgeOptions left = options;
  std::vector<Violation> found;
  for (uint64_t tried = 0;; ++tried) {
    using Step = judge::EqualElements::Step;
    const Step step = stop() ? Step::kStopped : ways.Advance(stop);
    if (step == Step::kEnd) break;
    if (step == Step::kStopped) {
      why_not = Cat(", and the time limit ended when ", tried, " of the ways had been tried");
      return false;
    }
    if (tried == ways_max) {
      why_not = Cat(", and there are more ways than the ", ways_max, " that were tried");
      return false;
    }
    const History way = ways.Way();
    if (deadline < absl::InfiniteFuture()) {
      left.time_limit = std::max(deadline - judge::TimeNow(options), absl::ZeroDuration());
    }
    Verdict of_way = JudgeHistory(way, level, left, nullptr, rounds_max);
    if (of_way.ruling == Ruling::kHolds) return true;
    if (of_way.ruling == Ruling::kViolated) {
      found.push_back(std::move(of_way.violations[0]));
    } else if (why_not.empty()) {
      why_not = Cat(", and of one way it is unknown: ", of_way.reason);
    }
  }
  if (!why_not.empty() || found.empty()) return false;
  verdict.violations.push_back(OfAllWays(found));
  verdict.notes.push_back(Cat("more than one transaction appended the same to a list: of ",
                              found.size(),
                              " ways in which they can have, none is possible; the "
                              "counterexample is that of one of them"));
  return true;
}

// Leaves in `witness`, if it is asked for, what explains a history that holds.
Verdict JudgeHistory(const History& history, Level level, const JudgeOptions& options,
                     std::optional<Observations>* witness, uint32_t rounds_max) {
  Verdict verdict;
  NoteWhatIsMissing(history, level, verdict);
  const bool timed =
      !options.ignore_timestamps && Forbids(level, Anomaly::kLostUpdate, Order::kData);
  if (timed && !history.has_timestamps()) NoteMissingTimestamps(history, verdict);
  if (history.keys().size() > judge::DependencyGraph::kKeysMax) {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = Cat("the history has ", history.keys().size(), " keys, which are too many");
    return verdict;
  }
  const judge::Stop stop = judge::StopAtLimit(options);
  const absl::Time deadline = options.time_limit < absl::InfiniteDuration()
                                  ? judge::TimeNow(options) + options.time_limit
                                  : absl::InfiniteFuture();
  judge::CheckScanAnswers(history, options, verdict);
  if (!verdict.violations.empty()) {
    verdict.ruling = Ruling::kViolated;
    return verdict;
  }
  // No times were found that explain what was indeterminate and seen.
  bool unexplained = false;
  if (timed && history.has_timestamps()) {
    const judge::ReplayResult result = judge::JudgeByReplay(history, level, options, verdict);
    if (result == judge::ReplayResult::kViolated) verdict.ruling = Ruling::kViolated;
    if (result != judge::ReplayResult::kUndecided) return verdict;
    const bool serial = Forbids(level, Anomaly::kG2Item, Order::kData);
    if (serial && HoldsInOrderOfCommits(history, level, options)) return verdict;
    if (!serial) {
      unexplained = !judge::ExplainedByPlaces(history, level, stop, verdict);
      if (!verdict.violations.empty()) {
        verdict.ruling = Ruling::kViolated;
        return verdict;
      }
      if (!unexplained) return verdict;
    }
  }
  Observations seen = judge::Observe(history, options.violations_max);
  if (!seen.mixed.empty()) {
    return JudgeWithout(history, seen.mixed, level, options, rounds_max);
  }
  const bool ordered = Forbids(level, Anomaly::kLostUpdate, Order::kData);
  bool in_time = true;
  bool open = false;  // It hangs on orders or sources that the values do not tell.
  std::vector<judge::OpenSources> sources;
  if (seen.has_registers) sources = judge::NarrowReads(history, seen);
  if (seen.has_registers && ordered) {
    open = judge::OrderRegisters(history, seen) != kNone || !sources.empty();
    seen.ambiguous -= sources.size();
  }
  TakeDirect(level, options, seen, verdict);
  open |= judge::JudgeByCycles(history, seen, level, options, verdict);
  if (verdict.violations.empty()) {
    if (!ordered) {
      in_time = JudgeVisibility(history, seen, level, options, stop, verdict);
      const bool settled = !sources.empty() && verdict.violations.empty() &&
                           SomeSourcesFit(history, seen, sources, level, stop);
      if (settled) seen.ambiguous -= sources.size();
    } else if (open) {
      JudgeOpen(history, seen, sources, level, options, stop, rounds_max, verdict);
    }
  }
  bool by_ways = false;  // It is decided by the ways in which equal elements were appended.
  std::string why_not;
  if (verdict.violations.empty() && verdict.ruling == Ruling::kHolds && seen.ambiguous > 0 &&
      in_time) {
    by_ways = JudgeEqualElements(history, seen, level, options, deadline, stop, rounds_max, verdict,
                                 why_not);
  }
  if (!verdict.violations.empty()) {
    verdict.ruling = Ruling::kViolated;
    verdict.reason.clear();
  } else if (by_ways) {
    return verdict;
  } else if (verdict.ruling == Ruling::kHolds && seen.ambiguous > 0) {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = Cat("of ", seen.ambiguous, " reads it cannot be told whose write they saw; ",
                         seen.ambiguous_example, why_not);
  } else if (verdict.ruling == Ruling::kHolds && !in_time) {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = "the time limit ended before all that was seen indirectly was looked at";
  } else if (verdict.ruling == Ruling::kHolds && unexplained) {
    verdict.ruling = Ruling::kUnknown;
    verdict.reason = stop() ? "the time limit ended before it was found when what was of unknown "
                              "outcome and seen can have committed"
                            : "by its values it holds, but when what was of unknown outcome and "
                              "seen committed, the timestamps do not tell";
  } else if (verdict.ruling == Ruling::kHolds && ordered && witness != nullptr) {
    *witness = std::move(seen);
  }
  return verdict;
}

}  // namespace

Verdict Judge(const History& history, Level level, const JudgeOptions& options) {
  return JudgeHistory(history, level, options, nullptr, kNone);
}

Verdict JudgeRecording(const History& history, Level level, const JudgeOptions& options) {
  for (TxnId t = 0; t < history.size(); ++t) {
    if (history.committed(t)) return Judge(history, level, options);
  }
  Verdict verdict;
  verdict.ruling = Ruling::kUnknown;
  verdict.reason = "no transaction in the history is known to have committed";
  verdict.notes = history.notes();
  return verdict;
}

Verdict judge::JudgeWithWitness(const History& history, Level level, const JudgeOptions& options,
                                std::optional<Observations>& witness, uint32_t rounds_max) {
  JudgeOptions by_values = options;
  by_values.ignore_timestamps = true;
  witness.reset();
  return JudgeHistory(history, level, by_values, &witness, rounds_max);
}

}  // namespace nacre::check
