#ifndef NACRE_BENCH_YCSB_REPORT_H_
#define NACRE_BENCH_YCSB_REPORT_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/ycsb/runner.h"
#include "bench/ycsb/workload.h"

namespace nacre::bench {

// Samples of one workload, by store, and what is printed of them. Thread-compatible.
class Report {
 public:
  explicit Report(Workload workload) : workload_(workload) {}

  void Add(std::string_view store, const Sample& sample);
  // One line a store: medians, and ratios to each of the plain maps that ran.
  void Print() const;

 private:
  struct Medians {
    double per_second = 0;
    double cpu_ns = 0;  // A transaction, of all threads together.
    double conflicts_percent = 0;
    double bytes_per_key = 0;
  };
  Medians MediansOf(const std::vector<Sample>& samples) const;

  Workload workload_;
  std::vector<std::string> order_;
  std::map<std::string, std::vector<Sample>> samples_;
};

}  // namespace nacre::bench

#endif  // NACRE_BENCH_YCSB_REPORT_H_
