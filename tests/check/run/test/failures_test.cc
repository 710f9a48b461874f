// Stores that fail: what they answered may be right, and yet "holds" would say too much.

#include <algorithm>
#include <atomic>
#include <latch>
#include <string>

#include "gtest/gtest.h"
#include "tests/check/run/test/failing_target.h"
#include "tests/check/run/test/run_for_test.h"

namespace nacre::check::run {
namespace {

OneTarget SourceOf(Failure& failure) {
  return OneTarget([&failure] { return std::make_unique<FailingTarget>(failure); });
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(FailingStore, ThatDiesShortlyBeforeTheEndOfTheRunIsNotCalledRight) {
  Failure failure;
  OneTarget source = SourceOf(failure);
  RunOptions options = OptionsForTest(0);
  StopEvent ended;
  options.interrupt = &ended;
  // The run is over long before a session loses patience.
  options.progress = [&](const Progress&) {
    if (failure.is_dead) ended.Set();
    if (failure.commits > 100) failure.is_dead = true;
  };
  const Judged judged = RunAndJudge(source, "list-append", options);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kUnknown) << judged.verdict.ToString();
  EXPECT_TRUE(Contains(judged.verdict.reason, "lost during the run")) << judged.verdict.reason;
  EXPECT_TRUE(Contains(judged.verdict.reason, "nobody listens")) << judged.verdict.reason;
}

TEST(FailingStore, ThatRefusesAllWritesIsNotCalledRightAndItsReasonIsTold) {
  Failure failure;
  failure.refuses_writes = true;
  OneTarget source = SourceOf(failure);
  const Judged judged = RunAndJudge(source, "list-append", OptionsForTest(1000));
  EXPECT_GT(judged.result.tally.committed, 100u);  // Reads.
  EXPECT_GT(judged.result.tally.refused, 100u);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kUnknown) << judged.verdict.ToString();
  EXPECT_TRUE(Contains(judged.verdict.reason, "only 0 wrote something"));
  EXPECT_TRUE(Contains(judged.verdict.reason, "a failing store said: the store is full"))
      << judged.verdict.reason;
}

TEST(FailingStore, ThatRefusesWhatTheWorkloadBeginsWithIsNamed) {
  Failure failure;
  failure.refuses_writes = true;
  OneTarget source = SourceOf(failure);
  const absl::Status status = run::Run(source, WorkloadNamed("bank"), OptionsForTest(10)).status();
  EXPECT_EQ(status.message(), "a failing store refused what a run begins with: the store is full");
}

TEST(Run, IsInterruptedAlsoWhileTheWorkloadSetsUp) {
  Failure failure;
  OneTarget source = SourceOf(failure);
  RunOptions options = OptionsForTest(10);
  options.workload.keys = 100'000;  // Hundreds of transactions.
  StopEvent interrupt;
  options.interrupt = &interrupt;
  failure.committed = [&] {
    if (failure.commits == 3) interrupt.Set();
  };
  const absl::Status status = run::Run(source, WorkloadNamed("bank"), options).status();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_EQ(failure.commits, 3u);
  EXPECT_TRUE(std::includes(failure.removed.begin(), failure.removed.end(), failure.written.begin(),
                            failure.written.end()));
}

TEST(Run, DoesNotWaitForPausesWhenItEnds) {
  Failure failure;
  OneTarget source = SourceOf(failure);
  RunOptions options = OptionsForTest(0);
  options.disturbance.pause_share = 1;
  options.disturbance.pause_max = absl::InfiniteDuration();
  StopEvent interrupt;
  options.interrupt = &interrupt;
  options.progress = [&](const Progress&) { interrupt.Set(); };
  EXPECT_TRUE(run::Run(source, WorkloadNamed("list-append"), options).ok());
}

// Reads without end, in one transaction.
class Endless final : public Workload {
 public:
  absl::Status Run(Random&, RecordedTransaction& txn) const override {
    absl::Status status = txn.Begin();
    while (status.ok()) status = txn.Read("k").status();
    return status;
  }
};

TEST(Run, DoesNotWaitForTransactionsWithoutEndWhenItIsInterrupted) {
  Failure failure;
  OneTarget source = SourceOf(failure);
  RunOptions options = OptionsForTest(0);
  StopEvent interrupt;
  options.interrupt = &interrupt;
  options.progress = [&](const Progress&) { interrupt.Set(); };
  const WorkloadKind endless = {"endless", "",
                                [](const WorkloadOptions&) -> std::unique_ptr<Workload> {
                                  return std::make_unique<Endless>();
                                }};
  const absl::StatusOr<RunResult> result = run::Run(source, endless, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->tally.rolled_back, options.sessions);
  EXPECT_EQ(result->tally.all(), options.sessions);
}

TEST(Run, InWhichNobodyWritesSaysNothing) {
  Failure failure;
  OneTarget source = SourceOf(failure);
  RunOptions options = OptionsForTest(400);
  options.workload.read_share = 1;
  const Judged judged = RunAndJudge(source, "list-append", options);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kUnknown) << judged.verdict.ToString();
}

