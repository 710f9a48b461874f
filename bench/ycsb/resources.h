#ifndef NACRE_BENCH_YCSB_RESOURCES_H_
#define NACRE_BENCH_YCSB_RESOURCES_H_

#include <cstdint>

namespace nacre::bench {

double WallSeconds();
// User and system time of all threads of this process. Unlike wall time it does not count what
// other programs take from us, and it does count the vacuum.
double CpuSeconds();
// Allocated and not freed, as the allocator sees it.
uint64_t HeapBytes();

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_RESOURCES_H_
