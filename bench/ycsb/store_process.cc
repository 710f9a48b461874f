#include "bench/ycsb/store_process.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <type_traits>

#include "bench/ycsb/fresh_process.h"
#include "server/allocator/allocator.h"

namespace nacre::bench {
namespace {

static_assert(std::is_trivially_copyable_v<RunSpec> && std::is_trivially_copyable_v<Sample>);

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

// Whether all of it came, or went: neither, once the other end is gone.
template <typename Message>
bool Receive(int socket, Message& message) {
  return recv(socket, &message, sizeof(message), MSG_WAITALL) == sizeof(message);
}
template <typename Message>
bool Send(int socket, const Message& message) {
  return send(socket, &message, sizeof(message), MSG_NOSIGNAL) == sizeof(message);
}

// The other process, until nobody wants anything any more.
void Serve(const StoreEntry& entry, uint64_t keys, int socket) {
  const std::unique_ptr<Contender> contender = entry.make(keys);
  RunSpec spec;
  while (Receive(socket, spec)) {
    const Sample sample = spec.workload == Workload::kLoad ? contender->Load()
                          : spec.workload == Workload::kUpdates
                              ? contender->UpdateAll(kUpdateRounds)
                              : contender->Run(spec);
    if (!Send(socket, sample)) return;
  }
}

}  // namespace

StoreProcess::StoreProcess(const StoreEntry& entry, uint64_t keys) : entry_(entry) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) Fail("socketpair");
  std::fflush(nullptr);  // Or both would print what is buffered.
  pid_ = fork();
  if (pid_ < 0) Fail("fork");
  if (pid_ == 0) {
    EndWithParent();
    allocator::ResumeAfterFork();
    close(sockets[0]);
    Serve(entry, keys, sockets[1]);
    _exit(0);
  }
  close(sockets[1]);
  socket_ = sockets[0];
}

StoreProcess::~StoreProcess() {
  kill(pid_, SIGCONT);
  // Processes that were made later hold copies of this socket: closing it would not be noticed.
  shutdown(socket_, SHUT_RDWR);
  close(socket_);
  waitpid(pid_, nullptr, 0);
}

Sample StoreProcess::Run(const RunSpec& spec) {
  Sample sample;
  kill(pid_, SIGCONT);
  if (!Send(socket_, spec) || !Receive(socket_, sample)) {
    int status = 0;
    waitpid(pid_, &status, 0);
    std::fprintf(stderr, "the process of %s has ended%s\n", std::string(entry_.name).c_str(),
                 WhyEnded(status).c_str());
    std::exit(1);
  }
  kill(pid_, SIGSTOP);
  return sample;
}

}  // namespace nacre::bench
