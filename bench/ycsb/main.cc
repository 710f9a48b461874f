// nacre-bench: see --help and docs/BENCHMARKS.md.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "bench/ycsb/conditions.h"
#include "bench/ycsb/csv_output.h"
#include "bench/ycsb/experiments/experiments.h"
#include "bench/ycsb/key_sequence.h"
#include "bench/ycsb/report.h"
#include "bench/ycsb/results.h"
#include "bench/ycsb/stores/memory_folder.h"
#include "bench/ycsb/stores/stores.h"
#include "bench/ycsb/suite.h"
#include "bench/ycsb/targets.h"
#include "bench/ycsb/workload.h"
#include "server/allocator/allocator.h"

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
  std::string_view options;                   // That mean something to it.
  uint64_t keys;                              // Unless --keys says something else.
  bool on_all_stores;                         // Or on Nacre alone, unless --stores says otherwise.
  bool (*can_run)(const StoreTraits& store);  // What it needs of a store.
  void (*run)(const Arguments& arguments);
};

bool AnyStore(const StoreTraits&) { return true; }
bool ConcurrentStore(const StoreTraits& store) { return store.concurrent; }
bool StoreWithSnapshots(const StoreTraits& store) { return store.snapshots; }

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

// The same twice is the same once: samples of both would count as one series.
template <typename Element>
std::vector<Element> WithoutRepetition(const std::vector<Element>& elements) {
  std::vector<Element> unique;
  for (const Element& element : elements) {
    if (std::find(unique.begin(), unique.end(), element) == unique.end()) unique.push_back(element);
  }
  return unique;
}

std::vector<RunSpec> SpecsOf(const Arguments& arguments) {
  const Distribution distribution =
      arguments.distribution == "zipf" ? Distribution::kZipf : Distribution::kUniform;
  std::vector<RunSpec> specs;
  for (const std::string& name : WithoutRepetition(arguments.workloads)) {
    const Workload workload = *WorkloadOf(name);
    if (NeedsFreshProcess(workload)) {  // All keys, on one thread, whatever is asked of the others.
      specs.push_back({.workload = workload});
      continue;
    }
    for (const int threads : WithoutRepetition(arguments.threads)) {
      specs.push_back({.workload = workload, .distribution = distribution, .threads = threads});
    }
  }
  return specs;
}

void PrintConditions(const Arguments& arguments) {
  absl::PrintF("%d keys, median of %d runs of %.2f s, by %s time, allocator %s\n\n",
               arguments.conditions.keys, arguments.conditions.repetitions,
               arguments.conditions.seconds, arguments.clock, std::string(allocator::Name()));
}

// Runs the specs, writes the samples as they come, and prints what `print` makes of them.
template <typename Print>
void RunSpecs(const Arguments& arguments, const std::vector<RunSpec>& specs, Print print) {
  const Conditions& conditions = arguments.conditions;
  // All stores stay, beside one more at a time that is loaded afresh.
  const auto in_files = std::count_if(conditions.stores.begin(), conditions.stores.end(),
                                      [](const StoreEntry* store) { return store->traits.files; });
  RequireMemoryFoldersFor(in_files == 0 ? 0 : in_files + 1, conditions.keys);
  std::optional<CsvOutput> csv;
  if (!arguments.csv_path.empty()) csv.emplace(arguments.csv_path);
  Results results(arguments.clock == "cpu" ? Clock::kCpu : Clock::kWall,
                  csv.has_value() ? &*csv : nullptr);
  RunSuite(conditions, specs, results);
  PrintConditions(arguments);
  print(results);
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
  RunBackpressure(arguments.conditions, WithoutRepetition(arguments.threads), csv);
}

constexpr uint64_t kUsualKeys = 1'000'000;
constexpr uint64_t kManyKeys = 20'000'000;

constexpr std::string_view kSuiteOptions =
    "--keys --repetitions --seconds --stores --csv --by --workloads --threads --distribution";
