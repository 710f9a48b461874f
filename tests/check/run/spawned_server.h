#ifndef NACRE_TESTS_CHECK_RUN_SPAWNED_SERVER_H_
#define NACRE_TESTS_CHECK_RUN_SPAWNED_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nacre::check::run {

// A server that a run has started itself, on a port that was free. Used by one thread, with which
// it ends at the latest.
class SpawnedServer {
 public:
  // `command` is a line for the shell, in which every {port} is replaced by a port of 127.0.0.1.
  // Its output is dropped, its errors go where those of this process go.
  static absl::StatusOr<std::unique_ptr<SpawnedServer>> Start(const std::string& command);
  // As Kill().
  ~SpawnedServer();
  SpawnedServer(const SpawnedServer&) = delete;
  SpawnedServer& operator=(const SpawnedServer&) = delete;

  uint16_t port() const { return port_; }
  // Whether it has ended by itself, and how: "ended with status 1".
  bool HasEnded(std::string& how);
  // Without a chance to do anything, with all its children.
  void Kill();

 private:
  SpawnedServer(pid_t pid, uint16_t port) : pid_(pid), port_(port) {}

  pid_t pid_;  // -1: has been waited for.
  const uint16_t port_;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_SPAWNED_SERVER_H_
