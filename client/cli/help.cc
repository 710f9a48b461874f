#include "client/cli/help.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/text.h"

namespace nacre::cli {

namespace {

constexpr std::string_view kGeneral = R"(
  help COMMAND     arguments and summary of a command; help CONFIG GET for a subcommand
  help @GROUP      all commands of a group
  clear            clears the screen
  quit, exit       leaves, as Ctrl-D does
  3 COMMAND ...    runs a command three times

  Tab completes names. Up and down walk through earlier lines, Ctrl-R searches them. Ctrl-C cancels
  the line, or the wait for a reply.
)";

void AppendLine(std::string_view title, std::string_view text, std::string& out) {
  if (!text.empty()) absl::StrAppend(&out, "  ", ToAbsl(title), ": ", ToAbsl(text), "\n");
}

std::string HelpOnCommand(const CommandDoc& doc) {
  std::string out = absl::StrCat("\n  ", doc.Usage(), "\n");
  AppendLine("summary", doc.summary, out);
  AppendLine("since", doc.since, out);
  AppendLine("group", doc.group, out);
  AppendLine("complexity", doc.complexity, out);
  for (const CommandDoc& subcommand : doc.subcommands) {
    absl::StrAppend(&out, "\n  ", subcommand.Usage(), "\n    ", subcommand.summary, "\n");
  }
  return out + "\n";
}

std::string HelpOnGroup(const CommandDocs& docs, std::string_view group) {
  std::string out;
  for (const auto& [name, doc] : docs.commands()) {
    if (!EqualsIgnoringCase(doc.group, group)) continue;
    absl::StrAppend(&out, "\n  ", doc.Usage(), "\n    ", doc.summary, "\n");
  }
  if (out.empty()) return absl::StrCat("There is no group @", ToAbsl(group), ".\n");
  return out + "\n";
}

std::string Groups(const CommandDocs& docs) {
  std::set<std::string> groups;
  for (const auto& [name, doc] : docs.commands()) groups.insert(absl::StrCat("@", doc.group));
  if (groups.empty()) return "";
  return absl::StrCat("\n  Groups of this server's commands: ", absl::StrJoin(groups, " "), "\n");
}

}  // namespace

std::string HelpText(const CommandDocs& docs, const std::vector<std::string>& words) {
  if (words.empty()) return absl::StrCat(ToAbsl(kGeneral), Groups(docs), "\n");
  if (docs.empty()) return "The server has told nothing of its commands (COMMAND DOCS).\n";
  if (words[0].starts_with('@')) return HelpOnGroup(docs, words[0].substr(1));
  const CommandDocs::Found found = docs.Find(words);
  if (found.doc != nullptr && found.words == words.size()) return HelpOnCommand(*found.doc);
  return absl::StrCat("This server has no command ", Upper(absl::StrJoin(words, " ")), ".\n");
}

}  // namespace nacre::cli
