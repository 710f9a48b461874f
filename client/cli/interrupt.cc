#include "client/cli/interrupt.h"

#include <poll.h>

#include <ctime>

namespace nacre::cli {

namespace {

constexpr int kSignals[] = {SIGINT, SIGWINCH, SIGCONT};

volatile std::sig_atomic_t interrupted = 0;

volatile std::sig_atomic_t second_ends = 0;

void OnInterrupt(int) {
  if (interrupted != 0 && second_ends != 0) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);  // Comes when this returns.
  }
  interrupted = 1;
}

}  // namespace

void CatchInterrupts(SecondInterrupt second) {
  second_ends = second == SecondInterrupt::kEndsProgram ? 1 : 0;
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  sigemptyset(&action.sa_mask);
  // Or what a slow terminal has not taken yet of a reply is lost. Who waits (poll) comes back to
  // look all the same.
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
}

void StopCatchingInterrupts() { std::signal(SIGINT, SIG_DFL); }

bool WasInterrupted() { return interrupted != 0; }

bool TakeInterrupt() {
  const bool was = interrupted != 0;
  interrupted = 0;
  return was;
}

SignalsHeld::SignalsHeld() {
  sigset_t held;
  sigemptyset(&held);
  for (const int signal : kSignals) sigaddset(&held, signal);
  sigprocmask(SIG_BLOCK, &held, &before_);
}

SignalsHeld::~SignalsHeld() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

bool SignalsHeld::WaitForInput(int fd, absl::Duration limit) const {
  sigset_t while_waiting = before_;
  for (const int signal : kSignals) sigdelset(&while_waiting, signal);
  pollfd waiting = {.fd = fd, .events = POLLIN, .revents = 0};
  const timespec until = absl::ToTimespec(limit);
  const bool limited = limit != absl::InfiniteDuration();
  return ppoll(&waiting, 1, limited ? &until : nullptr, &while_waiting) > 0;
}

}  // namespace nacre::cli
