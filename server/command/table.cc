#include "server/command/table.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "server/base/text.h"
#include "server/commands/handlers.h"

namespace nacre::server {

namespace {

constexpr KeyPositions kFirstKey = {.first = 1, .last = 1, .step = 1};
constexpr KeyPositions kAllKeys = {.first = 1, .last = -1, .step = 1};
constexpr KeyPositions kKeysAndValues = {.first = 1, .last = -1, .step = 2};

constexpr uint32_t kWriteFast = kWrite | kDenyOom | kFast;

// In alphabetical order.
const CommandSpec kCommands[] = {
    {.name = "append",
     .arity = 3,
     .flags = kWriteFast,
     .keys = kFirstKey,
     .group = "string",
     .syntax = "key value",
     .summary = "Adds bytes to the end of a string and answers its new length.",
     .run = RunAppend},
    {.name = "auth",
     .arity = -2,
     .flags = kFast | kNoAuth,
     .group = "connection",
     .syntax = "[username] password",
     .summary = "Checks a user name and password; there is only the default user, without one.",
     .session = RunAuth},
    {.name = "begin",
     .arity = -1,
     .flags = kFast | kImmediate,
     .group = "transactions",
     .syntax = "[SNAPSHOT | SERIALIZABLE] [READONLY]",
     .summary = "Opens an interactive transaction on this connection.",
     .session = RunBegin},
    {.name = "client",
     .arity = -2,
     .group = "connection",
     .syntax = "subcommand [argument ...]",
     .summary = "Asks about this connection, or names it.",
     .session = RunClient,
     .subcommands = ClientSubcommands()},
    {.name = "command",
     .arity = -1,
     .group = "server",
     .syntax = "[subcommand [argument ...]]",
     .summary = "Describes the commands.",
     .session = RunCommand,
     .subcommands = CommandSubcommands()},
    {.name = "commit",
     .arity = 1,
     .flags = kImmediate,
     .group = "transactions",
     .summary = "Commits the interactive transaction and answers its commit timestamp.",
     .session = RunCommit},
    {.name = "config",
     .arity = -2,
     .flags = kAdmin,
     .group = "server",
     .syntax = "GET pattern [pattern ...]",
     .summary = "Shows how the server is configured.",
     .session = RunConfig,
     .subcommands = ConfigSubcommands()},
    {.name = "dbsize",
     .arity = 1,
     .flags = kReadOnly | kFast | kRange | kAsksEngine | kSlowInTransaction,
     .group = "server",
     .summary = "Counts the keys of the selected database.",
     .run = RunDbsize,
     .alone = RunDbsizeAlone},
    {.name = "decr",
     .arity = 2,
     .flags = kWriteFast,
     .keys = kFirstKey,
     .group = "string",
     .syntax = "key",
     .summary = "Takes one from an integer.",
     .run = RunDecr},
    {.name = "decrby",
     .arity = 3,
     .flags = kWriteFast,
     .keys = kFirstKey,
     .group = "string",
     .syntax = "key decrement",
     .summary = "Takes a number from an integer.",
     .run = RunDecrBy},
    {.name = "del",
     .arity = -2,
     .flags = kWrite | kManyWrites,
     .keys = kAllKeys,
     .group = "generic",
     .syntax = "key [key ...]",
     .summary = "Deletes keys and answers how many there were.",
     .run = RunDel},
    {.name = "discard",
     .arity = 1,
     .flags = kFast | kImmediate,
     .group = "transactions",
     .summary = "Forgets the commands that MULTI has queued.",
     .session = RunDiscard},
    {.name = "echo",
     .arity = 2,
     .flags = kFast,
     .group = "connection",
     .syntax = "message",
     .summary = "Answers its argument.",
     .session = RunEcho},
    {.name = "exec",
     .arity = 1,
     .flags = kImmediate,
     .group = "transactions",
     .summary = "Runs the queued commands as one transaction.",
     .session = RunExec},
    {.name = "exists",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = kAllKeys,
     .group = "generic",
     .syntax = "key [key ...]",
     .summary = "Counts how many of the keys exist; a key named twice counts twice.",
     .run = RunExists,
     .alone = RunExistsAlone},
    {.name = "expire",
     .arity = -3,
     .flags = kWrite | kFast | kUsesClock,
     .keys = kFirstKey,
     .group = "generic",
     .syntax = "key seconds [NX | XX | GT | LT]",
     .summary = "Sets how long a key has to live.",
     .run = RunExpire},
    {.name = "flushall",
     .arity = -1,
     .flags = kWrite | kRange | kManyWrites | kAsksEngine | kSlowInTransaction,
     .group = "server",
     .syntax = "[ASYNC | SYNC]",
     .summary = "Deletes every key of every database.",
     .run = RunFlushAll,
     .alone = RunFlushAllAlone},
    {.name = "flushdb",
     .arity = -1,
     .flags = kWrite | kRange | kManyWrites | kAsksEngine | kSlowInTransaction,
     .group = "server",
     .syntax = "[ASYNC | SYNC]",
     .summary = "Deletes every key of the selected database.",
     .run = RunFlushDb,
     .alone = RunFlushDbAlone},
    {.name = "get",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirstKey,
     .group = "string",
     .syntax = "key",
     .summary = "Answers the value of a key.",
     .run = RunGet,
     .alone = RunGetAlone},
    {.name = "hello",
     .arity = -1,
     .flags = kFast | kNoAuth,
     .group = "connection",
     .syntax = "[protover [AUTH username password] [SETNAME clientname]]",
     .summary = "Chooses the version of the protocol and describes the server.",
     .session = RunHello},
    {.name = "incr",
     .arity = 2,
     .flags = kWriteFast,
     .keys = kFirstKey,
     .group = "string",
     .syntax = "key",
     .summary = "Adds one to an integer.",
     .run = RunIncr},
    {.name = "incrby",
     .arity = 3,
     .flags = kWriteFast,
     .keys = kFirstKey,
     .group = "string",
     .syntax = "key increment",
     .summary = "Adds a number to an integer.",
     .run = RunIncrBy},
    {.name = "info",
     .arity = -1,
     .flags = kAsksEngine,
     .group = "server",
     .syntax = "[section ...]",
     .summary = "Reports counters and gauges, by section.",
     .session = RunInfo},
    {.name = "keys",
     .arity = 2,
     .flags = kReadOnly | kRange,
     .group = "generic",
     .syntax = "pattern",
     .summary = "Lists the keys that match a glob pattern, in byte order.",
     .run = RunKeys,
     .slow = AlwaysSlow},
    {.name = "mget",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = kAllKeys,
     .group = "string",
     .syntax = "key [key ...]",
     .summary = "Answers the values of several keys as of one instant.",
     .run = RunMget},
    {.name = "mset",
     .arity = -3,
     .flags = kWrite | kDenyOom | kManyWrites,
     .keys = kKeysAndValues,
     .group = "string",
     .syntax = "key value [key value ...]",
     .summary = "Sets several keys at once.",
     .run = RunMset},
    {.name = "multi",
     .arity = 1,
     .flags = kFast | kImmediate,
     .group = "transactions",
     .summary = "Begins to queue commands for EXEC.",
     .session = RunMulti},
    {.name = "ping",
     .arity = -1,
     .flags = kFast,
     .group = "connection",
     .syntax = "[message]",
     .summary = "Answers PONG, or its argument.",
     .session = RunPing},
    {.name = "quit",
     .arity = -1,
     .flags = kFast | kImmediate | kNoAuth,
     .group = "connection",
     .summary = "Closes the connection once its replies are sent.",
     .session = RunQuit},
    {.name = "range",
     .arity = -3,
     .flags = kReadOnly | kRange,
     .group = "generic",
     .syntax = "start end [REV] [LIMIT offset count] [WITHVALUES]",
     .summary = "Lists the keys between two bounds in byte order, with their values on request.",
     .run = RunRange,
     .slow = RangeIsSlow},
    {.name = "reset",
     .arity = 1,
     .flags = kFast | kImmediate | kNoAuth,
     .group = "connection",
     .summary = "Puts the connection back to the state of a new one.",
     .session = RunReset},
    {.name = "rollback",
     .arity = 1,
     .flags = kImmediate,
     .group = "transactions",
     .summary = "Ends the interactive transaction and forgets its writes.",
     .session = RunRollback},
    {.name = "select",
     .arity = 2,
     .flags = kFast,
     .group = "connection",
     .syntax = "index",
     .summary = "Chooses the database that the commands after it work on.",
     .session = RunSelect},
    {.name = "set",
     .arity = -3,
     .flags = kWrite | kDenyOom | kUsesClock,
     .keys = kFirstKey,
     .group = "string",
     .syntax = "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
               "PXAT unix-time-milliseconds | KEEPTTL]",
     .summary = "Sets the value of a key, with conditions and a time to live.",
     .run = RunSet},
    {.name = "strlen",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirstKey,
     .group = "string",
     .syntax = "key",
     .summary = "Answers how long the value of a key is, in bytes.",
     .run = RunStrlen,
     .alone = RunStrlenAlone},
    {.name = "ttl",
     .arity = 2,
     .flags = kReadOnly | kFast | kUsesClock,
     .keys = kFirstKey,
     .group = "generic",
     .syntax = "key",
     .summary = "Answers how many seconds a key has left to live.",
     .run = RunTtl,
     .alone = RunTtlAlone},
    {.name = "unwatch",
     .arity = 1,
     .flags = kFast,
     .group = "transactions",
     .summary = "Forgets the watched keys.",
     .session = RunUnwatch},
    {.name = "watch",
     .arity = -2,
     .flags = kFast | kImmediate,
     .keys = kAllKeys,
     .group = "transactions",
     .syntax = "key [key ...]",
     .summary = "Makes the next EXEC do nothing if one of the keys changes before it.",
     .session = RunWatch},
};

// Open addressing over the lower-cased first eight bytes and the length. A quarter full, so that
// most look-ups end at the first slot, with one comparison of eight bytes.
class Index {
 public:
  Index() {
    slots_.fill({0, nullptr});
    for (const CommandSpec& spec : kCommands) {
      const uint64_t word = FirstBytes(spec.name);
      size_t at = SlotOf(word, spec.name.size());
      while (slots_[at].spec != nullptr) at = (at + 1) % kSlots;
      slots_[at] = {word, &spec};
    }
  }

