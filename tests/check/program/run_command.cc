// nacre-check run: drives a store with concurrent transactions and judges its answers.

#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "nacre/check/format.h"
#include "nacre/check/judge.h"
#include "tests/check/program/commands.h"
#include "tests/check/program/interrupt.h"
#include "tests/check/program/plant_option.h"
#include "tests/check/run/progress_line.h"
#include "tests/check/run/run.h"
#include "tests/check/run/source.h"

namespace nacre::check {
namespace {

using run::RunOptions;
using run::RunResult;

struct RunArguments {
  std::string workload = "list-append";
  run::TargetOptions target;
  std::string isolation = "serializable";
  std::string transactions = "auto";
  std::vector<std::string> faults;
  double fault_share = 0.01;
  double restart_seconds = 2;
  Level level = Level::kStrictSerializable;
  bool level_given = false;
  bool seed_given = false;
  double duration_seconds = 10;
  std::string history_file;
  bool online = false;
  OnlineOptions judge_online;
  RunOptions run;
  JudgeOptions judge;
  ReportOptions report;
};

std::string WorkloadNames() {
  std::string names;
  for (const run::WorkloadKind& kind : run::WorkloadKinds()) {
    names.append(names.empty() ? "" : "; ").append(kind.name).append(": ").append(kind.what);
  }
  return names;
}

// --- After the run ---

// Later lives of a target go to files of their own.
std::string FileOfLife(const std::string& file, size_t life) {
  return life == 0 ? file : file + "." + std::to_string(life + 1);
}

bool IsEdn(const std::string& file) { return file.ends_with(".edn"); }

// What is there already and would pass for the file of a further life; empty: nothing.
std::string FurtherLifeOf(const std::string& file) {
  const std::filesystem::path path(file);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const std::string begin = path.filename().string() + ".";
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(begin) && name.size() > begin.size() &&
        name.find_first_not_of("0123456789", begin.size()) == std::string::npos) {
      return path.parent_path() / name;
    }
  }
  return "";
}

absl::Status CannotWrite(const std::string& file) {
  return absl::UnavailableError("cannot write " + file + ": " + std::strerror(errno));
}

// What would be too late to learn when the run is over.
absl::Status CheckHistoryFile(const std::string& file, const run::WorkloadKind& workload,
                              const run::WorkloadOptions& options) {
  if (file == kStandardOutput) {
    return absl::InvalidArgumentError("--history needs the name of a file");
  }
  if (IsEdn(file) && workload.make(options)->needs_scans()) {
    return absl::InvalidArgumentError(std::string(workload.name) +
                                      " scans, for which EDN has no form: give " + file +
                                      " another ending than .edn");
  }
  if (const std::string further = FurtherLifeOf(file); !further.empty()) {
    return absl::InvalidArgumentError(further +
                                      " is there already, and would pass for a further life " +
                                      "of this run's target: move it away, or name another file");
  }
  std::ofstream out(file, std::ios::binary | std::ios::app);
  if (!out.is_open()) return CannotWrite(file);
  return absl::OkStatus();
}

// Leaves no file behind: most runs have nothing to draw.
absl::Status CheckPictureFile(const std::string& file) {
  if (file.empty() || file == kStandardOutput) return absl::OkStatus();
  const std::filesystem::path path(file);
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(status)) {
    errno = EISDIR;
    return CannotWrite(file);
  }
  if (std::filesystem::exists(status)) {
    return access(path.c_str(), W_OK) == 0 ? absl::OkStatus() : CannotWrite(file);
  }
  // The "." has no effect in a folder, and is an error in everything else.
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() / "." : ".";
  return access(folder.c_str(), W_OK | X_OK) == 0 ? absl::OkStatus() : CannotWrite(file);
}

absl::Status WriteHistories(const RunResult& result, const std::string& file) {
  const Format format = IsEdn(file) ? Format::kEdn : Format::kNative;
  for (size_t i = 0; i < result.lives.size(); ++i) {
    std::ofstream out(FileOfLife(file, i), std::ios::binary);
    if (!out.is_open()) return CannotWrite(FileOfLife(file, i));
    absl::Status status = WriteHistory(result.lives[i].history, format, out);
    if (!status.ok()) return status;
    out.flush();
    if (!out.good()) return CannotWrite(FileOfLife(file, i));
  }
  return absl::OkStatus();
}

void AddFacts(RunArguments& arguments) {
  arguments.report.facts.emplace_back("workload", arguments.workload);
  arguments.report.facts.emplace_back("seed", std::to_string(arguments.run.seed));
}

