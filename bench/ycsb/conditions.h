#ifndef NACRE_BENCH_YCSB_CONDITIONS_H_
#define NACRE_BENCH_YCSB_CONDITIONS_H_

#include <cstdint>
#include <vector>

#include "bench/ycsb/contender.h"

namespace nacre::bench {

// Under which everything is measured.
struct Conditions {
  uint64_t keys = 1'000'000;
  int repetitions = 5;
  double seconds = 0.3;  // Of each run of a length of time.
  std::vector<const StoreEntry*> stores;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_CONDITIONS_H_
