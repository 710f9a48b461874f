#include "tests/check/run/stop_event.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "tests/check/run/check.h"
#include "tests/check/run/steady_now.h"

namespace nacre::check::run {

StopEvent::StopEvent() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  NACRE_RUN_CHECK(descriptor_ >= 0, "there is a descriptor for an event");
}

StopEvent::~StopEvent() { close(descriptor_); }

void StopEvent::Set() {
  const int error = errno;  // Of whoever a signal handler has interrupted.
  int64_t unset = kNotSet;
  set_at_.compare_exchange_strong(unset, absl::ToInt64Nanoseconds(SteadyNow()));
  const uint64_t one = 1;
  // Fails where it has been set 2^64 times, and then it is set.
  [[maybe_unused]] const ssize_t written = write(descriptor_, &one, sizeof(one));
  errno = error;
}

bool StopEvent::WaitFor(absl::Duration timeout) const {
  const absl::Duration until = SteadyNow() + timeout;
  for (;;) {
    pollfd wait = {.fd = descriptor_, .events = POLLIN, .revents = 0};
    const absl::Duration left = std::max(until - SteadyNow(), absl::ZeroDuration());
    const timespec span = absl::ToTimespec(left);
    const int ready = ppoll(&wait, 1, left == absl::InfiniteDuration() ? nullptr : &span, nullptr);
    if (ready >= 0) return ready > 0;
    NACRE_RUN_CHECK(errno == EINTR, "an event can be waited for");
  }
}

}  // namespace nacre::check::run
