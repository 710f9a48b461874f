#include "server/command/manual.h"

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/command/table.h"

namespace nacre::server {

namespace {

struct Chapter {
  std::string_view group;
  std::string_view title;
};

// In the order of the manual.
constexpr Chapter kChapters[] = {
    {"transactions", "Transactions"},
    {"string", "Strings"},
    {"generic", "Keys"},
    {"server", "Server"},
    {"connection", "Connection"},
};

// "CLIENT SETNAME name"
std::string Usage(const CommandSpec& spec) {
  std::string usage = AsciiUpper(spec.name);
  for (char& c : usage) {
    if (c == '|') c = ' ';
  }
  if (!spec.syntax.empty()) absl::StrAppend(&usage, " ", ToAbsl(spec.syntax));
  return usage;
}

void AppendCommand(const CommandSpec& spec, std::string& manual) {
  absl::StrAppend(&manual, "\n### ", AsciiUpper(spec.name), "\n\n");
  if (spec.subcommands.empty() || spec.session != nullptr) {
    absl::StrAppend(&manual, "`", Usage(spec), "`\n\n");
  }
  absl::StrAppend(&manual, ToAbsl(spec.summary), "\n");
  if (!spec.subcommands.empty()) absl::StrAppend(&manual, "\n");
  for (const CommandSpec& subcommand : spec.subcommands) {
    absl::StrAppend(&manual, "- `", Usage(subcommand), "`: ", ToAbsl(subcommand.summary), "\n");
  }
  if (!spec.notes.empty()) absl::StrAppend(&manual, ToAbsl(spec.notes), "\n");
}

}  // namespace

std::string CommandsManual() {
  std::string manual;
  for (const Chapter& chapter : kChapters) {
    absl::StrAppend(&manual, "\n## ", ToAbsl(chapter.title), "\n");
    for (const CommandSpec& spec : AllCommands()) {
      if (spec.group == chapter.group) AppendCommand(spec, manual);
    }
  }
  return manual;
}

}  // namespace nacre::server
