#ifndef NACRE_SERVER_COMMAND_TABLE_H_
#define NACRE_SERVER_COMMAND_TABLE_H_

#include <string_view>

#include "absl/types/span.h"
#include "server/command/spec.h"

namespace nacre::server {

// Every command, by name.
absl::Span<const CommandSpec> AllCommands();

// The command of that name, in any case; nullptr if there is none. O(1), no allocation.
const CommandSpec* FindCommand(std::string_view name);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMAND_TABLE_H_