  const CommandSpec* Find(std::string_view name) const {
    const uint64_t word = FirstBytes(name);
    for (size_t at = SlotOf(word, name.size()); slots_[at].spec != nullptr;
         at = (at + 1) % kSlots) {
      const CommandSpec& spec = *slots_[at].spec;
      if (slots_[at].word == word && spec.name.size() == name.size() &&
          (name.size() <= 8 || EqualsIgnoringCase(name.substr(8), spec.name.substr(8)))) {
        return &spec;
      }
    }
    return nullptr;
  }

 private:
  static constexpr size_t kSlots = 256;
  static_assert(4 * std::size(kCommands) <= kSlots + std::size(kCommands));
  struct Slot {
    uint64_t word;
    const CommandSpec* spec;
  };

  // Lower-cased. Only letters change, so no two different names of letters become one by it.
  static uint64_t FirstBytes(std::string_view name) {
    char bytes[8] = {};
    const size_t count = std::min<size_t>(name.size(), 8);
    for (size_t i = 0; i < count; ++i) bytes[i] = ToLower(name[i]);
    uint64_t word = 0;
    std::memcpy(&word, bytes, 8);
    return word;
  }
  static size_t SlotOf(uint64_t word, size_t length) {
    return static_cast<size_t>(((word + length) * 0x9E3779B97F4A7C15u) >> 56) % kSlots;
  }

  std::array<Slot, kSlots> slots_;
};

}  // namespace

absl::Span<const CommandSpec> AllCommands() { return kCommands; }

const CommandSpec* FindCommand(std::string_view name) {
  static const Index index;
  return index.Find(name);
}

}  // namespace nacre::server
