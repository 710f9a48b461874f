#ifndef NACRE_TESTS_CHECK_EXPLORE_SERVER_PROCESS_H_
#define NACRE_TESTS_CHECK_EXPLORE_SERVER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace nacre::check::explore {

// A nacre-server of this build, listening on a port that the system chose.
class ServerProcess {
 public:
  // Waits until the server says where it listens.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(
      const std::string& path, const std::vector<std::string>& flags = {});
  // Kills it if it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  uint16_t port() const { return port_; }
  // SIGTERM; returns the exit status, or 128 + the signal that ended it.
  int Stop();

 private:
  ServerProcess(pid_t pid, int output) : pid_(pid), output_(output) {}

  pid_t pid_;
  int output_;
  uint16_t port_ = 0;
};

}  // namespace nacre::check::explore

#endif  // NACRE_TESTS_CHECK_EXPLORE_SERVER_PROCESS_H_
