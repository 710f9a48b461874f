// Leader and followers: the driver of the blocking client, on a bare io_context.

#include "client/blocking/driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <random>
#include <semaphore>
#include <string_view>
#include <thread>
#include <vector>

namespace nacre::client::blocking {
namespace {

class DriverTest : public testing::Test {
 protected:
  // A thread in a call that lasts until Finish(), and has been started when this returns.
  class Guest {
   public:
    explicit Guest(DriverTest& test)
        : test_(test), thread_([this, &test] {
            test.driver_.Run(call_, [this] { started_.release(); });
            returned_ = true;
          }) {
      started_.acquire();
    }
    std::thread::id id() const { return thread_.get_id(); }
    bool has_returned() const { return returned_; }
    Driver::Call& call() { return call_; }
    void FinishAndJoin() {
      boost::asio::post(test_.context_, [this] { test_.driver_.Finish(call_); });
      thread_.join();
    }
    void Join() { thread_.join(); }

   private:
    DriverTest& test_;
    Driver::Call call_;
    std::binary_semaphore started_{0};
    std::atomic<bool> returned_ = false;
    std::thread thread_;
  };

  // Which thread runs the context now.
  std::thread::id Leader() {
    std::optional<std::thread::id> leader;
    std::binary_semaphore seen(0);
    boost::asio::post(context_, [&] {
      leader = std::this_thread::get_id();
      seen.release();
    });
    seen.acquire();
    return *leader;
  }

