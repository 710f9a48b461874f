#ifndef NACRE_CLIENT_CLI_RESTORE_ON_SIGNAL_H_
#define NACRE_CLIENT_CLI_RESTORE_ON_SIGNAL_H_

// The terminal as it was, also when a signal ends the program: destructors do not run then.

#include <termios.h>

#include <optional>
#include <string_view>

namespace nacre::cli {

// As long as it lives, SIGTERM, SIGHUP and SIGQUIT first give the terminal back, and then end the
// program as they would have. A signal that was ignored stays so (nohup). One at a time.
class RestoreOnSignal {
 public:
  // `modes` are what stdin's terminal had; `bytes` undo what was drawn, and live for ever.
  RestoreOnSignal(const std::optional<termios>& modes, std::string_view bytes);
  ~RestoreOnSignal();
  RestoreOnSignal(const RestoreOnSignal&) = delete;
  RestoreOnSignal& operator=(const RestoreOnSignal&) = delete;
};

// The modes of stdin's terminal; nullopt: it is none.
std::optional<termios> TerminalModes();

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_RESTORE_ON_SIGNAL_H_
