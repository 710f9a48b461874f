// The commands about the server and whole databases.

#include "server/command/groups.h"
#include "server/commands/handlers.h"

namespace nacre::server {

namespace {

const CommandSpec kCommandSubcommands[] = {
    {.name = "command|count",
     .arity = 2,
     .summary = "Answers how many commands there are.",
     .session = RunCommandCount},
    {.name = "command|docs",
     .arity = -2,
     .syntax = "[command ...]",
     .summary = "Answers what commands are for.",
     .session = RunCommandDocs},
    {.name = "command|getkeys",
     .arity = -4,
     .syntax = "command [argument ...]",
     .summary = "Answers which arguments of a command are keys.",
     .session = RunCommandGetKeys},
    {.name = "command|getkeysandflags",
     .arity = -4,
     .syntax = "command [argument ...]",
     .summary = "The same, with what each key is used for.",
     .session = RunCommandGetKeysAndFlags},
    {.name = "command|help", .arity = 2, .summary = "Lists the subcommands.", .session = RunHelp},
    {.name = "command|info",
     .arity = -2,
     .syntax = "[command ...]",
     .summary = "Describes commands to client libraries.",
     .session = RunCommandInfo},
    {.name = "command|list",
     .arity = -2,
     .syntax = "[FILTERBY MODULE name | ACLCAT category | PATTERN pattern]",
     .summary = "Lists the names of commands and subcommands.",
     .session = RunCommandList,
     .slow = LongWordsAreSlow},
};

const CommandSpec kConfigSubcommands[] = {
    {.name = "config|get",
     .arity = -3,
     .flags = kAdmin,
     .syntax = "pattern [pattern ...]",
     .summary = "Shows the settings whose names match a glob pattern.",
     .session = RunConfigGet,
     .slow = LongWordsAreSlow},
    {.name = "config|help", .arity = 2, .summary = "Lists the subcommands.", .session = RunHelp},
    {.name = "config|resetstat",
     .arity = 2,
     .flags = kAdmin,
     .summary = "Sets the counters of INFO's stats, commandstats and errorstats to zero.",
     .session = RunConfigResetStat},
    {.name = "config|rewrite",
     .arity = 2,
     .flags = kAdmin,
     .summary = "Answers an error, as there is no file of settings to rewrite.",
     .session = RunConfigRewrite},
    {.name = "config|set",
     .arity = -4,
     .flags = kAdmin,
     .syntax = "parameter value [parameter value ...]",
     .summary = "Changes settings, all of them or none.",
     .session = RunConfigSet},
};

const CommandSpec kDebugSubcommands[] = {
    {.name = "debug|help", .arity = 2, .summary = "Lists the subcommands.", .session = RunHelp},
    {.name = "debug|sleep",
     .arity = 3,
     .flags = kAdmin,
     .syntax = "seconds",
     .summary = "Answers after so many seconds.",
     .session = RunDebugSleep},
};

const CommandSpec kFunctionSubcommands[] = {
    {.name = "function|flush",
     .arity = -2,
     .syntax = "[ASYNC | SYNC]",
     .summary = "Deletes all functions, of which there are none.",
     .session = RunFunctionFlush},
    {.name = "function|help", .arity = 2, .summary = "Lists the subcommands.", .session = RunHelp},
};

const CommandSpec kMemorySubcommands[] = {
    {.name = "memory|doctor",
     .arity = 2,
     .summary = "Reports what holds more memory than it should.",
     .session = RunMemoryDoctor},
    {.name = "memory|help", .arity = 2, .summary = "Lists the subcommands.", .session = RunHelp},
    {.name = "memory|malloc-stats",
     .arity = 2,
     .summary = "Shows the allocator's own report, which the pool is no part of.",
     .session = RunMemoryMallocStats,
     .slow = AlwaysSlow},
    {.name = "memory|purge",
     .arity = 2,
     .summary = "Returns to the system what is free in the pool and the allocator.",
     .session = RunMemoryPurge,
     .slow = AlwaysSlow},
    {.name = "memory|stats",
     .arity = 2,
     .summary = "Shows what memory is used for.",
     .session = RunMemoryStats},
    {.name = "memory|usage",
     .arity = -3,
     .flags = kReadOnly,
     .keys = kSecondKey,
     .syntax = "key [SAMPLES count]",
     .summary = "Answers how many bytes a key and its value take.",
     .run = RunMemoryUsage},
};

const CommandSpec kServerCommands[] = {
    {.name = "command",
     .arity = -1,
     .syntax = "[subcommand [argument ...]]",
     .summary = "Describes the commands.",
     .notes = R"(
Differs from Redis: `DOCS` has neither the arguments nor the history of commands.)",
     .session = RunCommand,
     .subcommands = kCommandSubcommands},
    {.name = "config",
     .arity = -2,
     .syntax = "subcommand [argument ...]",
     .summary = "Shows and changes how the server is configured.",
     .notes = R"(
The settings are listed at the end of this page. Flags give their first values; nothing is kept
beyond the end of the server.)",
     .subcommands = kConfigSubcommands},
    {.name = "dbsize",
     .arity = 1,
     .flags = kReadOnly | kFast | kRange | kAsksEngine | kSlowInTransaction,
     .summary = "Counts the keys of the selected database.",
     .notes = R"(
O(1) outside of a transaction. Inside one it counts what the transaction sees, key by key.

Differs from Redis: keys that have expired are not counted, also if nothing has removed them yet.)",
     .run = RunDbsize,
     .alone = RunDbsizeAlone,
     .slow_state = CountingIsSlow},
    {.name = "debug",
     .arity = -2,
     .syntax = "subcommand [argument ...]",
     .summary = "Helps to test clients.",
     .notes = R"(
Differs from Redis: `SLEEP` delays its own connection and no other. Inside a transaction it does not
sleep. There are no other subcommands.)",
     .subcommands = kDebugSubcommands},
    {.name = "flushall",
     .arity = -1,
     .flags = kWrite | kRange | kManyWrites | kAsksEngine | kSlowInTransaction,
     .syntax = "[ASYNC | SYNC]",
     .summary = "Deletes every key of every database.",
     .notes = R"(
Outside of a transaction this is O(1), for both options. Inside one it deletes key by key, and
counts for the transaction's size.)",
     .run = RunFlushAll,
     .alone = RunFlushAllAlone},
    {.name = "flushdb",
     .arity = -1,
     .flags = kWrite | kRange | kManyWrites | kAsksEngine | kSlowInTransaction,
     .syntax = "[ASYNC | SYNC]",
     .summary = "Deletes every key of the selected database.",
     .notes = R"(
As `FLUSHALL` does.)",
     .run = RunFlushDb,
     .alone = RunFlushDbAlone},
    {.name = "function",
     .arity = -2,
     .syntax = "subcommand [argument ...]",
     .summary = "Manages functions, which the server does not have yet.",
     .subcommands = kFunctionSubcommands},
    {.name = "info",
     .arity = -1,
     .flags = kAsksEngine,
     .syntax = "[section ...]",
     .summary = "Reports counters and gauges, by section.",
     .notes = R"(
The sections: server, clients, memory, persistence, stats, replication, transactions, vacuum, cpu,
modules, commandstats, errorstats, cluster, keyspace. `default` leaves out commandstats and modules,
`all` modules; `everything` is all of them.

Differs from Redis: `transactions` and `vacuum` are additions. `redis_version` names the version
of Redis whose behaviour is followed, `nacre_version` the server's own. One of 16 quick commands is
timed, so `usec` is an estimate. `instantaneous_ops_per_sec` is over the time since it was last asked
for. `keyspace_hits` and `keyspace_misses` are not counted.)",
     .session = RunInfo,
     .slow_state = CountingIsSlow},
    {.name = "lolwut",
     .arity = -1,
     .flags = kFast,
     .syntax = "[VERSION version] [columns [rows]]",
     .summary = "Draws a picture, and names the version of the server.",
     .session = RunLolwut},
    {.name = "memory",
     .arity = -2,
     .summary = "Tells about the use of memory.",
     .notes = R"(
`USAGE` counts the key, its newest value and their headers, as `--maxmemory` does; what the key has
as its share of the index, and older versions that a snapshot holds, come on top.

Differs from Redis: `STATS` has other lines, `DOCTOR` looks for other problems (snapshots that hold
superseded versions, a vacuum that is behind, a full memory), and `MALLOC-STATS` is that of the
allocator that the server was built with: jemalloc, or the C library.)",
     .subcommands = kMemorySubcommands},
    {.name = "shutdown",
     .arity = -1,
     .flags = kAdmin | kNoMulti,
     .syntax = "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
     .summary = "Stops the server.",
     .notes = R"(
What other clients have sent is answered first, for at most `shutdown-timeout`. There is nothing to
save and no replica to wait for, so the options change nothing, and `ABORT` always comes too late.)",
     .session = RunShutdown},
    {.name = "swapdb",
     .arity = 3,
     .flags = kWrite | kFast | kRange | kAsksEngine,
     .syntax = "database database",
     .summary = "Exchanges the contents of two databases.",
     .notes = R"(
O(1). Inside `MULTI` and `BEGIN` it takes effect with the rest of the transaction: what follows in
the transaction sees it, others see it when it commits. Transactions of others that are open
meanwhile, and have read (if serializable) or written one of the two, get `-CONFLICT`.)",
     .run = RunSwapDb,
     .alone = RunSwapDbAlone},
    {.name = "time",
     .arity = 1,
     .flags = kFast,
     .summary = "Answers the server's time: seconds since 1970, and microseconds of the second.",
     .session = RunTime},
};

}  // namespace

absl::Span<const CommandSpec> ServerCommands() { return kServerCommands; }

}  // namespace nacre::server
