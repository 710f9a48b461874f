#include "tests/check/explore/explorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace nacre::check::explore {
namespace {

using ::testing::HasSubstr;

// Participants that write down the order of their pieces.
class OrderProgram : public Program {
 public:
  OrderProgram(std::vector<int> pieces, std::set<std::string>* seen)
      : pieces_(std::move(pieces)), seen_(seen) {}

  std::vector<Participant> Participants() override {
    std::vector<Participant> participants;
    for (size_t i = 0; i < pieces_.size(); ++i) {
      const char letter = static_cast<char>('a' + i);
      participants.push_back({std::string(1, letter), [this, letter, count = pieces_[i]] {
                                for (int piece = 0; piece < count; ++piece) {
                                  order_ += letter;
                                  if (piece + 1 < count) Yield("piece");
                                }
                              }});
    }
    return participants;
  }
  absl::Status Check() override {
    if (!seen_->insert(order_).second) return absl::InternalError(order_ + " ran twice");
    return absl::OkStatus();
  }

 private:
  const std::vector<int> pieces_;
  std::set<std::string>* seen_;
  std::string order_;
};

size_t CountOrders(const std::vector<int>& pieces, const ExploreOptions& options = {}) {
  std::set<std::string> seen;
  const ExploreResult result =
      Explore([&] { return std::make_unique<OrderProgram>(pieces, &seen); }, options);
  EXPECT_TRUE(result.failure.ok()) << result.ToString();
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.runs, seen.size());
  return seen.size();
}

TEST(Explorer, RunsEveryInterleavingOnce) {
  EXPECT_EQ(CountOrders({1}), 1u);
  EXPECT_EQ(CountOrders({1, 1}), 2u);
  EXPECT_EQ(CountOrders({3, 3}), 20u);         // 6! / (3! 3!)
  EXPECT_EQ(CountOrders({2, 2, 2}), 90u);      // 6! / (2! 2! 2!)
  EXPECT_EQ(CountOrders({5, 5}), 252u);        // 10! / (5! 5!)
  EXPECT_EQ(CountOrders({3, 2, 1, 1}), 420u);  // 7! / (3! 2!)
}

TEST(Explorer, KeepsToTheBoundOnPreemptions) {
  EXPECT_EQ(CountOrders({3, 3}, {.preemptions_max = 0}), 2u);
  // Besides those two, one preemption behind the first or second piece of either.
  EXPECT_EQ(CountOrders({3, 3}, {.preemptions_max = 1}), 6u);
  EXPECT_EQ(CountOrders({3, 3}, {.preemptions_max = 4}), 20u);
}

TEST(Explorer, SaysWhenTheLimitOfRunsWasHit) {
  std::set<std::string> seen;
  const ExploreResult result = Explore(
      [&] {
        return std::make_unique<OrderProgram>(std::vector<int>{5, 5}, &seen);
      },
      {.runs_max = 10});
  EXPECT_EQ(result.runs, 10u);
  EXPECT_FALSE(result.complete);
  EXPECT_THAT(result.ToString(), HasSubstr("10 interleavings, not all"));
}

// Two participants add 1 to a counter, reading and writing in two pieces, with or without a lock.
class CounterProgram : public Program {
 public:
  explicit CounterProgram(bool locked) : locked_(locked) {}

  std::vector<Participant> Participants() override {
    return {{"first", [this] { Add(); }}, {"second", [this] { Add(); }}};
  }
  absl::Status Check() override {
    if (counter_ != 2) return absl::InternalError("an addition was lost");
    return absl::OkStatus();
  }

 private:
  void Add() {
    Yield("start");
    while (locked_ && held_) YieldBlocked("lock");
    held_ = true;
    const int read = counter_;
    Yield("read");
    counter_ = read + 1;
    Yield("written");
    held_ = false;
  }

  const bool locked_;
  bool held_ = false;
  int counter_ = 0;
};

TEST(Explorer, FindsALostUpdateAndPrintsTheRun) {
  const ExploreResult result =
      Explore([] { return std::make_unique<CounterProgram>(/*locked=*/false); });
  EXPECT_EQ(result.failure.message(), "an addition was lost");
  EXPECT_THAT(result.ToString(), HasSubstr("first runs to read\n  second runs to"));
}

TEST(Explorer, AHeldLockIsAStateAndNotADeadEnd) {
  const ExploreResult result =
      Explore([] { return std::make_unique<CounterProgram>(/*locked=*/true); });
  EXPECT_TRUE(result.failure.ok()) << result.ToString();
  EXPECT_TRUE(result.complete);
  EXPECT_GT(result.runs, 10u);
}

// Each takes one lock and then wants the other's.
class DeadlockProgram : public Program {
 public:
  std::vector<Participant> Participants() override {
    return {{"first", [this] { TakeBoth(a_, b_); }}, {"second", [this] { TakeBoth(b_, a_); }}};
  }
  absl::Status Check() override { return absl::OkStatus(); }

 private:
  static void TakeBoth(bool& one, bool& other) {
    while (one) YieldBlocked("one");
    one = true;
    Yield("between");
    while (other) YieldBlocked("other");
    one = false;
  }
  bool a_ = false;
  bool b_ = false;
};

TEST(Explorer, ADeadlockIsToldAndCouldNotBeJudged) {
  const ExploreResult result = Explore([] { return std::make_unique<DeadlockProgram>(); });
  EXPECT_EQ(result.stuck, "all participants wait for each other");
  EXPECT_TRUE(result.failure.ok());
  EXPECT_FALSE(result.complete);
  EXPECT_NE(result.failing_run.find("first runs to between"), std::string::npos)
      << result.ToString();
  // It takes nothing away from what comes behind it.
  EXPECT_TRUE(Explore([] { return std::make_unique<CounterProgram>(/*locked=*/true); }).complete);
}

TEST(Explorer, YieldOutsideOfAnExplorationDoesNothing) {
  Yield("nowhere");
  YieldBlocked("nowhere");
}

}  // namespace
}  // namespace nacre::check::explore
