#ifndef NACRE_CLIENT_POLICY_RETRY_BUDGET_H_
#define NACRE_CLIENT_POLICY_RETRY_BUDGET_H_

// Pays for reruns, so that they stay a share of the load however much fails: a server that refuses
// everything sees 1 + share times the requests, not attempts_max times.
//
// Two purses. What requests fill: within any window, reruns paid from it are at most `share` of the
// requests of that window. And a trickle of `per_second_min`, which holds at most one second's
// worth (at least one rerun), so that a quiet client may rerun too. The first is spent first.
//
// The window slides in sixteenths: a request fills it for at least 15/16 of the window and at most
// all of it. A request costs an addition, or once in a sixteenth the forgetting of what has left
// the window; nothing is allocated.
//
// Thread rule: one thread at a time. Time points must not go back; those that do count as the last.

#include <array>
#include <cstddef>
#include <cstdint>

#include "client/policy/time.h"
#include "nacre/client/options.h"

namespace nacre::client {

class RetryBudget {
 public:
  // A share that is not positive fills nothing; nor does a per_second_min that is not.
  RetryBudget(const RetryBudgetOptions& options, TimePoint now);

  void OnRequests(TimePoint now, uint64_t requests) {
    if (now >= slot_end_) Advance(now);
    slots_[slot_].requests += requests;
    requests_ += requests;
  }

  // Pays for one rerun; false if there is not enough.
  bool TrySpend(TimePoint now);

 private:
  static constexpr size_t kSlots = 16;
  struct Slot {
    uint64_t requests = 0;
    uint64_t spent = 0;
  };

  void Advance(TimePoint now);
  void Trickle(TimePoint now);

  const double share_;
  const double per_second_min_;
  const Nanoseconds slot_length_;

  std::array<Slot, kSlots> slots_{};
  size_t slot_ = 0;
  TimePoint slot_end_;
  uint64_t requests_ = 0;  // Of all slots.
  uint64_t spent_ = 0;     // Of all slots, from what requests have filled.

  double trickle_;  // Reruns that it can pay.
  TimePoint trickled_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_POLICY_RETRY_BUDGET_H_
