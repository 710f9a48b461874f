#ifndef NACRE_TESTS_CHECK_PROGRAM_REPORT_JSON_H_
#define NACRE_TESTS_CHECK_PROGRAM_REPORT_JSON_H_

#include <string>
#include <vector>

#include "tests/check/program/report.h"

namespace nacre::check {

// One line each. Bytes of keys and values that are no UTF-8 become U+FFFD.
std::string ReportAsJson(const History& history, Level level, const Verdict& verdict,
                         const ReportOptions& options);
std::string LevelsAsJson(const History& history, const std::vector<LevelVerdict>& verdicts,
                         const ReportOptions& options);

}  // namespace nacre::check

#endif  // NACRE_TESTS_CHECK_PROGRAM_REPORT_JSON_H_
