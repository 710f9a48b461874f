#ifndef NACRE_TESTS_UNIT_OWN_PROCESS_H_
#define NACRE_TESTS_UNIT_OWN_PROCESS_H_

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace nacre {

// Whether it does, in a child: for what can be done once in a process, or ruins it.
inline bool InAProcessOfItsOwn(const std::function<bool()>& holds) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(holds() ? 0 : 1);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace nacre

#endif  // NACRE_TESTS_UNIT_OWN_PROCESS_H_
