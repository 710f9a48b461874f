#ifndef NACRE_TESTS_CHECK_EXPLORE_HISTORY_H_
#define NACRE_TESTS_CHECK_EXPLORE_HISTORY_H_

// Judges what an engine did by replaying it on a model. The engine tells the position of every
// transaction in its commit order, so nothing is guessed and the check takes time linear in the
// history.
//
// The rules, by name:
//   SNAPSHOT-READ   every answer is what the state at the read timestamp, with the transaction's
//   own writes
//                   on top, would answer. Also in transactions that were aborted.
//   UNIQUE          no two commits share a timestamp, and each lies above its read timestamp.
//   FIRST-COMMITTER no two committed, concurrent transactions wrote (or locked) one key.
//   SERIAL          a serializable transaction would get the same answers in the instant of its
//   commit:
//                   everything ran as if one by one in the order of commit timestamps. What had
//                   expired for a transaction before it in this order has expired for it.
//   STRICT          a transaction that began after the commit of another had returned sees it.
//   JUSTIFIED       an aborted transaction was in a conflict that its level names.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "nacre/types.h"
#include "tests/check/explore/observation.h"
#include "tests/check/explore/operation.h"

namespace nacre::check::explore {

struct OperationRecord {
  Operation operation;  // Neither BEGIN nor COMMIT nor ROLLBACK.
  std::string answer;
  std::vector<Observation> observations = {};  // What the operation did, in its order.
};

struct TransactionRecord {
  enum class Outcome : uint8_t { kRolledBack, kCommitted, kConflict };

  std::string name;
  Isolation level = Isolation::kSnapshot;
  bool read_only = false;
  std::vector<OperationRecord> operations;
  // The operation that reported the conflict, if it was not the commit. It got no answer.
  std::optional<Operation> refused;
  uint64_t read_timestamp = 0;
  // The second of the run that it judges expiry by is one of these. More than one: time passed
  // while it began.
  std::vector<int64_t> begin_seconds = {0};
  Outcome outcome = Outcome::kRolledBack;
  uint64_t commit_timestamp =
      0;  // As Commit() returned it: the read timestamp if nothing was written.
  // Ticks of one counter for the whole history: what is true of real time. The begin was called
  // after tick `began`, the commit had returned before tick `ended`.
  uint64_t began = 0;
  uint64_t ended = 0;

  std::string ToString() const;
};

struct HistoryRules {
  // Off where the engine may abort for other reasons (keyspaces, expiry, the age of snapshots).
  bool justified = true;
  Expiries expiries = {};  // Of the initial state.
  int64_t final_second = 0;
};

// `initial` is the state at `initial_timestamp`, which no transaction of the history read below.
// The error names the rule and the transactions. If `final_state` is not null, it receives the
// state behind the last commit.
absl::Status CheckHistory(const State& initial, uint64_t initial_timestamp,
                          absl::Span<const TransactionRecord> history,
                          const HistoryRules& rules = {}, State* final_state = nullptr);

// True if some order of the committed transactions, run one by one from `initial`, gives every
// answer in the history. Knows nothing of timestamps: for engines without them, and to say that an
// anomaly is one under every order. Tries all orders, so at most 8 transactions (checked).
bool SomeSerialOrderExplains(const State& initial, absl::Span<const TransactionRecord> history);

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_HISTORY_H_
