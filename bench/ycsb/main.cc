// nacre-bench: see --help and docs/BENCHMARKS.md.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
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
  SuiteOptions suite;
  std::vector<std::string> stores;
  std::vector<std::string> workloads;
  std::vector<int> threads = {1};
  std::string distribution = "uniform";
  std::string clock = "wall";
  std::string csv_path;
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
  app.add_option("--keys", arguments.suite.keys, "Keys loaded.")
      ->check(CLI::Range(uint64_t{1000}, uint64_t{1} << 31))
      ->capture_default_str();
  app.add_option("--repetitions", arguments.suite.repetitions,
                 "Runs of each store; the median counts.")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", arguments.suite.seconds, "Length of each run.")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  app.add_option("--stores", arguments.stores, "Which to run, separated by commas; all if unset.")
      ->delimiter(',')
      ->check(CLI::IsMember(StoreNames()));
  app.add_option("--by", arguments.clock,
                 "What speed is counted by: wall, or cpu on a machine that others keep busy.")
      ->check(CLI::IsMember({"wall", "cpu"}))
      ->capture_default_str();
  app.add_option("--csv", arguments.csv_path, "A file for the samples, one a line.");
  app.add_option("--workloads", arguments.workloads, "Which to run, separated by commas.")
      ->delimiter(',')
      ->check(CLI::IsMember(Strings(kWorkloadNames)));
  app.add_option("--threads", arguments.threads,
                 "Threads that run transactions; several numbers, separated by commas, are "
                 "compared.")
      ->delimiter(',')
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--distribution", arguments.distribution,
                 "Of the keys; zipf has the parameter 0.99.")
      ->check(CLI::IsMember({"uniform", "zipf"}))
      ->capture_default_str();
}

void PrintStores() {
  for (const StoreEntry* store : AllStores()) {
    absl::PrintF("%-10s %s\n", std::string(store->name), std::string(store->description));
  }
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
  absl::PrintF("%d keys, median of %d runs of %.2f s, by %s time\n\n", arguments.suite.keys,
               arguments.suite.repetitions, arguments.suite.seconds, arguments.clock);
}

void RunWorkloads(const Arguments& arguments, Results& results) {
  const std::vector<RunSpec> specs = SpecsOf(arguments);
  RunSuite(arguments.suite, specs, results);
  PrintConditions(arguments);
  PrintReport(arguments.suite.stores, specs, results);
}

void RunTargets(const Arguments& arguments, Results& results) {
  RunSuite(arguments.suite, TargetSpecs(), results);
  PrintConditions(arguments);
  PrintTargets(arguments.suite.stores, results);
}

int Main(int argc, char** argv) {
  Arguments arguments;
  arguments.stores = StoreNames();
  arguments.workloads = {"load", "c", "a", "f", "ten", "ten-ser", "scan"};
  CLI::App app(
      "Compares Nacre with plain maps and other stores in one run. Keys of 16 bytes, values of 100 "
      "bytes that are copied out; a transaction is begin, operations, commit. Each store has a "
      "process of its own.\n"
      "Workloads: load (random order); updates (ten of each key, for the memory); c = read; a = "
      "half reads, half writes; f = read-modify-write; ten = 8 reads and 2 writes; ten-batch = the "
      "reads in one call; ten-ser = serializable; scan = 95 % scans of 1 to 100 keys, 5 % inserts; "
      "hot = f on one key.",
      "nacre-bench");
  app.fallthrough();
  DeclareOptions(app, arguments);
  CLI::App* const stores = app.add_subcommand("stores", "Lists the stores of this build.");
  CLI::App* const targets = app.add_subcommand(
      "targets", "Runs what the targets of the project are about, and prints which are reached.");
  CLI11_PARSE(app, argc, argv);

  if (stores->parsed()) {
    PrintStores();
    return 0;
  }
  for (const std::string& name : arguments.stores) {
    arguments.suite.stores.push_back(FindStore(name));
  }
  Results results(arguments.clock == "cpu" ? Clock::kCpu : Clock::kWall);
  if (targets->parsed()) {
    RunTargets(arguments, results);
  } else {
    RunWorkloads(arguments, results);
  }
  if (!arguments.csv_path.empty()) {
    const absl::Status written = results.WriteCsv(arguments.csv_path);
    if (!written.ok()) {
      absl::FPrintF(stderr, "%s\n", written.ToString());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace nacre::bench

int main(int argc, char** argv) { return nacre::bench::Main(argc, argv); }
