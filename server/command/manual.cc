#include "server/command/manual.h"

#include "absl/strings/str_cat.h"
#include "server/base/text.h"
#include "server/command/table.h"
#include "server/settings/spec.h"

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

void AppendSettings(std::string& manual) {
  absl::StrAppend(&manual, R"(
## Settings

What `CONFIG` knows. `SET` changes what is not marked; a flag of the same name gives the first value,
unless it says otherwise. Times are in seconds here; flags take `90s` or `250ms`.

)");
  for (const SettingSpec& spec : EffectiveSettings()) {
    const char* const mark = spec.Has(kImmutable) || spec.Has(kFixed) ? " (by flag only)" : "";
    absl::StrAppend(&manual, "- `", ToAbsl(spec.name), "`", mark, ": ", ToAbsl(spec.effect), "\n");
  }
  absl::StrAppend(&manual, R"(
### Settings without effect

Taken from redis.conf, so that what reads or sets them goes on working: `SET` checks their values as
Redis does and keeps them, and **nothing else comes of it**. `appendonly` takes only `no`, since the
server does not write to disk. Those in brackets can not be set, as in Redis.

)");
  for (const SettingSpec& spec : AcceptedSettings()) {
    const bool fixed = spec.Has(kImmutable) || spec.Has(kProtected);
    const std::string name =
        absl::StrCat(fixed ? "(`" : "`", ToAbsl(spec.name), fixed ? "`)" : "`");
    absl::StrAppend(&manual, &spec == &AcceptedSettings().front() ? "" : ",\n", name);
  }
  absl::StrAppend(&manual, ".\n");
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
  AppendSettings(manual);
  return manual;
}

}  // namespace nacre::server
