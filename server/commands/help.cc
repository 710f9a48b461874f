// The HELP of every command that has subcommands.

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/command/table.h"
#include "server/commands/handlers.h"
#include "server/session/session.h"

namespace nacre::server {

void RunHelp(Session& session, Args args) {
  const CommandSpec& command = *FindCommand(args[0]);
  ReplyWriter& out = session.out();
  out.Array(command.subcommands.size() + 1);
  out.Simple(absl::StrCat(ToAbsl(AsciiUpper(command.name)),
                          " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
  for (const CommandSpec& spec : command.subcommands) {
    std::string line = AsciiUpper(spec.last_word());
    if (!spec.syntax.empty()) absl::StrAppend(&line, " ", ToAbsl(spec.syntax));
    out.Simple(absl::StrCat(line, ": ", ToAbsl(spec.summary)));
  }
}

}  // namespace nacre::server
