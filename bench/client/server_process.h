#ifndef NACRE_BENCH_CLIENT_SERVER_PROCESS_H_
#define NACRE_BENCH_CLIENT_SERVER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <thread>

namespace nacre::bench {

// A server of its own on a free port of 127.0.0.1, bound to one core: redis-server, or one that
// takes --port. Ends with this object.
class ServerProcess {
 public:
  // Returns when it says that it accepts connections; ends this program if it ends before.
  ServerProcess(const std::string& program, int core);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  uint16_t port() const { return port_; }

 private:
  const int reserved_;
  const uint16_t port_;
  pid_t process_ = 0;
  std::thread output_;  // Reads what it says.
};

// Binds this thread, and those that it starts, to a core.
void PinToCore(int core);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_CLIENT_SERVER_PROCESS_H_
