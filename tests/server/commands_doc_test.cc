// The table of commands agrees with itself and with docs/COMMANDS.md.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "server/base/text.h"
#include "server/command/table.h"

namespace nacre::server {
namespace {

using ::testing::HasSubstr;

std::string ReadManual() {
  std::ifstream file(NACRE_COMMANDS_MANUAL);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// From "### NAME" to the next heading.
std::string SectionOf(const std::string& manual, const std::string& name) {
  const size_t start = manual.find("\n### " + name + "\n");
  if (start == std::string::npos) return "";
  const size_t end = manual.find("\n#", start + 1);
  return manual.substr(start, end == std::string::npos ? end : end - start);
}

TEST(CommandTable, EveryCommandIsInTheManualWithItsSyntaxAndSummary) {
  const std::string manual = ReadManual();
  for (const CommandSpec& spec : AllCommands()) {
    const std::string name = AsciiUpper(spec.name);
    const std::string section = SectionOf(manual, name);
    const std::string syntax = spec.syntax.empty() ? name : name + " " + std::string(spec.syntax);
    EXPECT_THAT(section, HasSubstr("\n`" + syntax + "`\n"));
    // The manual may go on where the summary ends.
    EXPECT_THAT(section, HasSubstr(std::string(spec.summary.substr(0, spec.summary.size() - 1))));
    for (const SubcommandSpec& subcommand : spec.subcommands) {
      const std::string word = AsciiUpper(subcommand.name.substr(subcommand.name.find('|') + 1));
      EXPECT_TRUE(word == "HELP" || section.find(word) != std::string::npos) << word;
    }
  }
}

TEST(CommandTable, TheManualHasNoOtherCommand) {
  std::istringstream manual(ReadManual());
  std::set<std::string> seen;
  for (std::string line; std::getline(manual, line);) {
    if (line.rfind("### ", 0) != 0) continue;
    const std::string name = line.substr(4);
    if (name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) continue;
    EXPECT_NE(FindCommand(name), nullptr) << name;
    EXPECT_TRUE(seen.insert(name).second) << name << " twice";
  }
}

TEST(CommandTable, IsSoundAndFindsEveryNameInEveryCase) {
  std::string previous;
  for (const CommandSpec& spec : AllCommands()) {
    const std::string name(spec.name);
    EXPECT_EQ(FindCommand(name), &spec);
    EXPECT_EQ(FindCommand(AsciiUpper(name)), &spec);
    EXPECT_EQ(FindCommand(name + "x"), nullptr);
    EXPECT_LT(previous, name) << "in alphabetical order";
    previous = name;

    EXPECT_NE(spec.run == nullptr, spec.session == nullptr) << name;
    EXPECT_TRUE(spec.alone == nullptr || spec.run != nullptr) << name;
    // A command on data either reads or writes, and names its keys or ranges over them.
    const bool reads = spec.Has(kReadOnly);
    const bool writes = spec.Has(kWrite);
    EXPECT_EQ(spec.run != nullptr, reads != writes) << name;
    EXPECT_TRUE(spec.run == nullptr || (spec.keys.first == 0) == spec.Has(kRange)) << name;
    // Alone, a write that ranges has no keys to lock: it needs a way of its own.
    EXPECT_TRUE(!writes || !spec.Has(kRange) || spec.alone != nullptr) << name;
  }
  for (const char* name : {"", "g", "gett", "zzzzzzzzzzzzzzzzzzzz", "ge\x54\x20"}) {
    EXPECT_EQ(FindCommand(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace nacre::server
