#ifndef NACRE_BENCH_YCSB_RESOURCES_H_
#define NACRE_BENCH_YCSB_RESOURCES_H_

#include <cstdint>

#include "bench/ycsb/contender.h"

namespace nacre::bench {

double WallSeconds();
// User and system time of all threads of this process. Unlike wall time it does not count what
// other programs take from us, and it does count the vacuum.
double CpuSeconds();
// Resident set of this process: heap, code, and what is mapped of files in memory.
// Signed, since a difference of two may be negative.
int64_t ResidentBytes();
// The same once it has not shrunk for a while: some allocators give pages back only after seconds.
// Takes a second and a half to a minute.
int64_t ResidentBytesAtRest();

// Runs from its construction on.
class Stopwatch {
 public:
  Sample Read(uint64_t transactions) const {
    return {.wall_seconds = WallSeconds() - wall_,
            .cpu_seconds = CpuSeconds() - cpu_,
            .transactions = transactions};
  }

 private:
  double wall_ = WallSeconds();
  double cpu_ = CpuSeconds();
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_RESOURCES_H_
