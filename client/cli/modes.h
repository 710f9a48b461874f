#ifndef NACRE_CLIENT_CLI_MODES_H_
#define NACRE_CLIENT_CLI_MODES_H_

// What nacre-cli does in place of commands. Each runs on a connected link until it is done or
// Ctrl-C, and returns what the program ends with.

#include "client/cli/options.h"
#include "client/cli/server_link.h"

namespace nacre::cli {

// --scan: prints the keys.
int RunScan(ServerLink& link, const CliOptions& options);
// --latency
int RunLatency(ServerLink& link, const CliOptions& options);
// --stat: a line of INFO now and then.
int RunStat(ServerLink& link, const CliOptions& options);
// top: connects by itself, again and again if it must, unless it writes for a script.
int RunTop(ServerLink& link, const CliOptions& options);

// Returns the exit code of a lost connection, and says so on stderr; after Ctrl-C, which ends modes
// that measure, there is nothing to say.
int ReportLoss(const absl::Status& status);
// For spans of time: it never jumps.
absl::Duration SteadyNow();
// Sleeps, but not past Ctrl-C. False: it was pressed.
bool SleepUnlessInterrupted(absl::Duration duration);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_MODES_H_
