#ifndef NACRE_TESTS_CLIENT_SUPPORT_CHILD_PROCESS_H_
#define NACRE_TESTS_CLIENT_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/client/support/socket.h"

namespace nacre::client::support {

// A program that runs beside the test and ends with it, also if the test crashes: the thread that
// has started it waits for it, and the system kills it when that thread ends.
class ChildProcess {
 public:
  // words[0] is a path, or a name to look up in PATH. Standard output is read, all else inherited.
  explicit ChildProcess(std::vector<std::string> words);
  // Kills it if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The first line of output with `text` in it; none if the output has ended without one.
  std::optional<std::string> WaitForLine(std::string_view text) const;
  std::string output() const;

  // No-op if it has ended.
  void Signal(int signal);
  // Until SIGSTOP (SIGCONT) has reached all of it, or it has ended.
  void WaitUntilStopped() const;
  void WaitUntilContinued() const;
  // Its exit status, or 128 + the signal that ended it.
  int WaitForExit() const;

 private:
  void Run(std::vector<std::string> words, Socket output);
  void ReadOutput(const Socket& output);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_.
  pid_t pid_ = -1;  // While it runs, or is a zombie.
  bool is_stopped_ = false;
  std::optional<int> exit_;
  std::string output_;
  bool output_ended_ = false;

  std::thread reader_;
  std::thread runner_;
};

}  // namespace nacre::client::support

#endif  // NACRE_TESTS_CLIENT_SUPPORT_CHILD_PROCESS_H_
