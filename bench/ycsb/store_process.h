#ifndef NACRE_BENCH_YCSB_STORE_PROCESS_H_
#define NACRE_BENCH_YCSB_STORE_PROCESS_H_

#include <sys/types.h>

#include <cstdint>

#include "bench/ycsb/contender.h"

namespace nacre::bench {

// A process of its own for one store, so that memory and CPU time are of nobody else, and what one
// store leaves in the heap helps or hinders no other. Made by fork(), so this process must have no
// threads. Between two runs the process is stopped: what its own threads still have to do takes no
// core from the store that is measured next, but time from its own next run. Thread-compatible.
class StoreProcess {
 public:
  StoreProcess(const StoreEntry& entry, uint64_t keys);
  ~StoreProcess();  // Ends it, and waits for that.
  StoreProcess(const StoreProcess&) = delete;
  StoreProcess& operator=(const StoreProcess&) = delete;

  // Waits for the result. kLoad comes first, and once. Exits if the other process has failed, which
  // has said why.
  Sample Run(const RunSpec& spec);

 private:
  const StoreEntry& entry_;
  int socket_ = -1;
  pid_t pid_ = -1;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_STORE_PROCESS_H_
