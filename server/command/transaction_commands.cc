// The commands that begin and end transactions.

#include "server/command/groups.h"
#include "server/commands/handlers.h"

namespace nacre::server {

namespace {

const CommandSpec kTransactionCommands[] = {
    {.name = "begin",
     .arity = -1,
     .flags = kFast | kImmediate,
     .syntax = "[SNAPSHOT | SERIALIZABLE] [READONLY] [TIMESTAMP]",
     .summary = "Opens an interactive transaction on this connection.",
     .notes = R"(
Without a level it is `SNAPSHOT`, or what `--default-isolation` says.

- `SNAPSHOT`: reads see the database as it was at `BEGIN`. Of two transactions that write one key,
  the second to commit gets a conflict. Write skew is possible: two transactions may each read
  what the other one writes.
- `SERIALIZABLE`: as if the transactions ran one after the other. What was read counts for
  conflicts too, ranges included.
- `READONLY`: writes are an error; the transaction never conflicts, at either level.
- `TIMESTAMP`: the answer is the read timestamp, an integer, in place of `OK`: the reads see every
  commit up to it, and none after it.

All data commands work inside, also `KEYS`, `RANGE`, `DBSIZE` and `FLUSHDB`. What is not allowed
inside answers an error and leaves the transaction open as it was: `BEGIN` (transactions do not
nest), `MULTI`, `WATCH`, and the `EXEC` and `DISCARD` that go with them. Errors of commands do not
end the transaction either. `BEGIN` inside `MULTI` is an error that leaves the queue as it was.

When the connection closes, the transaction is rolled back. When it gets no command for
`--transaction-idle-timeout` (60 s), or is older than `--transaction-age-max`, it is rolled back
too, and the client gets `-NOTRANSACTION` until it sends `COMMIT` or `ROLLBACK`.

Not in Redis.)",
     .session = RunBegin},
    {.name = "commit",
     .arity = 1,
     .flags = kImmediate,
     .summary = "Commits the interactive transaction and answers its commit timestamp.",
     .notes = R"(
An integer: the position of the transaction in the one order in which all commits take place. If
nothing was written, it answers the read timestamp. In every outcome the transaction is over.

Answers `-CONFLICT ...` if somebody else has committed a change that this transaction must not
overlook; nothing is applied then. `-ERR COMMIT without BEGIN` outside of a transaction. Not in
Redis.)",
     .session = RunCommit},
    {.name = "discard",
     .arity = 1,
     .flags = kFast | kImmediate,
     .summary = "Forgets the commands that MULTI has queued, and the watched keys.",
     .session = RunDiscard},
    {.name = "exec",
     .arity = 1,
     .flags = kImmediate,
     .summary = "Runs the queued commands as one transaction.",
     .notes = R"(
Null if a watched key has changed, `-EXECABORT` if a command could not be queued. An error of one
command is its reply, and the others still take effect.

Differs from Redis: a reply of more than `--reply-bytes-max`, or a lack of memory, undoes the
whole.)",
     .session = RunExec},
    {.name = "multi",
     .arity = 1,
     .flags = kFast | kImmediate,
     .summary = "Begins to queue commands for EXEC.",
     .notes = R"(
Not allowed inside `BEGIN`.)",
     .session = RunMulti},
    {.name = "rollback",
     .arity = 1,
     .flags = kImmediate,
     .summary = "Ends the interactive transaction and forgets its writes.",
     .notes = R"(
A `SELECT` inside it stays in force. `-ERR ROLLBACK without BEGIN` outside of a transaction. Not
in Redis.)",
     .session = RunRollback},
    {.name = "unwatch",
     .arity = 1,
     .flags = kFast,
     .summary = "Forgets the watched keys.",
     .session = RunUnwatch},
    {.name = "watch",
     .arity = -2,
     .flags = kFast | kImmediate,
     .keys = kAllKeys,
     .syntax = "key [key ...]",
     .summary = "Makes the next EXEC do nothing if one of the keys changes before it.",
     .notes = R"(
A key that expires counts as changed.

Differs from Redis: a `WATCH` holds a snapshot, which holds memory; after
`--transaction-idle-timeout` without a command it lets go, and the next `EXEC` is null. A key that
was absent, was made, and was then flushed away by `FLUSHDB` or `FLUSHALL` counts as unchanged: it
is absent again. Not allowed inside `BEGIN`.)",
     .session = RunWatch},
};

}  // namespace

absl::Span<const CommandSpec> TransactionCommands() { return kTransactionCommands; }

}  // namespace nacre::server
