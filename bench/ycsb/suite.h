#ifndef NACRE_BENCH_YCSB_SUITE_H_
#define NACRE_BENCH_YCSB_SUITE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bench/ycsb/key_sequence.h"

namespace nacre::bench {

struct SuiteOptions {
  uint64_t keys = 1'000'000;
  int threads = 1;
  int repetitions = 5;
  double seconds = 0.3;  // Of each run.
  Distribution distribution = Distribution::kUniform;
  std::vector<std::string> workloads;
  std::vector<std::string> stores;
};

// Runs every workload on every store, the stores in turn within each repetition, so that what else
// happens on the machine meets all of them; prints medians and ratios.
void RunSuite(const SuiteOptions& options);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_SUITE_H_
