// nacre-check history FILE: judges what was recorded.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nacre/check/format.h"
#include "nacre/check/judge.h"
#include "tests/check/program/commands.h"

namespace nacre::check {
namespace {

struct HistoryArguments {
  std::string file;
  std::optional<Format> format;
  Level level = Level::kSnapshotIsolation;
  bool all_levels = false;
  JudgeOptions judge;
  ReportOptions report;
};

std::string WhyNotRead(const absl::Status& status) {
  std::string words(status.message());
  if (absl::IsFailedPrecondition(status)) {
    words += "; name it by --format edn, json, text or native";
  }
  return words;
}

ExitCode JudgeFile(HistoryArguments& arguments) {
  const absl::StatusOr<History> history = ReadHistoryFile(arguments.file, arguments.format);
  if (!history.ok()) return Refuse(WhyNotRead(history.status()));
  arguments.report.source = arguments.file == "-" ? "standard input" : arguments.file;
  if (!arguments.all_levels) {
    const Verdict verdict = JudgeRecording(*history, arguments.level, arguments.judge);
    return Report(*history, arguments.level, verdict, arguments.report);
  }
  std::vector<LevelVerdict> verdicts;
  for (const Level level : kLevels) {
    verdicts.push_back({level, JudgeRecording(*history, level, arguments.judge)});
  }
  return ReportLevels(*history, verdicts, arguments.level, arguments.report);
}

void AddFormatOption(CLI::App& command, std::optional<Format>& format) {
  command
      .add_option_function<std::string>(
          "--format",
          [&format](const std::string& name) {
            format = ParseFormat(name);
            if (!format.has_value()) {
              throw CLI::ValidationError(
                  "--format",
                  "there is no format '" + name + "'; the formats are edn, json, text and native");
            }
          },
          "edn, json (Jepsen's operations), text (r(key,value,session,transaction)) or native. "
          "Default: told by how the file begins.")
      ->type_name("FORMAT")
      ->group("Input");
}

}  // namespace

void AddHistoryCommand(CLI::App& app, ExitCode& exit_code) {
  CLI::App& command = *app.add_subcommand("history", "Judges a recorded history.");
  const auto arguments = std::make_shared<HistoryArguments>();
  command.add_option("FILE", arguments->file, "The history; - is standard input.")
      ->required()
      ->type_name("")
      ->group("Input");
  AddFormatOption(command, arguments->format);
  AddLevelOption(command, arguments->level);
  command
      .add_flag("--all-levels", arguments->all_levels,
                "Judges every level, and prints a table. The exit status is that of --level.")
      ->group("Judge");
  AddJudgeOptions(command, arguments->judge);
  AddReportOptions(command, arguments->report);
  command.callback([arguments, &exit_code] { exit_code = JudgeFile(*arguments); });
}

}  // namespace nacre::check
