#ifndef NACRE_BENCH_YCSB_SUITE_H_
#define NACRE_BENCH_YCSB_SUITE_H_

#include <cstdint>
#include <vector>

#include "bench/ycsb/contender.h"
#include "bench/ycsb/results.h"

namespace nacre::bench {

struct SuiteOptions {
  uint64_t keys = 1'000'000;
  int repetitions = 5;
  double seconds = 0.3;  // Of each run.
  std::vector<const StoreEntry*> stores;
};

// Runs everything once in each repetition: each spec on the stores in turn, so that what else
// happens on the machine meets all of them. Leaves out what a store can not do. Tells its progress
// on the standard error.
void RunSuite(const SuiteOptions& options, const std::vector<RunSpec>& specs, Results& results);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_SUITE_H_
