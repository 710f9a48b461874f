#ifndef NACRE_TESTS_CHECK_RUN_RECORDED_TRANSACTION_H_
#define NACRE_TESTS_CHECK_RUN_RECORDED_TRANSACTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nacre/check/level.h"
#include "tests/check/run/disturbance.h"
#include "tests/check/run/finished_transaction.h"
#include "tests/check/run/stop_event.h"
#include "tests/check/run/target.h"

namespace nacre::check::run {

// Where a transaction stands in a run.
struct Place {
  uint32_t session = 0;
  uint32_t sessions = 1;  // Of the whole run, that which sets up included.
  uint64_t index = 0;     // In its session, from 0.
};

// Told to those that run transactions.
struct EndOfRun {
  StopEvent stopping;  // No further transaction is begun, and nobody pauses any more.
  // Those under way are rolled back, however long they are. Outlives it.
  const StopEvent& interrupt;
};

// A breach of what a workload keeps true by itself, such as the total of all accounts.
struct Claim {
  Level from = Level::kSnapshotIsolation;  // The weakest level that rules it out.
  std::string words;
};

// A transaction as a workload sees it: what is asked of the session is written down, with the
// answer. An error is to be returned by the workload at once; the transaction is then rolled back.
class RecordedTransaction {
 public:
  RecordedTransaction(Session& session, const Place& place, const Disturbance& disturbance,
                      const EndOfRun& end, OperationLog& log)
      : session_(session), place_(place), disturbance_(disturbance), end_(end), log_(log) {
    log_.Clear();
  }

  // --- For workloads ---
  // First of all. `read_only` is a promise that the store may make use of.
  absl::Status Begin(bool read_only = false);
  absl::StatusOr<std::optional<std::string>> Read(std::string_view key);
  absl::StatusOr<std::vector<std::string>> ReadList(std::string_view key);
  absl::Status Append(std::string_view key, std::string_view element);
  absl::Status Write(std::string_view key, std::string_view value);
  absl::Status Delete(std::string_view key);
  absl::StatusOr<std::vector<Row>> Scan(const KeyRange& range);
  // A number that no other transaction of the run is given, the same whenever the run is repeated.
  std::string UniqueValue();
  const Place& place() const { return place_; }
  // If this transaction commits, an invariant is broken that holds at the level `from` and above.
  void ClaimBreach(Level from, std::string words) { claim_ = Claim{from, std::move(words)}; }

  bool has_claim() const { return claim_.has_value(); }

  // --- For the driver ---
  CommitResult Commit();
  bool begun() const { return begun_; }
  void GiveUp() { given_up_ = true; }
  // Rolled back or dropped on purpose.
  bool given_up() const { return given_up_; }
  // Of those that were asked to commit.
  std::optional<uint64_t> begin_timestamp() const { return begin_timestamp_; }
  const std::optional<Claim>& claim() const { return claim_; }

 private:
  // Before everything that is asked, and before each of the operations.
  absl::Status Step();
  absl::Status StepToOperation();

  // Of values in one transaction.
  static constexpr uint64_t kValuesMax = 1024;

  Session& session_;
  const Place place_;
  Disturbance disturbance_;
  const EndOfRun& end_;
  OperationLog& log_;
  uint32_t step_ = 0;
  uint64_t values_ = 0;
  bool begun_ = false;
  bool given_up_ = false;
  std::optional<uint64_t> begin_timestamp_;
  std::optional<Claim> claim_;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_RECORDED_TRANSACTION_H_
