#include "bench/client/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "absl/time/clock.h"
#include "bench/client/contender.h"

namespace nacre::bench {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

uint16_t FreePort() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (::bind(probe, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Fail("no free port");
  }
  ::close(probe);
  return ntohs(address.sin_port);
}

bool Accepts(uint16_t port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Loopback(port);
  const bool connected =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(probe);
  return connected;
}

std::vector<std::string> CommandLine(const std::string& program, uint16_t port) {
  std::vector<std::string> words = {program, "--port", std::to_string(port)};
  if (program.ends_with("redis-server")) {
    words.insert(words.end(), {"--save", "", "--appendonly", "no"});
  }
  return words;
}

[[noreturn]] void Become(const std::vector<std::string>& words, int core) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // Also if this program crashes.
  PinToCore(core);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

void PinToCore(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  if (::sched_setaffinity(0, sizeof(cores), &cores) != 0) Fail("there is no such core");
}

ServerProcess::ServerProcess(const std::string& program, int core) : port_(FreePort()) {
  const std::vector<std::string> words = CommandLine(program, port_);
  process_ = ::fork();
  if (process_ == 0) Become(words, core);
  while (!Accepts(port_)) {
    if (::waitpid(process_, nullptr, WNOHANG) != 0) Fail(program + " did not start");
    absl::SleepFor(absl::Milliseconds(10));
  }
}

ServerProcess::~ServerProcess() {
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
}

}  // namespace nacre::bench
