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
    {.name = "client|getredir",
     .arity = 2,
     .summary = "Answers -1, as nothing is tracked.",
     .session = RunClientGetRedir},
    {.name = "client|help", .arity = 2, .summary = "Lists the subcommands.", .session = RunHelp},
    {.name = "client|id",
     .arity = 2,
     .summary = "Answers the number of this connection.",
     .session = RunClientId},
    {.name = "client|info",
     .arity = 2,
     .summary = "Describes this connection.",
     .session = RunClientInfo},
    {.name = "client|kill",
     .arity = -3,
     .flags = kAdmin,
     .syntax = "ip:port | [ID id] [TYPE type] [USER name] [ADDR ip:port] [LADDR ip:port] "
               "[SKIPME yes | no]",
     .summary = "Closes connections, and answers how many.",
     .session = RunClientKill,
     .slow_state = ListingIsSlow},
    {.name = "client|list",
     .arity = -2,
     .flags = kAdmin,
     .syntax = "[TYPE NORMAL | MASTER | REPLICA | PUBSUB] [ID id [id ...]]",
     .summary = "Describes connections, one a line.",
     .session = RunClientList,
     .slow_state = ListingIsSlow},
    {.name = "client|no-evict",
     .arity = 3,
     .flags = kAdmin,
     .syntax = "ON | OFF",
     .summary = "Is accepted and shown by LIST; no connection is closed for its memory.",
     .session = RunClientNoEvict},
    {.name = "client|no-touch",
     .arity = 3,
     .syntax = "ON | OFF",
     .summary = "Is accepted and shown by LIST; reads never change how a key looks to others.",
     .session = RunClientNoTouch},
    {.name = "client|reply",
     .arity = 3,
     .flags = kNoMulti,
     .syntax = "ON | OFF | SKIP",
     .summary = "Chooses whether commands are answered.",
     .notes = R"(
Differs from Redis: an error inside `MULTI`, where the reply of `EXEC` would lack parts.)",
     .session = RunClientReply},
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
    {.name = "client|trackinginfo",
     .arity = 2,
     .summary = "Says that nothing is tracked.",
     .session = RunClientTrackingInfo},
    {.name = "client|unblock",
     .arity = -3,
     .flags = kAdmin,
     .syntax = "id [TIMEOUT | ERROR]",
     .summary = "Ends the waiting of another connection's command.",
     .session = RunClientUnblock},
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
     .summary = "Describes, names, closes and wakes connections.",
     .notes = R"(
The fields of `LIST` are those of Redis, with `lib-name` and `lib-ver` at the end, as of the last
batch of requests of each connection. `rbs` and `rbp` are the size of the buffer for replies, `obl`
is always 0, and `omem` counts what a client has not taken yet.

Differs from Redis: `UNBLOCK` also ends `DEBUG SLEEP`. There is no `CACHING`, `PAUSE`, `TRACKING`
and `UNPAUSE`.)",
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