TEST(Run, InWhichNobodyReadsWhatOthersWroteSaysNothing) {
  Failure failure;
  OneTarget source = SourceOf(failure);
  RunOptions options = OptionsForTest(400);
  options.workload.read_share = 0;
  Judged judged = RunAndJudge(source, "register", options);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kUnknown) << judged.verdict.ToString();
  EXPECT_TRUE(Contains(judged.verdict.reason, "only 0 read what another had written"))
      << judged.verdict.reason;
  // A handful of transactions have seen nothing of each other either.
  options = OptionsForTest(4);
  judged = RunAndJudge(source, "list-append", options);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kUnknown) << judged.verdict.ToString();
}

TEST(OperationLog, KnowsWhetherAnythingOfOthersWasRead) {
  OperationLog log;
  log.Read("x", std::nullopt);
  log.ReadList("list", {});
  log.Scan({.start = "a", .end = "m"}, {});
  log.Append("list", "1");
  log.ReadList("list", std::vector<std::string>{"1"});
  EXPECT_FALSE(log.has_read_others());
  log.Scan({.start = "a", .end = "z"}, std::vector<Row>{{"list", "1"}, {"x", "2"}});
  EXPECT_TRUE(log.has_read_others());
  log.Clear();
  EXPECT_FALSE(log.has_read_others());
  log.Read("x", "2");
  EXPECT_TRUE(log.has_read_others());
}

TEST(Run, WithFewRefusalsHoldsAndTellsOfThem) {
  Failure failure;
  OneTarget source = SourceOf(failure);
  Judged judged = RunAndJudge(source, "list-append", OptionsForTest(400));
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
  EXPECT_EQ(judged.result.tally.refused, 0u);
  judged.result.tally.refused = 1;
  judged.result.lives[0].refusal = "full";
  const Verdict verdict = JudgeRun(judged.result, {}).verdict;
  EXPECT_EQ(verdict.ruling, Ruling::kHolds) << verdict.ToString();
  ASSERT_FALSE(verdict.notes.empty());
  EXPECT_TRUE(Contains(verdict.notes.back(), "a failing store said: full"));
}

TEST(Run, LeavesNothingBehindAlsoWhenItKeepsNoHistory) {
  for (const bool online : {false, true}) {
    Failure failure;
    OneTarget source = SourceOf(failure);
    RunOptions options = OptionsForTest(1000);
    if (online) options.online = OnlineOptions{.horizon = 100};
    RunAndJudge(source, "list-append", options);
    EXPECT_GT(failure.written.size(), 10u);
    EXPECT_TRUE(std::includes(failure.removed.begin(), failure.removed.end(),
                              failure.written.begin(), failure.written.end()))
        << online;
  }
}

// BOUNDED-KEYS: what is left for the end is what the last stretches wrote, of 75.
TEST(Run, RemovesKeysThatNobodyComesBackToWhileItGoesOn) {
  for (const char* workload : {"list-append", "register", "rmw", "long-fork", "range"}) {
    Failure failure;
    OneTarget source = SourceOf(failure);
    RunOptions options = OptionsForTest(4 * 75 * kTransactionsPerStretch);
    options.online = OnlineOptions{.horizon = 2000};
    const Judged judged = RunAndJudge(source, workload, options);
    EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
    EXPECT_TRUE(std::includes(failure.removed.begin(), failure.removed.end(),
                              failure.written.begin(), failure.written.end()))
        << workload;
    EXPECT_LT(failure.removed_last, failure.written.size() / 2) << workload;
  }
}

// A source whose targets can be killed, but not before there is something to judge.
class MortalSource final : public TargetSource {
 public:
  MortalSource() {
    failure_.committed = [this] {
      if (++commits_ == kCommitsToJudge) enough_.count_down();
    };
  }

  absl::StatusOr<std::unique_ptr<Target>> Open(const StopEvent&) override {
    failure_.is_dead = false;
    ++lives;
    return std::make_unique<FailingTarget>(failure_);
  }
  void Kill() override {
    enough_.wait();
    failure_.is_dead = true;
    killed();
  }
  bool has_lives() const override { return true; }

  size_t lives = 0;
  std::function<void()> killed = [] {};

 private:
  static constexpr uint64_t kCommitsToJudge = 200;
  Failure failure_;
  std::atomic<uint64_t> commits_ = 0;
  std::latch enough_{1};
};

TEST(Run, ThatIsOverWhenTheTargetIsKilledBeginsNoFurtherLife) {
  MortalSource source;
  RunOptions options = OptionsForTest(0);
  StopEvent ended;
  options.interrupt = &ended;
  options.restart_interval = absl::Nanoseconds(1);
  source.killed = [&] { ended.Set(); };
  const Judged judged = RunAndJudge(source, "list-append", options);
  EXPECT_EQ(source.lives, 1u);
  EXPECT_EQ(judged.result.lives.size(), 1u);
  EXPECT_EQ(judged.verdict.ruling, Ruling::kHolds) << judged.verdict.ToString();
}

TEST(Run, IsNotCalledShortBecauseOneOfItsLivesWas) {
  Failure failure;
  OneTarget source = SourceOf(failure);
  Judged judged = RunAndJudge(source, "list-append", OptionsForTest(400));
  judged.result.lives.emplace_back();  // Nothing was done in it.
  const RunVerdict judgment = JudgeRun(judged.result, {});
  EXPECT_EQ(judgment.verdict.ruling, Ruling::kHolds) << judgment.verdict.ToString();
  EXPECT_EQ(judgment.life, 0u);
}

}  // namespace
}  // namespace nacre::check::run
