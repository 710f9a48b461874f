// The commands on keys of any kind.

#include "server/command/groups.h"
#include "server/commands/handlers.h"

namespace nacre::server {

namespace {

const CommandSpec kObjectSubcommands[] = {
    {.name = "object|encoding",
     .arity = 3,
     .flags = kReadOnly,
     .keys = kSecondKey,
     .syntax = "key",
     .summary = "Answers how Redis would store the value.",
     .run = RunObjectEncoding},
    {.name = "object|freq",
     .arity = 3,
     .flags = kReadOnly,
     .keys = kSecondKey,
     .syntax = "key",
     .summary = "Answers an error, as Redis does without an LFU policy.",
     .run = RunObjectFreq},
    {.name = "object|help", .arity = 2, .summary = "Lists the subcommands.", .session = RunHelp},
    {.name = "object|idletime",
     .arity = 3,
     .flags = kReadOnly,
     .keys = kSecondKey,
     .syntax = "key",
     .summary = "Answers an error: when a key was last read is not tracked.",
     .run = RunObjectIdleTime},
    {.name = "object|refcount",
     .arity = 3,
     .flags = kReadOnly,
     .keys = kSecondKey,
     .syntax = "key",
     .summary = "Answers 1 for every key that exists.",
     .run = RunObjectRefCount},
};

const CommandSpec kGenericCommands[] = {
    {.name = "copy",
     .arity = -3,
     .flags = kWrite | kDenyOom | kCopiesValue,
     .keys = kTwoKeys,
     .find_keys = FindCopyKeys,
     .syntax = "source destination [DB database] [REPLACE]",
     .summary = "Copies a value and its expiry to another key, also of another database.",
     .run = RunCopy},
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
     .notes = R"(
`NX`: only if it has no expiry. `XX`: only if it has one. `GT`, `LT`: only if the new one is later,
or earlier; a key without an expiry lives for ever. A time that has passed deletes the key.)",
     .run = RunExpire},
    {.name = "expireat",
     .arity = -3,
     .flags = kWrite | kFast | kUsesClock,
     .keys = kFirstKey,
     .syntax = "key unix-time-seconds [NX | XX | GT | LT]",
     .summary = "Sets the time at which a key expires. Options as of `EXPIRE`.",
     .run = RunExpireAt},
    {.name = "expiretime",
     .arity = 2,
     .flags = kReadOnly | kFast | kUsesClock,
     .keys = kFirstKey,
     .syntax = "key",
     .summary = "Answers the time at which a key expires, in seconds since 1970.",
     .notes = R"(
-1 if never, -2 if there is no such key.)",
     .run = RunExpireTime,
     .alone = RunExpireTimeAlone},
    {.name = "keys",
     .arity = 2,
     .flags = kReadOnly | kRange,
     .syntax = "pattern",
     .summary = "Lists the keys that match a glob pattern, in byte order.",
     .notes = R"(
Only keys that begin like the pattern are visited, so `KEYS user:*` is quick in a large database.)",
     .run = RunKeys,
     .slow = AlwaysSlow},
    {.name = "move",
     .arity = 3,
     .flags = kWrite | kFast | kCopiesValue,
     .keys = kFirstKey,
     .find_keys = FindMoveKeys,
     .syntax = "key database",
     .summary = "Moves a key to another database, unless that has one of the name.",
     .run = RunMove},
    {.name = "object",
     .arity = -2,
     .summary = "Tells how a value is kept.",
     .notes = R"(
Differs from Redis: `ENCODING` is `int`, `embstr` or `raw` by the value alone, so a short string
that `APPEND` has made is not `raw`. Nothing records when, or how often, a key is read: a read
writes nothing, not even a time. So `IDLETIME` is an error.)",
     .subcommands = kObjectSubcommands},
    {.name = "persist",
     .arity = 2,
     .flags = kWrite | kFast,
     .keys = kFirstKey,
     .syntax = "key",
     .summary = "Takes the expiry from a key and answers whether it had one.",
     .run = RunPersist},
    {.name = "pexpire",
     .arity = -3,
     .flags = kWrite | kFast | kUsesClock,
     .keys = kFirstKey,
     .syntax = "key milliseconds [NX | XX | GT | LT]",
     .summary = "Sets how long a key has to live. Options as of `EXPIRE`.",
     .run = RunPExpire},
    {.name = "pexpireat",
     .arity = -3,
     .flags = kWrite | kFast | kUsesClock,
     .keys = kFirstKey,
     .syntax = "key unix-time-milliseconds [NX | XX | GT | LT]",
     .summary = "Sets the time at which a key expires. Options as of `EXPIRE`.",
     .run = RunPExpireAt},
    {.name = "pexpiretime",
     .arity = 2,
     .flags = kReadOnly | kFast | kUsesClock,
     .keys = kFirstKey,
     .syntax = "key",
     .summary = "Answers the time at which a key expires, in milliseconds since 1970.",
     .notes = R"(
-1 if never, -2 if there is no such key.)",
     .run = RunPExpireTime,
     .alone = RunPExpireTimeAlone},
    {.name = "pttl",
     .arity = 2,
     .flags = kReadOnly | kFast | kUsesClock,
     .keys = kFirstKey,
     .syntax = "key",
     .summary = "Answers how many milliseconds a key has left to live.",
     .notes = R"(
-1 if for ever, -2 if there is no such key.)",
     .run = RunPTtl,
     .alone = RunPTtlAlone},
    {.name = "randomkey",
     .arity = 1,
     .flags = kReadOnly | kRange | kSlowInTransaction,
     .summary = "Answers a random key of the selected database, null if there is none.",
     .notes = R"(
The choice is nearly even: of sixteen keys that are come upon by random walks down the index, each
weighed by how unlikely it was, one is taken. A key that shares no beginning with any other may come
up somewhat more often, at most about once in 65,536 beyond its due. Never a key that is deleted or
expired. Inside a serializable transaction it counts as having read all keys.)",
     .run = RunRandomKey},
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
    {.name = "rename",
     .arity = 3,
     .flags = kWrite | kCopiesValue,
     .keys = kTwoKeys,
     .syntax = "key newkey",
     .summary = "Gives a value and its expiry another key, in place of what that had.",
     .run = RunRename},
    {.name = "renamenx",
     .arity = 3,
     .flags = kWrite | kFast | kCopiesValue,
     .keys = kTwoKeys,
     .syntax = "key newkey",
     .summary = "Gives a value and its expiry another key, if that does not exist.",
     .run = RunRenameNx},
    {.name = "scan",
     .arity = -2,
     .flags = kReadOnly | kRange,
     .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]",
     .summary = "Lists the keys in steps: answers where to go on, and some keys.",
     .notes = R"(
