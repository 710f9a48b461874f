#include "tests/check/explore/interleavings.h"

#include <algorithm>
#include <climits>

namespace nacre::check::explore {
namespace {

bool BeginsOrReads(const Operation& operation) {
  switch (operation.kind) {
    case OperationKind::kBegin:
    case OperationKind::kGet:
    case OperationKind::kExists:
    case OperationKind::kScan:
    case OperationKind::kCount: return true;
    default: return false;
  }
}

// Depth-first over the orders. An order is the first of its class exactly if no step can be moved
// to the left over steps of later sessions that it commutes with (the lexicographic normal form of
// a trace).
class Walk {
 public:
  Walk(const Schedule& schedule, Reduction reduction, int preemptions_max,
       absl::FunctionRef<bool(const std::vector<size_t>&)> visit)
      : schedule_(schedule),
        reduction_(reduction),
        preemptions_max_(preemptions_max),
        visit_(visit) {
    const std::vector<std::string> names = schedule.Sessions();
    sessions_.resize(names.size());
    for (size_t i = 0; i < schedule.steps.size(); ++i) {
      const size_t session = static_cast<size_t>(
          std::find(names.begin(), names.end(), schedule.steps[i].session) - names.begin());
      sessions_[session].push_back(i);
      session_of_.push_back(session);
    }
    next_.resize(names.size(), 0);
  }

  uint64_t operator()() {
    Extend();
    return visited_;
  }

 private:
  bool Extend() {
    if (order_.size() == schedule_.steps.size()) {
      ++visited_;
      return visit_(order_);
    }
    for (size_t session = 0; session < sessions_.size(); ++session) {
      if (next_[session] == sessions_[session].size()) continue;
      const size_t step = sessions_[session][next_[session]];
      if (reduction_ == Reduction::kCommuting && !IsFirst(step)) continue;
      const int preemption = Preempts(session) ? 1 : 0;
      if (preemptions_ + preemption > preemptions_max_) continue;
      ++next_[session];
      preemptions_ += preemption;
      order_.push_back(step);
      const bool more = Extend();
      order_.pop_back();
      preemptions_ -= preemption;
      --next_[session];
      if (!more) return false;
    }
    return true;
  }

  // Whether going on with `session` leaves one that is not done.
  bool Preempts(size_t session) const {
    if (order_.empty()) return false;
    const size_t before = session_of_[order_.back()];
    return before != session && next_[before] < sessions_[before].size();
  }

  bool IsFirst(size_t step) const {
    for (auto before = order_.rbegin(); before != order_.rend(); ++before) {
      if (session_of_[*before] == session_of_[step]) return true;
      if (!Commute(schedule_.steps[*before].operation, schedule_.steps[step].operation))
        return true;
      if (session_of_[*before] > session_of_[step]) return false;
    }
    return true;
  }

  const Schedule& schedule_;
  const Reduction reduction_;
  const int preemptions_max_;
  const absl::FunctionRef<bool(const std::vector<size_t>&)> visit_;
  std::vector<std::vector<size_t>> sessions_;  // The steps of each.
  std::vector<size_t> session_of_;             // By step.
  std::vector<size_t> next_;
  std::vector<size_t> order_;
  int preemptions_ = 0;
  uint64_t visited_ = 0;
};

}  // namespace

std::optional<uint64_t> CountInterleavings(const Schedule& schedule) {
  // A multinomial, one session after the other: the ways to choose its places.
  uint64_t total = 1;
  uint64_t placed = 0;
  for (const std::string& session : schedule.Sessions()) {
    const auto own = static_cast<uint64_t>(
        std::count_if(schedule.steps.begin(), schedule.steps.end(),
                      [&](const Step& step) { return step.session == session; }));
    for (uint64_t i = 1; i <= own; ++i) {
      if (total > UINT64_MAX / (placed + i)) return std::nullopt;
      total = total * (placed + i) / i;
      if (total > kInterleavingsMax) return std::nullopt;
    }
    placed += own;
  }
  return total;
}

bool Commute(const Operation& a, const Operation& b) {
  return BeginsOrReads(a) && BeginsOrReads(b);
}

uint64_t ForEachInterleaving(const Schedule& schedule, Reduction reduction,
                             absl::FunctionRef<bool(const std::vector<size_t>&)> visit) {
  return Walk(schedule, reduction, INT_MAX, visit)();
}

uint64_t ForEachInterleaving(const Schedule& schedule, int preemptions_max,
                             absl::FunctionRef<bool(const std::vector<size_t>&)> visit) {
  return Walk(schedule, Reduction::kNone, preemptions_max, visit)();
}

int CountPreemptions(const Schedule& schedule, const std::vector<size_t>& order) {
  int preemptions = 0;
  for (size_t i = 1; i < order.size(); ++i) {
    const std::string& before = schedule.steps[order[i - 1]].session;
    if (schedule.steps[order[i]].session == before) continue;
    preemptions += std::any_of(order.begin() + static_cast<ptrdiff_t>(i), order.end(),
                               [&](size_t step) { return schedule.steps[step].session == before; })
                       ? 1
                       : 0;
  }
  return preemptions;
}

}  // namespace nacre::check::explore
