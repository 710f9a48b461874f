#ifndef NACRE_TESTS_CHECK_WIRE_TARGET_H_
#define NACRE_TESTS_CHECK_WIRE_TARGET_H_

#include <memory>
#include <string>

#include "tests/check/resp_client.h"
#include "tests/check/target.h"

namespace nacre::check {

// A server that speaks RESP with BEGIN, COMMIT, ROLLBACK and RANGE, on a port of this machine. It
// must be ours alone: Reset() flushes it.
class WireTarget : public Target {
 public:
  explicit WireTarget(uint16_t port) : port_(port) {}

  std::string name() const override { return "wire"; }
  absl::Status Reset(const State& state) override;
  absl::StatusOr<std::unique_ptr<Session>> Connect(Isolation level) override;
  absl::StatusOr<State> ReadAll() override;
  // The server answers on a fresh connection.
  absl::Status Verify() override;

 private:
  const uint16_t port_;
};

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_WIRE_TARGET_H_