// That can take longer than the run has, unless it was judged online, and who looks on is to know
// what is waited for.
run::RunVerdict JudgeWithProgress(const RunResult& result, const RunArguments& arguments) {
  run::ProgressLine line(stderr);
  if (!arguments.online) {
    line.Show(absl::ZeroDuration(),
              [&] { return "judging " + std::to_string(result.tally.all()) + " transactions"; });
  }
  return JudgeRun(result, arguments.judge);
}

ExitCode JudgeAndReport(const RunResult& result, RunArguments& arguments) {
  const run::RunVerdict judged = JudgeWithProgress(result, arguments);
  auto& facts = arguments.report.facts;
  AddFacts(arguments);
  facts.emplace_back("run", run::ProgressWords({result.tally, result.elapsed, 1}));
  if (result.lives.size() > 1) {
    const std::string& first = arguments.history_file;
    const std::string file = first.empty() ? "" : ", " + FileOfLife(first, judged.life);
    facts.emplace_back("lives of the target", std::to_string(result.lives.size()) +
                                                  ", each judged by itself; this is the " +
                                                  "history of number " +
                                                  std::to_string(judged.life + 1) + file);
  }
  arguments.report.source = result.target;
  arguments.report.is_whole = !arguments.online;
  return Report(result.lives[judged.life].history, result.level, judged.verdict, arguments.report);
}

// Of a run that was interrupted before its first transaction.
ExitCode ReportNothing(const absl::Status& why, RunArguments& arguments) {
  AddFacts(arguments);
  Verdict verdict;
  verdict.ruling = Ruling::kUnknown;
  verdict.reason = std::string(why.message());
  const Level promised = arguments.target.resp.isolation == Isolation::kSnapshot
                             ? Level::kStrongSnapshotIsolation
                             : Level::kStrictSerializable;
  return Report(History(), arguments.run.level.value_or(promised), verdict, arguments.report);
}

// --- The run ---

ExitCode RefuseStatus(const absl::Status& status) { return Refuse(std::string(status.message())); }

void Complete(RunArguments& arguments) {
  run::RespOptions& resp = arguments.target.resp;
  resp.isolation =
      arguments.isolation == "snapshot" ? Isolation::kSnapshot : Isolation::kSerializable;
  resp.transactions = arguments.transactions == "begin"   ? run::Transactions::kBegin
                      : arguments.transactions == "watch" ? run::Transactions::kWatch
                                                          : run::Transactions::kAuto;
  if (!arguments.seed_given) arguments.run.seed = std::random_device()();
  arguments.run.duration = absl::Seconds(arguments.duration_seconds);
  for (const std::string& fault : arguments.faults) {
    run::DisturbanceOptions& disturbance = arguments.run.disturbance;
    if (fault == "pause") disturbance.pause_share = arguments.fault_share;
    if (fault == "drop") disturbance.drop_share = arguments.fault_share;
    if (fault == "restart") {
      arguments.run.restart_interval = absl::Seconds(arguments.restart_seconds);
    }
  }
}

// Until the run is over, Ctrl-C ends it, and what was seen so far is judged.
absl::StatusOr<RunResult> Drive(run::TargetSource& source, const run::WorkloadKind& workload,
                                RunOptions options) {
  const CaughtInterrupt interrupt;
  options.interrupt = &interrupt.event();
  run::ProgressLine line(stderr);
  options.progress = [&line](const run::Progress& progress) {
    line.Show(progress.elapsed, [&] { return run::ProgressWords(progress); });
  };
  return run::Run(source, workload, options);
}

ExitCode DriveAndJudge(RunArguments& arguments) {
  const run::WorkloadKind* workload = run::FindWorkload(arguments.workload);
  if (workload == nullptr) {
    return Refuse("There is no workload '" + arguments.workload + "'. " + WorkloadNames());
  }
  Complete(arguments);
  const auto source = run::MakeSource(arguments.target);
  if (!source.ok()) return RefuseStatus(source.status());
  if (arguments.run.restart_interval > absl::ZeroDuration() && !(*source)->has_lives()) {
    return Refuse(
        "--fault restart kills the server, so it has to be started by --spawn 'COMMAND'.");
  }
  if (arguments.level_given) arguments.run.level = arguments.level;
  if (arguments.online) {
    if (!arguments.history_file.empty()) {
      return Refuse("--online keeps no history, so there is none to write with --history.");
    }
    arguments.judge_online.judge = arguments.judge;
    arguments.run.online = arguments.judge_online;
  }
  for (const std::string& file : {arguments.report.svg_file, arguments.report.dot_file}) {
    const absl::Status status = CheckPictureFile(file);
    if (!status.ok()) return RefuseStatus(status);
  }
  // Last: it makes the file.
  if (!arguments.history_file.empty()) {
    const absl::Status status =
        CheckHistoryFile(arguments.history_file, *workload, arguments.run.workload);
    if (!status.ok()) return RefuseStatus(status);
  }
  const absl::StatusOr<RunResult> result = Drive(**source, *workload, arguments.run);
  if (absl::IsCancelled(result.status())) return ReportNothing(result.status(), arguments);
  if (!result.ok()) return RefuseStatus(result.status());
  absl::Status written;
  if (!arguments.history_file.empty()) written = WriteHistories(*result, arguments.history_file);
  // A file that could not be written takes nothing away from the verdict.
  const ExitCode exit_code = JudgeAndReport(*result, arguments);
  if (written.ok()) return exit_code;
  RefuseStatus(written);
  return exit_code == kViolated ? kViolated : kUsage;
}

