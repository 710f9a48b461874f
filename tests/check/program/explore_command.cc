// nacre-check explore SCHEDULE: every interleaving of a small concurrent program.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "nacre/check/judge.h"
#include "tests/check/explore/exploration.h"
#include "tests/check/explore/schedule_program.h"
#include "tests/check/explore/shipped_schedules.h"
#include "tests/check/explore/shrink.h"
#include "tests/check/program/commands.h"
#include "tests/check/program/explore_in_turn.h"
#include "tests/check/program/interrupt.h"
#include "tests/check/program/patience.h"
#include "tests/check/program/plant_option.h"

namespace nacre::check {
namespace {

using explore::Exploration;
using explore::JudgedLevel;
using explore::Name;
using explore::Schedule;

constexpr int kPreemptionsOfSteps = 2;

struct ExploreArguments {
  std::string schedule;
  bool list = false;
  std::string level = "both";
  bool steps = false;
  int preemptions_max = -1;
  uint64_t runs_max = 1'000'000;
  std::string reduction = "auto";
  absl::Duration time_limit;
  ReportOptions report;
};

// --- Which schedule ---

ExitCode ListSchedules() {
  for (const explore::ShippedSchedule& shipped : explore::ShippedSchedules()) {
    const absl::StatusOr<Schedule> schedule = explore::ParseSchedule(shipped.text);
    std::string line(shipped.name);
    line.resize(std::max<size_t>(line.size() + 2, 36), ' ');
    std::cout << line << (schedule.ok() ? schedule->anomaly : "") << "\n";
  }
  return kHolds;
}

// The file of that name, or the schedule that ships under it.
absl::StatusOr<Schedule> FindSchedule(const std::string& name) {
  absl::StatusOr<Schedule> file = explore::LoadSchedule(name);
  if (!absl::IsNotFound(file.status())) return file;
  for (const explore::ShippedSchedule& shipped : explore::ShippedSchedules()) {
    if (shipped.name == name) return explore::ParseSchedule(shipped.text);
  }
  return absl::NotFoundError("There is no file '" + name +
                             "', and no schedule of that name ships with nacre-check; "
                             "nacre-check explore --list names those that do.");
}

// --- What was found ---

std::string CommandAgain(const explore::ExplorationOptions& options) {
  std::string command = std::string("nacre-check explore FILE --level ") + Name(options.level);
  if (options.steps) command += " --steps";
  if (options.preemptions_max != INT_MAX) {
    command += " --preemptions-max " + std::to_string(options.preemptions_max);
  }
  return command + PlantOptionAgain();
}

std::string Count(size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

void PrintShrunk(const explore::Shrunk& shrunk, const explore::ExplorationOptions& options) {
  const Schedule& schedule = shrunk.schedule;
  std::cout << "\nShrunk to " << Count(schedule.Sessions().size(), "session") << " and "
            << Count(schedule.steps.size(), "operation") << "; " << CommandAgain(options)
            << " finds it again:\n\n"
            << explore::ToText(schedule) << "\nIt fails with "
            << Count(static_cast<size_t>(shrunk.failure.preemptions), "preemption")
            << ", in this interleaving:\n";
  for (const std::string& piece : shrunk.failure.pieces) std::cout << "  " << piece << "\n";
  std::cout << "  " << shrunk.failure.message << "\n\n";
}

// What the judge of recorded histories, which knows nothing of the engine, says of the run.
Verdict VerdictOf(const explore::FailedRun& failure) {
  Verdict verdict = failure.verdict;
  if (failure.anomaly.empty()) {
    const char* note =
        failure.rule == explore::kOutcomeRule
            ? "The run is what the engine promises; the schedule expects something else."
            : "The values alone admit this run: it broke a promise that they do not show.";
    verdict.notes.insert(verdict.notes.begin(), note);
  }
  return verdict;
}

std::string StuckWords(const std::string& stuck) { return "a run in which " + stuck; }

// A failure that has a name, if there is one of the same rule: it says more.
explore::FailedRun NamedFailure(const Schedule& schedule, explore::FailedRun failure,
                                explore::ExplorationOptions options, Patience& patience) {
  if (!failure.anomaly.empty() || failure.rule == explore::kOutcomeRule) return failure;
  options.only_rule = failure.rule;
  options.only_anomaly = explore::kAnyAnomaly;
  const Exploration named = ExploreOrders(schedule, options);
  if (!named.stuck.empty()) patience.GiveUp(StuckWords(named.stuck));
  return named.failure ? *named.failure : failure;
}

ExitCode ReportFailure(const Schedule& schedule, const Exploration& exploration,
                       const explore::ExplorationOptions& options, Patience& patience,
                       ReportOptions report) {
  if (!report.json) {
    std::cout << Name(options.level) << ": VIOLATED, found in "
              << (exploration.failure->as_written
                      ? "the order written"
                      : "run " + std::to_string(exploration.runs) + " of the interleavings")
              << "\n  " << exploration.failure->message << "\n"
              << std::flush;
  }
  patience.Begin(std::string("shrinking what broke ") + Name(options.level));
  const explore::FailedRun failure =
      NamedFailure(schedule, *exploration.failure, options, patience);
  const explore::Shrunk shrunk = explore::Shrink(schedule, options, failure);
  if (!shrunk.stuck.empty()) patience.GiveUp(StuckWords(shrunk.stuck));
  patience.End();
  Verdict verdict = VerdictOf(shrunk.failure);
  if (!patience.why_not().empty()) {
    verdict.notes.push_back("Shrinking was not finished (" + patience.why_not() +
                            "): a smaller schedule may break the same rule.");
  }
  report.facts.emplace_back("rule", shrunk.failure.rule);
  if (report.json) {
    report.facts.emplace_back("why", shrunk.failure.message);
    report.facts.emplace_back("shrunk schedule", explore::ToText(shrunk.schedule));
    report.facts.emplace_back("interleaving", absl::StrJoin(shrunk.failure.pieces, "\n"));
  } else {
    PrintShrunk(shrunk, options);
  }
  report.source = "the shrunk schedule";
  if (report.json) {
    // One word for the whole: that of the exploration, which has also judged what values do not
    // show.
    report.facts.emplace_back("by the values alone", RulingName(verdict.ruling));
    verdict.ruling = Ruling::kViolated;
  }
  Report(shrunk.failure.history, JudgedLevel(options.level), verdict, report);
  return kViolated;
}

ExitCode ReportNoFailure(const Schedule& schedule, const Exploration& exploration,
                         const explore::ExplorationOptions& options, const Patience& patience,
                         ReportOptions report) {
  const ExitCode exit_code = exploration.complete ? kHolds : kUnknown;
  const std::string reason = exploration.coverage + " (" +
                             (patience.why_not().empty() ? "--runs-max" : patience.why_not()) + ")";
  // Nothing is drawn; that is said once for all levels.
  report.svg_file = report.dot_file = "";
  if (report.json) {
    std::vector<size_t> order(schedule.steps.size());
    std::iota(order.begin(), order.end(), size_t{0});
    Verdict verdict;
    if (!exploration.complete) {
      verdict.ruling = Ruling::kUnknown;
      verdict.reason = reason;
    }
    report.facts.emplace_back("in the order written", Name(exploration.as_written));
    report.facts.emplace_back("run", exploration.coverage);
    if (!exploration.stuck.empty()) {
      report.facts.emplace_back("interleaving", absl::StrJoin(exploration.stuck_pieces, "\n"));
    }
    Report(RunInOrder(schedule, options.level, order).history, JudgedLevel(options.level), verdict,
           report);
    return exit_code;
  }
  std::cout << Name(options.level) << ": " << (exploration.complete ? "holds" : "could not tell")
            << "; ";
  if (exploration.as_written != explore::ScheduleVerdict::kUnlisted) {
    std::cout << "in the order written: " << Name(exploration.as_written) << "; ";
  }
  std::cout << (exploration.complete ? exploration.coverage : reason) << "\n";
  for (const std::string& piece : exploration.stuck_pieces) std::cout << "  " << piece << "\n";
  return exit_code;
}

// --- The command ---

ExitCode ExploreLevel(const Schedule& schedule, const ExploreArguments& arguments, Isolation level,
                      Patience& patience) {
  explore::ExplorationOptions options;
  options.level = level;
  options.steps = arguments.steps;
  options.runs_max = arguments.runs_max;
  if (arguments.reduction == "none") options.reduction = explore::Reduction::kNone;
  if (arguments.reduction == "commuting") options.reduction = explore::Reduction::kCommuting;
  if (arguments.preemptions_max >= 0) {
    options.preemptions_max = arguments.preemptions_max;
  } else if (arguments.steps) {
    options.preemptions_max = kPreemptionsOfSteps;
  }
  options.goes_on = [&patience](uint64_t runs) { return patience.GoesOn(runs); };
  patience.Begin(std::string("exploring ") + Name(level));
  const Exploration exploration = ExploreSchedule(schedule, options);
  if (!exploration.stuck.empty()) patience.GiveUp(StuckWords(exploration.stuck));
  patience.End();
  if (exploration.failure && exploration.failure->is_mistake) {
    return Refuse(exploration.failure->message);
  }
  return exploration.failure
             ? ReportFailure(schedule, exploration, options, patience, arguments.report)
             : ReportNoFailure(schedule, exploration, options, patience, arguments.report);
}

// What is said of a level behind a run without an end.
void PassOver(Isolation level, const Patience& patience, ReportOptions report) {
  if (!report.json) {
    std::cout << Name(level) << ": not explored (" << patience.why_not() << ")\n";
    return;
  }
  report.svg_file = report.dot_file = "";
  Verdict verdict;
  verdict.ruling = Ruling::kUnknown;
  verdict.reason = "not explored (" + patience.why_not() + ")";
  Report(History(), JudgedLevel(level), verdict, report);
}

ExitCode ExploreLevels(const Schedule& schedule, const ExploreArguments& arguments,
                       const std::vector<Isolation>& levels) {
  const CaughtInterrupt interrupt;
  Patience patience(arguments.time_limit, interrupt.event());
  const ExitCode exit_code = ExploreInTurn(
      levels, patience,
      [&](Isolation level) { return ExploreLevel(schedule, arguments, level, patience); },
      [&](Isolation level) { PassOver(level, patience, arguments.report); });
  if (exit_code == kViolated || exit_code == kUsage) return exit_code;
  for (const std::string& file : {arguments.report.svg_file, arguments.report.dot_file}) {
    if (!file.empty()) SayNothingIsDrawn(file);
  }
  return exit_code;
}

// One JSON object for all levels, of the objects of each.
ExitCode ExploreAsJson(const Schedule& schedule, ExploreArguments arguments,
                       const std::vector<Isolation>& levels) {
  std::stringstream reports;
  arguments.report.json_out = &reports;
  const ExitCode exit_code = ExploreLevels(schedule, arguments, levels);
  if (exit_code == kUsage) return exit_code;
  std::string list;
  for (std::string report; std::getline(reports, report);) {
    list += (list.empty() ? "" : ",") + report;
  }
  const std::string_view verdict = exit_code == kHolds      ? RulingName(Ruling::kHolds)
                                   : exit_code == kViolated ? RulingName(Ruling::kViolated)
                                                            : RulingName(Ruling::kUnknown);
  std::cout << "{\"verdict\":\"" << verdict << "\",\"levels\":[" << list << "]}\n";
  return exit_code;
}

ExitCode ExploreFile(const ExploreArguments& arguments) {
  if (arguments.list) return ListSchedules();
  if (arguments.schedule.empty()) return Refuse("explore needs a schedule, or --list");
  if (arguments.steps && !explore::StepYields::Available()) {
    return Refuse(
        "--steps needs a build configured with -DNACRE_FAULTS=ON: a program without it has no "
        "places inside commit and prune to stop at");
  }
  const absl::StatusOr<Schedule> schedule = FindSchedule(arguments.schedule);
  if (!schedule.ok()) {
    return Refuse({schedule.status().message().data(), schedule.status().message().size()});
  }
  ExploreArguments with_facts = arguments;
  with_facts.report.source = "";
  with_facts.report.facts.emplace_back("schedule", schedule->anomaly);
  if (!arguments.report.json) std::cout << schedule->anomaly << "\n";
  std::vector<Isolation> levels;
  if (arguments.level != "serializable") levels.push_back(Isolation::kSnapshot);
  if (arguments.level != "snapshot") levels.push_back(Isolation::kSerializable);
  return arguments.report.json && levels.size() > 1 ? ExploreAsJson(*schedule, with_facts, levels)
                                                    : ExploreLevels(*schedule, with_facts, levels);
}

void AddExplorationOptions(CLI::App& command, ExploreArguments& arguments) {
  command.add_option("--level", arguments.level, "snapshot, serializable or both. Default: both")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"snapshot", "serializable", "both"}).description(""))
      ->group("Exploration");
  command
      .add_flag("--steps", arguments.steps,
                "Interleaves the numbered steps inside commit and prune too, not only operations. "
                "Needs a build configured with -DNACRE_FAULTS=ON.")
      ->group("Exploration");
  command
      .add_option("--preemptions-max", arguments.preemptions_max,
                  "Only interleavings that leave a session which could have gone on so many times "
                  "at most. Default: any number; with --steps " +
                      std::to_string(kPreemptionsOfSteps))
      ->type_name("NUMBER")
      ->check(CLI::Range(0, 1'000'000).description(""))
      ->group("Exploration");
  command
      .add_option("--runs-max", arguments.runs_max,
                  "Gives up after so many runs, with exit status 2. Default: " +
                      std::to_string(arguments.runs_max))
      ->type_name("NUMBER")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 60).description(""))
      ->group("Exploration");
  AddTimeLimit(command, arguments.time_limit,
               "For the interleavings of each level, and as much again for shrinking what fails",
               "Exploration");
  command
      .add_option("--reduction", arguments.reduction,
                  "none: all interleavings are run. commuting: those that differ only in the order "
                  "of neighbours that read or begin are taken as one. auto: none up to " +
                      std::to_string(explore::kRunAllMax) +
                      " interleavings, commuting beyond. A bound on preemptions goes without a "
                      "reduction. Default: auto")
      ->type_name("REDUCTION")
      ->check(CLI::IsMember({"auto", "commuting", "none"}).description(""))
      ->group("Exploration");
}

}  // namespace

void AddExploreCommand(CLI::App& app, ExitCode& exit_code) {
  CLI::App& command = *app.add_subcommand(
      "explore",
      "Runs a schedule through all its interleavings, one by one on one thread, against the "
      "embedded engine. What fails is shrunk to the smallest schedule that fails in the same way.");
  const auto arguments = std::make_shared<ExploreArguments>();
  command
      .add_option("SCHEDULE", arguments->schedule,
                  "A file, or the name of a schedule that ships with nacre-check (--list).")
      ->type_name("")
      ->group("Input");
  command.add_flag("--list", arguments->list, "Names the schedules that ship with nacre-check.")
      ->group("Input");
  AddExplorationOptions(command, *arguments);
  AddPlantOption(command);
  AddReportOptions(command, arguments->report);
  command.callback([arguments, &exit_code] { exit_code = ExploreFile(*arguments); });
}

}  // namespace nacre::check
