#include "client/cli/restore_on_signal.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace nacre::cli {

namespace {

constexpr int kSignals[] = {SIGTERM, SIGHUP, SIGQUIT};
// A terminal that is stopped by Ctrl-S takes no bytes, and must not keep the program alive.
constexpr int kPatienceMillis = 500;

// Written while the signals have no handler, or by nobody; read by the handler.
bool has_modes = false;
termios modes_before = {};
const char* undo_bytes = nullptr;
size_t undo_count = 0;

// Of a job in the background the shell has the terminal, and has set it to its own liking. Where
// there is no job control, it is nobody else's.
bool TerminalIsOurs(int fd) {
  const pid_t foreground = tcgetpgrp(fd);
  return foreground < 0 || foreground == getpgrp();
}

// Calls nothing but what a signal handler may call.
void OnEnd(int signal) {
  if (has_modes && TerminalIsOurs(STDIN_FILENO)) {
    tcsetattr(STDIN_FILENO, TCSANOW, &modes_before);
  }
  pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  if (undo_count > 0 && TerminalIsOurs(STDOUT_FILENO) && poll(&out, 1, kPatienceMillis) == 1) {
    [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, undo_bytes, undo_count);
  }
  // SA_RESETHAND has brought the signal's own effect back; it comes when this returns.
  raise(signal);
}

}  // namespace

std::optional<termios> TerminalModes() {
  termios modes = {};
  if (tcgetattr(STDIN_FILENO, &modes) != 0) return std::nullopt;
  return modes;
}

RestoreOnSignal::RestoreOnSignal(const std::optional<termios>& modes, std::string_view bytes) {
  has_modes = modes.has_value();
  if (modes) modes_before = *modes;
  undo_bytes = bytes.data();
  undo_count = bytes.size();
  struct sigaction action = {};
  action.sa_handler = OnEnd;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  // The second of two signals must not come in between.
  sigemptyset(&action.sa_mask);
  for (const int signal : kSignals) sigaddset(&action.sa_mask, signal);
  for (const int signal : kSignals) {
    struct sigaction before = {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_DFL) sigaction(signal, &action, nullptr);
  }
}

RestoreOnSignal::~RestoreOnSignal() {
  for (const int signal : kSignals) {
    struct sigaction now = {};
    sigaction(signal, nullptr, &now);
    if (now.sa_handler == OnEnd) std::signal(signal, SIG_DFL);
  }
}

}  // namespace nacre::cli
