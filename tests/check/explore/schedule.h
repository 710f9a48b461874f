#ifndef NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_H_
#define NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_H_

// A schedule: who does what in which order, what each operation must answer, and which outcomes
// each isolation level admits. Written as text, one operation a line:
//
//   # Comments run to the end of the line when they start it.
//   anomaly: 12 G2-item write skew
//   source: where the interleaving comes from
//   licence: of that source
//   initial: k1=10 k2=20
//   expiry: k2=5              k2 is absent from the second 5 of the run on. Left out: nothing is.
//   snapshots: short-lived    Each is too old from the next pass of the vacuum on, and a
//   transaction
//                             may be refused for it. Left out: none ever is.
//
//   T1: BEGIN
//   T2: BEGIN
//   T1: GET k1 -> 10          The only value that a correct engine may return.
//   T2: SET k1 12
//   T1: COMMIT
//   T2: COMMIT
//
//   snapshot allowed: T1 T2 -> k1=10 k2=20     Transactions that committed -> the final state.
//   serializable prevented: T1 -> {}           {}: empty. No transaction committed: none.
//
// Sessions are named T1, S2, ... Transactions have the name of their session; the second one of a
// session is T1/2. `both` stands for both levels. An outcome that is not listed violates the level.
//
// No outcomes at all: the schedule says nothing of them, and a run is judged by its answers alone.
// VACUUM, ADVANCE and FLUSH stand outside of transactions, usually in sessions of their own. FLUSH
// counts as a transaction of its session, in its name and in the outcomes.
//
// A session whose transaction reports a conflict, or a snapshot that is too old, at whichever
// operation, is out of it: its lines up to the end of that transaction are skipped.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "nacre/types.h"
#include "tests/check/explore/operation.h"

namespace nacre::check::explore {

enum class ScheduleVerdict : uint8_t {
  kPrevented,   // The anomaly did not happen, as the level demands.
  kAllowed,     // The anomaly happened, and the level admits it.
  kStronger,    // The level admits the anomaly, and yet somebody was aborted.
  kRequired,    // Everybody committed, as the level demands.
  kFalseAbort,  // Correct, but somebody was aborted without need.
  kViolated,    // The level was broken.
  kUnlisted,    // The schedule lists no outcomes, and no answer was wrong.
};
const char* Name(ScheduleVerdict verdict);
const char* Name(Isolation level);

struct Step {
  int line = 0;
  std::string session;
  Operation operation;
  std::optional<std::string> expected;  // In the form that Perform() answers.
};

struct ScheduleOutcome {
  int line = 0;
  Isolation level = Isolation::kSnapshot;
  ScheduleVerdict verdict = ScheduleVerdict::kPrevented;
  std::vector<std::string> committed;  // Sorted.
  State final_state;
};

struct Schedule {
  std::string anomaly;
  std::string source;
  std::string licence;
  State initial;
  Expiries expiries;  // Of keys in `initial`.
  bool short_lived_snapshots = false;
  std::vector<Step> steps;
  std::vector<ScheduleOutcome> outcomes;

  // Something in it expires, so that time matters.
  bool has_expiry() const;
  // A keyspace is flushed in it, so that what no transaction wrote changes.
  bool has_flush() const;
  // In the order of their first step.
  std::vector<std::string> Sessions() const;
};

// "T1", or "T1/2" for the second transaction of the session.
std::string TransactionName(const std::string& session, int count);

// The text that ParseSchedule() makes this schedule of.
std::string ToText(const Schedule& schedule);

// kInvalidArgument: "line 7: unknown operation 'GTE'".
absl::StatusOr<Schedule> ParseSchedule(std::string_view text);
// Adds the name of the file to the error; kNotFound if there is none.
absl::StatusOr<Schedule> LoadSchedule(const std::string& path);

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_SCHEDULE_H_
