#ifndef NACRE_TESTS_CHECK_RUN_ROUND_H_
#define NACRE_TESTS_CHECK_RUN_ROUND_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nacre/check/level.h"
#include "tests/check/run/disturbance.h"
#include "tests/check/run/finished_transaction.h"
#include "tests/check/run/pace.h"
#include "tests/check/run/recorded_transaction.h"
#include "tests/check/run/stop_event.h"
#include "tests/check/run/target.h"
#include "tests/check/run/workload.h"
#include "tests/check/run/written_keys.h"

namespace nacre::check::run {

// How many transactions ended how.
struct Tally {
  uint64_t committed = 0;
  uint64_t committed_writes = 0;  // Of the committed ones, those that wrote something.
  uint64_t committed_reads = 0;   // And those that read what another transaction wrote.
  uint64_t conflicts = 0;
  uint64_t rolled_back = 0;  // On purpose, or dropped with their connection.
  uint64_t refused = 0;      // By the target, for another reason than a conflict.
  uint64_t unknown = 0;

  uint64_t all() const { return committed + conflicts + rolled_back + refused + unknown; }
  Tally& operator+=(const Tally& other);
};

struct Breach {
  uint32_t process = 0;
  uint64_t invoked = 0;  // Names the transaction, with its process.
  std::string words;
};

struct RoundOptions {
  uint64_t seed = 1;
  uint32_t sessions = 8;
  // Of each session; the first has the index `first_index`.
  uint64_t transactions_per_session = UINT64_MAX;
  uint64_t first_index = 0;
  DisturbanceOptions disturbance;
  Level level = Level::kSnapshotIsolation;  // Which claims count.
  // How long a session that has lost its connection tries to come back.
  absl::Duration patience = absl::Seconds(10);
};

// Sessions at work on one target, from an empty state to the end of its life or of the run. Once
// `interrupt`, which outlives it, is set, that is as Stop(), and those under way are rolled back.
// Threads
// may call Stop() and the accessors at any time, and everything else only the one that has made it.
class Round {
 public:
  Round(Target& target, const Workload& workload, const RoundOptions& options,
        TransactionSink& sink, const StopEvent& interrupt);
  // As Stop() and Wait().
  ~Round();

  // What has to be there before anybody else comes. An error is that of the target.
  // kCancelled: the interrupt was set.
  absl::Status SetUp();
  void Start();
  // Every session ends after the transaction that it is in.
  void Stop() { end_.stopping.Set(); }
  // From now on a session that has lost its connection has ended: the target is about to go.
  void EndWithTarget() { ends_with_target_ = true; }
  // Whether all sessions have ended, `timeout` later at the latest.
  bool WaitFor(absl::Duration timeout);
  void Wait();

  Tally tally() const;
  // What workloads have found broken by themselves.
  std::vector<Breach> breaches() const;
  // Why sessions have ended before their time, or without a target: it is gone. Empty if none has.
  std::string lost() const;
  // What the target said when it first refused a transaction; empty if it never did.
  std::string refusal() const;
  // What transactions have written, or tried to, and has not been removed yet. After Wait().
  std::vector<std::string> written_keys() const { return written_keys_.All(); }
  // How many more there were, which the target refused to remove again and again.
  uint64_t forgotten_keys() const { return written_keys_.forgotten(); }
  // How many transactions the longest session has done, those before this round included.
  uint64_t next_index() const;

 private:
  struct Runner;
  void RunSession(Runner& runner);
  bool IsEnding() const;
  bool Connect(Runner& runner);
  void LookAfterTarget(Runner& runner);
  void KeepWrittenKeys(Runner& runner);
  void RemoveOldKeys(Runner& runner);
  void RunTransaction(Runner& runner, const Place& place);
  void RunSetUp(Runner& runner, uint64_t number, absl::Status& status);
  void Finish(Runner& runner, const RecordedTransaction& txn, const CommitResult& result,
              uint64_t invoked, uint64_t completed);
  void Count(Runner& runner, const RecordedTransaction& txn, const CommitResult& result);
  void Lose(std::string why);

  Target& target_;
  const Workload& workload_;
  const RoundOptions options_;
  TransactionSink& sink_;
  Pace pace_;
  WrittenKeys written_keys_;
  EndOfRun end_;
  std::atomic<bool> ends_with_target_ = false;
  std::vector<std::unique_ptr<Runner>> runners_;  // The last one sets up.

  mutable std::mutex mutex_;
  std::condition_variable ended_;
  // Guarded by mutex_.
  uint32_t running_ = 0;
  std::vector<Breach> breaches_;
  std::string lost_;
  std::string refusal_;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_ROUND_H_
