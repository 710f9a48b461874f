#ifndef NACRE_BENCH_YCSB_EXPERIMENTS_CORES_H_
#define NACRE_BENCH_YCSB_EXPERIMENTS_CORES_H_

#include <sys/types.h>

#include <set>

namespace nacre::bench {

// Numbers of the cores this process may use, as many as `count`. Exits if there are fewer.
std::set<int> UsableCores(int count);
// The calling thread, and the threads that it starts from now on, run on this core alone.
void PinTo(int core);
// On this core, and only while nobody else wants it.
void Starve(pid_t thread, int core);
// Of this process, as the kernel numbers them.
std::set<pid_t> ThreadsOfProcess();

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_EXPERIMENTS_CORES_H_
