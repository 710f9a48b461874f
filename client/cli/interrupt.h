#ifndef NACRE_CLIENT_CLI_INTERRUPT_H_
#define NACRE_CLIENT_CLI_INTERRUPT_H_

// Ctrl-C, as something that can be asked for.

#include <csignal>

#include "absl/time/time.h"

namespace nacre::cli {

// One that comes before the flag of the first was taken.
enum class SecondInterrupt : bool {
  kEndsProgram,  // Also one that writes to somebody who does not read.
  kIsIgnored,    // A session goes on, a screen is left as it was found.
};
// From now on SIGINT sets a flag and ends the waits of poll() and its like; what is being written
// is written to its end.
void CatchInterrupts(SecondInterrupt second);
// From now on SIGINT ends the program again.
void StopCatchingInterrupts();
bool WasInterrupted();
// Returns whether there was one, and forgets it.
bool TakeInterrupt();

// As long as it lives, Ctrl-C and what the terminal tells of itself (SIGWINCH, SIGCONT) come in
// WaitForInput() alone. Who looks at a flag and then waits holds them from before the look: one
// that came in between would else be noticed only after the wait.
class SignalsHeld {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

  // Until `fd` (-1: none) can be read without waiting. False: a signal came, or the limit.
  bool WaitForInput(int fd, absl::Duration limit = absl::InfiniteDuration()) const;

 private:
  sigset_t before_;
};

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_INTERRUPT_H_
