#ifndef NACRE_CLIENT_CACHE_EARLY_REFRESH_H_
#define NACRE_CLIENT_CACHE_EARLY_REFRESH_H_

// When to load a value again before it expires: "XFetch" of A. Vattani, F. Chierichetti and
// K. Lowenstein, "Optimal probabilistic cache stampede prevention", VLDB 2015.
//
// A call loads early if
//
//   left <= -load_time * beta * ln(u),   u evenly random in (0, 1].
//
// The right side is exponentially distributed with the mean load_time * beta. So a value that takes
// long to load is refreshed earlier, a call long before the expiry hardly ever refreshes, and at
// the expiry every call does. Callers need not know of each other: of any number of them, few draw
// a large value.
//
// No clock and no randomness of its own.
//
// Thread rule: values and functions of values.

#include "absl/time/time.h"

namespace nacre::client {

// The moving mean of how long loading takes. The last load counts for an eighth.
class LoadTime {
 public:
  void Add(absl::Duration load);
  // Zero before the first.
  absl::Duration mean() const { return mean_; }

 private:
  absl::Duration mean_ = absl::ZeroDuration();
  bool is_empty_ = true;
};

// Whether a call that finds a value with `left` to live loads it again. `unit` is random in [0, 1).
bool RefreshesEarly(absl::Duration left, absl::Duration load_time, double beta, double unit);

}  // namespace nacre::client

#endif  // NACRE_CLIENT_CACHE_EARLY_REFRESH_H_
