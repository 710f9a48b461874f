// nacre-server: exit code 0 after a stop by signal, 1 if it cannot start, 2 if a flag is wrong.

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "nacre/memory.h"
#include "server/flags.h"
#include "server/server.h"
#include "server/version.h"

namespace nacre::server {
namespace {

// Each client is a file descriptor; the soft limit is often a thousand.
void RaiseFileLimit(size_t clients_max) {
  constexpr size_t kOtherFiles = 256;
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = clients_max + kOtherFiles;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void PrintStart(const ServerOptions& options, uint16_t port) {
  const bool local = options.bind == "127.0.0.1";
  const std::string host = local ? "" : absl::StrCat("-h ", options.bind, " ");
  std::printf("nacre-server %s listens on %s:%d\n", std::string(kNacreVersion).c_str(),
              options.bind.c_str(), port);
  std::printf("try it:  redis-cli %s-p %d set greeting hello\n", host.c_str(), port);
  std::printf("stop it: Ctrl-C, or kill %d\n", static_cast<int>(getpid()));
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  int exit_code = 0;
  auto options = ReadFlags(argc, argv, exit_code);
  if (!options) return exit_code;
  RaiseFileLimit(options->clients_max);
  std::signal(SIGPIPE, SIG_IGN);
  // Blocked in every thread, since threads inherit it, and waited for here.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

  // Once: a second signal ends the process while the server drains.
  static std::atomic_flag asked;
  options->on_shutdown = [] {
    if (!asked.test_and_set()) kill(getpid(), SIGTERM);
  };
  MemoryPoolOptions pool;
  if (!options->memory_pool) pool.enabled = false;
  pool.huge_pages = options->huge_pages;
  if (absl::Status status = ConfigureMemoryPool(pool); !status.ok()) {
    std::fprintf(stderr, "nacre-server: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  auto server = Server::Start(*options);
  if (!server.ok()) {
    std::fprintf(stderr, "nacre-server: %s\n", std::string(server.status().message()).c_str());
    return 1;
  }
  PrintStart(*options, (*server)->port());
  int signal = 0;
  sigwait(&stop_signals, &signal);
  // Who asks a second time does not want to wait.
  pthread_sigmask(SIG_UNBLOCK, &stop_signals, nullptr);
  (*server)->Stop();
  return 0;
}

}  // namespace
}  // namespace nacre::server

int main(int argc, char** argv) { return nacre::server::Main(argc, argv); }
