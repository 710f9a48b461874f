// When the vacuum's thread works and when it sleeps.
//
// After a pass that did much it naps for a millisecond, during which commits only fill the queue:
// so a busy database pays for no wake-up, and an idle one for one a millisecond at most. After
// passes that did little, since threads look after what they supersede or there is little of it,
// the naps get longer: each pass takes the processor from a thread that commits. With nothing to do
// it sleeps until somebody rings, and looks up by itself only where the end of waiting is a matter
// of time: expiry, history, the age of snapshots.

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "vacuum/vacuum.h"

namespace nacre::vacuum {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds kNapMin = milliseconds(1);
// While only what is pending and pins hold things up, or there is little to do.
constexpr nanoseconds kNapMax = milliseconds(8);
// While snapshots end or rest all the time, but not those that hold anything.
constexpr nanoseconds kFruitlessNapMax = milliseconds(32);
constexpr nanoseconds kLookUpEvery = milliseconds(100);

}  // namespace

void Vacuum::Start() {
  NACRE_CHECK(!thread_.joinable(), "the vacuum was started twice");
  thread_ = std::thread([this] { RunThread(); });
}

void Vacuum::EndThread() {
  if (!thread_.joinable()) return;
  bell_.Stop();
  thread_.join();
}

void Vacuum::RunThread() {
  nanoseconds nap = kNapMin;
  nanoseconds fruitless = kNapMin;
  bool rung = false;
  while (!bell_.stopped()) {
    PassResult pass;
    bool held_up;
    {
      base::MutexLock lock(pass_mutex_);
      pass = Pass(/*whole=*/false);
      held_up = room_.pending() != 0 || store_.retired.waiting() != 0 || reaper_.trees() != 0 ||
                queue_.size() != 0;
      if (!pass.more && !pass.progress) TellFreed(kFreedBeforeRest);
    }
    if (tuning_.after_pass) tuning_.after_pass();
    if (pass.more) {
      // Others may want the pass mutex.
      std::this_thread::yield();
      continue;
    }
    if (pass.progress) fruitless = kNapMin;
    if (pass.much) nap = kNapMin;
    if (pass.progress || held_up) {
      if (tuning_.before_nap) tuning_.before_nap(nap);
      bell_.Nap(nap);
      nap = std::min(2 * nap, kNapMax);
    } else if (std::exchange(rung, false)) {
      // Who rings during the nap is not heard: another pass sees what has ended.
      nap = kNapMin;
      bell_.Nap(fruitless);
      fruitless = std::min(2 * fruitless, kFruitlessNapMax);
    } else {
      nap = kNapMin;
      const std::optional<nanoseconds> limit = SleepLimit();
      rung = bell_.Sleep(limit, [this, until_rung = !limit] {
        const bool has_work = HasWork(until_rung);
        if (!has_work && until_rung && tuning_.before_sleep) tuning_.before_sleep();
        return has_work;
      });
    }
  }
}

bool Vacuum::HasWork(bool sleeps_until_rung) const {
  return queue_.size() != 0 || generations_.any_arrived() || room_.pending() != 0 ||
         room_.ready() != 0 || store_.retired.waiting() > kRetiredRing ||
         (sleeps_until_rung &&
          (expiries_.size() != 0 || room_.parked() != 0 || room_.retained() != 0));
}

std::optional<nanoseconds> Vacuum::SleepLimit() const {
  std::optional<nanoseconds> limit;
  const auto at_most = [&limit](nanoseconds bound) {
    limit = limit ? std::min(*limit, bound) : bound;
  };
  if (expiries_.size() != 0) {
    // Not only until the next one is due: the time need not pass as the system's clock does.
    const mvcc::ExpiryMs earliest = expiries_.Earliest();
    const mvcc::ExpiryMs now = store_.time.Last();
    // Compared first: a time of the distant past must not be subtracted from.
    const int64_t until_due =
        earliest <= now ? 1 : std::min<int64_t>(earliest - now, kLookUpEvery / milliseconds(1));
    at_most(milliseconds(until_due));
  }
  if (room_.retained() != 0) {
    const int64_t sample_ns = absl::ToInt64Nanoseconds(store_.options.history_retention) / 64;
    at_most(std::clamp<nanoseconds>(nanoseconds(sample_ns), kNapMin, milliseconds(1000)));
  }
  // A ring by an ending snapshot may be missed, and a snapshot may grow too old.
  if (room_.parked() != 0 || generations_.size() != 0) at_most(kLookUpEvery);
  return limit;
}

}  // namespace nacre::vacuum
