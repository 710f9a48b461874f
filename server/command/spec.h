#ifndef NACRE_SERVER_COMMAND_SPEC_H_
#define NACRE_SERVER_COMMAND_SPEC_H_

#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nacre/transaction.h"
#include "nacre/types.h"
#include "server/resp/parser.h"
#include "server/resp/writer.h"

namespace nacre::server {

class ServerState;
class Session;
struct CommandFacts;

// What a data command works on. It is the same code in every mode of execution: alone, behind
// MULTI, and between BEGIN and COMMIT. It may run several times before one run counts.
struct DataContext {
  Transaction& tx;  // Looks keys up in the selected database already.
  Args args;
  ReplyWriter& out;
  ServerState& server;
  absl::Time now;  // Only for commands with kUsesClock.
};

// What a command works on that has a shorter way when it runs alone.
struct AloneContext {
  ServerState& server;
  Keyspace keyspace;
  Args args;
  ReplyWriter& out;
};

// A status that is not OK undoes the command's writes and replaces its reply. A command that finds
// something wrong with its arguments or values writes an error reply, nothing else, and returns OK.
using DataHandler = absl::Status (*)(DataContext&);
using AloneHandler = absl::Status (*)(AloneContext&);
// Works on the connection or the server, on no data.
using SessionHandler = void (*)(Session&, Args);
// Whether these arguments make the command slow.
using SlowRule = bool (*)(Args);
// Whether the state of the server makes the command slow.
using SlowState = bool (*)(const ServerState&);
// Calls `visit` with each key that these arguments name, and the database that it is in; the
// command is sent with database `selected`. A database out of range may be named: the command will
// answer that as an error.
using KeyFinder = void (*)(Args, int selected,
                           absl::FunctionRef<void(int database, std::string_view key)> visit);

enum CommandFlags : uint32_t {
  kWrite = 1 << 0,
  kReadOnly = 1 << 1,
  kDenyOom = 1 << 2,     // Needs memory.
  kFast = 1 << 3,        // O(1) or O(log n).
  kUsesClock = 1 << 4,   // Reads DataContext::now.
  kRange = 1 << 5,       // Reads or writes keys that its arguments do not name.
  kManyWrites = 1 << 6,  // Writes several keys: undone together inside a transaction.
  kImmediate = 1 << 7,   // Never queued by MULTI.
  kAsksEngine = 1 << 8,  // Calls the database by itself: not while keys are locked.
  kAdmin = 1 << 9,
  kNoAuth = 1 << 10,
  // Slow inside a transaction, where it walks the keys; alone it does not.
  kSlowInTransaction = 1 << 11,
  kComputes = 1 << 12,    // May take milliseconds on one value: not while keys are locked.
  kNoMulti = 1 << 13,     // An error inside MULTI.
  kLoadsAhead = 1 << 14,  // Looks its keys up side by side by itself.
  // Takes as long as the value that it finds is large: not while the keys of others are locked.
  kCopiesValue = 1 << 15,
};
// No two flags have one bit: then their sum would have a carry.
static_assert((kWrite + kReadOnly + kDenyOom + kFast + kUsesClock + kRange + kManyWrites +
               kImmediate + kAsksEngine + kAdmin + kNoAuth + kNoMulti + kSlowInTransaction +
               kComputes + kLoadsAhead + kCopiesValue) == (1u << 16) - 1);

// Which arguments are keys: from `first` to `last` (negative: from the end), every `step`-th.
// first == 0: none.
struct KeyPositions {
  int first = 0;
  int last = 0;
  int step = 0;
};

// All that is known of one command. Dispatch, COMMAND and docs/COMMANDS.md come from it.
struct CommandSpec {
  std::string_view name = {};  // In lower case; of a subcommand, "client|id".
  int arity = 0;               // Words in all. Negative: at least so many.
  uint32_t flags = 0;
  KeyPositions keys = {};
  // Of a command that works in several databases; `keys` are then those that COMMAND tells of.
  KeyFinder find_keys = nullptr;
  // Filled in by the table: where docs/COMMANDS.md has it, its place among all commands and
  // subcommands, and what Redis tells of it (nullptr if Redis does not have it).
  std::string_view group = {};
  uint32_t index = 0;
  const CommandFacts* facts = nullptr;
  std::string_view syntax = {};   // The arguments.
  std::string_view summary = {};  // One sentence.
  std::string_view notes = {};    // Markdown: what there is to know beyond it.
  // Either `run`, with or without `alone`; or `session`; or only subcommands.
  DataHandler run = nullptr;
  AloneHandler alone = nullptr;
  SessionHandler session = nullptr;
  SlowRule slow = nullptr;
  SlowState slow_state = nullptr;
  // Commands of their own, chosen by the second word. Alphabetical.
  absl::Span<const CommandSpec> subcommands = {};

  // "id" of "client|id".
  std::string_view last_word() const { return name.substr(name.find('|') + 1); }
  bool Has(uint32_t flag) const { return (flags & flag) != 0; }
  bool AcceptsWords(size_t words) const {
    return arity >= 0 ? words == static_cast<size_t>(arity) : words >= static_cast<size_t>(-arity);
  }
};

// Calls `visit` with each argument that is a key.
template <typename Visit>
void ForEachKey(const CommandSpec& spec, Args args, Visit visit) {
  if (spec.keys.first == 0) return;
  const int words = static_cast<int>(args.size());
  const int last = spec.keys.last >= 0 ? spec.keys.last : words + spec.keys.last;
  for (int i = spec.keys.first; i <= last && i < words; i += spec.keys.step) {
    visit(args[static_cast<size_t>(i)]);
  }
}

// The same with the database of each, for a command sent with database `selected`.
template <typename Visit>
void ForEachKeyWithDatabase(const CommandSpec& spec, Args args, int selected, Visit visit) {
  if (spec.find_keys != nullptr) {
    spec.find_keys(args, selected, visit);
  } else {
    ForEachKey(spec, args, [&](std::string_view key) { visit(selected, key); });
  }
}

}  // namespace nacre::server

#endif  // NACRE_SERVER_COMMAND_SPEC_H_
