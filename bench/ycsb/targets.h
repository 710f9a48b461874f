#ifndef NACRE_BENCH_YCSB_TARGETS_H_
#define NACRE_BENCH_YCSB_TARGETS_H_

#include <vector>

#include "bench/ycsb/contender.h"
#include "bench/ycsb/results.h"

namespace nacre::bench {

// What Nacre aims at, as ratios to the speed of a map or to its own, and in bytes a key.

// All that the table below needs.
std::vector<RunSpec> TargetSpecs();

// Prints a Markdown table: each target, what was reached, and the best of the other stores that
// ran. A row without its samples says so.
void PrintTargets(const std::vector<const StoreEntry*>& stores, const Results& results);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_TARGETS_H_
