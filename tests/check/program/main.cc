// nacre-check: proves an isolation level of a store, or shows where it is broken.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <iostream>

#include "tests/check/program/commands.h"
#include "tests/check/program/version.h"

namespace nacre::check {
namespace {

constexpr char kFooter[] = R"(
  nacre-check run --target 127.0.0.1:6379 --duration 30
  nacre-check history recorded.edn --level serializable
  nacre-check history - --format native --all-levels < recorded.txt
  nacre-check explore g2_item_write_skew

nacre-check COMMAND --help shows the options of a command.

Exit status: 0  the level holds
             1  it is violated
             2  it cannot be told; the report says why
             3  mistake on the command line or in a schedule, a file that cannot be read or written,
                or a target that cannot be reached)";

// A full disk must not pass for a verdict.
int Finish(ExitCode exit_code) {
  std::cout.flush();
  if (std::cout.good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
  return Refuse("The report could not be written to standard output: is the disk full?");
}

// What CLI11 says of a line without a command helps nobody.
std::string MistakeOf(const CLI::App& app, const CLI::ParseError& error, std::string_view first) {
  if (!app.get_subcommands().empty()) return error.what();
  std::string commands;
  for (const CLI::App* command : app.get_subcommands({})) {
    commands += (commands.empty() ? "" : ", ") + command->get_name();
  }
  if (first.empty() || first.front() == '-') return "a command comes first; there are: " + commands;
  return "there is no command '" + std::string(first) + "'; there are: " + commands;
}

int Main(int argc, char** argv) {
  CLI::App app("Judges whether a store keeps the isolation level that it promises.", "nacre-check");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("nacre-check ") + kVersion);
  app.require_subcommand(1);
  ExitCode exit_code = kUsage;
  AddHistoryCommand(app, exit_code);
  AddRunCommand(app, exit_code);
  AddExploreCommand(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success) == 0 ? Finish(kHolds) : kUsage;
  } catch (const CLI::ParseError& error) {
    const auto called = app.get_subcommands();
    const std::string whose = called.empty() ? "" : " " + called.front()->get_name();
    return Refuse(MistakeOf(app, error, argc > 1 ? argv[1] : "") + "\nnacre-check" + whose +
                  " --help shows what it takes.");
  }
  return Finish(exit_code);
}

}  // namespace
}  // namespace nacre::check

int main(int argc, char** argv) { return nacre::check::Main(argc, argv); }
