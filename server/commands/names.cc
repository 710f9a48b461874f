#include "server/commands/names.h"

#include "absl/strings/str_cat.h"
#include "server/base/text.h"

namespace nacre::server {

std::string_view SubcommandWord(const SubcommandSpec& spec) {
  return spec.name.substr(spec.name.find('|') + 1);
}

const SubcommandSpec* FindSubcommand(std::string_view command,
                                     absl::Span<const SubcommandSpec> subcommands, Args args,
                                     ReplyWriter& out) {
  for (const SubcommandSpec& spec : subcommands) {
    if (!EqualsIgnoringCase(args[1], SubcommandWord(spec))) continue;
    const size_t words = args.size();
    const bool fits = spec.arity >= 0 ? words == static_cast<size_t>(spec.arity)
                                      : words >= static_cast<size_t>(-spec.arity);
    if (fits) return &spec;
    out.Error(absl::StrCat("ERR wrong number of arguments for '", ToAbsl(spec.name), "' command"));
    return nullptr;
  }
  out.Error(absl::StrCat("ERR unknown subcommand '", ToAbsl(args[1].substr(0, 128)), "'. Try ",
                         ToAbsl(AsciiUpper(command)), " HELP."));
  return nullptr;
}

void WriteHelp(std::string_view command, absl::Span<const SubcommandSpec> subcommands,
               ReplyWriter& out) {
  out.Array(subcommands.size() + 1);
  out.Simple(
      absl::StrCat(ToAbsl(AsciiUpper(command)), " <subcommand> [argument ...]. Subcommands are:"));
  for (const SubcommandSpec& spec : subcommands) {
    out.Simple(absl::StrCat(ToAbsl(AsciiUpper(SubcommandWord(spec))), ": ", ToAbsl(spec.summary)));
  }
}

}  // namespace nacre::server
