#ifndef NACRE_TESTS_CHECK_EXPLORE_OPERATION_H_
#define NACRE_TESTS_CHECK_EXPLORE_OPERATION_H_

// The operations of a schedule, their text form, and one interpretation of them for everything that
// can hold keys and values: an engine, a server, or the model that both are judged by.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nacre::check::explore {

using KeyValues =
    std::vector<std::pair<std::string, std::string>>;  // In the order they were visited.
using State = std::map<std::string, std::string>;
using Expiries = std::map<std::string, int64_t>;  // By key: the second of the run.

enum class OperationKind : uint8_t {
  kBegin,         // BEGIN [READONLY]
  kCommit,        // COMMIT
  kRollback,      // ROLLBACK
  kGet,           // GET key
  kGetForUpdate,  // GETFORUPDATE key
  kExists,        // EXISTS key
  kSet,           // SET key value [EXPIRES n]: absent from the second n of the run on
  kDelete,        // DEL key
  kAdd,           // ADD key n: reads the key as a number (absent: 0) and writes the sum
  kScan,          // SCAN start end [REV] [LIMIT n] [WHERE ...]: the keys in [start, end)
  kCount,         // COUNT start end
  kDeleteWhere,   // DELSCAN start end WHERE ...: scans, then deletes the keys that match
  kSavepoint,     // SAVEPOINT
  kRollbackTo,    // ROLLBACKTO: to the last savepoint
  // What happens around transactions. A run begins at second 0, and no time passes by itself.
  kVacuum,   // VACUUM: one pass of the vacuum
  kAdvance,  // ADVANCE n: n seconds pass
  kFlush,    // FLUSH: a commit of its own that empties the keyspace
};

// The last second that a schedule can know, so that no sum of seconds is too large.
inline constexpr int64_t kSecondMax = 1'000'000'000;

// `WHERE VALUE = n` (modulus 0) or `WHERE VALUE % m = n`, applied to what a scan returned: the scan
// itself reads the whole range.
struct Filter {
  int64_t modulus = 0;
  int64_t remainder = 0;
  bool Matches(std::string_view value) const;
};

struct Operation {
  OperationKind kind = OperationKind::kGet;
  bool read_only = false;  // BEGIN only.
  std::string key;         // The start of a range.
  std::string end;
  std::string value;                 // SET: what is written; ADD, ADVANCE: the decimal number.
  std::optional<int64_t> expires_s;  // SET only.
  bool reverse = false;
  std::optional<uint64_t> limit;
  std::optional<Filter> where;

  bool ends_transaction() const {
    return kind == OperationKind::kCommit || kind == OperationKind::kRollback;
  }
  bool writes() const {
    return kind == OperationKind::kSet || kind == OperationKind::kDelete ||
           kind == OperationKind::kAdd || kind == OperationKind::kDeleteWhere ||
           kind == OperationKind::kGetForUpdate;
  }
  bool outside_transactions() const {
    return kind == OperationKind::kVacuum || kind == OperationKind::kAdvance ||
           kind == OperationKind::kFlush;
  }
};

// kInvalidArgument says what is wrong with `text`.
absl::StatusOr<Operation> ParseOperation(std::string_view text);
std::string ToString(const Operation& operation);

// A transaction, seen as something that reads and writes. Implemented by each target and by the
// model.
class Access {
 public:
  virtual ~Access() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(const std::string& key) = 0;
  virtual absl::StatusOr<std::optional<std::string>> GetForUpdate(const std::string& key) = 0;
  virtual absl::StatusOr<bool> Exists(const std::string& key) = 0;
  virtual absl::StatusOr<KeyValues> Scan(const std::string& start, const std::string& end,
                                         bool reverse, std::optional<uint64_t> limit) = 0;
  virtual absl::StatusOr<uint64_t> Count(const std::string& start, const std::string& end) = 0;
  virtual absl::Status Put(const std::string& key, const std::string& value,
                           std::optional<int64_t> expires_s) = 0;
  virtual absl::Status Delete(const std::string& key) = 0;
  virtual absl::Status SetSavepoint() = 0;
  virtual absl::Status RollbackToSavepoint() = 0;
};

// Performs anything inside a transaction but BEGIN, COMMIT and ROLLBACK. The result is text: a
// value or "nil", a number,
// "{k1=10, k2=20}" in the order visited, "ok" for a write. A status other than OK is the target's.
absl::StatusOr<std::string> Perform(const Operation& operation, Access& access);

// "{k1=10, k2=20}"
std::string FormatKeyValues(const KeyValues& items);
std::string FormatState(const State& state);

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_OPERATION_H_
