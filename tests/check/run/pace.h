#ifndef NACRE_TESTS_CHECK_RUN_PACE_H_
#define NACRE_TESTS_CHECK_RUN_PACE_H_

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

namespace nacre::check::run {

// Keeps sessions together: none begins a stretch while another has not yet begun the one before it.
// Thread-safe.
class Pace {
 public:
  explicit Pace(uint32_t sessions) : stretches_(sessions, 0) {}

  // Waits until `session` may begin `stretch`, which only grows.
  void Enter(uint32_t session, uint64_t stretch) {
    std::unique_lock lock(mutex_);
    stretches_[session] = stretch;
    moved_.notify_all();
    moved_.wait(lock, [&] {
      return *std::min_element(stretches_.begin(), stretches_.end()) + 1 >= stretch;
    });
  }
  // No session is, or comes again, to a stretch before it.
  uint64_t oldest() const {
    const std::lock_guard lock(mutex_);
    return *std::min_element(stretches_.begin(), stretches_.end());
  }
  // Nobody waits for `session` any more.
  void Leave(uint32_t session) {
    const std::lock_guard lock(mutex_);
    stretches_[session] = UINT64_MAX - 1;
    moved_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  std::vector<uint64_t> stretches_;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_PACE_H_
