#include "server/stats/command_stats.h"

namespace nacre::server {

namespace {
// Kinds that are told apart; those that come later are counted together.
constexpr size_t kErrorCodesMax = 128;
constexpr std::string_view kOtherErrors = "OTHER";
}  // namespace

void CommandCounters::AddTo(std::vector<CommandTotals>& totals) const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  for (size_t i = 0; i < totals.size(); ++i) {
    totals[i].calls += counters_[i].calls.load(kRelaxed);
    totals[i].nanos += counters_[i].nanos.load(kRelaxed);
    totals[i].rejected += counters_[i].rejected.load(kRelaxed);
    totals[i].failed += counters_[i].failed.load(kRelaxed);
  }
}

void ErrorStats::Count(std::string_view code) {
  MutexLock lock(mutex_);
  auto found = counts_.find(code);
  if (found == counts_.end()) {
    if (counts_.size() >= kErrorCodesMax) code = kOtherErrors;
    found = counts_.try_emplace(std::string(code), 0).first;
  }
  ++found->second;
}

std::map<std::string, uint64_t> ErrorStats::counts() const {
  MutexLock lock(mutex_);
  return {counts_.begin(), counts_.end()};
}

void ErrorStats::Reset() {
  MutexLock lock(mutex_);
  counts_.clear();
}

}  // namespace nacre::server
