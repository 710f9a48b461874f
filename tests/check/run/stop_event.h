#ifndef NACRE_TESTS_CHECK_RUN_STOP_EVENT_H_
#define NACRE_TESTS_CHECK_RUN_STOP_EVENT_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace nacre::check::run {

// Happens once, and ends all waits for it at once. Thread-safe.
class StopEvent {
 public:
  StopEvent();
  ~StopEvent();
  StopEvent(const StopEvent&) = delete;
  StopEvent& operator=(const StopEvent&) = delete;

  // Signal handlers may call it.
  void Set();
  bool is_set() const { return set_at_ != kNotSet; }
  // When it was first set, by SteadyNow(). Precondition: is_set().
  absl::Duration set_at() const { return absl::Nanoseconds(set_at_.load()); }
  // Waits until it is set, `timeout` at most. Whether it is set.
  bool WaitFor(absl::Duration timeout) const;

 private:
  static constexpr int64_t kNotSet = INT64_MAX;

  std::atomic<int64_t> set_at_ = kNotSet;  // In nanoseconds.
  const int descriptor_;                   // An eventfd, readable for good once it is set.
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_STOP_EVENT_H_
