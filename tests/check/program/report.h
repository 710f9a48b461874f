#ifndef NACRE_TESTS_CHECK_PROGRAM_REPORT_H_
#define NACRE_TESTS_CHECK_PROGRAM_REPORT_H_

// What nacre-check says of a history, in words and for programs.

#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nacre/check/history.h"
#include "nacre/check/level.h"
#include "nacre/check/verdict.h"
#include "tests/check/program/exit_code.h"

namespace nacre::check {

// In place of the name of a file. Then std::cout is standard error.
inline constexpr char kStandardOutput[] = "-";

struct ReportOptions {
  bool json = false;  // One JSON object in place of words.
  std::ostream* json_out = &std::cout;
  // Pictures of the violations; "": none; kStandardOutput: there.
  std::string svg_file;
  std::string dot_file;
  std::string source;  // What was judged: "history.edn", "127.0.0.1:6379".
  // Whether the history is all that was judged, so that its size is worth telling.
  bool is_whole = true;
  // What else belongs to the report, such as the seed of a run: a line each, or a field of the JSON
  // object "facts".
  std::vector<std::pair<std::string, std::string>> facts;
};

// "holds"
std::string_view RulingName(Ruling ruling);
ExitCode ExitCodeOf(Ruling ruling);

// On stderr: `file` was asked for, and there is no violation to be drawn.
void SayNothingIsDrawn(const std::string& file);

// Writes the report to std::cout.
ExitCode Report(const History& history, Level level, const Verdict& verdict,
                const ReportOptions& options);

struct LevelVerdict {
  Level level = Level::kReadCommitted;
  Verdict verdict;
};
// A table of verdicts, and the counterexamples that tell the levels apart. The exit code is that of
// `asked`.
ExitCode ReportLevels(const History& history, const std::vector<LevelVerdict>& verdicts,
                      Level asked, const ReportOptions& options);

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_PROGRAM_REPORT_H_
