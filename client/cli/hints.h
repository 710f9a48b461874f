#ifndef NACRE_CLIENT_CLI_HINTS_H_
#define NACRE_CLIENT_CLI_HINTS_H_

// What the line editor offers while a line is being typed: the arguments that are still to come,
// and the ends of names. The line is text up to the cursor.

#include <string>
#include <string_view>
#include <vector>

#include "client/cli/command_docs.h"

namespace nacre::cli {

// What to show after the line, with a blank in front if the line ends in none; empty: nothing.
// Arguments that have been typed are left out: of those that must be given, one for each word; of
// optional ones, those that begin with a word that has been typed.
std::string HintFor(const CommandDocs& docs, std::string_view line);

struct Completion {
  size_t start = 0;                     // Where in the line the word begins that is completed.
  std::vector<std::string> candidates;  // What the word could become, in order.
};

// Names of commands, subcommands, and after `help` also groups ("@string"). In the case in which
// the word has been begun.
Completion CompletionsFor(const CommandDocs& docs, std::string_view line);

// What all candidates begin with, whatever the case; in the case of the first.
std::string CommonPrefix(const std::vector<std::string>& candidates);

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_HINTS_H_
