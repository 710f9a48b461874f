#ifndef NACRE_TESTS_CHECK_JUDGE_NEWEST_BEFORE_H_
#define NACRE_TESTS_CHECK_JUDGE_NEWEST_BEFORE_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "nacre/check/history.h"
#include "nacre/check/level.h"

namespace nacre::check::judge {

// Visits (before, t, order) where the committed transaction `before` was over before `t` was begun,
// as far as the level knows: of all such of one order that of which `place` is the greatest. `t`
// has committed or is indeterminate.
template <typename Place, typename Visit>
void ForEachNewestBefore(const History& history, Level level, const Place& place,
                         const Visit& visit) {
  const auto take = [&](TxnId& newest, TxnId t) {
    if (newest == kNone || place(t) > place(newest)) newest = t;
  };
  if (Knows(level, Order::kSession)) {
    std::vector<TxnId> newest(history.sessions().size(), kNone);
    for (TxnId t = 0; t < history.size(); ++t) {
      if (history.outcome(t) == Outcome::kAborted || history.session(t) == kNone) continue;
      TxnId& before = newest[history.session(t)];
      if (before != kNone) visit(before, t, Order::kSession);
      if (history.committed(t)) take(before, t);
    }
  }
  if (!Knows(level, Order::kRealTime)) return;
  std::vector<std::pair<uint64_t, TxnId>> invocations;
  std::vector<std::pair<uint64_t, TxnId>> completions;
  for (TxnId t = 0; t < history.size(); ++t) {
    if (history.outcome(t) == Outcome::kAborted) continue;
    if (history.invoked(t) != kAlways) invocations.emplace_back(history.invoked(t), t);
    if (history.committed(t) && history.completed(t) != kNever) {
      completions.emplace_back(history.completed(t), t);
    }
  }
  std::sort(invocations.begin(), invocations.end());
  std::sort(completions.begin(), completions.end());
  TxnId newest = kNone;
  auto completion = completions.begin();
  for (const auto& [invoked, t] : invocations) {
    for (; completion != completions.end() && completion->first < invoked; ++completion) {
      take(newest, completion->second);
    }
    if (newest != kNone) visit(newest, t, Order::kRealTime);
  }
}

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_NEWEST_BEFORE_H_
