#ifndef NACRE_CLIENT_CLI_LATENCY_STATS_H_
#define NACRE_CLIENT_CLI_LATENCY_STATS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "client/cli/format.h"

namespace nacre::cli {

// Shortest, longest and mean of some measurements.
class LatencyStats {
 public:
  void Add(absl::Duration latency);
  void Clear() { *this = LatencyStats(); }
  uint64_t samples() const { return samples_; }

  // In milliseconds, without an end of line. Raw: "min max avg samples"; JSON: an object.
  std::string Format(OutputMode mode) const;

 private:
  uint64_t samples_ = 0;
  absl::Duration min_ = absl::InfiniteDuration();
  absl::Duration max_ = absl::ZeroDuration();
  absl::Duration total_ = absl::ZeroDuration();
};

}  // namespace nacre::cli

#endif  // NACRE_CLIENT_CLI_LATENCY_STATS_H_
