#ifndef NACRE_CLIENT_CLI_TERMINAL_H_
#define NACRE_CLIENT_CLI_TERMINAL_H_

// The terminal, beyond lines of text.

#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client/cli/restore_on_signal.h"

namespace nacre::cli {

struct WindowSize {
  size_t rows = 24;
  size_t columns = 80;
};
// Of the terminal that stdout is; the default if it is none.
WindowSize CurrentWindowSize();

// As long as it lives: keys come one by one and are not shown, the screen is a second one, so that
// the first comes back as it was, also when a signal ends the program. Ctrl-C remains a signal.
class FullScreen {
 public:
  FullScreen();
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  // The next key; nullopt: none in time, or the window's size has changed.
  std::optional<char> ReadKey(absl::Duration timeout);

 private:
  const std::optional<termios> before_;
  std::optional<RestoreOnSignal> restore_;
  bool input_ended_ = false;
};

// Asks on the terminal, without showing what is typed. nullopt: end of input.
std::optional<std::string> AskPassword(const std::string& question);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_TERMINAL_H_
