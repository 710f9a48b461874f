#include "bench/client/report.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace nacre::bench {
namespace {

constexpr size_t kKeys = 10'000;
constexpr size_t kValueBytes = 100;

struct Cpu {
  double nanos = 0;  // User and system, as the scheduler counts: exact.
  // How much of it was system time, as ticks of the clock have seen it: right over many rounds.
  double user_nanos = 0;
  double system_nanos = 0;
};

double Nanos(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
}

Cpu Now() {
  timespec exact;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &exact);
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return {static_cast<double>(exact.tv_sec) * 1e9 + static_cast<double>(exact.tv_nsec),
          Nanos(usage.ru_utime), Nanos(usage.ru_stime)};
}

double Median(std::vector<double> samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

struct Result {
  std::vector<double> nanos;  // Of one command; one for each round.
  double user_nanos = 0;
  double system_nanos = 0;
};

void MeasureOnce(Contender& contender, Operation operation, Load& load, int pipeline, int batches,
                 Result& result) {
  const double commands = static_cast<double>(pipeline) * batches;
  const Cpu before = Now();
  const uint64_t bytes = contender.Run(operation, load, pipeline, batches);
  const Cpu after = Now();
  const size_t reply_bytes = operation == Operation::kGet ? kValueBytes : 2;
  if (static_cast<double>(bytes) != commands * static_cast<double>(reply_bytes)) {
    Fail(std::string(contender.name()) + " did not read every reply");
  }
  result.nanos.push_back((after.nanos - before.nanos) / commands);
  result.user_nanos += after.user_nanos - before.user_nanos;
  result.system_nanos += after.system_nanos - before.system_nanos;
}

void Print(const Contenders& contenders, const std::vector<Result>& results) {
  std::printf("%-34s %9s %8s %16s\n", "", "ns/op", "system", "ratio (min-max)");
  for (size_t i = 0; i < contenders.size(); ++i) {
    std::vector<double> ratios;
    for (size_t round = 0; round < results[i].nanos.size(); ++round) {
      ratios.push_back(results[i].nanos[round] / results[0].nanos[round]);
    }
    const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
    const double system =
        results[i].system_nanos / (results[i].system_nanos + results[i].user_nanos);
    std::printf("%-34s %9.0f %7.0f%% %5.2f (%.2f-%.2f)\n",
                std::string(contenders[i]->name()).c_str(), Median(results[i].nanos), system * 100,
                Median(ratios), *least, *most);
  }
}

}  // namespace

void Measure(const Settings& settings, Contenders& contenders) {
  Load load(kKeys, kValueBytes);
  // Each of the keys once, for the order of keys passes by all of them.
  contenders[0]->Run(Operation::kSet, load, 100, static_cast<int>(kKeys) / 100);
  for (const Operation operation : {Operation::kGet, Operation::kSet}) {
    for (const int pipeline : settings.pipelines) {
      const int commands = pipeline == 1 ? settings.commands_lone : settings.commands_pipelined;
      const int batches = std::max(1, commands / pipeline);
      std::vector<Result> results(contenders.size());
      for (const auto& contender : contenders) {  // Connects, and warms caches.
        contender->Run(operation, load, pipeline, std::max(1, batches / 10));
      }
      for (int round = 0; round < settings.rounds; ++round) {
        for (size_t i = 0; i < contenders.size(); ++i) {
          MeasureOnce(*contenders[i], operation, load, pipeline, batches, results[i]);
        }
      }
      std::printf("\n%s, pipeline %d\n", operation == Operation::kGet ? "GET" : "SET", pipeline);
      Print(contenders, results);
      std::fflush(stdout);
    }
  }
}

}  // namespace nacre::bench
