#ifndef NACRE_SERVER_COMMAND_TABLE_H_
#define NACRE_SERVER_COMMAND_TABLE_H_

#include <string_view>

#include "absl/types/span.h"
#include "server/command/spec.h"

namespace nacre::server {

// Every command, by name. Subcommands are not listed by themselves.
absl::Span<const CommandSpec> AllCommands();

// The command of that name, in any case; nullptr if there is none. O(1), no allocation.
const CommandSpec* FindCommand(std::string_view name);

// "client", "ID" -> "client|id". nullptr if there is none. O(subcommands).
const CommandSpec* FindSubcommand(const CommandSpec& command, std::string_view word);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMAND_TABLE_H_
