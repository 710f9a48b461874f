#ifndef NACRE_SERVER_COMMAND_TABLE_H_
#define NACRE_SERVER_COMMAND_TABLE_H_

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "server/command/spec.h"

namespace nacre::server {

// Every command, by name. Subcommands are not listed by themselves.
absl::Span<const CommandSpec> AllCommands();

// Commands and subcommands; CommandSpec::index is below it. O(1).
size_t CommandIndexes();
// Calls `visit` with every command, each followed by its subcommands.
void ForEachCommand(absl::FunctionRef<void(const CommandSpec&)> visit);

// The command of that name, in any case; nullptr if there is none. O(1), no allocation.
const CommandSpec* FindCommand(std::string_view name);

// "client|id" and "get", in any case; nullptr if there is none. O(subcommands).
const CommandSpec* FindFullName(std::string_view name);

// "client", "ID" -> "client|id". nullptr if there is none. O(subcommands).
const CommandSpec* FindSubcommand(const CommandSpec& command, std::string_view word);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMAND_TABLE_H_
