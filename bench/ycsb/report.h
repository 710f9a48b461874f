#ifndef NACRE_BENCH_YCSB_REPORT_H_
#define NACRE_BENCH_YCSB_REPORT_H_

#include <vector>

#include "bench/ycsb/contender.h"
#include "bench/ycsb/results.h"

namespace nacre::bench {

// Prints one line for each workload and store: medians; ratios to each of the plain maps that ran,
// with the lowest and the highest of a repetition; and, of several threads, to the store's own
// speed at one.
void PrintReport(const std::vector<const StoreEntry*>& stores, const std::vector<RunSpec>& specs,
                 const Results& results);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_REPORT_H_
