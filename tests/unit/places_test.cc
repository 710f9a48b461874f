// Places up to a limit: it is exact, whoever keeps what was given back.

#include "engine/txn/places.h"

#include <atomic>
#include <cstddef>
#include <semaphore>
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
    places.Leave(limit);
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

// Whoever asks has a ticket, of which there are as many as places: so nobody may be refused, and
// more than these can not be taken. What one takes another one gives back, so that shards fill up.
TEST(Places, WhereThereIsRoomForAllNobodyIsRefused) {
  constexpr size_t kThreads = 4;
  constexpr int kRounds = 5'000;
  for (const ptrdiff_t limit : {1, 2, 3, 40}) {
    SCOPED_TRACE(limit);
    Places places(static_cast<size_t>(limit));
    std::counting_semaphore tickets(limit);
    std::atomic<size_t> held{0};
    std::atomic<int> refused{0};
    const auto take = [&] {
      tickets.acquire();
      if (!places.TryTake()) ++refused;
      ++held;
    };
    const auto give_any = [&] {
      size_t count = held;
      while (count != 0 && !held.compare_exchange_weak(count, count - 1)) {
      }
      if (count == 0) return;
      places.Give();
      tickets.release();
    };
    std::vector<std::thread> threads;
    for (size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        // Half of them hardly ever give, the others hardly ever take.
        for (int round = 0; round < kRounds; ++round) {
          if (t % 2 == 0 || round % 16 == 0) take();
          if (t % 2 == 1 || round % 16 == 0) give_any();
        }
      });
    }
    // Who waits for a ticket gets one.
    std::atomic<bool> end{false};
    std::thread rest([&] {
      while (!end) give_any();
    });
    for (std::thread& thread : threads) thread.join();
    end = true;
    rest.join();
    while (held != 0) give_any();
    EXPECT_EQ(refused.load(), 0);
    EXPECT_EQ(TakeAll(places), static_cast<size_t>(limit));
  }
}

}  // namespace
}  // namespace nacre::txn
