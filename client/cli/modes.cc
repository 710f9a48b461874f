#include "client/cli/modes.h"

#include <chrono>
#include <cstdio>

#include "client/cli/interrupt.h"

namespace nacre::cli {

int ReportLoss(const absl::Status& status) {
  if (WasInterrupted()) return kExitOk;
  std::fprintf(stderr, "Connection lost: %s\n", std::string(status.message()).c_str());
  return kExitConnection;
}

absl::Duration SteadyNow() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

bool SleepUnlessInterrupted(absl::Duration duration) {
  const absl::Duration until = SteadyNow() + duration;
  const SignalsHeld held;
  while (!WasInterrupted()) {
    const absl::Duration left = until - SteadyNow();
    if (left <= absl::ZeroDuration()) return true;
    held.WaitForInput(/*fd=*/-1, left);
  }
  return false;
}

}  // namespace nacre::cli
