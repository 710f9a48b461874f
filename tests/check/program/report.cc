#include "tests/check/program/report.h"

#include <stdio_ext.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "nacre/check/picture.h"
#include "nacre/check/words.h"
#include "tests/check/program/report_json.h"

namespace nacre::check {
namespace {

std::string Count(uint64_t number, std::string_view noun) {
  return std::to_string(number).append(" ").append(noun).append(number == 1 ? "" : "s");
}

void PrintFacts(const History& history, const ReportOptions& options) {
  for (const auto& [name, value] : options.facts) std::cout << name << ": " << value << "\n";
  if (!options.is_whole) return;
  std::cout << Count(history.size(), "transaction") << ", "
            << Count(history.operations(), "operation") << ", "
            << Count(history.sessions().size(), "session") << ", "
            << Count(history.keys().size(), "key") << "\n";
}

void PrintVerdictLine(Level level, const Verdict& verdict, const ReportOptions& options) {
  const std::string of = options.source.empty() ? "" : " in " + options.source;
  switch (verdict.ruling) {
    case Ruling::kHolds: std::cout << ToString(level) << " holds" << of << "\n"; return;
    case Ruling::kViolated: std::cout << ToString(level) << " is violated" << of << "\n"; return;
    case Ruling::kUnknown:
      std::cout << "could not tell whether " << ToString(level) << " holds" << of << ": "
                << verdict.reason << "\n";
      return;
  }
}

void PrintViolations(const History& history, const Verdict& verdict) {
  for (size_t i = 0; i < verdict.violations.size(); ++i) {
    std::cout << "\n" << i + 1 << ". " << ViolationWords(history, verdict.violations[i]);
  }
}

void PrintNotes(const std::vector<std::string>& notes) {
  if (!notes.empty()) std::cout << "\n";
  for (const std::string& note : notes) std::cout << "note: " << note << "\n";
}

const Verdict& VerdictAt(const std::vector<LevelVerdict>& verdicts, Level level) {
  return std::find_if(verdicts.begin(), verdicts.end(),
                      [&](const LevelVerdict& v) { return v.level == level; })
      ->verdict;
}

void PrintTable(const std::vector<LevelVerdict>& verdicts) {
  size_t width = 0;
  for (const LevelVerdict& v : verdicts) width = std::max(width, ToString(v.level).size());
  for (const LevelVerdict& v : verdicts) {
    std::string line(ToString(v.level));
    line.resize(width + 2, ' ');
    line += RulingName(v.verdict.ruling);
    if (v.verdict.ruling == Ruling::kViolated) line += "  " + v.verdict.violations[0].name();
    if (v.verdict.ruling == Ruling::kUnknown) line += "   " + v.verdict.reason;
    std::cout << line << "\n";
  }
}

const char* PlaceOf(const std::string& path) {
  return path == kStandardOutput ? "the picture" : path.c_str();
}

// What of a picture did not get out must not be taken for a report that did not: that is on stderr.
void ForgetStandardOutput() {
  __fpurge(stdout);
  std::clearerr(stdout);
}

// Says on stderr if it could not.
void WriteFile(const std::string& path, const std::string& text) {
  const bool to_stdout = path == kStandardOutput;
  std::FILE* const file = to_stdout ? stdout : std::fopen(path.c_str(), "wb");
  bool written = file != nullptr;
  if (written) {
    written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    written = (to_stdout ? std::fflush(file) : std::fclose(file)) == 0 && written;
  }
  if (!written) {
    std::fprintf(stderr, "nacre-check: cannot write %s: %s\n", PlaceOf(path), std::strerror(errno));
    if (to_stdout) ForgetStandardOutput();
  }
}

// The exit code of the verdict: a picture that could not be written takes nothing away from it.
ExitCode Draw(const History& history, const Verdict& verdict, const ReportOptions& options) {
  const auto draw = [&](const std::string& path, const auto& picture) {
    if (path.empty()) return;
    if (!verdict.violations.empty()) {
      WriteFile(path, picture(history, absl::MakeConstSpan(verdict.violations)));
    } else {
      SayNothingIsDrawn(path);
    }
  };
  using Violations = absl::Span<const Violation>;
  draw(options.svg_file, [](const History& h, Violations v) { return ToSvg(h, v); });
  draw(options.dot_file, [](const History& h, Violations v) { return ToDot(h, v); });
  return ExitCodeOf(verdict.ruling);
}

}  // namespace

std::string_view RulingName(Ruling ruling) {
  switch (ruling) {
    case Ruling::kHolds: return "holds";
    case Ruling::kViolated: return "violated";
    case Ruling::kUnknown: return "unknown";
  }
  return "";
}

ExitCode ExitCodeOf(Ruling ruling) {
  switch (ruling) {
    case Ruling::kHolds: return kHolds;
    case Ruling::kViolated: return kViolated;
    case Ruling::kUnknown: return kUnknown;
  }
  return kUnknown;
}

void SayNothingIsDrawn(const std::string& file) {
  std::fprintf(stderr, "nacre-check: nothing is violated, so %s was not drawn\n", PlaceOf(file));
}

ExitCode Report(const History& history, Level level, const Verdict& verdict,
                const ReportOptions& options) {
  if (options.json) {
    *options.json_out << ReportAsJson(history, level, verdict, options) << "\n";
  } else {
    PrintVerdictLine(level, verdict, options);
    PrintFacts(history, options);
    PrintViolations(history, verdict);
    PrintNotes(verdict.notes);
  }
  return Draw(history, verdict, options);
}

ExitCode ReportLevels(const History& history, const std::vector<LevelVerdict>& verdicts,
                      Level asked, const ReportOptions& options) {
  const Verdict& verdict = VerdictAt(verdicts, asked);
  if (options.json) {
    std::cout << LevelsAsJson(history, verdicts, options) << "\n";
    return Draw(history, verdict, options);
  }
  PrintTable(verdicts);
  PrintFacts(history, options);
  PrintViolations(history, verdict);
  PrintNotes(verdict.notes);
  return Draw(history, verdict, options);
}

}  // namespace nacre::check
