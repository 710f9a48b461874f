#include "client/policy/retry_budget.h"

#include <algorithm>

namespace nacre::client {
namespace {

double TrickleMax(double per_second) { return per_second > 0 ? std::max(1.0, per_second) : 0; }

}  // namespace

RetryBudget::RetryBudget(const RetryBudgetOptions& options, TimePoint now)
    : share_(options.share > 0 ? options.share : 0),
      per_second_min_(options.per_second_min > 0 ? options.per_second_min : 0),
      slot_length_(std::max<Nanoseconds>(ToNanoseconds(options.window) / kSlots,
                                         std::chrono::microseconds(1))),
      slot_end_(After(now, slot_length_)),
      trickle_(TrickleMax(per_second_min_)),
      trickled_(now) {}

bool RetryBudget::TrySpend(TimePoint now) {
  if (now >= slot_end_) Advance(now);
  if (static_cast<double>(spent_ + 1) <= share_ * static_cast<double>(requests_)) {
    ++slots_[slot_].spent;
    ++spent_;
    return true;
  }
  Trickle(now);
  if (trickle_ < 1) return false;
  trickle_ -= 1;
  return true;
}

void RetryBudget::Advance(TimePoint now) {
  const auto passed = static_cast<uint64_t>((now - slot_end_) / slot_length_) + 1;
  for (uint64_t i = std::min<uint64_t>(passed, kSlots); i > 0; --i) {
    slot_ = (slot_ + 1) % kSlots;
    requests_ -= slots_[slot_].requests;
    spent_ -= slots_[slot_].spent;
    slots_[slot_] = Slot();
  }
  slot_end_ = After(slot_end_, slot_length_ * static_cast<int64_t>(passed));
}

void RetryBudget::Trickle(TimePoint now) {
  if (now <= trickled_) return;
  const double seconds = std::chrono::duration<double>(now - trickled_).count();
  trickle_ = std::min(TrickleMax(per_second_min_), trickle_ + seconds * per_second_min_);
  trickled_ = now;
}

}  // namespace nacre::client
