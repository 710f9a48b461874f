#include "tests/check/run/spawned_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace nacre::check::run {
namespace {

constexpr std::string_view kPort = "{port}";

absl::StatusOr<uint16_t> FreePort() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool found = descriptor >= 0 &&
                     bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (descriptor >= 0) close(descriptor);
  if (!found) return absl::UnavailableError(absl::StrCat("no free port: ", std::strerror(errno)));
  return ntohs(address.sin_port);
}

[[noreturn]] void BecomeServer(const char* command, pid_t parent) {
  setpgid(0, 0);
  // Also if this process is killed.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  execl("/bin/sh", "sh", "-c", command, nullptr);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SpawnedServer>> SpawnedServer::Start(const std::string& command) {
  if (command.find(kPort) == std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", command, "' does not say where the port stands: write {port} there"));
  }
  const absl::StatusOr<uint16_t> port = FreePort();
  if (!port.ok()) return port.status();
  // The shell is replaced by the server, so that signals reach that.
  std::string line = "exec " + command;
  for (size_t at = 0; (at = line.find(kPort, at)) != std::string::npos;) {
    line.replace(at, kPort.size(), std::to_string(*port));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) BecomeServer(line.c_str(), parent);
  if (pid < 0) return absl::UnavailableError(absl::StrCat("cannot fork: ", std::strerror(errno)));
  return std::unique_ptr<SpawnedServer>(new SpawnedServer(pid, *port));
}

SpawnedServer::~SpawnedServer() { Kill(); }

bool SpawnedServer::HasEnded(std::string& how) {
  int status = 0;
  if (pid_ < 0 || waitpid(pid_, &status, WNOHANG) != pid_) return false;
  pid_ = -1;
  how = WIFEXITED(status) ? absl::StrCat("ended with status ", WEXITSTATUS(status))
                          : absl::StrCat("was ended by signal ", WTERMSIG(status));
  return true;
}

void SpawnedServer::Kill() {
  if (pid_ < 0) return;
  // The group may not be there yet.
  if (kill(-pid_, SIGKILL) != 0) kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace nacre::check::run
