#ifndef NACRE_SERVER_COMMAND_MANUAL_H_
#define NACRE_SERVER_COMMAND_MANUAL_H_

#include <string>
#include <string_view>

namespace nacre::server {

// Ends the part of docs/COMMANDS.md that is written by hand.
inline constexpr std::string_view kManualMarker =
    "<!-- From here on made from the table of commands by `make manual`. -->\n";

// The other part: a section for each group, and in it one for each command. Markdown.
std::string CommandsManual();

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMAND_MANUAL_H_
