#ifndef NACRE_SERVER_COMMANDS_NAMES_H_
#define NACRE_SERVER_COMMANDS_NAMES_H_

// Names that clients give themselves, and the words behind commands that have subcommands.

#include <string_view>

#include "absl/types/span.h"
#include "server/command/spec.h"

namespace nacre::server {

inline constexpr std::string_view kBadClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";

// Printable ASCII without blanks, so that lists of clients stay one line each. Empty is allowed.
inline bool IsClientName(std::string_view name) {
  for (const char c : name) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

// The subcommand of `command` ("client") that args[1] names, if the number of words fits. Otherwise
// writes an error and returns nullptr.
const SubcommandSpec* FindSubcommand(std::string_view command,
                                     absl::Span<const SubcommandSpec> subcommands, Args args,
                                     ReplyWriter& out);
// "id" of "client|id".
std::string_view SubcommandWord(const SubcommandSpec& spec);

// Answers `command HELP`: a line for each subcommand.
void WriteHelp(std::string_view command, absl::Span<const SubcommandSpec> subcommands,
               ReplyWriter& out);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMANDS_NAMES_H_
