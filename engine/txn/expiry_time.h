#ifndef NACRE_ENGINE_TXN_EXPIRY_TIME_H_
#define NACRE_ENGINE_TXN_EXPIRY_TIME_H_

#include <atomic>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/mvcc/version.h"

namespace nacre::txn {

// The time that expiry is judged by: the system's, but part of the commit order.
//
// Invariant ONE-TIME: the time moves only inside the sequencer, and never back. A transaction takes
// its time before it draws its read timestamp. So if T2 does not see T1's commit, T2's time is at
// most the time that T1 saw in the sequencer; and T1, checking there that nothing it has read as
// alive has expired by then, can not be ordered after a T2 that held it for expired.
//   Forbidden: T1 reads k alive | k expires | T2 finds k expired, and x old | T1 commits x.
//
// Moved at most once a millisecond, so a begin costs a look at the system's clock and one load.
class ExpiryTime {
 public:
  ExpiryTime(std::function<absl::Time()> source, base::Mutex& sequencer)
      : source_(std::move(source)), sequencer_(sequencer) {
    Refresh();
  }

  // Brings the time up to the source and returns it.
  mvcc::ExpiryMs Refresh() {
    const mvcc::ExpiryMs source_now = absl::ToUnixMillis(source_ ? source_() : absl::Now());
    const mvcc::ExpiryMs seen = now_.load(std::memory_order_acquire);
    if (source_now <= seen) return seen;
    base::MutexLock lock(sequencer_);
    const mvcc::ExpiryMs current = now_.load(std::memory_order_relaxed);
    if (source_now <= current) return current;
    now_.store(source_now, std::memory_order_release);
    return source_now;
  }

  // As of the last refresh. Inside the sequencer it is the time of the commit.
  mvcc::ExpiryMs Last() const { return now_.load(std::memory_order_acquire); }

 private:
  const std::function<absl::Time()> source_;
  base::Mutex& sequencer_;
  std::atomic<mvcc::ExpiryMs> now_{INT64_MIN};
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_EXPIRY_TIME_H_
