#include "client/cache/early_refresh.h"

#include <cmath>

namespace nacre::client {

void LoadTime::Add(absl::Duration load) {
  mean_ = is_empty_ ? load : mean_ + (load - mean_) / 8;
  is_empty_ = false;
}

bool RefreshesEarly(absl::Duration left, absl::Duration load_time, double beta, double unit) {
  if (beta <= 0 || left == absl::InfiniteDuration()) return false;
  return left <= load_time * beta * -std::log(1 - unit);
}

}  // namespace nacre::client
