#ifndef NACRE_TESTS_CHECK_EXPLORE_EMBEDDED_TARGET_H_
#define NACRE_TESTS_CHECK_EXPLORE_EMBEDDED_TARGET_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "nacre/database.h"
#include "tests/check/explore/target.h"

namespace nacre::check::explore {

// A second of a run, as the engine is told it.
absl::Time TimeOfSecond(int64_t second);

// A transaction of the embedded engine, seen as an Access. Does not own it.
class TransactionAccess : public Access {
 public:
  explicit TransactionAccess(Transaction& transaction) : transaction_(transaction) {}

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
  Transaction& transaction_;
  Savepoint savepoint_;
};

// The engine in this process. Sessions must end before the target.
class EmbeddedTarget : public Target {
 public:
  // CHECKs that a database with these options opens.
  explicit EmbeddedTarget(const Options& options);

  std::string name() const override { return "embedded"; }
  // Deletes every key and writes `state` in one transaction each, so the clock goes on.
  absl::Status Reset(const State& state) override;
  absl::StatusOr<std::unique_ptr<Session>> Connect(Isolation level) override;
  absl::StatusOr<State> ReadAll() override;
  absl::Status Verify() override;

  Database& database() { return *database_; }

 private:
  std::unique_ptr<Database> database_;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_EMBEDDED_TARGET_H_
