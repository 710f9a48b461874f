// nacre-cli: commands for nacre-server, typed, piped or given as arguments.

#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "client/cli/interrupt.h"
#include "client/cli/modes.h"
#include "client/cli/options.h"
#include "client/cli/pipe.h"
#include "client/cli/repl.h"
#include "client/cli/runner.h"
#include "client/cli/script.h"
#include "client/cli/server_link.h"
#include "client/cli/session_state.h"
#include "client/cli/terminal.h"

namespace nacre::cli {

namespace {

// Keys and values are bytes; on a terminal they are UTF-8 far more often than anything else.
void ChooseLocale() {
  std::setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
}

bool CompletePassword(CliOptions& options) {
  if (options.password_on_command_line && !options.no_auth_warning) {
    std::fputs("Warning: others can read a password given by -a or -u in the list of processes.\n",
               stderr);
  }
  if (!options.ask_password) return true;
  // Ctrl-C must not leave a terminal that shows nothing.
  CatchInterrupts(SecondInterrupt::kIsIgnored);
  const std::optional<std::string> password = AskPassword("Password: ");
  StopCatchingInterrupts();
  if (!password) return false;
  options.connection.password = *password;
  return true;
}

int RunCommands(ServerLink& link, const CliOptions& options) {
  SessionState state(AddressOf(options.connection.endpoint), options.connection.database,
                     options.connection.protocol);
  const std::unique_ptr<ServerLink> subscriptions = MakeLeaseLink();
  Runner runner(link, *subscriptions, state,
                {.format = options.format,
                 .errors_to_stderr = options.stop_at_error,
                 .show_pushes = options.format.mode == OutputMode::kHuman,
                 .connection = options.connection});
  if (!options.command.empty()) {
    CatchInterrupts(SecondInterrupt::kEndsProgram);
    return RunOneCommand(runner, options);
  }
  if (isatty(STDIN_FILENO) == 0) return RunLines(runner, options);
  CatchInterrupts(SecondInterrupt::kIsIgnored);
  return Repl(link, state, runner, options).Run();
}

int RunMode(ServerLink& link, const CliOptions& options) {
  CatchInterrupts(SecondInterrupt::kEndsProgram);
  if (options.mode == Mode::kTop) return RunTop(link, options);
  const absl::Status connected = link.Connect(options.connection);
  if (!connected.ok()) {
    if (WasInterrupted()) return kExitInterrupted;
    std::fprintf(stderr, "%s\n", CouldNotConnect(options.connection, connected).c_str());
    return kExitConnection;
  }
  switch (options.mode) {
    case Mode::kPipe: return RunPipe(link, options, STDIN_FILENO);
    case Mode::kScan: return RunScan(link, options);
    case Mode::kLatency: return RunLatency(link, options);
    case Mode::kStat: return RunStat(link, options);
    case Mode::kTop:
    case Mode::kCommands: break;
  }
  return kExitUsage;
}

int Main(int argc, char** argv) {
  ChooseLocale();
  int exit_code = kExitOk;
  std::optional<CliOptions> options = ReadOptions(argc, argv, exit_code);
  if (!options) return exit_code;
  options->format.mode = options->output_mode.value_or(
      isatty(STDOUT_FILENO) != 0 ? OutputMode::kHuman : OutputMode::kRaw);
  if (!CompletePassword(*options)) return WasInterrupted() ? kExitInterrupted : kExitUsage;
  const std::unique_ptr<ServerLink> link = MakeLeaseLink();
  return options->mode == Mode::kCommands ? RunCommands(*link, *options) : RunMode(*link, *options);
}

// A full disk must not pass for success.
int CheckStdout(int exit_code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
  std::fputs("Could not write all of the output.\n", stderr);
  return exit_code == kExitOk ? kExitErrorReply : exit_code;
}

}  // namespace

int Run(int argc, char** argv) {
  const int exit_code = Main(argc, argv);
  if (exit_code == kExitInterrupted) {
    // Before anything is flushed, which could wait for a reader that does not read.
    StopCatchingInterrupts();
    std::raise(SIGINT);
  }
  return CheckStdout(exit_code);
}

}  // namespace nacre::cli

int main(int argc, char** argv) { return nacre::cli::Run(argc, argv); }
