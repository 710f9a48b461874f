// COMMAND DOCS: what commands are for.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/command/facts.h"
#include "server/command/table.h"
#include "server/commands/handlers.h"
#include "server/session/session.h"
#include "server/version.h"

namespace nacre::server {

namespace {

void WriteDocs(const CommandSpec& spec, ReplyWriter& out) {
  out.Bulk(spec.name);
  out.Map(3 + (spec.facts != nullptr ? 1 : 0) + (spec.subcommands.empty() ? 0 : 1));
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
