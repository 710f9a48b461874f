#ifndef NACRE_CLIENT_CLI_HELP_H_
#define NACRE_CLIENT_CLI_HELP_H_

#include <string>
#include <vector>

#include "client/cli/command_docs.h"

namespace nacre::cli {

// What `help ...` prints: of the program itself, of a command, or of a group ("@string").
// `words` are those after `help`.
std::string HelpText(const CommandDocs& docs, const std::vector<std::string>& words);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_HELP_H_
