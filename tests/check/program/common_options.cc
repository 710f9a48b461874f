// The options that several commands have.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <iostream>
#include <string>

#include "absl/time/time.h"
#include "tests/check/program/commands.h"

namespace nacre::check {
namespace {

std::string LevelNames() {
  std::string names;
  for (const Level level : kLevels) names.append(names.empty() ? "" : ", ").append(ToString(level));
  return names;
}

// A picture leaves no room for anything else there.
void ShareStandardOutput(const ReportOptions& options) {
  const bool svg = options.svg_file == kStandardOutput;
  const bool dot = options.dot_file == kStandardOutput;
  if (!svg && !dot) return;
  if (svg && dot) throw CLI::ValidationError("--svg -", "--dot - is there as well");
  if (options.json) {
    throw CLI::ValidationError(
        svg ? "--svg -" : "--dot -",
        "--json writes to standard output as well: give the picture the name of a file");
  }
  std::cout.rdbuf(std::cerr.rdbuf());
}

}  // namespace

void AddTimeLimit(CLI::App& command, absl::Duration& limit, const std::string& what,
                  const std::string& group) {
  limit = absl::Minutes(1);
  command
      .add_option_function<std::string>(
          "--time-limit",
          [&limit](const std::string& text) {
            if (!absl::ParseDuration(text, &limit) || limit < absl::ZeroDuration()) {
              throw CLI::ValidationError("--time-limit",
                                         "'" + text + "' is no duration such as 30s, 5m or 500ms");
            }
            if (limit == absl::ZeroDuration()) limit = absl::InfiniteDuration();
          },
          what + "; then the verdict is that it could not be told. 0: no limit. Default: 60s")
      ->type_name("DURATION")
      ->group(group);
}

ExitCode Refuse(std::string_view mistake) {
  std::fprintf(stderr, "nacre-check: %.*s\n", static_cast<int>(mistake.size()), mistake.data());
  return kUsage;
}

void AddLevelOption(CLI::App& command, Level& level, const std::string& otherwise) {
  command
      .add_option_function<std::string>(
          "--level",
          [&level](const std::string& name) {
            const std::optional<Level> parsed = ParseLevel(name);
            if (!parsed.has_value()) {
              throw CLI::ValidationError(
                  "--level", "there is no level '" + name + "'; the levels are " + LevelNames());
            }
            level = *parsed;
          },
          "The level that is to hold: " + LevelNames() +
              ". Default: " + (otherwise.empty() ? std::string(ToString(level)) : otherwise))
      ->type_name("LEVEL")
      ->group("Judge");
}

void AddJudgeOptions(CLI::App& command, JudgeOptions& options) {
  command
      .add_option("--violations-max", options.violations_max,
                  "How many violations are told, the worst first. Default: " +
                      std::to_string(options.violations_max))
      ->type_name("NUMBER")
      ->check(CLI::Range(1u, 1'000'000u).description(""))
      ->group("Judge");
  command
      .add_flag("--ignore-timestamps", options.ignore_timestamps,
                "Judges by the values alone, also where the history has the store's timestamps.")
      ->group("Judge");
  AddTimeLimit(command, options.time_limit,
               "For all that takes longer than linear time, mostly the search of an order of "
               "register writes that the values do not tell",
               "Judge");
}

void AddReportOptions(CLI::App& command, ReportOptions& options) {
  command.add_flag("--json", options.json, "The report as one JSON object.")->group("Report");
  command
      .add_option("--svg", options.svg_file,
                  "Draws the violations; - is standard output, and the report goes to standard "
                  "error.")
      ->type_name("FILE")
      ->group("Report");
  command
      .add_option("--dot", options.dot_file, "Draws the violations for Graphviz; - as with --svg.")
      ->type_name("FILE")
      ->group("Report");
  command.parse_complete_callback([&options] { ShareStandardOutput(options); });
}

}  // namespace nacre::check
