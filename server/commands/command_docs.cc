// COMMAND DOCS: what commands are for.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/command/facts.h"
#include "server/command/syntax.h"
#include "server/command/table.h"
#include "server/commands/handlers.h"
#include "server/session/session.h"
#include "server/version.h"

namespace nacre::server {

namespace {

void WriteArguments(const std::vector<SyntaxArgument>& arguments, ReplyWriter& out);

void WriteArgument(const SyntaxArgument& argument, ReplyWriter& out) {
  const bool has_flags = argument.optional || argument.multiple;
  out.Map(2 + (argument.token.empty() ? 0 : 1) + (has_flags ? 1 : 0) +
          (argument.arguments.empty() ? 0 : 1));
  out.Bulk("name");
  out.Bulk(argument.name);
  out.Bulk("type");
  out.Bulk(TypeOf(argument));
  if (!argument.token.empty()) {
    out.Bulk("token");
    out.Bulk(argument.token);
  }
  if (has_flags) {
    out.Bulk("flags");
    out.Set((argument.optional ? 1 : 0) + (argument.multiple ? 1 : 0));
    if (argument.optional) out.Simple("optional");
    if (argument.multiple) out.Simple("multiple");
  }
  if (!argument.arguments.empty()) {
    out.Bulk("arguments");
    WriteArguments(argument.arguments, out);
  }
}

void WriteArguments(const std::vector<SyntaxArgument>& arguments, ReplyWriter& out) {
  out.Array(arguments.size());
  for (const SyntaxArgument& argument : arguments) WriteArgument(argument, out);
}

void WriteDocs(const CommandSpec& spec, ReplyWriter& out) {
  const std::vector<SyntaxArgument> arguments = ParseSyntax(spec.syntax);
  out.Bulk(spec.name);
  out.Map(3 + (spec.facts != nullptr ? 1 : 0) + (arguments.empty() ? 0 : 1) +
          (spec.subcommands.empty() ? 0 : 1));
  out.Bulk("summary");
  out.Bulk(spec.summary);
  out.Bulk("since");
  out.Bulk(spec.facts != nullptr ? spec.facts->since : kNacreVersion);
  out.Bulk("group");
  out.Bulk(spec.group);
  if (spec.facts != nullptr) {
    out.Bulk("complexity");
    out.Bulk(spec.facts->complexity);
  }
  if (!arguments.empty()) {
    out.Bulk("arguments");
    WriteArguments(arguments, out);
  }
  if (spec.subcommands.empty()) return;
  out.Bulk("subcommands");
  out.Map(spec.subcommands.size());
  for (const CommandSpec& subcommand : spec.subcommands) WriteDocs(subcommand, out);
}

}  // namespace

void RunCommandDocs(Session& session, Args args) {
  std::vector<const CommandSpec*> known;
  if (args.size() == 2) {
    for (const CommandSpec& spec : AllCommands()) known.push_back(&spec);
  }
  for (const std::string_view name : args.subspan(2)) {
    const CommandSpec* const spec = FindFullName(name);
    if (spec != nullptr) known.push_back(spec);
  }
  session.out().Map(known.size());
  for (const CommandSpec* spec : known) WriteDocs(*spec, session.out());
}

}  // namespace nacre::server
