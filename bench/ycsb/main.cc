// nacre-bench: see --help and docs/BENCHMARKS.md.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/ycsb/key_sequence.h"
#include "bench/ycsb/suite.h"
#include "bench/ycsb/workload.h"

int main(int argc, char** argv) {
  using nacre::bench::Distribution;
  nacre::bench::SuiteOptions options;
  const std::vector<std::string> workloads(nacre::bench::kWorkloadNames.begin(),
                                           nacre::bench::kWorkloadNames.end());
  const std::vector<std::string> stores = {"nacre", "fhm", "bt", "btp"};
  options.workloads = workloads;
  options.stores = stores;
  std::string distribution = "uniform";

  CLI::App app(
      "Compares Nacre with plain maps in one run. Keys of 16 bytes, values of 100 bytes that are "
      "copied out; a transaction is begin, operations, commit.\n"
      "Stores: nacre; fhm = absl::flat_hash_map; bt = absl::btree_map; btp = the same, of pointers "
      "to "
      "values. The maps have no transactions and always run on one thread.\n"
      "Workloads: load (random order); c = read; a = half reads, half writes; f = "
      "read-modify-write; "
      "ten = 8 reads and 2 writes; ten-ser = the same, serializable; scan = 95 % scans of 1 to 100 "
      "keys, 5 % inserts.",
      "nacre-bench");
  app.add_option("--keys", options.keys, "Keys loaded.")
      ->check(CLI::Range(uint64_t{1000}, uint64_t{1} << 31))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Threads that run transactions on Nacre.")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--repetitions", options.repetitions, "Runs of each store; the median counts.")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Length of each run.")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  app.add_option("--distribution", distribution, "Of the keys; zipf has the parameter 0.99.")
      ->check(CLI::IsMember({"uniform", "zipf"}))
      ->capture_default_str();
  app.add_option("--workloads", options.workloads, "Which to run, separated by commas.")
      ->delimiter(',')
      ->check(CLI::IsMember(workloads));
  app.add_option("--stores", options.stores, "Which to run, separated by commas.")
      ->delimiter(',')
      ->check(CLI::IsMember(stores));
  CLI11_PARSE(app, argc, argv);
  options.distribution = distribution == "zipf" ? Distribution::kZipf : Distribution::kUniform;

  absl::PrintF("%d keys, %s, %d thread(s), median of %d runs of %.2f s\n", options.keys,
               distribution, options.threads, options.repetitions, options.seconds);
  nacre::bench::RunSuite(options);
  return 0;
}