// --- Options ---

// No range excludes it: it compares as false with everything.
CLI::Validator NotNan() {
  return CLI::Validator(
      [](const std::string& text) {
        return std::isnan(std::strtod(text.c_str(), nullptr)) ? text + " is no number"
                                                              : std::string();
      },
      "");
}

// What does not fit becomes another number, which no range that ends with the type excludes.
CLI::Validator FitsIntoSeed() {
  return CLI::Validator(
      [](const std::string& text) {
        errno = 0;
        std::strtoull(text.c_str(), nullptr, 0);
        return text.find('-') != std::string::npos || errno == ERANGE
                   ? text + " is no number from 0 to " + std::to_string(UINT64_MAX)
                   : std::string();
      },
      "");
}

void AddTargetOptions(CLI::App& command, RunArguments& arguments) {
  const auto add = [&](const std::string& name, std::string& value, const std::string& what,
                       const std::string& type) {
    return command.add_option(name, value, what)->type_name(type)->group("Target");
  };
  CLI::Option* const target = add(
      "--target", arguments.target.address,
      "What is judged: embedded, the library in this process; HOST:PORT or the path of a socket, a "
      "server of Redis's protocol. Default: embedded",
      "TARGET");
  add("--spawn", arguments.target.spawn,
      "Starts the server to be judged, with every {port} replaced by a free port of 127.0.0.1. One "
      "program and its arguments; variables are set by env: 'env A=1 server --port {port}'",
      "COMMAND")
      ->excludes(target);
  add("--isolation", arguments.isolation,
      "What transactions ask the library or BEGIN for: snapshot or serializable. Default: "
      "serializable",
      "LEVEL")
      ->check(CLI::IsMember({"snapshot", "serializable"}).description(""));
  add("--transactions", arguments.transactions,
      "What they are made of on a server: begin (BEGIN and COMMIT), watch (WATCH, MULTI and EXEC) "
      "or auto: begin where the server has it. Default: auto",
      "HOW")
      ->check(CLI::IsMember({"begin", "watch", "auto"}).description(""));
  add("--password", arguments.target.resp.password, "Of the server", "TEXT");
}

void AddFaultOptions(CLI::App& command, RunArguments& arguments) {
  command
      .add_option("--fault", arguments.faults,
                  "What happens on purpose, any number of: pause (sessions sleep inside of "
                  "transactions), drop (connections are dropped, also while a COMMIT is under way; "
                  "of the library, transactions are abandoned), restart (the server that --spawn "
                  "has started is killed and started again; each life is judged by itself)")
      ->type_name("FAULT")
      ->allow_extra_args(false)  // The next word may be the workload.
      ->check(CLI::IsMember({"pause", "drop", "restart"}).description(""))
      ->group("Faults");
  command
      .add_option(
          "--fault-share", arguments.fault_share,
          "Of the transactions that pause, and of those that are dropped, about: short ones may be "
          "over before the place that was drawn. Default: 0.01")
      ->type_name("NUMBER")
      ->check(NotNan())
      ->check(CLI::Range(0.0, 1.0).description(""))
      ->group("Faults");
  command
      .add_option("--restart-interval", arguments.restart_seconds,
                  "Seconds between restarts, about. Default: 2")
      ->type_name("NUMBER")
      ->check(NotNan())
      ->check(CLI::Range(0.01, 1e6).description(""))
      ->group("Faults");
}

