#include "bench/ycsb/resources.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <thread>

namespace nacre::bench {
namespace {

double Seconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

double WallSeconds() { return Seconds(CLOCK_MONOTONIC); }
double CpuSeconds() { return Seconds(CLOCK_PROCESS_CPUTIME_ID); }

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

int64_t ResidentBytesAtRest() {
  constexpr double kRestSeconds = 1.5;
  constexpr double kSecondsMax = 60;
  constexpr int64_t kLessThan = 64 << 10;  // Is no change.
  const double start = WallSeconds();
  double changed = start;
  int64_t least = ResidentBytes();
  while (WallSeconds() < std::min(changed + kRestSeconds, start + kSecondsMax)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const int64_t now = ResidentBytes();
    if (now > least - kLessThan) continue;
    least = now;
    changed = WallSeconds();
  }
  return ResidentBytes();
}

}  // namespace nacre::bench
