#include "client/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>

#include "client/cli/interrupt.h"
#include "client/cli/text.h"

namespace nacre::cli {

namespace {

constexpr char kEnterScreen[] = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J";
constexpr char kLeaveScreen[] = "\x1b[?25h\x1b[?1049l";

// There only to end a wait for a key.
void OnResize(int) {}

}  // namespace

WindowSize CurrentWindowSize() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return {};
  }
  return {.rows = size.ws_row, .columns = size.ws_col};
}

FullScreen::FullScreen() : before_(TerminalModes()) {
  restore_.emplace(before_, kLeaveScreen);
  if (before_) {
    termios now = *before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    // Stopped by Ctrl-Z, it would leave the shell on the second screen.
    now.c_cc[VSUSP] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
  }
  struct sigaction action = {};
  action.sa_handler = OnResize;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGWINCH, &action, nullptr);
  Print(kEnterScreen);
}

FullScreen::~FullScreen() {
  Print(kLeaveScreen);
  if (before_) tcsetattr(STDIN_FILENO, TCSADRAIN, &*before_);
}

std::optional<char> FullScreen::ReadKey(absl::Duration timeout) {
  const SignalsHeld held;
  if (WasInterrupted() || !held.WaitForInput(input_ended_ ? -1 : STDIN_FILENO, timeout)) {
    return std::nullopt;
  }
  char key = 0;
  if (read(STDIN_FILENO, &key, 1) == 1) return key;
  input_ended_ = true;
  return std::nullopt;
}

std::optional<std::string> AskPassword(const std::string& question) {
  const std::optional<termios> before = TerminalModes();
  const RestoreOnSignal restore(before, "\n");
  if (before) {
    termios silent = *before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  // Last: who sees the question may type at once.
  std::fprintf(stderr, "%s", question.c_str());
  // Byte by byte, since what follows the password may be meant for somebody else.
  std::string password;
  bool complete = false;
  char c = 0;
  const SignalsHeld held;
  while (!WasInterrupted()) {
    if (!held.WaitForInput(STDIN_FILENO)) continue;
    if (read(STDIN_FILENO, &c, 1) != 1) break;
    if (c == '\n') {
      complete = true;
      break;
    }
    password += c;
  }
  if (before) tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before);
  std::fprintf(stderr, "\n");
  if (WasInterrupted() || (!complete && password.empty())) return std::nullopt;
  return password;
}

}  // namespace nacre::cli
