// nacre-bench: see --help and docs/BENCHMARKS.md.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/ycsb/conditions.h"
#include "bench/ycsb/csv_output.h"
#include "bench/ycsb/experiments/experiments.h"
#include "bench/ycsb/key_sequence.h"
#include "bench/ycsb/report.h"
#include "bench/ycsb/results.h"
#include "bench/ycsb/stores/stores.h"
#include "bench/ycsb/suite.h"
#include "bench/ycsb/targets.h"
#include "bench/ycsb/workload.h"

namespace nacre::bench {
namespace {

// What the command line says.
struct Arguments {
  Conditions conditions;
  std::vector<std::string> stores;
  std::vector<std::string> workloads = {"load", "c", "a", "f", "ten", "ten-ser", "scan"};
  std::vector<int> threads = {1};
  uint64_t updates = 20'000'000;
  std::string distribution = "uniform";
  std::string clock = "wall";
  std::string csv_path;
};

// What `nacre-bench NAME` does.
struct Command {
  const char* name;
  const char* description;
  uint64_t keys;       // Unless --keys says something else.
  bool on_all_stores;  // Or on Nacre alone, unless --stores says something else.
  void (*run)(const Arguments& arguments);
};

template <typename Names>
std::vector<std::string> Strings(const Names& names) {
  return std::vector<std::string>(names.begin(), names.end());
}

std::vector<std::string> StoreNames() {
  std::vector<std::string> names;
  for (const StoreEntry* store : AllStores()) names.emplace_back(store->name);
  return names;
}

void DeclareOptions(CLI::App& app, Arguments& arguments) {
  app.add_option("--keys", arguments.conditions.keys, "Keys loaded.")
      ->check(CLI::Range(uint64_t{1000}, uint64_t{1} << 31));
  app.add_option("--repetitions", arguments.conditions.repetitions,
                 "Runs of each store; the median counts.")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", arguments.conditions.seconds, "Length of each run.")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  app.add_option("--stores", arguments.stores, "Which to run, separated by commas.")
      ->delimiter(',')
      ->check(CLI::IsMember(StoreNames()));
  app.add_option("--csv", arguments.csv_path,
                 "A file for the figures; of workloads and targets each sample.");
  app.add_option("--by", arguments.clock,
                 "What speed is counted by: wall, or cpu on a machine that others keep busy. "
                 "Workloads and targets.")
      ->check(CLI::IsMember({"wall", "cpu"}))
      ->capture_default_str();
  app.add_option("--workloads", arguments.workloads, "Which to run, separated by commas.")
      ->delimiter(',')
      ->check(CLI::IsMember(Strings(kWorkloadNames)));
  app.add_option("--threads", arguments.threads,
                 "Threads that run transactions; several numbers, separated by commas, are "
                 "compared. Workloads and backpressure.")
      ->delimiter(',')
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--distribution", arguments.distribution,
                 "Of the keys; zipf has the parameter 0.99. Workloads.")
      ->check(CLI::IsMember({"uniform", "zipf"}))
      ->capture_default_str();
  app.add_option("--updates", arguments.updates, "Of the experiment `held`.")
      ->check(CLI::Range(uint64_t{1000}, uint64_t{1} << 40))
      ->capture_default_str();
}

std::vector<RunSpec> SpecsOf(const Arguments& arguments) {
  const Distribution distribution =
      arguments.distribution == "zipf" ? Distribution::kZipf : Distribution::kUniform;
  std::vector<RunSpec> specs;
  for (const std::string& workload : arguments.workloads) {
    for (const int threads : arguments.threads) {
      specs.push_back(
          {.workload = *WorkloadOf(workload), .distribution = distribution, .threads = threads});
    }
  }
  return specs;
}

void PrintConditions(const Arguments& arguments) {
  absl::PrintF("%d keys, median of %d runs of %.2f s, by %s time\n\n", arguments.conditions.keys,
               arguments.conditions.repetitions, arguments.conditions.seconds, arguments.clock);
}

// Runs the specs, prints what `print` makes of the results, and writes the samples.
template <typename Print>
void RunSpecs(const Arguments& arguments, const std::vector<RunSpec>& specs, Print print) {
  Results results(arguments.clock == "cpu" ? Clock::kCpu : Clock::kWall);
  RunSuite(arguments.conditions, specs, results);
  PrintConditions(arguments);
  print(results);
  if (arguments.csv_path.empty()) return;
  CsvOutput csv(arguments.csv_path);
  results.WriteTo(csv);
}

void RunWorkloads(const Arguments& arguments) {
  const std::vector<RunSpec> specs = SpecsOf(arguments);
  RunSpecs(arguments, specs, [&](const Results& results) {
    PrintReport(arguments.conditions.stores, specs, results);
  });
}

void RunTargets(const Arguments& arguments) {
  RunSpecs(arguments, TargetSpecs(),
           [&](const Results& results) { PrintTargets(arguments.conditions.stores, results); });
}

void PrintStores(const Arguments&) {
  for (const StoreEntry* store : AllStores()) {
    absl::PrintF("%-10s %s\n", std::string(store->name), std::string(store->description));
  }
}

template <void (*kRun)(const Conditions& conditions, CsvOutput& csv)>
void RunExperiment(const Arguments& arguments) {
  CsvOutput csv(arguments.csv_path);
  kRun(arguments.conditions, csv);
}

void RunHeldAsSaid(const Arguments& arguments) {
  CsvOutput csv(arguments.csv_path);
  RunHeld(arguments.conditions, arguments.updates, csv);
}

void RunBackpressureAsSaid(const Arguments& arguments) {
  CsvOutput csv(arguments.csv_path);
  RunBackpressure(arguments.conditions, arguments.threads, csv);
}

constexpr uint64_t kUsualKeys = 1'000'000;
constexpr uint64_t kManyKeys = 20'000'000;

constexpr Command kCommands[] = {
    {"workloads", "Runs --workloads on --stores. This is what is done without a command.",
     kUsualKeys, true, &RunWorkloads},
    {"targets", "Runs what the targets of the project are about, and prints which are reached.",
     kUsualKeys, true, &RunTargets},
    {"stores", "Lists the stores of this build.", kUsualKeys, true, &PrintStores},
    {"apart", "A reader on one core beside a writer on the other, on one database and on two.",
     kUsualKeys, false, &RunExperiment<RunApart>},
    {"held", "Memory and speed while 100 snapshots are held and updates go on.", 100'000, false,
     &RunHeldAsSaid},
    {"backpressure", "Commit latency and backlog, also with the vacuum thread starved or absent.",
     kUsualKeys, false, &RunBackpressureAsSaid},
    {"large", "Values of 1 byte to 1 MB: insertion, deletion of nearly all and all, twice.",
     kManyKeys, false, &RunExperiment<RunLarge>},
    {"growth-keys", "Speed and bytes a key by the number of keys, up to --keys.", kManyKeys, true,
     &RunExperiment<RunGrowthByKeys>},
    {"growth-writes", "A transaction's time by the keys that it writes.", kUsualKeys, true,
     &RunExperiment<RunGrowthByWriteSet>},
    {"growth-versions", "A read's time by the versions of its key.", kUsualKeys, true,
     &RunExperiment<RunGrowthByChain>},
    {"growth-snapshots", "Speed by the number of open snapshots.", kUsualKeys, true,
     &RunExperiment<RunGrowthBySnapshots>},
};

void Run(const Command& command, const CLI::App& app, Arguments& arguments) {
  if (app.count("--keys") == 0) arguments.conditions.keys = command.keys;
  if (arguments.stores.empty()) {
    arguments.stores = command.on_all_stores ? StoreNames() : std::vector<std::string>{"nacre"};
  }
  for (const std::string& name : arguments.stores) {
    arguments.conditions.stores.push_back(FindStore(name));
  }
  command.run(arguments);
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Compares Nacre with plain maps and other stores in one run. Keys of 16 bytes, values of 100 "
      "bytes that are copied out; a transaction is begin, operations, commit. Each store has a "
      "process of its own.\n"
      "Workloads: load (random order); updates (ten of each key, for the memory); c = read; a = "
      "half reads, half writes; f = read-modify-write; ten = 8 reads and 2 writes; ten-batch = the "
      "reads in one call; ten-ser = serializable; scan = 95 % scans of 1 to 100 keys, 5 % inserts; "
      "hot = f on one key; put; read-ten; full-scan.",
      "nacre-bench");
  app.fallthrough();
  app.require_subcommand(0, 1);
  DeclareOptions(app, arguments);
  for (const Command& command : kCommands) app.add_subcommand(command.name, command.description);
  CLI11_PARSE(app, argc, argv);

  for (const Command& command : kCommands) {
    if (app.got_subcommand(command.name)) {
      Run(command, app, arguments);
      return 0;
    }
  }
  Run(kCommands[0], app, arguments);
  return 0;
}

}  // namespace
}  // namespace nacre::bench

int main(int argc, char** argv) { return nacre::bench::Main(argc, argv); }
