#include "bench/check/online.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/check/measure.h"
#include "nacre/check/level.h"
#include "nacre/check/online.h"

namespace nacre::bench {
namespace {

using check::History;
using check::TxnId;

// Looking at the memory costs too much to do it for each transaction.
constexpr size_t kTransactionsALook = 1'000;

std::vector<TxnId> AsTheyFinished(const History& history) {
  std::vector<TxnId> order(history.size());
  std::iota(order.begin(), order.end(), TxnId{0});
  std::stable_sort(order.begin(), order.end(), [&history](TxnId a, TxnId b) {
    return history.completed(a) < history.completed(b);
  });
  return order;
}

// Of each place in `order`: when the first of those behind it was invoked.
std::vector<uint64_t> OldestOpen(const History& history, const std::vector<TxnId>& order) {
  std::vector<uint64_t> oldest(order.size(), check::kNever);
  for (size_t i = order.size(); i-- > 1;) {
    oldest[i - 1] = std::min(oldest[i], history.invoked(order[i]));
  }
  return oldest;
}

}  // namespace

void JudgeOnline(const History& history, bool timestamps, uint32_t horizon, double limit_seconds) {
  const std::vector<TxnId> order = AsTheyFinished(history);
  const std::vector<uint64_t> oldest_open = OldestOpen(history, order);
  for (const check::Level level : check::kLevels) {
    check::OnlineOptions options;
    options.judge.ignore_timestamps = !timestamps;
    options.judge.time_limit = absl::Seconds(limit_seconds);
    options.horizon = horizon;
    check::OnlineJudge judge(level, options);
    size_t bytes_max = 0;
    const Stopwatch watch;
    for (size_t i = 0; i < order.size() && judge.Add(history, order[i], oldest_open[i]); ++i) {
      if (i % kTransactionsALook == 0) bytes_max = std::max(bytes_max, judge.memory_bytes());
    }
    const check::Verdict& verdict = judge.Finish();
    Report("online, " + std::string(ToString(level)), history.size(), watch,
           ToString(verdict.ruling));
    if (verdict.ruling == check::Ruling::kUnknown) std::printf("  %s\n", verdict.reason.c_str());
    std::printf("%46.1f MiB held by the judge at most\n",
                static_cast<double>(bytes_max) / (1 << 20));
  }
}

}  // namespace nacre::bench
