#ifndef NACRE_TESTS_CHECK_EXPLORE_OBSERVATION_H_
#define NACRE_TESTS_CHECK_EXPLORE_OBSERVATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/check/explore/operation.h"

namespace nacre::check::explore {

// One call of an Access and what it answered: what an operation of a schedule comes down to. ADD is
// a read and a write; a scan WHERE is the whole scan.
struct Observation {
  enum class Kind : uint8_t {
    kGet,
    kExists,
    kScan,
    kCount,
    kPut,
    kDelete,
    kSetSavepoint,
    kRollbackTo
  };

  Kind kind = Kind::kGet;
  std::string key = {};  // The start of a range.
  std::string end = {};
  std::optional<std::string> value = std::nullopt;  // kGet: nullopt if absent; kPut.
  std::optional<int64_t> expires_s = std::nullopt;  // kPut.
  KeyValues items = {};                             // kScan, in the order visited.
  bool reverse = false;
  bool limited = false;  // It had a limit, and as many items.
  uint64_t count = 0;    // kCount; kExists: 1 or 0.
};

// Passes everything on and writes down what succeeded. Does not own what it passes on to.
class ObservedAccess : public Access {
 public:
  explicit ObservedAccess(Access& access) : access_(access) {}

  std::vector<Observation> Take() { return std::exchange(observations_, {}); }

  absl::StatusOr<std::optional<std::string>> Get(const std::string& key) override;
  absl::StatusOr<std::optional<std::string>> GetForUpdate(const std::string& key) override;
  absl::StatusOr<bool> Exists(const std::string& key) override;
  absl::StatusOr<KeyValues> Scan(const std::string& start, const std::string& end, bool reverse,
                                 std::optional<uint64_t> limit) override;
  absl::StatusOr<uint64_t> Count(const std::string& start, const std::string& end) override;
  absl::Status Put(const std::string& key, const std::string& value,
                   std::optional<int64_t> expires_s) override;
  absl::Status Delete(const std::string& key) override;
  absl::Status SetSavepoint() override;
  absl::Status RollbackToSavepoint() override;

 private:
  absl::Status Note(const absl::Status& status, Observation observation);

  Access& access_;
  std::vector<Observation> observations_;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_OBSERVATION_H_
