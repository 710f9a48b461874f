// The commands on strings.

#include "server/command/groups.h"
#include "server/commands/handlers.h"

namespace nacre::server {

namespace {

const CommandSpec kStringCommands[] = {
    {.name = "append",
     .arity = 3,
     .flags = kWriteFast,
     .keys = kFirstKey,
     .syntax = "key value",
     .summary = "Adds bytes to the end of a string and answers its new length.",
     .run = RunAppend},
    {.name = "decr",
     .arity = 2,
     .flags = kWriteFast,
     .keys = kFirstKey,
     .syntax = "key",
     .summary = "Takes one from an integer.",
     .run = RunDecr},
    {.name = "decrby",
     .arity = 3,
     .flags = kWriteFast,
     .keys = kFirstKey,
     .syntax = "key decrement",
     .summary = "Takes a number from an integer.",
     .run = RunDecrBy},
    {.name = "get",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirstKey,
     .syntax = "key",
     .summary = "Answers the value of a key.",
     .run = RunGet,
     .alone = RunGetAlone},
    {.name = "incr",
     .arity = 2,
     .flags = kWriteFast,
     .keys = kFirstKey,
     .syntax = "key",
     .summary = "Adds one to an integer.",
     .run = RunIncr},
    {.name = "incrby",
     .arity = 3,
     .flags = kWriteFast,
     .keys = kFirstKey,
     .syntax = "key increment",
     .summary = "Adds a number to an integer.",
     .run = RunIncrBy},
    {.name = "mget",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = kAllKeys,
     .syntax = "key [key ...]",
     .summary = "Answers the values of several keys as of one instant.",
     .run = RunMget},
    {.name = "mset",
     .arity = -3,
     .flags = kWrite | kDenyOom | kManyWrites,
     .keys = kKeysAndValues,
     .syntax = "key value [key value ...]",
     .summary = "Sets several keys at once.",
     .run = RunMset},
    {.name = "set",
     .arity = -3,
     .flags = kWrite | kDenyOom | kUsesClock,
     .keys = kFirstKey,
     .syntax = "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
               "PXAT unix-time-milliseconds | KEEPTTL]",
     .summary = "Sets the value of a key, with conditions and a time to live.",
     .run = RunSet},
    {.name = "strlen",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirstKey,
     .syntax = "key",
     .summary = "Answers how long the value of a key is, in bytes.",
     .run = RunStrlen,
     .alone = RunStrlenAlone},
};

}  // namespace

absl::Span<const CommandSpec> StringCommands() { return kStringCommands; }

}  // namespace nacre::server
