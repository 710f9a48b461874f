#include "bench/ycsb/report.h"

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"

namespace nacre::bench {
namespace {

void PrintRatio(const std::optional<Figure>& ratio, std::string_view to) {
  if (!ratio.has_value()) return;
  absl::PrintF("  %.3f x %s (%.3f-%.3f)", ratio->median, std::string(to), ratio->low, ratio->high);
}

void PrintLine(std::string_view store, const RunSpec& spec, const Results& results) {
  const std::optional<Figure> speed = results.PerSecond(store, spec);
  if (!speed.has_value()) {
    absl::PrintF("%-9s %-7s %d  %-10s not measured: it can not\n", std::string(Name(spec.workload)),
                 std::string(Name(spec.distribution)), spec.threads, std::string(store));
    return;
  }
  absl::PrintF("%-9s %-7s %d  %-10s %8.3f M/s (%.3f-%.3f) %7.0f cpu-ns",
               std::string(Name(spec.workload)), std::string(Name(spec.distribution)), spec.threads,
               std::string(store), speed->median / 1e6, speed->low / 1e6, speed->high / 1e6,
               results.CpuNanos(store, spec)->median);
  if (spec.threads > 1) {
    RunSpec alone = spec;
    alone.threads = 1;
    PrintRatio(results.SpeedRatio(store, spec, store, alone), "1 thread");
  } else {
    for (const std::string_view map : {"fhm", "bt", "btp"}) {
      if (map != store) PrintRatio(results.SpeedRatio(store, spec, map, spec), map);
    }
  }
  const double conflicts_percent = results.ConflictsPercent(store, spec)->median;
  if (conflicts_percent > 0) absl::PrintF("  conflicts %.3f %%", conflicts_percent);
  if (const auto bytes = results.BytesPerKey(store, spec)) {
    absl::PrintF("  %.0f bytes/key", bytes->median);
  }
  absl::PrintF("\n");
}

}  // namespace

void PrintReport(const std::vector<const StoreEntry*>& stores, const std::vector<RunSpec>& specs,
                 const Results& results) {
  for (const RunSpec& spec : specs) {
    for (const StoreEntry* store : stores) PrintLine(store->name, spec, results);
  }
  std::fflush(stdout);
}

}  // namespace nacre::bench
