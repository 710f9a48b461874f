#include "bench/ycsb/fresh_process.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "server/allocator/allocator.h"

namespace nacre::bench {

void EndWithParent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

std::string WhyEnded(int status) {
  if (!WIFSIGNALED(status)) return "";
  const int signal = WTERMSIG(status);
  return std::string(": ") + strsignal(signal) +
         (signal == SIGBUS ? ", as when /dev/shm is full" : "");
}

void* MakeShared(size_t bytes) {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("mmap");
    std::exit(1);
  }
  return memory;
}

void FreeShared(void* memory, size_t bytes) { munmap(memory, bytes); }

void InFreshProcess(absl::FunctionRef<void()> body) {
  std::fflush(nullptr);  // Or both would print what is buffered.
  const pid_t pid = fork();
  if (pid < 0) {
    std::perror("fork");
    std::exit(1);
  }
  if (pid == 0) {
    EndWithParent();
    allocator::ResumeAfterFork();
    body();
    std::fflush(nullptr);
    _exit(0);
  }
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || status != 0) {
    std::fprintf(stderr, "a measuring process has failed%s\n", WhyEnded(status).c_str());
    std::exit(1);
  }
}

}  // namespace nacre::bench
