#ifndef NACRE_TESTS_CHECK_EXPLORE_RECORDER_H_
#define NACRE_TESTS_CHECK_EXPLORE_RECORDER_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nacre/database.h"
#include "tests/check/explore/embedded_target.h"
#include "tests/check/explore/history.h"
#include "tests/check/explore/observation.h"

namespace nacre::check::explore {

// Counts what happens in a history, for the rule STRICT. Thread-safe.
class Ticks {
 public:
  uint64_t Next() { return next_.fetch_add(1, std::memory_order_seq_cst); }

 private:
  std::atomic<uint64_t> next_{1};
};

// The time of a run, which passes only when it is told to. Used by one thread.
class RunClock {
 public:
  void Advance(int64_t seconds) { seconds_.push_back(seconds_.back() + seconds); }
  int64_t now_s() const { return seconds_.back(); }
  // Every second that it has shown, in order.
  const std::vector<int64_t>& seconds() const { return seconds_; }

 private:
  std::vector<int64_t> seconds_ = {0};
};

// Runs one transaction of the embedded engine and writes down what it was told. Used by one thread.
class Recorder {
 public:
  // `clock`, if there is one, is the database's source of time.
  Recorder(Database& database, Ticks& ticks, std::string name, Isolation level,
           const RunClock* clock = nullptr)
      : database_(database), ticks_(ticks), clock_(clock) {
    record_.name = std::move(name);
    record_.level = level;
  }

  // Any operation, BEGIN first. kAborted: a conflict, the transaction is finished, as it is with
  // kOutOfRange where snapshots grow old. Once it is, further operations are passed over with OK.
  // Another error is the engine's and is not recorded.
  absl::Status Execute(const Operation& operation);
  bool finished() const { return finished_; }

  const TransactionRecord& record() const { return record_; }

 private:
  // It is over and has left nothing: a conflict, or its snapshot is too old.
  bool EndsTransaction(const absl::Status& status) const;
  void Begin(bool read_only);
  absl::Status Commit();
  void Finish(TransactionRecord::Outcome outcome);

  Database& database_;
  Ticks& ticks_;
  const RunClock* const clock_;
  TransactionRecord record_;
  std::optional<Transaction> transaction_;
  std::optional<TransactionAccess> access_;
  std::optional<ObservedAccess> observed_;
  bool finished_ = false;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_RECORDER_H_
