#ifndef NACRE_ENGINE_TXN_EXPIRY_TIME_H_
#define NACRE_ENGINE_TXN_EXPIRY_TIME_H_

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/faults.h"
#include "engine/base/latch.h"
#include "engine/base/mutex.h"
#include "engine/mvcc/version.h"

namespace nacre::txn {

// The time that expiry is judged by: the system's, but part of the commit order.
//
// Invariant ONE-TIME: the time moves only inside the sequencer, and never back; a transaction's
// time and its read timestamp are one cut through that order (the time is taken, the timestamp
// drawn, and the time must not have moved meanwhile). So if T2 does not see T1's commit, T2's time
// is at most the time that T1 saw in the sequencer; and T1, checking there that nothing it has read
// as alive has expired by then, can not be ordered after a T2 that held it for expired.
//   Forbidden: T1 reads k alive | k expires | T2 finds k expired, and x old | T1 commits x.
//
// A lock-first transaction can not fail there. It holds the time still instead, from its read
// timestamp to its commit.
//
// Moved at most once a millisecond, so a begin costs a look at the system's clock and two loads.
class ExpiryTime {
 public:
  ExpiryTime(std::function<absl::Time()> source, base::Latch& sequencer)
      : source_(std::move(source)), sequencer_(sequencer) {
    Refresh();
  }

  // Brings the time up to the source, unless somebody holds it, and returns it.
  mvcc::ExpiryMs Refresh() {
    const mvcc::ExpiryMs source_now = absl::ToUnixMillis(source_ ? source_() : absl::Now());
    const mvcc::ExpiryMs seen = now_.load(std::memory_order_acquire);
    if (std::max(source_now, wanted_.load(std::memory_order_acquire)) <= seen) return seen;
    base::MutexLock lock(sequencer_);
    const mvcc::ExpiryMs current = now_.load(std::memory_order_relaxed);
    // A move that was refused is carried out by whoever comes next, even if the source has stepped
    // back since.
    const mvcc::ExpiryMs target = std::max(source_now, wanted_.load(std::memory_order_relaxed));
    if (target <= current) return current;
    // Store first, load second, as in Hold(): either this sees the holder, or the holder steps
    // back.
    wanted_.store(target, std::memory_order_seq_cst);
    if (holders_.load(std::memory_order_seq_cst) != 0) return current;
    now_.store(target, std::memory_order_release);
    wanted_.store(kNotWanted, std::memory_order_release);
    return target;
  }

  // As of the last refresh. Inside the sequencer it is the time of the commit.
  mvcc::ExpiryMs Last() const { return now_.load(std::memory_order_acquire); }

  // Keeps the time from moving. Held for a short time, and while nothing is waited for: as soon as
  // somebody wants to move it, no new holder comes in before it has moved.
  class Held {
   public:
    explicit Held(ExpiryTime& time) : time_(time) {}
    ~Held() {
      if (held_) time_.holders_.fetch_sub(1, std::memory_order_release);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

    // Brings the time up to the source and holds it.
    mvcc::ExpiryMs Hold() {
      for (;;) {
        time_.Refresh();
        // Asked first too, so that those who wait do not refuse each other's moves.
        if (time_.wanted_.load(std::memory_order_seq_cst) == kNotWanted) {
          time_.holders_.fetch_add(1, std::memory_order_seq_cst);
          if (time_.wanted_.load(std::memory_order_seq_cst) == kNotWanted) break;
          time_.holders_.fetch_sub(1, std::memory_order_release);
        }
        NACRE_STEP(kLatchBusy);
        std::this_thread::yield();
      }
      held_ = true;
      return time_.Last();
    }

   private:
    ExpiryTime& time_;
    bool held_ = false;
  };

 private:
  static constexpr mvcc::ExpiryMs kNotWanted = INT64_MIN;

  const std::function<absl::Time()> source_;
  base::Latch& sequencer_;
  std::atomic<mvcc::ExpiryMs> now_{INT64_MIN};
  // Written by lock-first transactions that may see an expiry, read where the time is moved.
  std::atomic<uint32_t> holders_{0};
  // The time that a refused move was for.
  std::atomic<mvcc::ExpiryMs> wanted_{kNotWanted};
};

}  // namespace nacre::txn

#endif  // NACRE_ENGINE_TXN_EXPIRY_TIME_H_
