#ifndef NACRE_TESTS_CHECK_PROGRAM_COMMANDS_H_
#define NACRE_TESTS_CHECK_PROGRAM_COMMANDS_H_

// The commands of nacre-check. Each adds itself to the program, with its options, and when it was
// the one called sets `exit_code`, which has to outlive the parsing.

#include <string>

#include "absl/time/time.h"
#include "nacre/check/judge.h"
#include "nacre/check/level.h"
#include "tests/check/program/exit_code.h"
#include "tests/check/program/report.h"

namespace CLI {
class App;
}  // namespace CLI

namespace nacre::check {

void AddHistoryCommand(CLI::App& app, ExitCode& exit_code);
void AddRunCommand(CLI::App& app, ExitCode& exit_code);
void AddExploreCommand(CLI::App& app, ExitCode& exit_code);

// Options that several commands have; what they are given is stored when the command line has been
// parsed.
// --level. `otherwise` says what holds without it, if that is not `level`.
void AddLevelOption(CLI::App& command, Level& level, const std::string& otherwise = {});
void AddJudgeOptions(CLI::App& command, JudgeOptions& options);  // --violations-max, ...
// --time-limit, such as 90s, 1.5m or 500ms: for `what`. Until it is given, `limit` is a minute.
void AddTimeLimit(CLI::App& command, absl::Duration& limit, const std::string& what,
                  const std::string& group);
void AddReportOptions(CLI::App& command, ReportOptions& options);  // --json, --svg, --dot

// Says on stderr what is wrong and what to do about it.
ExitCode Refuse(std::string_view mistake);

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_PROGRAM_COMMANDS_H_
