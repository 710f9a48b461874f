#ifndef NACRE_BENCH_YCSB_RESULTS_H_
#define NACRE_BENCH_YCSB_RESULTS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/ycsb/contender.h"
#include "bench/ycsb/csv_output.h"
#include "bench/ycsb/statistics.h"

namespace nacre::bench {

// What transactions per second are counted by.
enum class Clock : uint8_t {
  kWall,
  // By the CPU time of all threads of the store's process, as if each thread of the workload had
  // run for that time: for a machine that others keep busy.
  kCpu,
};

// All samples of a run of this program. Thread-compatible.
class Results {
 public:
  // Writes a line for each sample to `csv`, unless it is nullptr, as soon as there is one: any
  // statistic can be had of them, whatever happens to the rest of the run.
  Results(Clock clock, CsvOutput* csv);

  void Add(std::string_view store, const RunSpec& spec, const Sample& sample);

  // Of the figures below: nullopt if there are no such samples.
  std::optional<Figure> PerSecond(std::string_view store, const RunSpec& spec) const;
  std::optional<Figure> CpuNanos(std::string_view store, const RunSpec& spec) const;
  std::optional<Figure> ConflictsPercent(std::string_view store, const RunSpec& spec) const;
  std::optional<Figure> BytesPerKey(std::string_view store, const RunSpec& spec) const;
  // Speed of one, in times of the other's: the ratios within each repetition, in which the machine
  // was the same for both.
  std::optional<Figure> SpeedRatio(std::string_view store, const RunSpec& spec,
                                   std::string_view other, const RunSpec& other_spec) const;

 private:
  using Samples = std::vector<Sample>;

  const Samples* Find(std::string_view store, const RunSpec& spec) const;
  double Speed(const Sample& sample, const RunSpec& spec) const;
  std::vector<double> Speeds(const Samples& samples, const RunSpec& spec) const;

  const Clock clock_;
  CsvOutput* const csv_;
  std::map<std::pair<std::string, RunSpec>, Samples> samples_;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_RESULTS_H_