constexpr std::string_view kTargetOptions = "--keys --repetitions --seconds --stores --csv --by";
constexpr std::string_view kExperimentOptions = "--keys --repetitions --seconds --stores --csv";

constexpr Command kCommands[] = {
    {"workloads", "Runs --workloads on --stores. This is what is done without a command.",
     kSuiteOptions, kUsualKeys, true, &AnyStore, &RunWorkloads},
    {"targets", "Runs what the targets of the project are about, and prints which are reached.",
     kTargetOptions, kUsualKeys, true, &AnyStore, &RunTargets},
    {"stores", "Lists the stores of this build.", "", kUsualKeys, true, &AnyStore, &PrintStores},
    {"apart", "A reader on one core beside a writer on the other, on one database and on two.",
     kExperimentOptions, kUsualKeys, false, &ConcurrentStore, &RunExperiment<RunApart>},
    {"held", "Memory and speed while 100 snapshots are held and updates go on.",
     "--keys --repetitions --stores --csv --updates", 100'000, false, &StoreWithSnapshots,
     &RunHeldAsSaid},
    {"backpressure", "Commit latency and backlog, also with the vacuum thread starved or absent.",
     "--keys --repetitions --seconds --csv --threads", kUsualKeys, false, &AnyStore,
     &RunBackpressureAsSaid},
    {"large", "Values of 1 byte to 1 MB: insertion, deletion of nearly all and all, twice.",
     "--keys --csv", kManyKeys, false, &AnyStore, &RunExperiment<RunLarge>},
    {"growth-keys", "Speed and bytes a key by the number of keys, up to --keys.",
     kExperimentOptions, kManyKeys, true, &AnyStore, &RunExperiment<RunGrowthByKeys>},
    {"growth-writes", "A transaction's time by the keys that it writes.", kExperimentOptions,
     kUsualKeys, true, &AnyStore, &RunExperiment<RunGrowthByWriteSet>},
    {"growth-versions", "A read's time by the versions of its key.",
     "--repetitions --seconds --stores --csv", kUsualKeys, true, &StoreWithSnapshots,
     &RunExperiment<RunGrowthByChain>},
    {"growth-snapshots", "Speed by the number of open snapshots.", kExperimentOptions, kUsualKeys,
     true, &StoreWithSnapshots, &RunExperiment<RunGrowthBySnapshots>},
};

[[noreturn]] void Refuse(const Command& command, const std::string& what) {
  absl::FPrintF(stderr, "%s: %s\n", command.name, what);
  std::exit(1);
}

// An option that is passed over in silence would let figures look like those that were asked for.
void RefuseMeaninglessOptions(const Command& command, const CLI::App& app) {
  const std::vector<std::string> meant = absl::StrSplit(std::string(command.options), ' ');
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || std::find(meant.begin(), meant.end(), name) != meant.end()) {
      continue;
    }
    Refuse(command, name + " means nothing here");
  }
}

std::vector<const StoreEntry*> StoresOf(const Command& command, const Arguments& arguments) {
  std::vector<const StoreEntry*> stores;
  for (const std::string& name : WithoutRepetition(arguments.stores)) {
    stores.push_back(FindStore(name));
    if (!command.can_run(stores.back()->traits)) Refuse(command, "not possible on " + name);
  }
  if (!stores.empty()) return stores;
  for (const StoreEntry* store : AllStores()) {
    if (command.on_all_stores && command.can_run(store->traits)) stores.push_back(store);
  }
  if (stores.empty()) stores.push_back(FindStore("nacre"));
  return stores;
}

void Run(const Command& command, const CLI::App& app, Arguments& arguments) {
  RefuseMeaninglessOptions(command, app);
  if (app.count("--keys") == 0) arguments.conditions.keys = command.keys;
  arguments.conditions.stores = StoresOf(command, arguments);
  RemoveAbandonedMemoryFolders();
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
