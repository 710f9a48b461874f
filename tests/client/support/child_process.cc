#include "tests/client/support/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace nacre::client::support {

ChildProcess::ChildProcess(std::vector<std::string> words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    std::perror("pipe2");
    std::abort();
  }
  reader_ = std::thread([this, input = Socket(ends[0])] { ReadOutput(input); });
  runner_ = std::thread([this, words = std::move(words), output = Socket(ends[1])]() mutable {
    Run(std::move(words), std::move(output));
  });
}

ChildProcess::~ChildProcess() {
  Signal(SIGKILL);
  runner_.join();
  reader_.join();
}

void ChildProcess::Run(std::vector<std::string> words, Socket output) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    std::perror("fork");
    std::abort();
  }
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // It ended before it was asked to tell.
    ::dup2(output.descriptor(), STDOUT_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  output.Close();
  {
    const std::lock_guard lock(mutex_);
    pid_ = pid;
    changed_.notify_all();
  }
  for (;;) {
    // Looks without reaping, so that pid_ is never the id of another process.
    siginfo_t seen{};
    if (::waitid(P_PID, static_cast<id_t>(pid), &seen, WEXITED | WSTOPPED | WCONTINUED | WNOWAIT) !=
        0) {
      continue;
    }
    const std::lock_guard lock(mutex_);
    int status = 0;
    if (::waitpid(pid, &status, WUNTRACED | WCONTINUED | WNOHANG) != pid) continue;
    changed_.notify_all();
    is_stopped_ = WIFSTOPPED(status);
    if (!WIFEXITED(status) && !WIFSIGNALED(status)) continue;
    exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    pid_ = -1;
    return;
  }
}

void ChildProcess::ReadOutput(const Socket& output) {
  for (;;) {
    char chunk[4096];
    const ssize_t count = ::read(output.descriptor(), chunk, sizeof(chunk));
    if (count < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    if (count <= 0) {
      output_ended_ = true;
      return;
    }
    output_.append(chunk, static_cast<size_t>(count));
  }
}

std::optional<std::string> ChildProcess::WaitForLine(std::string_view text) const {
  std::unique_lock lock(mutex_);
  std::optional<std::string> line;
  changed_.wait(lock, [&] {
    const size_t found = output_.find(text);
    const size_t end = found == std::string::npos ? found : output_.find('\n', found);
    if (end == std::string::npos) return output_ended_;
    const size_t before = output_.rfind('\n', found);
    const size_t begin = before == std::string::npos ? 0 : before + 1;
    line = output_.substr(begin, end - begin);
    return true;
  });
  return line;
}

std::string ChildProcess::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

void ChildProcess::Signal(int signal) {
  std::unique_lock lock(mutex_);
  // The child may be heard of before fork() has returned here.
  changed_.wait(lock, [&] { return pid_ > 0 || exit_.has_value(); });
  if (pid_ > 0) ::kill(pid_, signal);
}

void ChildProcess::WaitUntilStopped() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_stopped_ || exit_.has_value(); });
}

void ChildProcess::WaitUntilContinued() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !is_stopped_ || exit_.has_value(); });
}

int ChildProcess::WaitForExit() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return exit_.has_value(); });
  return *exit_;
}

}  // namespace nacre::client::support
