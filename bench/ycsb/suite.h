#ifndef NACRE_BENCH_YCSB_SUITE_H_
#define NACRE_BENCH_YCSB_SUITE_H_

#include <vector>

#include "bench/ycsb/conditions.h"
#include "bench/ycsb/contender.h"
#include "bench/ycsb/results.h"

namespace nacre::bench {

// Runs everything once in each repetition: each spec on the stores in turn, so that what else
// happens on the machine meets all of them. Leaves out what a store can not do. Tells its progress
// on the standard error.
void RunSuite(const Conditions& conditions, const std::vector<RunSpec>& specs, Results& results);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_SUITE_H_