Starts with cursor 0, and is at its end when the answer has cursor 0. A step visits at most `COUNT`
(10) keys, in byte order, and answers those that match. With `MATCH` only keys that begin like the
pattern are visited, so `SCAN 0 MATCH user:*` costs what it returns.

**Exactly once:** a key that is there from the first step to the last is answered by one step, and
by no other. A key that comes or goes meanwhile is answered once or not at all. Inside a transaction
every step sees the transaction's state.

A cursor stands for a position among the keys. It can be sent again, when a reply was lost: the step
is repeated from the same position. The server keeps `--scan-cursors-max` (65,536) of them, in
`--scan-cursor-bytes-max` bytes, and gives up first those whose next one was used, then those that
were not used for longest. A cursor that is given up, or was never given out, is an error that Redis
does not have: `-NOCURSOR`. `FLUSHDB`, `SWAPDB`, or a cursor used in another database, do no harm:
the scan goes on at that position in what is there now.)",
     .run = RunScan,
     .slow = ScanIsSlow},
    {.name = "touch",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = kAllKeys,
     .syntax = "key [key ...]",
     .summary = "Counts how many of the keys exist, as `EXISTS` does.",
     .notes = R"(
When a key was last used is not tracked, so nothing else happens.)",
     .run = RunExists,
     .alone = RunExistsAlone},
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
    {.name = "type",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirstKey,
     .syntax = "key",
     .summary = "Answers the type of a value, `none` if there is no such key.",
     .run = RunType,
     .alone = RunTypeAlone},
    {.name = "unlink",
     .arity = -2,
     .flags = kWrite | kManyWrites | kFast,
     .keys = kAllKeys,
     .syntax = "key [key ...]",
     .summary = "Deletes keys and answers how many there were, as `DEL` does.",
     .notes = R"(
`DEL` too leaves the freeing of memory to the vacuum.)",
     .run = RunDel},
    {.name = "wait",
     .arity = 3,
     .syntax = "numreplicas timeout",
     .summary = "Waits until so many replicas have confirmed what this client wrote.",
     .notes = R"(
There are no replicas, so it answers 0: at once if it asks for none or inside a transaction, else
after `timeout` milliseconds; 0 is for ever.)",
     .session = RunWait},
};

}  // namespace

absl::Span<const CommandSpec> GenericCommands() { return kGenericCommands; }

}  // namespace nacre::server
