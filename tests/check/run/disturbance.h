#ifndef NACRE_TESTS_CHECK_RUN_DISTURBANCE_H_
#define NACRE_TESTS_CHECK_RUN_DISTURBANCE_H_

#include <cstdint>

#include "absl/time/time.h"
#include "tests/check/run/random.h"

namespace nacre::check::run {

// What is done to sessions on purpose. Shares are of transactions.
struct DisturbanceOptions {
  double pause_share = 0;  // Sleep inside a transaction, up to pause_max.
  absl::Duration pause_max = absl::Milliseconds(20);
  double drop_share = 0;  // Go away inside a transaction, or while it commits.
  // Of operations: before them, another thread is let run. Only where Target::needs_yields().
  double yield_share = 0.1;
};

// What happens to one transaction. Drawn apart from what it does, so that a run does the same with
// and without faults.
class Disturbance {
 public:
  Disturbance(const DisturbanceOptions& options, Random random)
      : yield_share_(options.yield_share), random_(random) {
    if (random_.Chance(options.pause_share)) {
      pause_at_ = static_cast<uint32_t>(random_.Below(kStepsOfInterest));
      pause_ = options.pause_max * random_.Fraction();
    }
    if (random_.Chance(options.drop_share)) {
      // Half of them while it commits, which is the only place where the outcome is in doubt.
      drop_at_commit_ = random_.Chance(0.5);
      if (!drop_at_commit_) drop_at_ = static_cast<uint32_t>(random_.Below(kStepsOfInterest));
    }
  }

  bool PausesAt(uint32_t step) const { return step == pause_at_; }
  absl::Duration pause() const { return pause_; }
  bool DropsAt(uint32_t step) const { return step == drop_at_; }
  bool drops_at_commit() const { return drop_at_commit_; }
  bool Yields() { return yield_share_ > 0 && random_.Chance(yield_share_); }

 private:
  static constexpr uint32_t kStepsOfInterest = 6;
  static constexpr uint32_t kNowhere = UINT32_MAX;

  const double yield_share_;
  Random random_;
  uint32_t pause_at_ = kNowhere;
  uint32_t drop_at_ = kNowhere;
  absl::Duration pause_ = absl::ZeroDuration();
  bool drop_at_commit_ = false;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_DISTURBANCE_H_
