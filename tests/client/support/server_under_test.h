#ifndef NACRE_TESTS_CLIENT_SUPPORT_SERVER_UNDER_TEST_H_
#define NACRE_TESTS_CLIENT_SUPPORT_SERVER_UNDER_TEST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/client/support/child_process.h"
#include "tests/client/support/reserved_port.h"

namespace nacre::client::support {

enum class ServerKind : uint8_t {
  kNacre,  // nacre-server of this build.
  kRedis,  // redis-server in PATH; its tests need the label `external`.
};

// "Nacre", "Redis".
std::string_view NameOf(ServerKind kind);

// A server in a process of its own, empty, on a port that stays its own while it is away. Used by
// one thread.
class ServerUnderTest {
 public:
  // Returns when it listens. `flags` of its command line; both kinds know --requirepass and
  // --maxclients.
  static absl::StatusOr<std::unique_ptr<ServerUnderTest>> Start(
      ServerKind kind, const std::vector<std::string>& flags = {});
  // Kills it if it still runs.
  ~ServerUnderTest() = default;
  ServerUnderTest(const ServerUnderTest&) = delete;
  ServerUnderTest& operator=(const ServerUnderTest&) = delete;

  ServerKind kind() const { return kind_; }
  uint16_t port() const { return port_.port(); }

  // Asks it to end (SIGTERM) and waits for it; its exit status, or 128 + the signal that ended it.
  int Stop();
  void Kill();
  // Starts it again after Stop() or Kill(): with the same port and flags, and without data.
  absl::Status Restart();
  // It runs no instruction between these two, but its kernel still takes connections and bytes.
  void Pause();
  void Continue();

 private:
  ServerUnderTest(ServerKind kind, std::vector<std::string> flags)
      : kind_(kind), flags_(std::move(flags)) {}

  const ServerKind kind_;
  const std::vector<std::string> flags_;
  const ReservedPort port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_SERVER_UNDER_TEST_H_
