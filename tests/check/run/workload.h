#ifndef NACRE_TESTS_CHECK_RUN_WORKLOAD_H_
#define NACRE_TESTS_CHECK_RUN_WORKLOAD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "tests/check/run/random.h"
#include "tests/check/run/recorded_transaction.h"

namespace nacre::check::run {

struct WorkloadOptions {
  uint64_t keys = 0;  // At a time; 0: what suits the workload.
  double skew = 0;    // Exponent of the Zipf distribution of keys.
  uint32_t operations_max = 4;
  double read_share = 0.5;
  // Transactions that roll back at their end instead of committing: what they wrote must never be
  // seen.
  double rollback_share = 0.02;
};

// What the transactions of a run do. Immutable, and used by all sessions at once: what a
// transaction does depends on its place, its random numbers and the answers.
class Workload {
 public:
  virtual ~Workload() = default;

  virtual bool needs_scans() const { return false; }
  // Whether no transaction touches a key of another stretch than its own.
  virtual bool has_keys_by_stretch() const { return false; }
  // Transactions that run before all others, one after the other.
  virtual uint64_t setup_transactions() const { return 0; }
  virtual absl::Status SetUp(uint64_t, RecordedTransaction&) const { return absl::OkStatus(); }
  // Begins and does everything but the commit. kCancelled: rolled back on purpose.
  virtual absl::Status Run(Random& random, RecordedTransaction& txn) const = 0;
};

// Sessions stay within one stretch of each other, so a workload can go on to fresh keys after each
// without leaving the slower ones to themselves. That keeps lists and chains of versions short.
inline constexpr uint64_t kTransactionsPerStretch = 64;
inline uint64_t StretchOf(const Place& place) { return place.index / kTransactionsPerStretch; }

inline absl::Status RollBackOnPurpose() { return absl::CancelledError("rolled back on purpose"); }

struct WorkloadKind {
  std::string_view name;
  std::string_view what;  // In half a sentence.
  std::unique_ptr<Workload> (*make)(const WorkloadOptions& options);
};
absl::Span<const WorkloadKind> WorkloadKinds();
const WorkloadKind* FindWorkload(std::string_view name);  // nullptr: there is none.

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_WORKLOAD_H_
