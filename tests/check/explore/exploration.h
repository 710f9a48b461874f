#ifndef NACRE_TESTS_CHECK_EXPLORE_EXPLORATION_H_
#define NACRE_TESTS_CHECK_EXPLORE_EXPLORATION_H_

// A schedule, run through all its interleavings against the embedded engine, on one thread. Two
// things can fail: the order written, by what the schedule says of it (rule OUTCOME), and any order
// by what the engine promises of all (the rules of history.h and small_database.h).

#include <climits>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/check/history.h"
#include "nacre/check/judge.h"
#include "tests/check/explore/interleavings.h"
#include "tests/check/explore/schedule.h"
#include "tests/check/explore/schedule_runner.h"
#include "tests/check/explore/schedule_world.h"

namespace nacre::check::explore {

inline constexpr char kOutcomeRule[] = "OUTCOME";

// For only_anomaly: any but none.
inline constexpr char kAnyAnomaly[] = "*";

// What the engine promises at a level: more than its name says.
Level JudgedLevel(Isolation level);

// Up to so many interleavings all are run unless told otherwise: a few seconds in a release build.
// Of the schedules that ship, five of 38 have more.
inline constexpr uint64_t kRunAllMax = 100'000;

struct ExplorationOptions {
  Isolation level = Isolation::kSnapshot;
  // Interleaves the steps of nacre/testing.h inside operations too; needs StepYields::Available().
  bool steps = false;
  // Part of the question: interleavings with more are not asked about. With a bound, and with
  // `steps`, there is no reduction.
  int preemptions_max = INT_MAX;
  // Unset: none up to kRunAllMax interleavings, kCommuting beyond.
  std::optional<Reduction> reduction = std::nullopt;
  // When to give up.
  uint64_t runs_max = 1'000'000;
  // Of one run of `steps`: ExploreOptions.
  size_t pieces_max = 1'000'000;
  // Asked before each run, with the number of those before it.
  std::function<bool(uint64_t runs)> goes_on = [](uint64_t) { return true; };
  // Only a failure of this rule counts, and only one that the judge of recorded histories calls so.
  // Empty: any.
  std::string only_rule = "";
  std::string only_anomaly = "";
};

// A run that broke a rule.
struct FailedRun {
  std::string rule;         // "SNAPSHOT-READ"
  std::string message;      // Who broke it, and how.
  bool is_mistake = false;  // Of the schedule, which asks for what cannot be done: no rule broke.
  bool as_written = false;
  int preemptions = 0;
  std::vector<size_t> order;        // Of the schedule's steps, if operations were interleaved.
  std::vector<std::string> pieces;  // The interleaving in words, a line each.
  RunReport report;
  History history;      // The same run, for the judge of recorded histories,
  Verdict verdict;      // what it says at JudgedLevel(), which may be that the values admit it,
  std::string anomaly;  // and the name of the worst violation; empty: none.
};

struct Exploration {
  uint64_t runs = 0;
  bool complete = false;  // Everything asked about was run, or stands for something that was.
  std::optional<FailedRun> failure;  // The first.
  // As ExploreResult: a run of `steps` has no end. Nothing more is to be explored by this process,
  // which may hold more and more memory.
  std::string stuck;
  std::vector<std::string> stuck_pieces;  // As FailedRun::pieces.
  ScheduleVerdict as_written = ScheduleVerdict::kUnlisted;
  // "252 interleavings of operations, all that exist"; if it is not complete: "gave up after 3 of
  // 252 interleavings of operations".
  std::string coverage;
};

// Deterministic. Stops at the first failure.
Exploration ExploreSchedule(const Schedule& schedule, const ExplorationOptions& options);

// The same without the order written coming first and being judged by the schedule.
Exploration ExploreOrders(const Schedule& schedule, const ExplorationOptions& options);
// The first failure of those with the fewest preemptions.
Exploration ExploreFewestPreemptions(const Schedule& schedule, const ExplorationOptions& options);

// The steps in the order given, in one run.
struct OrderedRun {
  RunReport report;
  absl::Status promise;  // As ScheduleWorld::Check().
  History history;
};
OrderedRun RunInOrder(const Schedule& schedule, Isolation level, const std::vector<size_t>& order);

// "SNAPSHOT-READ" of "SNAPSHOT-READ broken by T1 ...".
std::string RuleOf(const absl::Status& status);

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_EXPLORATION_H_
