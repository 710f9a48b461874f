// The table of commands agrees with itself and with docs/COMMANDS.md.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "server/base/text.h"
#include "server/command/manual.h"
#include "server/command/table.h"

namespace nacre::server {
namespace {

std::string ReadManual() {
  std::ifstream file(NACRE_COMMANDS_MANUAL);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// `make manual` sets NACRE_UPDATE_MANUAL, which rewrites the made part instead of comparing it.
TEST(CommandTable, TheManualIsWhatTheTableMakes) {
  const std::string manual = ReadManual();
  const size_t marker = manual.find(kManualMarker);
  ASSERT_NE(marker, std::string::npos);
  const size_t made = marker + kManualMarker.size();
  if (std::getenv("NACRE_UPDATE_MANUAL") != nullptr) {
    std::ofstream(NACRE_COMMANDS_MANUAL) << manual.substr(0, made) << CommandsManual();
    return;
  }
  EXPECT_EQ(manual.substr(made), CommandsManual()) << "run `make manual` and look at what changes";
}

TEST(CommandTable, EveryCommandIsDescribed) {
  const auto described = [](const CommandSpec& spec) {
    EXPECT_GT(spec.summary.size(), 10u) << spec.name;
    EXPECT_EQ(spec.summary.back(), '.') << spec.name;
    // Words beyond the name need a syntax.
    const int words = spec.name.find('|') == std::string_view::npos ? 1 : 2;
    EXPECT_TRUE(!spec.syntax.empty() || !spec.subcommands.empty() || std::abs(spec.arity) <= words)
        << spec.name;
  };
  for (const CommandSpec& spec : AllCommands()) {
    described(spec);
    for (const CommandSpec& subcommand : spec.subcommands) described(subcommand);
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

    const int ways = (spec.run != nullptr ? 1 : 0) + (spec.session != nullptr ? 1 : 0);
    EXPECT_TRUE(ways == 1 || (ways == 0 && !spec.subcommands.empty())) << name;
    for (const CommandSpec& subcommand : spec.subcommands) {
      EXPECT_EQ(subcommand.name.substr(0, name.size() + 1), name + "|");
      EXPECT_EQ(FindSubcommand(spec, AsciiUpper(subcommand.last_word())), &subcommand);
      EXPECT_NE(subcommand.run == nullptr, subcommand.session == nullptr) << subcommand.name;
    }
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
