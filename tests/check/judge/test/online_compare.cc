#include "tests/check/judge/test/online_compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "absl/time/time.h"
#include "tests/check/judge/test/history_text.h"
#include "tests/check/judge/test/loose_store.h"

namespace nacre::check {

uint32_t FirstSeed() {
  const char* text = std::getenv("NACRE_SEED");
  return text == nullptr ? 1 : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

OnlineRun JudgeOnline(const History& history, Level level, const OnlineOptions& options) {
  std::vector<uint64_t> oldest(history.size() + size_t{1}, kNever);
  for (TxnId t = history.size(); t-- > 0;) {
    oldest[t] = std::min(oldest[t + 1], history.invoked(t));
  }
  OnlineJudge judge(level, options);
  OnlineRun run;
  for (TxnId t = 0; t < history.size() && judge.Add(history, t, oldest[t + 1]); ++t) {
    run.kept = std::max(run.kept, judge.kept());
  }
  run.verdict = judge.Finish();
  run.added = judge.transactions();
  run.beyond = judge.beyond_horizon();
  return run;
}

namespace {

// Some histories have no short proof of either verdict. Time is counted in looks at the clock, so
// that it ends for the same ones everywhere.
JudgeOptions Bounded(JudgeOptions options) {
  options.time_limit = absl::Seconds(2'000);
  options.clock = [looks = std::make_shared<int64_t>(0)] {
    return absl::UnixEpoch() + absl::Seconds(++*looks);
  };
  return options;
}

// The first lines.
std::string Beginning(const std::string& text, uint64_t lines) {
  size_t end = 0;
  while (lines-- > 0) end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

void Compare(const std::string& text, Level level, const OnlineOptions& options,
             OnlineTally& tally) {
  const History history = Parsed(text);
  const OnlineRun online = JudgeOnline(history, level, options);
  Verdict whole = Judge(history, level, options.judge);
  if (whole.ruling != Ruling::kViolated && online.verdict.ruling == Ruling::kViolated) {
    // Without real time the judge of the whole lets a transaction see what was written after it had
    // returned. Judging while the history grows cannot wait for that.
    whole = Judge(Parsed(Beginning(text, online.added)), level, options.judge);
  }
  const auto story = [&] {
    return std::string(ToString(level)) + ", horizon " + std::to_string(options.horizon) +
           ", step " + std::to_string(options.step) +
           (options.judge.ignore_timestamps ? ", by values\n" : "\n") + text +
           "whole: " + whole.ToString() + "\nonline: " + online.verdict.ToString();
  };
  tally.dropped += online.kept + 2 < history.size() ? 1 : 0;
  if (whole.ruling == Ruling::kUnknown) {
    ++tally.open;
    return;
  }
  if (online.verdict.ruling == Ruling::kUnknown) {
    ++tally.unknown;
    EXPECT_FALSE(online.verdict.reason.empty()) << story();
    return;
  }
  ++(online.verdict.ruling == Ruling::kHolds ? tally.holds : tally.violated);
  EXPECT_EQ(online.verdict.ruling, whole.ruling) << story();
}

}  // namespace

OnlineTally CompareOnline(StoreRules::Data data, uint32_t first_seed, int rounds) {
  OnlineTally tally;
  for (uint32_t seed = first_seed; seed < first_seed + static_cast<uint32_t>(rounds); ++seed) {
    std::mt19937 random(seed);
    StoreRules rules = {.data = data};
    rules.fresh = random() % 2 == 0;
    rules.first_committer = random() % 3 != 0;
    rules.validate = random() % 2 == 0;
    if (random() % 4 == 0) rules.reads = StoreRules::Reads::kCommitted;
    rules.steps = 20 + static_cast<int>(random() % 200);
    const std::string text = ToText(RunStore(rules, seed));
    OnlineOptions options;
    options.horizon = random() % 20;
    options.step = 1 + random() % 8;
    options.filter_bytes = 1 << 14;
    options.judge.ignore_timestamps = random() % 2 == 0;
    for (const Level level : kLevels) Compare(text, level, options, tally);
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "NACRE_SEED=" << seed;
      break;
    }
  }
  return tally;
}

OnlineTally CompareOnlineLoose(uint32_t first_seed, int rounds) {
  OnlineTally tally;
  for (uint32_t seed = first_seed; seed < first_seed + static_cast<uint32_t>(rounds); ++seed) {
    const std::string text = LooseStore(seed).History();
    std::mt19937 random(seed);
    OnlineOptions options = {.horizon = static_cast<uint32_t>(random() % 5),
                             .step = static_cast<uint32_t>(1 + random() % 3),
                             .filter_bytes = 1 << 14};
    options.judge = Bounded(options.judge);
    if (random() % 4 == 0) options.undecided_max = 1;
    for (const Level level : kLevels) Compare(text, level, options, tally);
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "NACRE_SEED=" << seed;
      break;
    }
  }
  return tally;
}

Verdict Online(const std::string& text, Level level, const OnlineOptions& options) {
  return JudgeOnline(Parsed(text), level, options).verdict;
}

}  // namespace nacre::check
