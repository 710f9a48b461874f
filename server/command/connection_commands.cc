// The commands about the connection itself.

#include "server/command/groups.h"
#include "server/commands/handlers.h"

namespace nacre::server {

namespace {

const CommandSpec kClientSubcommands[] = {
    {.name = "client|getname",
     .arity = 2,
     .summary = "Answers the name of this connection.",
     .session = RunClientGetName},
    {.name = "client|help", .arity = 2, .summary = "Lists the subcommands.", .session = RunHelp},
    {.name = "client|id",
     .arity = 2,
     .summary = "Answers the number of this connection.",
     .session = RunClientId},
    {.name = "client|setinfo",
     .arity = 4,
     .syntax = "LIB-NAME name | LIB-VER version",
     .summary = "Takes the name or version of the client library.",
     .session = RunClientSetInfo},
    {.name = "client|setname",
     .arity = 3,
     .syntax = "name",
     .summary = "Names this connection.",
     .session = RunClientSetName},
};

const CommandSpec kConnectionCommands[] = {
    {.name = "auth",
     .arity = -2,
     .flags = kFast | kNoAuth,
     .syntax = "[username] password",
     .summary = "Checks a user name and password; there is only the user default.",
     .notes = R"(
The password is the setting `requirepass`. Without one, `AUTH password` is an error as in Redis, and
`AUTH default anything` is accepted.)",
     .session = RunAuth},
    {.name = "client",
     .arity = -2,
     .syntax = "subcommand [argument ...]",
     .summary = "Asks about this connection, or names it.",
     .notes = R"(
Subcommands: `GETNAME`, `HELP`, `ID`, `SETINFO LIB-NAME | LIB-VER value`, `SETNAME name`.)",
     .subcommands = kClientSubcommands},
    {.name = "echo",
     .arity = 2,
     .flags = kFast,
     .syntax = "message",
     .summary = "Answers its argument.",
     .session = RunEcho},
    {.name = "hello",
     .arity = -1,
     .flags = kFast | kNoAuth,
     .syntax = "[protover [AUTH username password] [SETNAME clientname]]",
     .summary = "Chooses the version of the protocol and describes the server.",
     .notes = R"(
The `server` field is `nacre`.)",
     .session = RunHello},
    {.name = "ping",
     .arity = -1,
     .flags = kFast,
     .syntax = "[message]",
     .summary = "Answers PONG, or its argument.",
     .session = RunPing},
    {.name = "quit",
     .arity = -1,
     .flags = kFast | kImmediate | kNoAuth,
     .summary = "Closes the connection once its replies are sent.",
     .session = RunQuit},
    {.name = "reset",
     .arity = 1,
     .flags = kFast | kImmediate | kNoAuth,
     .summary = "Puts the connection back to the state of a new one.",
     .notes = R"(
An open transaction is rolled back.)",
     .session = RunReset},
    {.name = "select",
     .arity = 2,
     .flags = kFast,
     .syntax = "index",
     .summary = "Chooses the database that the commands after it work on.",
     .session = RunSelect},
};

}  // namespace

absl::Span<const CommandSpec> ConnectionCommands() { return kConnectionCommands; }

}  // namespace nacre::server
