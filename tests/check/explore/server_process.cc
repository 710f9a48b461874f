#include "tests/check/explore/server_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <optional>

namespace nacre::check::explore {
namespace {

// The number behind the last colon: "... listening on 127.0.0.1:40123".
std::optional<uint16_t> PortIn(const std::string& line) {
  for (size_t colon = line.rfind(':'); colon != std::string::npos && colon > 0;
       colon = line.rfind(':', colon - 1)) {
    size_t end = colon + 1;
    unsigned port = 0;
    while (end < line.size() && std::isdigit(static_cast<unsigned char>(line[end])) != 0 &&
           port <= UINT16_MAX) {
      port = port * 10 + static_cast<unsigned>(line[end++] - '0');
    }
    if (end > colon + 1 && port > 0 && port <= UINT16_MAX) return static_cast<uint16_t>(port);
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    const std::string& path, const std::vector<std::string>& flags) {
  std::vector<std::string> words = {path, "--port", "0"};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) return absl::InternalError(std::strerror(errno));
  const pid_t pid = ::fork();
  if (pid < 0) return absl::InternalError(std::strerror(errno));
  if (pid == 0) {
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::execv(path.c_str(), arguments.data());
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  std::unique_ptr<ServerProcess> process(new ServerProcess(pid, pipe_ends[0]));

  std::string line;
  for (char c = 0; c != '\n';) {
    const ssize_t count = ::read(process->output_, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      return absl::UnavailableError(path + " ended, or closed its output, after: " + line);
    }
    line += c;
  }
  const std::optional<uint16_t> port = PortIn(line);
  if (!port) return absl::UnavailableError(path + " does not say where it listens: " + line);
  process->port_ = *port;
  return process;
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(output_);
}

int ServerProcess::Stop() {
  ::kill(pid_, SIGTERM);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace nacre::check::explore
