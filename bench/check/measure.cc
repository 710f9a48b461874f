#include "bench/check/measure.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>

namespace nacre::bench {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double CpuNow() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

Stopwatch::Stopwatch() : start_(Now()), cpu_start_(CpuNow()) {}

double Stopwatch::Seconds() const { return Now() - start_; }

double Stopwatch::CpuSeconds() const { return CpuNow() - cpu_start_; }

double PeakMib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

const char* ToString(check::Ruling ruling) {
  switch (ruling) {
    case check::Ruling::kHolds: return "holds";
    case check::Ruling::kViolated: return "violated";
    case check::Ruling::kUnknown: return "unknown";
  }
  return "";
}

void Report(const std::string& what, uint32_t transactions, const Stopwatch& watch,
            const char* ruling) {
  const double seconds = watch.Seconds();
  std::printf("%-44s %8.3f s %12.0f transactions/s   peak %7.0f MiB  %s\n", what.c_str(), seconds,
              transactions / seconds, PeakMib(), ruling);
  std::fflush(stdout);
}

}  // namespace nacre::bench
