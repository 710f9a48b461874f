#include "tests/check/program/interrupt.h"

#include <atomic>
#include <csignal>

namespace nacre::check {
namespace {

// Set before the handler is, and kept until it is gone.
std::atomic<run::StopEvent*> caught = nullptr;

void Catch(void (*handler)(int)) {
  std::signal(SIGINT, handler);
  std::signal(SIGTERM, handler);
}

void OnInterrupt(int) {
  caught.load()->Set();
  Catch(SIG_DFL);
}

}  // namespace

CaughtInterrupt::CaughtInterrupt() {
  caught = &event_;
  Catch(OnInterrupt);
}

CaughtInterrupt::~CaughtInterrupt() { Catch(SIG_DFL); }

}  // namespace nacre::check
