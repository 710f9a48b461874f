// COMMAND: the table of commands, told to clients.

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/command/table.h"
#include "server/commands/handlers.h"
#include "server/commands/names.h"
#include "server/commands/values.h"
#include "server/session/session.h"
#include "server/version.h"

namespace nacre::server {

namespace {

struct FlagName {
  uint32_t flag;
  std::string_view name;
};

constexpr FlagName kFlagNames[] = {
    {kWrite, "write"}, {kReadOnly, "readonly"}, {kDenyOom, "denyoom"},
    {kAdmin, "admin"}, {kFast, "fast"},         {kNoAuth, "no_auth"},
};

void WriteFlags(uint32_t flags, ReplyWriter& out) {
  size_t count = 0;
  for (const FlagName& flag : kFlagNames) count += (flags & flag.flag) != 0 ? 1 : 0;
  out.Set(count);
  for (const FlagName& flag : kFlagNames) {
    if ((flags & flag.flag) != 0) out.Simple(flag.name);
  }
}

// "@fast @read @string": what access-control lists would name.
void WriteCategories(const CommandSpec& spec, std::string_view group, ReplyWriter& out) {
  const bool reads = spec.Has(kReadOnly);
  const bool writes = spec.Has(kWrite);
  out.Set(2 + (reads ? 1 : 0) + (writes ? 1 : 0));
  if (writes) out.Simple("@write");
  if (reads) out.Simple("@read");
  out.Simple(absl::StrCat("@", ToAbsl(group)));
  out.Simple(spec.Has(kFast) ? "@fast" : "@slow");
}

// Where the keys are, in the form that came with Redis 7.
void WriteKeySpecs(const CommandSpec& spec, ReplyWriter& out) {
  if (spec.keys.first == 0) {
    out.Array(0);
    return;
  }
  out.Array(1);
  out.Map(3);
  out.Bulk("flags");
  out.Set(1);
  out.Simple(spec.Has(kWrite) ? "RW" : "RO");
  out.Bulk("begin_search");
  out.Map(2);
  out.Bulk("type");
  out.Bulk("index");
  out.Bulk("spec");
  out.Map(1);
  out.Bulk("index");
  out.Integer(spec.keys.first);
  out.Bulk("find_keys");
  out.Map(2);
  out.Bulk("type");
  out.Bulk("range");
  out.Bulk("spec");
  out.Map(3);
  out.Bulk("lastkey");
  // Counted from the first key, unless it is from the end.
  out.Integer(spec.keys.last < 0 ? spec.keys.last : spec.keys.last - spec.keys.first);
  out.Bulk("keystep");
  out.Integer(spec.keys.step);
  out.Bulk("limit");
  out.Integer(0);
}

void WriteCommand(const CommandSpec& spec, const CommandSpec& command, ReplyWriter& out) {
  out.Array(10);
  out.Bulk(spec.name);
  out.Integer(spec.arity);
  WriteFlags(spec.flags, out);
  out.Integer(spec.keys.first);
  out.Integer(spec.keys.last);
  out.Integer(spec.keys.step);
  WriteCategories(spec, command.group, out);
  out.Array(0);  // Hints for proxies; none.
  WriteKeySpecs(spec, out);
  out.Array(spec.subcommands.size());
  for (const CommandSpec& subcommand : spec.subcommands) WriteCommand(subcommand, command, out);
}

void WriteCommand(const CommandSpec& spec, ReplyWriter& out) { WriteCommand(spec, spec, out); }

void WriteDocs(const CommandSpec& spec, ReplyWriter& out) {
  out.Bulk(spec.name);
  out.Map(spec.subcommands.empty() ? 3 : 4);
  out.Bulk("summary");
  out.Bulk(spec.summary);
  out.Bulk("since");
  out.Bulk(kNacreVersion);
  out.Bulk("group");
  out.Bulk(spec.group);
  if (spec.subcommands.empty()) return;
  out.Bulk("subcommands");
  out.Map(spec.subcommands.size());
  for (const CommandSpec& subcommand : spec.subcommands) {
    out.Bulk(subcommand.name);
    out.Map(1);
    out.Bulk("summary");
    out.Bulk(subcommand.summary);
  }
}

void AnswerInfo(Args names, ReplyWriter& out) {
  if (names.empty()) {
    out.Array(AllCommands().size());
    for (const CommandSpec& spec : AllCommands()) WriteCommand(spec, out);
    return;
  }
  out.Array(names.size());
  for (const std::string_view name : names) {
    const CommandSpec* spec = FindCommand(name);
    if (spec != nullptr) {
      WriteCommand(*spec, out);
    } else {
      out.Null();
    }
  }
}

void AnswerDocs(Args names, ReplyWriter& out) {
  if (names.empty()) {
    out.Map(AllCommands().size());
    for (const CommandSpec& spec : AllCommands()) WriteDocs(spec, out);
    return;
  }
  size_t known = 0;
  for (const std::string_view name : names) known += FindCommand(name) != nullptr ? 1 : 0;
  out.Map(known);
  for (const std::string_view name : names) {
    const CommandSpec* spec = FindCommand(name);
    if (spec != nullptr) WriteDocs(*spec, out);
  }
}

void AnswerGetKeys(Args command, ReplyWriter& out) {
  const CommandSpec* spec = FindCommand(command[0]);
  if (spec == nullptr) {
    out.Error("ERR Invalid command specified");
  } else if (spec->keys.first == 0) {
    out.Error("ERR The command has no key arguments");
  } else if (!spec->AcceptsWords(command.size())) {
    out.Error("ERR Invalid number of arguments specified for command");
  } else {
    const size_t begun_at = out.BeginArray();
    size_t keys = 0;
    ForEachKey(*spec, command, [&](std::string_view key) {
      out.Bulk(key);
      ++keys;
    });
    out.EndArray(begun_at, keys);
  }
}

// COMMAND LIST [FILTERBY PATTERN pattern]
void AnswerList(Args filter, ReplyWriter& out) {
  std::string_view pattern = "*";
  if (!filter.empty()) {
    if (filter.size() != 3 || !EqualsIgnoringCase(filter[0], "filterby") ||
        !EqualsIgnoringCase(filter[1], "pattern")) {
      out.Error(kSyntaxError);
      return;
    }
    pattern = filter[2];
  }
  const size_t begun_at = out.BeginArray();
  size_t names = 0;
  for (const CommandSpec& spec : AllCommands()) {
    if (!MatchesGlob(pattern, spec.name, /*ignore_case=*/true)) continue;
    out.Bulk(spec.name);
    ++names;
  }
  out.EndArray(begun_at, names);
}

}  // namespace

void RunCommand(Session& session, Args) { AnswerInfo({}, session.out()); }

void RunCommandCount(Session& session, Args) {
  session.out().Integer(static_cast<int64_t>(AllCommands().size()));
}

void RunCommandDocs(Session& session, Args args) { AnswerDocs(args.subspan(2), session.out()); }

void RunCommandGetKeys(Session& session, Args args) {
  AnswerGetKeys(args.subspan(2), session.out());
}

void RunCommandInfo(Session& session, Args args) { AnswerInfo(args.subspan(2), session.out()); }

void RunCommandList(Session& session, Args args) { AnswerList(args.subspan(2), session.out()); }

}  // namespace nacre::server
