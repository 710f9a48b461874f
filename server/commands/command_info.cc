// COMMAND INFO: the table of commands, told to client libraries.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/command/facts.h"
#include "server/command/table.h"
#include "server/commands/command_words.h"
#include "server/commands/handlers.h"
#include "server/session/session.h"

namespace nacre::server {

namespace {

struct FlagName {
  uint32_t flag;
  std::string_view name;
};

// Of commands that Redis does not have.
constexpr FlagName kFlagNames[] = {
    {kWrite, "write"}, {kReadOnly, "readonly"}, {kDenyOom, "denyoom"},
    {kAdmin, "admin"}, {kFast, "fast"},         {kNoAuth, "no_auth"},
};

void WriteWords(const std::vector<std::string_view>& words, std::string_view before,
                ReplyWriter& out) {
  out.Set(words.size());
  for (const std::string_view word : words) out.Simple(absl::StrCat(ToAbsl(before), ToAbsl(word)));
}

// Where the keys from the `first`-th argument on are, in the form that came with Redis 7.
void WriteKeySpec(std::string_view flags, int first, int last, int step, ReplyWriter& out) {
  out.Map(3);
  out.Bulk("flags");
  WriteWords(BlankParted(flags), "", out);
  out.Bulk("begin_search");
  out.Map(2);
  out.Bulk("type");
  out.Bulk("index");
  out.Bulk("spec");
  out.Map(1);
  out.Bulk("index");
  out.Integer(first);
  out.Bulk("find_keys");
  out.Map(2);
  out.Bulk("type");
  out.Bulk("range");
  out.Bulk("spec");
  out.Map(3);
  out.Bulk("lastkey");
  // Counted from the first key, unless it is from the end.
  out.Integer(last < 0 ? last : last - first);
  out.Bulk("keystep");
  out.Integer(step);
  out.Bulk("limit");
  out.Integer(0);
}

void WriteKeySpecs(const CommandSpec& spec, ReplyWriter& out) {
  const KeyPositions& keys = spec.keys;
  if (keys.first == 0) {
    out.Array(0);
    return;
  }
  const std::vector<std::string_view> flags = KeyFlags(spec);
  out.Array(flags.size());
  if (flags.size() == 1) {
    WriteKeySpec(flags[0], keys.first, keys.last, keys.step, out);
    return;
  }
  int position = keys.first;
  for (const std::string_view each : flags) {
    WriteKeySpec(each, position, position, keys.step, out);
    position += keys.step;
  }
}

void WriteCommand(const CommandSpec& spec, ReplyWriter& out) {
  out.Array(10);
  out.Bulk(spec.name);
  out.Integer(spec.arity);
  WriteWords(FlagWords(spec), "", out);
  out.Integer(spec.keys.first);
  out.Integer(spec.keys.last);
  out.Integer(spec.keys.step);
  WriteWords(Categories(spec), "@", out);
  const std::vector<std::string_view> tips =
      BlankParted(spec.facts == nullptr ? "" : spec.facts->tips);
  out.Array(tips.size());
  for (const std::string_view tip : tips) out.Bulk(tip);
  WriteKeySpecs(spec, out);
  out.Array(spec.subcommands.size());
  for (const CommandSpec& subcommand : spec.subcommands) WriteCommand(subcommand, out);
}

}  // namespace

std::vector<std::string_view> BlankParted(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::vector<std::string_view> FlagWords(const CommandSpec& spec) {
  if (spec.facts != nullptr) return BlankParted(spec.facts->flags);
  std::vector<std::string_view> words;
  for (const FlagName& flag : kFlagNames) {
    if (spec.Has(flag.flag)) words.push_back(flag.name);
  }
  return words;
}

std::vector<std::string_view> Categories(const CommandSpec& spec) {
  if (spec.facts != nullptr) return BlankParted(spec.facts->categories);
  std::vector<std::string_view> words;
  if (spec.group == "generic") words.push_back("keyspace");
  if (spec.Has(kReadOnly)) words.push_back("read");
  if (spec.Has(kWrite)) words.push_back("write");
  if (spec.Has(kAdmin)) words.push_back("admin");
  words.push_back(spec.Has(kFast) ? "fast" : "slow");
  if (spec.Has(kAdmin)) words.push_back("dangerous");
  if (spec.group == "connection") words.push_back("connection");
  if (spec.group == "transactions") words.push_back("transaction");
  return words;
}

std::vector<std::string_view> KeyFlags(const CommandSpec& spec) {
  if (spec.facts == nullptr || spec.facts->key_flags[0].empty()) {
    return {spec.Has(kWrite) ? "RW access update" : "RO access"};
  }
  if (spec.facts->key_flags[1].empty()) return {spec.facts->key_flags[0]};
  return {spec.facts->key_flags[0], spec.facts->key_flags[1]};
}

void RunCommand(Session& session, Args) {
  session.out().Array(AllCommands().size());
  for (const CommandSpec& spec : AllCommands()) WriteCommand(spec, session.out());
}

void RunCommandInfo(Session& session, Args args) {
  if (args.size() == 2) {
    RunCommand(session, args);
    return;
  }
  session.out().Array(args.size() - 2);
  for (const std::string_view name : args.subspan(2)) {
    const CommandSpec* const spec = FindFullName(name);
    if (spec != nullptr) {
      WriteCommand(*spec, session.out());
    } else {
      session.out().Null();
    }
  }
}

}  // namespace nacre::server
