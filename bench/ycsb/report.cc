#include "bench/ycsb/report.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"

namespace nacre::bench {
namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

template <typename Figure>
double MedianOf(const std::vector<Sample>& samples, Figure figure) {
  std::vector<double> values;
  for (const Sample& sample : samples) values.push_back(figure(sample));
  return Median(std::move(values));
}

}  // namespace

void Report::Add(std::string_view store, const Sample& sample) {
  const auto [entry, is_new] = samples_.try_emplace(std::string(store));
  if (is_new) order_.emplace_back(store);
  entry->second.push_back(sample);
}

Report::Medians Report::MediansOf(const std::vector<Sample>& samples) const {
  return {
      .per_second =
          MedianOf(samples, [](const Sample& s) { return s.transactions / s.wall_seconds; }),
      .cpu_ns =
          MedianOf(samples, [](const Sample& s) { return s.cpu_seconds * 1e9 / s.transactions; }),
      .conflicts_percent =
          MedianOf(samples, [](const Sample& s) { return 100.0 * s.conflicts / s.transactions; }),
      .bytes_per_key =
          MedianOf(samples, [](const Sample& s) { return 1.0 * s.heap_bytes / s.transactions; })};
}

void Report::Print() const {
  for (const std::string& store : order_) {
    const Medians own = MediansOf(samples_.at(store));
    absl::PrintF("%-8s %-6s %9.3f M/s %9.0f cpu-ns", std::string(Name(workload_)), store,
                 own.per_second / 1e6, own.cpu_ns);
    for (const std::string map : {"fhm", "bt", "btp"}) {
      const auto found = samples_.find(map);
      if (found == samples_.end() || map == store) continue;
      const Medians other = MediansOf(found->second);
      absl::PrintF("   %5.3f x %s (cpu %5.3f)", own.per_second / other.per_second, map,
                   other.cpu_ns / own.cpu_ns);
    }
    if (own.conflicts_percent > 0) absl::PrintF("   conflicts %.3f %%", own.conflicts_percent);
    if (own.bytes_per_key > 0) absl::PrintF("   %.0f bytes/key", own.bytes_per_key);
    absl::PrintF("\n");
  }
  std::fflush(stdout);
}

}  // namespace nacre::bench
