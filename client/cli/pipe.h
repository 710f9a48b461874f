#ifndef NACRE_CLIENT_CLI_PIPE_H_
#define NACRE_CLIENT_CLI_PIPE_H_

// --pipe: sends the requests that a file holds as fast as the server takes them, and counts the
// replies. Requests go out while replies come in; neither side is kept in memory as a whole.

#include "client/cli/options.h"
#include "client/cli/server_link.h"

namespace nacre::cli {

// Returns what the program ends with. Reads from the file descriptor `input`.
int RunPipe(ServerLink& link, const CliOptions& options, int input);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_PIPE_H_
