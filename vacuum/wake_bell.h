#ifndef NACRE_VACUUM_WAKE_BELL_H_
#define NACRE_VACUUM_WAKE_BELL_H_

#include <atomic>
#include <chrono>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "engine/base/asymmetric_fence.h"
#include "engine/base/mutex.h"

namespace nacre::vacuum {

// One thread sleeps, any thread wakes it. Ring() is one load unless somebody sleeps.
//
// A ring is not lost: the sleeper makes itself visible first and checks for work second; who brings
// work makes it visible first and rings second. Between the two are a Heavy() there and a Light()
// here, so at least one sees the other (ASYMMETRIC). (An end of a snapshot is missed where what
// waits for it is only arriving: for these the sleeper looks up every now and then.)
class WakeBell {
 public:
  void Ring() ABSL_LOCKS_EXCLUDED(mutex_) {
    base::AsymmetricFence::Light();
    if (!sleeping_.load(std::memory_order_relaxed)) return;
    base::MutexLock lock(mutex_);
    rung_ = true;
    condition_.NotifyOne();
  }

  // Returns after a ring, after `limit`, or at once if there is work (asked once). True after a
  // ring.
  template <typename HasWork>
  bool Sleep(std::optional<std::chrono::nanoseconds> limit, HasWork has_work)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      base::MutexLock lock(mutex_);
      rung_ = false;
      sleeping_.store(true, std::memory_order_relaxed);
    }
    base::AsymmetricFence::Heavy();
    const bool at_once = has_work();
    base::MutexLock lock(mutex_);
    if (!at_once && limit) {
      if (!rung_ && !stopped_) condition_.WaitFor(mutex_, *limit);
    } else if (!at_once) {
      while (!rung_ && !stopped_) condition_.Wait(mutex_);
    }
    sleeping_.store(false, std::memory_order_relaxed);
    return rung_;
  }

  // Sleeps whatever rings; only Stop() ends it early.
  void Nap(std::chrono::nanoseconds length) ABSL_LOCKS_EXCLUDED(mutex_) {
    base::MutexLock lock(mutex_);
    if (!stopped_) condition_.WaitFor(mutex_, length);
  }

  void Stop() ABSL_LOCKS_EXCLUDED(mutex_) {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    condition_.NotifyAll();
  }
  bool stopped() const ABSL_LOCKS_EXCLUDED(mutex_) {
    base::MutexLock lock(mutex_);
    return stopped_;
  }

 private:
  // Written by the sleeper, read by everyone who brings work.
  std::atomic<bool> sleeping_{false};
  mutable base::Mutex mutex_;
  base::CondVar condition_;
  bool rung_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace nacre::vacuum

#endif  // NACRE_VACUUM_WAKE_BELL_H_