  boost::asio::io_context context_{1};
  Driver driver_{context_};
};

TEST_F(DriverTest, ACallThatIsDoneWhenItHasBeenStartedReturns) {
  Driver::Call call;
  int starts = 0;
  driver_.Run(call, [&] {
    ++starts;
    driver_.Finish(call);
  });
  EXPECT_EQ(starts, 1);
}

TEST_F(DriverTest, ALoneThreadRunsTheContextUntilItsCallIsDone) {
  Driver::Call call;
  std::vector<std::thread::id> ran_by;
  driver_.Run(call, [&] {
    ran_by.push_back(std::this_thread::get_id());
    boost::asio::post(context_, [&] {
      ran_by.push_back(std::this_thread::get_id());
      driver_.Finish(call);
    });
  });
  EXPECT_THAT(ran_by, testing::ElementsAre(std::this_thread::get_id(), std::this_thread::get_id()));
}

// FIRST LOOK.
TEST_F(DriverTest, WhatHasComeWhileNobodyLedRunsBeforeTheStart) {
  std::vector<std::string_view> ran;
  boost::asio::post(context_, [&] {
    ran.push_back("came first");
    boost::asio::post(context_, [&] { ran.push_back("what that posted"); });
  });
  Driver::Call call;
  driver_.Run(call, [&] {
    ran.push_back("start");
    driver_.Finish(call);
  });
  EXPECT_THAT(ran, testing::ElementsAre("came first", "what that posted", "start"));
}

TEST_F(DriverTest, HandlersWithoutEndKeepNoCallFromStarting) {
  bool started = false;
  std::function<void()> again = [&] {
    if (!started) boost::asio::post(context_, again);
  };
  boost::asio::post(context_, again);
  Driver::Call call;
  driver_.Run(call, [&] {
    started = true;
    driver_.Finish(call);
  });
  EXPECT_TRUE(started);
}

TEST_F(DriverTest, ACallThatWantsNoLookRunsNoHandlerBeforeItsStart) {
  bool handled = false;
  boost::asio::post(context_, [&] { handled = true; });
  Driver::Call call;
  const auto start = [&] {
    EXPECT_FALSE(handled);
    driver_.Finish(call);
  };
  driver_.Run(call, start, Driver::Look::kNone);
  EXPECT_FALSE(handled);
}

TEST_F(DriverTest, AfterTheLastCallTheNextThreadLeadsAgain) {
  for (int i = 0; i < 3; ++i) {
    Guest guest(*this);
    EXPECT_EQ(Leader(), guest.id());
    guest.FinishAndJoin();
  }
}

TEST_F(DriverTest, ANewcomerIsStartedByTheLeaderThatSitsInTheSystem) {
  Guest leader(*this);
  std::thread::id started_by;
  std::thread newcomer([&] {
    Driver::Call call;
    driver_.Run(call, [&] {
      started_by = std::this_thread::get_id();
      driver_.Finish(call);
    });
  });
  newcomer.join();
  EXPECT_EQ(started_by, leader.id());
  EXPECT_FALSE(leader.has_returned());
  leader.FinishAndJoin();
}

TEST_F(DriverTest, AThreadIsNotLetGoBeforeTheStartThatFinishedItsCallHasReturned) {
  Guest leader(*this);
  std::binary_semaphore returned(0);
  bool was_let_go = false;
  std::thread newcomer([&] {
    Driver::Call call;
    driver_.Run(call, [&] {
      driver_.Finish(call);
      // What must not happen has this long to happen.
      was_let_go = returned.try_acquire_for(std::chrono::milliseconds(50));
    });
    returned.release();
  });
  newcomer.join();
  leader.FinishAndJoin();  // Then the start has returned in any case.
  EXPECT_FALSE(was_let_go);
}

TEST_F(DriverTest, ALeaderWhoseCallIsDoneHandsOverToOneThatWaits) {
  Guest first(*this);
  Guest second(*this);
  EXPECT_EQ(Leader(), first.id());
  first.FinishAndJoin();
  EXPECT_EQ(Leader(), second.id());
  EXPECT_FALSE(second.has_returned());
  second.FinishAndJoin();
}

TEST_F(DriverTest, TheThreadThatCameLastLeadsNext) {
  Guest first(*this);
  Guest second(*this);
  Guest third(*this);
  first.FinishAndJoin();
  EXPECT_EQ(Leader(), third.id());
  third.FinishAndJoin();
  EXPECT_EQ(Leader(), second.id());
  second.FinishAndJoin();
}

TEST_F(DriverTest, AThreadThatWaitsReturnsWhileAnotherGoesOnLeading) {
  Guest leader(*this);
  Guest oldest(*this);
  Guest middle(*this);
  Guest newest(*this);
  middle.FinishAndJoin();
  newest.FinishAndJoin();
  oldest.FinishAndJoin();
  EXPECT_EQ(Leader(), leader.id());
  leader.FinishAndJoin();
}

TEST_F(DriverTest, CallsThatEndTogetherAllReturn) {
  Guest leader(*this);
  Guest second(*this);
  Guest third(*this);
  boost::asio::post(context_, [&] {
    driver_.Finish(leader.call());
    driver_.Finish(third.call());
    driver_.Finish(second.call());
  });
  leader.Join();
  second.Join();
  third.Join();
}

TEST_F(DriverTest, WhoeverLeavesSomebodyRunsTheContextForTheRest) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 2'000;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  // Touched by handlers only: the thread sanitizer sees it if two threads ever run the context.
  int handlers = 0;
  std::latch all_here(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      std::mt19937 random(seed + static_cast<unsigned>(i));
      all_here.arrive_and_wait();
      for (int n = 0; n < kCalls; ++n) {
        Driver::Call call;
        boost::asio::steady_timer timer(context_);
        const auto end = [&] {
          ++handlers;
          driver_.Finish(call);
        };
        const auto kind = random() % 4;
        const auto pause = std::chrono::microseconds(random() % 100);
        driver_.Run(call, [&] {
          if (kind == 0) {
            end();
          } else if (kind < 3) {
            boost::asio::post(context_, end);
          } else {
            timer.expires_after(pause);
            timer.async_wait([&](const boost::system::error_code&) { end(); });
          }
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(handlers, kThreads * kCalls);
}

using DriverDeathTest = DriverTest;

TEST_F(DriverDeathTest, AHandlerThatCallsTheDriverEndsTheProgramInsteadOfWaitingForItself) {
  Driver::Call call;
  EXPECT_DEATH(driver_.Run(call,
                           [&] {
                             Driver::Call inner;
                             driver_.Run(inner, [] {});
                           }),
               "a handler has called the client");
}

TEST_F(DriverDeathTest, ACallIsFinishedOnce) {
  Driver::Call call;
  EXPECT_DEATH(driver_.Run(call,
                           [&] {
                             driver_.Finish(call);
                             driver_.Finish(call);
                           }),
               "ONE RUNS");
}

TEST_F(DriverDeathTest, NobodyFinishesACallOutOfTurn) {
  Driver::Call call;
  EXPECT_DEATH(driver_.Finish(call), "ONE RUNS");
}

TEST_F(DriverDeathTest, ADriverIsNotDestroyedUnderAThread) {
  auto driver = std::make_unique<Driver>(context_);
  Driver::Call call;
  EXPECT_DEATH(driver->Run(call, [&] { driver.reset(); }), "while a thread is in a call");
}

}  // namespace
}  // namespace nacre::client::blocking
