#ifndef NACRE_TESTS_SERVER_MANUAL_TIME_H_
#define NACRE_TESTS_SERVER_MANUAL_TIME_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace nacre::server {

// A time of day that only moves when a test says so.
class ManualTime {
 public:
  absl::Time now() const { return absl::FromUnixMillis(millis_.load()); }
  void Advance(absl::Duration by) { millis_ += absl::ToInt64Milliseconds(by); }

 private:
  std::atomic<int64_t> millis_ = 1'700'000'000'000;
};

}  // namespace nacre::server

#endif  // NACRE_TESTS_SERVER_MANUAL_TIME_H_
