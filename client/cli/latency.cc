#include <chrono>

#include "client/cli/interrupt.h"
#include "client/cli/latency_stats.h"
#include "client/cli/modes.h"
#include "client/cli/text.h"

namespace nacre::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr absl::Duration kPause = absl::Milliseconds(10);  // Between two PINGs.
constexpr absl::Duration kHistoryInterval = absl::Seconds(15);
constexpr absl::Duration kScriptInterval = absl::Seconds(1);

}  // namespace

int RunLatency(ServerLink& link, const CliOptions& options) {
  const OutputMode mode = options.format.mode;
  const bool live = mode == OutputMode::kHuman;
  absl::Duration interval = options.interval;
  if (interval == absl::ZeroDuration()) {
    interval = options.latency_history ? kHistoryInterval : kScriptInterval;
  }
  LatencyStats stats;
  int64_t samples = 0;
  Clock::time_point began = Clock::now();
  const auto over = [&] {
    if (options.latency_samples > 0) return samples >= options.latency_samples;
    return !live && !options.latency_history && absl::FromChrono(Clock::now() - began) >= interval;
  };
  do {
    const Clock::time_point sent = Clock::now();
    const absl::StatusOr<client::Reply> reply = Ask(link, client::Request("PING"));
    if (!reply.ok()) {
      if (live && samples > 0) Print("\n");
      return ReportLoss(reply.status());
    }
    stats.Add(absl::FromChrono(Clock::now() - sent));
    ++samples;
    if (live) Print("\r\x1b[K" + stats.Format(mode));
    if (options.latency_history && absl::FromChrono(Clock::now() - began) >= interval) {
      Print(live ? "\n" : stats.Format(mode) + "\n");
      stats.Clear();
      began = Clock::now();
    }
  } while (!over() && SleepUnlessInterrupted(kPause));
  if (live) {
    Print("\n");
  } else if (stats.samples() > 0) {
    Print(stats.Format(mode) + "\n");
  }
  return kExitOk;
}

}  // namespace nacre::cli
