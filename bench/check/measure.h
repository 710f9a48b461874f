#ifndef NACRE_BENCH_CHECK_MEASURE_H_
#define NACRE_BENCH_CHECK_MEASURE_H_

#include <cstdint>
#include <string>

#include "nacre/check/verdict.h"

namespace nacre::bench {

// A stopwatch for the clock on the wall and for what the process has computed since.
class Stopwatch {
 public:
  Stopwatch();
  double Seconds() const;
  double CpuSeconds() const;

 private:
  double start_;
  double cpu_start_;
};

// The most memory the process has had so far.
double PeakMib();

const char* ToString(check::Ruling ruling);

// Prints a line: what was measured, the seconds, transactions a second, and the peak of memory.
void Report(const std::string& what, uint32_t transactions, const Stopwatch& watch,
            const char* ruling);

}  // namespace nacre::bench

#endif  // NACRE_BENCH_CHECK_MEASURE_H_