void AddWorkloadOptions(CLI::App& command, RunArguments& arguments) {
  run::WorkloadOptions& options = arguments.run.workload;
  const CLI::Range share = CLI::Range(0.0, 1.0);
  const auto add = [&](const std::string& name, auto& value, const std::string& what,
                       const CLI::Range& range) {
    return command.add_option(name, value, what)
        ->type_name("NUMBER")
        ->check(NotNan())
        ->check(CLI::Range(range).description(""))
        ->group("Workload");
  };
  command.add_option("WORKLOAD", arguments.workload, WorkloadNames() + ". Default: list-append")
      ->type_name("")
      ->group("Workload");
  add("--seed", arguments.run.seed,
      "What the transactions of each session do follows from it. Default: drawn, and reported",
      CLI::Range(uint64_t{0}, UINT64_MAX))
      ->check(FitsIntoSeed())
      ->each([&arguments](const std::string&) { arguments.seed_given = true; });
  add("--sessions", arguments.run.sessions, "That run transactions side by side. Default: 8",
      CLI::Range(1u, 1000u));
  add("--duration", arguments.duration_seconds, "Seconds until the run ends. Default: 10",
      CLI::Range(0.0, 1e6));
  add("--count", arguments.run.transactions,
      "Transactions, of all sessions together, after which it ends earlier; 0: no limit. Default: "
      "1000000",
      CLI::Range(uint64_t{0}, UINT64_MAX / 2));
  add("--keys", options.keys, "In use at a time. Default: what suits the workload",
      CLI::Range(uint64_t{0}, uint64_t{1'000'000}));
  add("--skew", options.skew,
      "Exponent of the Zipf distribution that keys are drawn from; 0: all alike. Default: 0",
      CLI::Range(0.0, 10.0));
  add("--operations", options.operations_max,
      "Of a transaction, at most. Default: 4. Some workloads have a number of their own",
      CLI::Range(1u, 1000u));
  add("--read-share", options.read_share, "Reads among the operations. Default: 0.5", share);
  add("--rollback-share", options.rollback_share,
      "Transactions that roll back on purpose. Default: 0.02", share);
}

void AddOnlineOptions(CLI::App& command, RunArguments& arguments) {
  command
      .add_flag("--online", arguments.online,
                "Judges while it runs, in bounded memory, and stops at the first violation")
      ->group("Judge");
  command
      .add_option("--horizon", arguments.judge_online.horizon,
                  "With --online: how many finished transactions are always kept. Default: 1000")
      ->needs(command.get_option("--online"))
      ->type_name("NUMBER")
      ->check(CLI::Range(1u, 10'000'000u).description(""))
      ->group("Judge");
}

// An option that would do nothing, and what it needs; empty: there is none.
std::string IdleOption(const CLI::App& command, const RunArguments& arguments) {
  const auto has = [&](std::string_view fault) {
    return std::count(arguments.faults.begin(), arguments.faults.end(), fault) > 0;
  };
  if (command.count("--restart-interval") > 0 && !has("restart")) {
    return "--restart-interval needs --fault restart";
  }
  if (command.count("--fault-share") > 0 && !has("pause") && !has("drop")) {
    return "--fault-share needs --fault pause or --fault drop";
  }
  const bool embedded =
      arguments.target.spawn.empty() && arguments.target.address == run::kEmbedded;
  for (const char* const option : {"--transactions", "--password"}) {
    if (embedded && command.count(option) > 0) {
      return std::string(option) + " needs a server: --target or --spawn";
    }
  }
  return "";
}

void AddOutputOptions(CLI::App& command, RunArguments& arguments) {
  command
      .add_option(
          "--history", arguments.history_file,
          "Writes what was recorded, for nacre-check history; as EDN if it ends with .edn. Of the "
          "further lives of a target that was killed, to FILE.2, FILE.3, ...")
      ->type_name("FILE")
      ->group("Report");
  AddPlantOption(command);
  AddReportOptions(command, arguments.report);
}

}  // namespace

void AddRunCommand(CLI::App& app, ExitCode& exit_code) {
  CLI::App& command = *app.add_subcommand(
      "run", "Drives a store with concurrent transactions and judges its answers.");
  const auto arguments = std::make_shared<RunArguments>();
  AddWorkloadOptions(command, *arguments);
  AddTargetOptions(command, *arguments);
  AddFaultOptions(command, *arguments);
  AddLevelOption(command, arguments->level, "what the target promises");
  AddJudgeOptions(command, arguments->judge);
  AddOnlineOptions(command, *arguments);
  AddOutputOptions(command, *arguments);
  command.callback([arguments, &exit_code, &command] {
    arguments->level_given = command.count("--level") > 0;
    const std::string idle = IdleOption(command, *arguments);
    exit_code = idle.empty() ? DriveAndJudge(*arguments) : Refuse(idle);
  });
}

}  // namespace nacre::check
