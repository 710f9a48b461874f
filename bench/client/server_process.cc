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

// A socket on a port that nobody else gets as long as it is open. The server can listen there all
// the same: SO_REUSEADDR lets it, as long as this one does not listen.
int ReservePort() {
  const int reserved = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  const sockaddr_in address = Loopback(0);
  if (::setsockopt(reserved, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(reserved, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    Fail("no free port");
  }
  return reserved;
}

uint16_t PortOf(int reserved) {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  if (::getsockname(reserved, reinterpret_cast<sockaddr*>(&address), &size) != 0) Fail("no port");
  return ntohs(address.sin_port);
}

// Redis's words, and Nacre's.
bool IsReady(const std::string& said) {
  return said.find("Ready to accept connections") != std::string::npos ||
         said.find("listens on") != std::string::npos;
}

bool ReadSome(int output, std::string& said) {
  char bytes[4096];
  const ssize_t count = ::read(output, bytes, sizeof(bytes));
  if (count <= 0) return false;
  said.append(bytes, static_cast<size_t>(count));
  return true;
}

std::vector<std::string> CommandLine(const std::string& program, uint16_t port) {
  std::vector<std::string> words = {program, "--port", std::to_string(port)};
  if (program.ends_with("redis-server")) {
    words.insert(words.end(), {"--save", "", "--appendonly", "no"});
  }
  return words;
}

[[noreturn]] void Become(const std::vector<std::string>& words, int core, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // Also if this program crashes.
  PinToCore(core);
  ::dup2(output, STDOUT_FILENO);
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

ServerProcess::ServerProcess(const std::string& program, int core)
    : reserved_(ReservePort()), port_(PortOf(reserved_)) {
  const std::vector<std::string> words = CommandLine(program, port_);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) Fail("no pipe");
  process_ = ::fork();
  if (process_ == 0) Become(words, core, ends[1]);
  ::close(ends[1]);
  std::string said;
  while (!IsReady(said)) {
    if (!ReadSome(ends[0], said)) Fail(program + " did not start");
  }
  // To the end, so that the server never waits for somebody to read.
  output_ = std::thread([output = ends[0]] {
    for (std::string more; ReadSome(output, more); more.clear()) {
    }
    ::close(output);
  });
}

ServerProcess::~ServerProcess() {
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
  output_.join();
  ::close(reserved_);
}

}  // namespace nacre::bench
