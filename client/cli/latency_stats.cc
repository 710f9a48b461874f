#include "client/cli/latency_stats.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace nacre::cli {

void LatencyStats::Add(absl::Duration latency) {
  ++samples_;
  min_ = std::min(min_, latency);
  max_ = std::max(max_, latency);
  total_ += latency;
}

std::string LatencyStats::Format(OutputMode mode) const {
  const double min = samples_ == 0 ? 0 : absl::ToDoubleMilliseconds(min_);
  const double max = absl::ToDoubleMilliseconds(max_);
  const double mean =
      samples_ == 0 ? 0 : absl::ToDoubleMilliseconds(total_) / static_cast<double>(samples_);
  switch (mode) {
    case OutputMode::kHuman:
      return absl::StrFormat("min: %.3f, max: %.3f, avg: %.3f ms (%d samples)", min, max, mean,
                             samples_);
    case OutputMode::kCsv: return absl::StrFormat("%.3f,%.3f,%.3f,%d", min, max, mean, samples_);
    case OutputMode::kJson:
    case OutputMode::kQuotedJson:
      return absl::StrFormat("{\"min\":%.3f,\"max\":%.3f,\"avg\":%.3f,\"samples\":%d}", min, max,
                             mean, samples_);
    case OutputMode::kRaw: break;
  }
  return absl::StrFormat("%.3f %.3f %.3f %d", min, max, mean, samples_);
}

}  // namespace nacre::cli
