#include "client/cli/interrupt.h"

#include <csignal>

namespace nacre::cli {

namespace {

volatile std::sig_atomic_t interrupted = 0;

void OnInterrupt(int) { interrupted = 1; }

}  // namespace

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  sigemptyset(&action.sa_mask);
  // Without SA_RESTART: whoever reads or sleeps comes back to look.
  sigaction(SIGINT, &action, nullptr);
}

void StopCatchingInterrupts() { std::signal(SIGINT, SIG_DFL); }

bool WasInterrupted() { return interrupted != 0; }

bool TakeInterrupt() {
  const bool was = interrupted != 0;
  interrupted = 0;
  return was;
}

}  // namespace nacre::cli
