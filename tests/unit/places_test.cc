// Places up to a limit: it is exact, whoever keeps what was given back.

#include "engine/txn/places.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace nacre::txn {
namespace {

size_t TakeAll(Places& places) {
  size_t taken = 0;
  while (places.TryTake()) ++taken;
  return taken;
}

TEST(Places, TheLimitIsExactOnOneThread) {
  for (const size_t limit : {1u, 2u, 15u, 16u, 17u, 18u, 100u}) {
    SCOPED_TRACE(limit);
    Places places(limit);
    for (int round = 0; round < 3; ++round) {
      ASSERT_EQ(TakeAll(places), limit);
      places.Give();
      ASSERT_TRUE(places.TryTake());
      ASSERT_FALSE(places.TryTake());
      for (size_t i = 0; i < limit; ++i) places.Give();
    }
    ASSERT_EQ(TakeAll(places), limit);
    places.Give(limit);
    ASSERT_EQ(TakeAll(places), limit);
  }
}

TEST(Places, WhatOthersKeepIsFound) {
  constexpr size_t kLimit = 50;
  constexpr size_t kThreads = 5;
  Places places(kLimit);
  std::atomic<int> done{0};
  std::atomic<bool> end{false};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (size_t i = 0; i < kLimit / kThreads; ++i) ASSERT_TRUE(places.TryTake());
      ++done;
      while (done < static_cast<int>(kThreads)) std::this_thread::yield();
      for (size_t i = 0; i < kLimit / kThreads; ++i) places.Give();
      ++done;
      // Each keeps the shard that it has to itself.
      while (!end) std::this_thread::yield();
    });
  }
  while (done < 2 * static_cast<int>(kThreads)) std::this_thread::yield();
  EXPECT_EQ(TakeAll(places), kLimit);
  end = true;
  for (std::thread& thread : threads) thread.join();
}

// Each takes up to two at a time, with and without room for all.
TEST(Places, TheLimitIsExactAmongThreads) {
  constexpr size_t kThreads = 4;
  constexpr int kRounds = 20'000;
  for (const size_t limit : {3u, 7u, 8u}) {
    SCOPED_TRACE(limit);
    Places places(limit);
    std::atomic<size_t> taken{0};
    std::atomic<int> too_many{0};
    std::atomic<int> refused{0};
    const auto take = [&] {
      if (!places.TryTake()) {
        ++refused;
        return false;
      }
      if (taken.fetch_add(1) >= limit) ++too_many;
      return true;
    };
    const auto give = [&] {
      taken.fetch_sub(1);
      places.Give();
    };
    std::vector<std::thread> threads;
    for (size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          const bool first = take();
          const bool second = take();
          if (first) give();
          if (second) give();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(too_many.load(), 0);
    if (limit >= 2 * kThreads) {
      EXPECT_EQ(refused.load(), 0);
    }
    EXPECT_EQ(TakeAll(places), limit);
  }
}

}  // namespace
}  // namespace nacre::txn
