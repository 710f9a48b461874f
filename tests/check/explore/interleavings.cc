#include "tests/check/explore/interleavings.h"

#include <algorithm>

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

bool WritesOnly(const Operation& operation) {
  return operation.kind == OperationKind::kSet || operation.kind == OperationKind::kDelete;
}

// Depth-first over the orders. An order is the first of its class exactly if no step can be moved
// to the left over steps of later sessions that it commutes with (the lexicographic normal form of
// a trace).
class Walk {
 public:
  Walk(const Schedule& schedule, Reduction reduction,
       absl::FunctionRef<bool(const std::vector<size_t>&)> visit)
      : schedule_(schedule), reduction_(reduction), visit_(visit) {
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
      ++next_[session];
      order_.push_back(step);
      const bool more = Extend();
      order_.pop_back();
      --next_[session];
      if (!more) return false;
    }
    return true;
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
  const absl::FunctionRef<bool(const std::vector<size_t>&)> visit_;
  std::vector<std::vector<size_t>> sessions_;  // The steps of each.
  std::vector<size_t> session_of_;             // By step.
  std::vector<size_t> next_;
  std::vector<size_t> order_;
  uint64_t visited_ = 0;
};

}  // namespace

uint64_t CountInterleavings(const Schedule& schedule) {
  // A multinomial, one session after the other: the ways to choose its places.
  uint64_t total = 1;
  uint64_t placed = 0;
  for (const std::string& session : schedule.Sessions()) {
    const auto own = static_cast<uint64_t>(
        std::count_if(schedule.steps.begin(), schedule.steps.end(),
                      [&](const Step& step) { return step.session == session; }));
    for (uint64_t i = 1; i <= own; ++i) total = total * (placed + i) / i;
    placed += own;
  }
  return total;
}

bool Commute(const Operation& a, const Operation& b) {
  if (BeginsOrReads(a) && BeginsOrReads(b)) return true;
  return (a.kind == OperationKind::kBegin && WritesOnly(b)) ||
         (b.kind == OperationKind::kBegin && WritesOnly(a));
}

uint64_t ForEachInterleaving(const Schedule& schedule, Reduction reduction,
                             absl::FunctionRef<bool(const std::vector<size_t>&)> visit) {
  return Walk(schedule, reduction, visit)();
}

}  // namespace nacre::check::explore
