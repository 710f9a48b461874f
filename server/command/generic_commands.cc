// The commands on keys of any kind.

#include "server/command/groups.h"
#include "server/commands/handlers.h"

namespace nacre::server {

namespace {

const CommandSpec kGenericCommands[] = {
    {.name = "del",
     .arity = -2,
     .flags = kWrite | kManyWrites,
     .keys = kAllKeys,
     .syntax = "key [key ...]",
     .summary = "Deletes keys and answers how many there were.",
     .run = RunDel},
    {.name = "exists",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = kAllKeys,
     .syntax = "key [key ...]",
     .summary = "Counts how many of the keys exist; a key named twice counts twice.",
     .run = RunExists,
     .alone = RunExistsAlone},
    {.name = "expire",
     .arity = -3,
     .flags = kWrite | kFast | kUsesClock,
     .keys = kFirstKey,
     .syntax = "key seconds [NX | XX | GT | LT]",
     .summary = "Sets how long a key has to live.",
     .run = RunExpire},
    {.name = "keys",
     .arity = 2,
     .flags = kReadOnly | kRange,
     .syntax = "pattern",
     .summary = "Lists the keys that match a glob pattern, in byte order.",
     .notes = R"(
Only keys that begin like the pattern are visited, so `KEYS user:*` is quick in a large database.)",
     .run = RunKeys,
     .slow = AlwaysSlow},
    {.name = "range",
     .arity = -3,
     .flags = kReadOnly | kRange,
     .syntax = "start end [REV] [LIMIT offset count] [WITHVALUES]",
     .summary = "Lists the keys between two bounds in byte order, with their values on request.",
     .notes = R"(
Bounds are as in `ZRANGE BYLEX`: `[a` includes the key `a`, `(a` excludes it, `-` and `+` are the
two ends. With `REV` the order is reversed, and the upper bound comes first. A negative `count` is
no limit. With `WITHVALUES` the reply alternates keys and values under RESP2, and is an array of
pairs under RESP3. An `offset` costs as much as reading the keys that it skips; to page, go on
from the last key instead: `RANGE (last + LIMIT 0 100`.

Not in Redis.)",
     .run = RunRange,
     .slow = RangeIsSlow},
    {.name = "ttl",
     .arity = 2,
     .flags = kReadOnly | kFast | kUsesClock,
     .keys = kFirstKey,
     .syntax = "key",
     .summary = "Answers how many seconds a key has left to live.",
     .notes = R"(
-1 if for ever, -2 if there is no such key.)",
     .run = RunTtl,
     .alone = RunTtlAlone},
};

}  // namespace

absl::Span<const CommandSpec> GenericCommands() { return kGenericCommands; }

}  // namespace nacre::server
