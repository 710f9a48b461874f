// COMMAND COUNT, LIST, GETKEYS and GETKEYSANDFLAGS.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/command/facts.h"
#include "server/command/table.h"
#include "server/commands/command_words.h"
#include "server/commands/handlers.h"
#include "server/commands/values.h"
#include "server/session/session.h"

namespace nacre::server {

namespace {

// Which of the two descriptions of keys the n-th key of a command has.
std::string_view KeyFlagsOf(const CommandSpec& spec, size_t key) {
  const std::vector<std::string_view> flags = KeyFlags(spec);
  return flags[std::min(key, flags.size() - 1)];
}

// The command of COMMAND GETKEYS, or nullptr, and an error is written.
const CommandSpec* CommandWithKeys(Args command, ReplyWriter& out) {
  const CommandSpec* spec = FindCommand(command[0]);
  if (spec != nullptr && !spec->subcommands.empty()) {
    spec = command.size() > 1 ? FindSubcommand(*spec, command[1]) : nullptr;
  }
  if (spec == nullptr) {
    out.Error("ERR Invalid command specified");
  } else if (spec->keys.first == 0) {
    out.Error("ERR The command has no key arguments");
  } else if (!spec->AcceptsWords(command.size())) {
    out.Error("ERR Invalid number of arguments specified for command");
  } else {
    return spec;
  }
  return nullptr;
}

// An array with what `write_key` writes for each key of the command, given its number among them.
template <typename WriteKey>
void WriteKeys(ReplyWriter& out, Args command, WriteKey write_key) {
  const CommandSpec* const spec = CommandWithKeys(command, out);
  if (spec == nullptr) return;
  const size_t begun_at = out.BeginArray();
  size_t keys = 0;
  ForEachKey(*spec, command, [&](std::string_view key) { write_key(*spec, keys++, key); });
  out.EndArray(begun_at, keys);
}

bool Matches(const CommandSpec& spec, std::string_view by, std::string_view what) {
  if (EqualsIgnoringCase(by, "pattern")) return MatchesGlob(what, spec.name, /*ignore_case=*/true);
  if (EqualsIgnoringCase(by, "module")) return false;  // There are none.
  for (const std::string_view category : Categories(spec)) {
    if (EqualsIgnoringCase(what, category)) return true;
  }
  return false;
}

}  // namespace

void RunCommandCount(Session& session, Args) {
  session.out().Integer(static_cast<int64_t>(AllCommands().size()));
}

void RunCommandGetKeys(Session& session, Args args) {
  WriteKeys(session.out(), args.subspan(2),
            [&](const CommandSpec&, size_t, std::string_view key) { session.out().Bulk(key); });
}

void RunCommandGetKeysAndFlags(Session& session, Args args) {
  ReplyWriter& out = session.out();
  WriteKeys(out, args.subspan(2), [&](const CommandSpec& spec, size_t n, std::string_view key) {
    out.Array(2);
    out.Bulk(key);
    const std::vector<std::string_view> flags = BlankParted(KeyFlagsOf(spec, n));
    out.Set(flags.size());
    for (const std::string_view flag : flags) out.Simple(flag);
  });
}

// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]
void RunCommandList(Session& session, Args args) {
  ReplyWriter& out = session.out();
  const Args filter = args.subspan(2);
  const bool known =
      filter.empty() ||
      (filter.size() == 3 && EqualsIgnoringCase(filter[0], "filterby") &&
       (EqualsIgnoringCase(filter[1], "pattern") || EqualsIgnoringCase(filter[1], "module") ||
        EqualsIgnoringCase(filter[1], "aclcat")));
  if (!known) {
    out.Error(kSyntaxError);
    return;
  }
  const size_t begun_at = out.BeginArray();
  size_t names = 0;
  ForEachCommand([&](const CommandSpec& spec) {
    if (!filter.empty() && !Matches(spec, filter[1], filter[2])) return;
    out.Bulk(spec.name);
    ++names;
  });
  out.EndArray(begun_at, names);
}

}  // namespace nacre::server
