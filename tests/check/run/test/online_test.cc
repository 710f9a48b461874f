// A run that is judged while it goes on.

#include <condition_variable>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/check/run/embedded_target.h"
#include "tests/check/run/online_log.h"
#include "tests/check/run/test/run_for_test.h"

namespace nacre::check::run {
namespace {

RunOptions Online(uint64_t transactions) {
  RunOptions options = OptionsForTest(transactions);
  options.online = OnlineOptions{.horizon = 200};
  return options;
}

TEST(OnlineRun, OfTheLibraryHoldsAndKeepsNoHistory) {
  for (const WorkloadKind& kind : WorkloadKinds()) {
    OneTarget source([] { return OpenEmbeddedTarget(Isolation::kSerializable); });
    const Judged judged = RunAndJudge(source, kind.name, Online(3000));
    EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds)
        << kind.name << ": " << judged.verdict.ToString();
    EXPECT_EQ(judged.result.lives[0].history.size(), 0u) << kind.name;
    EXPECT_EQ(judged.result.tally.all(), 3000u) << kind.name;
  }
}

TEST(OnlineRun, WithPausesAndLostSessionsHolds) {
  OneTarget source([] { return OpenEmbeddedTarget(Isolation::kSerializable); });
  RunOptions options = Online(4000);
  options.disturbance.pause_share = 0.01;
  options.disturbance.pause_max = absl::Milliseconds(2);
  options.disturbance.drop_share = 0.05;
  const Judged judged = RunAndJudge(source, "list-append", options);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
}

// Snapshots are not serializable: the run asks for one and is judged by the other, and would go on
// for ever.
TEST(OnlineRun, EndsWithTheFirstViolation) {
  OneTarget source([] { return OpenEmbeddedTarget(Isolation::kSnapshot); });
  RunOptions options = Online(0);
  options.level = Level::kSerializable;
  const Judged judged = RunAndJudge(source, "list-append", options);
  ASSERT_EQ(judged.verdict.ruling, Ruling::kViolated) << judged.verdict.ToString();
  const History& evidence = judged.result.lives[0].history;
  ASSERT_GT(evidence.size(), 0u);
  for (const TxnId t : judged.verdict.violations[0].txns) EXPECT_LT(t, evidence.size());
}

FinishedTransaction Finished(uint32_t session, uint64_t invoked, uint64_t completed,
                             const OperationLog& operations) {
  FinishedTransaction txn;
  txn.session = txn.process = session;
  txn.invoked = invoked;
  txn.completed = completed;
  txn.operations = operations.bytes();
  return txn;
}

// OPEN-SINCE: a session that has not come yet may have something open since the beginning.
TEST(OnlineLog, WaitsForASessionUntilItHasLeft) {
  for (const bool leaves : {false, true}) {
    OnlineLog log(2, Level::kSerializable, {.horizon = 1, .step = 1});
    OperationLog operations;
    operations.ReadList("x", std::vector<std::string>{"1"});
    log.Take(Finished(0, 1, 2, operations));
    if (leaves) log.Leave(1);
    operations.Clear();
    for (uint64_t i = 0; i < 10; ++i) log.Take(Finished(0, 10 + i, 11 + i, operations));
    if (!leaves) {
      operations.Append("x", "1");
      log.Take(Finished(1, 1, 30, operations));
    }
    EXPECT_EQ(log.Finish().ruling, leaves ? Ruling::kViolated : Ruling::kHolds)
        << log.Finish().ToString();
  }
}

// BOUNDED-WAITING. A judge that does not go on is waited for, by one that has filled what waits for
// it; otherwise all would be taken in meanwhile.
TEST(OnlineLog, ASessionWaitsForAJudgeThatIsBehind) {
  std::mutex mutex;
  std::condition_variable changed;
  bool full = false;
  bool done = false;
  const auto set = [&](bool& flag) {
    const std::lock_guard lock(mutex);
    flag = true;
    changed.notify_all();
  };
  OnlineOptions options = {.horizon = 1, .step = 1};
  options.judge.time_limit = absl::Hours(1);
  options.judge.clock = [&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return full || done; });
    return absl::UnixEpoch();
  };
  OnlineLog log(1, Level::kSerializable, options, [&] { set(full); });
  OperationLog operations;
  for (uint64_t i = 0; i < 10'000 && !full; ++i)
    log.Take(Finished(0, 2 * i, 2 * i + 1, operations));
  EXPECT_TRUE(full);
  set(done);
  EXPECT_EQ(log.Finish().ruling, Ruling::kHolds) << log.Finish().ToString();
}

}  // namespace
}  // namespace nacre::check::run
