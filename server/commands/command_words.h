#ifndef NACRE_SERVER_COMMANDS_COMMAND_WORDS_H_
#define NACRE_SERVER_COMMANDS_COMMAND_WORDS_H_

// What COMMAND calls the properties of commands.

#include <string>
#include <string_view>
#include <vector>

#include "server/command/spec.h"

namespace nacre::server {

std::vector<std::string_view> BlankParted(std::string_view text);

// "write denyoom fast"
std::vector<std::string_view> FlagWords(const CommandSpec& spec);
// The categories of access-control lists, without their '@'.
std::vector<std::string_view> Categories(const CommandSpec& spec);
// How the keys are used: "RO access". One for all of them, or one for each. Precondition: there are
// keys.
std::vector<std::string_view> KeyFlags(const CommandSpec& spec);

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMANDS_COMMAND_WORDS_H_
