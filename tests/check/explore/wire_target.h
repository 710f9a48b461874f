#ifndef NACRE_TESTS_CHECK_EXPLORE_WIRE_TARGET_H_
#define NACRE_TESTS_CHECK_EXPLORE_WIRE_TARGET_H_

#include <cstdint>
#include <memory>
#include <string>

#include "nacre/client/blocking.h"
#include "tests/check/explore/target.h"

namespace nacre::check::explore {

// A server that speaks RESP with BEGIN, COMMIT, ROLLBACK and RANGE, on a port of this machine. It
// must be ours alone: Reset() flushes it. A session has a connection of its own.
class WireTarget : public Target {
 public:
  explicit WireTarget(uint16_t port);

  std::string name() const override { return "wire"; }
  absl::Status Reset(const State& state) override;
  absl::StatusOr<std::unique_ptr<Session>> Connect(Isolation level) override;
  absl::StatusOr<State> ReadAll() override;
  // The server still answers.
  absl::Status Verify() override;

 private:
  client::BlockingClient client_;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_WIRE_TARGET_H_
