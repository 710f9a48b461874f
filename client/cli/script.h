#ifndef NACRE_CLIENT_CLI_SCRIPT_H_
#define NACRE_CLIENT_CLI_SCRIPT_H_

// Without a person: one command from the command line, or commands from stdin, one a line.

#include "client/cli/options.h"
#include "client/cli/runner.h"

namespace nacre::cli {

// All return what the program ends with.
int RunOneCommand(Runner& runner, const CliOptions& options);
int RunLines(Runner& runner, const CliOptions& options);

// "3 PING": how often, and the count taken off. 0: the count is none that makes sense.
int64_t TakeRepeatCount(std::vector<std::string>& words);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_SCRIPT_H_
