#ifndef NACRE_CLIENT_CLI_OPTIONS_H_
#define NACRE_CLIENT_CLI_OPTIONS_H_

// The command line of nacre-cli.

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/cli/format.h"
#include "nacre/client/options.h"

namespace nacre::cli {

// What the program ends with.
enum ExitCode : int {
  kExitOk = 0,
  kExitErrorReply = 1,  // The server answered an error.
  kExitUsage = 2,
  kExitConnection = 3,  // No connection, a lost one, or no answer.
  // Ctrl-C before it was done. The program ends by the signal itself, so that the loop of a shell
  // ends with it; shells show this number.
  kExitInterrupted = 130,
};

enum class Mode { kCommands, kPipe, kScan, kLatency, kStat, kTop };

struct TopOptions {
  bool once = false;
  bool json = false;
};

struct CliOptions {
  Mode mode = Mode::kCommands;
  std::vector<std::string> command;  // Empty: commands come from stdin.
  client::ConnectionOptions connection;
  bool password_on_command_line = false;
  bool ask_password = false;
  bool no_auth_warning = false;

  // What was asked for; nullopt: human on a terminal, raw elsewhere.
  std::optional<OutputMode> output_mode;
  OutputFormat format;  // Its mode is set once it is known what stdout is.
  bool stop_at_error = false;

  std::optional<int64_t> repeat;  // Negative: for ever. --stat and top: so many reports.
  absl::Duration interval = absl::ZeroDuration();
  bool last_argument_from_stdin = false;
  std::string stdin_tag;  // The argument that stdin replaces (-X); empty: none.

  absl::Duration pipe_timeout = absl::Seconds(30);
  std::string scan_pattern;
  int64_t scan_count = 0;       // 0: as the server likes.
  int64_t latency_samples = 0;  // 0: until the interval is over, or Ctrl-C.
  bool latency_history = false;
  TopOptions top;
};

// Reads the command line. nullopt: there is nothing to run; what is wrong, or the help, has been
// printed; exit with `exit_code`.
std::optional<CliOptions> ReadOptions(int argc, const char* const* argv, int& exit_code);

// "redis://user:pass@host:port/database", all but the host optional, percent escapes decoded.
// False: it is none.
bool ReadUri(const std::string& uri, client::ConnectionOptions& connection);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_OPTIONS_H_
