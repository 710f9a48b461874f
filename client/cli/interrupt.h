#ifndef NACRE_CLIENT_CLI_INTERRUPT_H_
#define NACRE_CLIENT_CLI_INTERRUPT_H_

// Ctrl-C, as something that can be asked for.

namespace nacre::cli {

// From now on SIGINT sets a flag and interrupts system calls that wait.
void CatchInterrupts();
// From now on SIGINT ends the program again.
void StopCatchingInterrupts();
bool WasInterrupted();
// Returns whether there was one, and forgets it.
bool TakeInterrupt();

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_INTERRUPT_H_
