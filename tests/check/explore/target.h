#ifndef NACRE_TESTS_CHECK_EXPLORE_TARGET_H_
#define NACRE_TESTS_CHECK_EXPLORE_TARGET_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nacre/types.h"
#include "tests/check/explore/operation.h"

namespace nacre::check::explore {

// One client of a target, which runs one transaction after the other. Used by one thread.
class Session {
 public:
  virtual ~Session() = default;
  // Sends the operation and waits for its answer, in the form of Perform(); COMMIT answers the
  // commit timestamp. kAborted: a conflict, the transaction is over and left nothing. Any other
  // error means that the target does not work.
  virtual absl::StatusOr<std::string> Execute(const Operation& operation) = 0;
  // Of the transaction that was begun last, if the target tells.
  virtual std::optional<uint64_t> read_timestamp() const { return std::nullopt; }
};

// A store under test.
class Target {
 public:
  virtual ~Target() = default;
  virtual std::string name() const = 0;
  // Empties the store and writes `state`. Precondition: no session is open.
  virtual absl::Status Reset(const State& state) = 0;
  // All transactions of the session run at `level`.
  virtual absl::StatusOr<std::unique_ptr<Session>> Connect(Isolation level) = 0;
  // Everything committed.
  virtual absl::StatusOr<State> ReadAll() = 0;
  // What the target knows of its own health, called when all sessions are closed.
  virtual absl::Status Verify() = 0;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_TARGET_H_
