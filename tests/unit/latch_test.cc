// A latch that is given back without a locked instruction: who holds it, and who is woken.

#include "engine/base/latch.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "engine/base/asymmetric_fence.h"
#include "engine/base/mutex.h"
#include "gtest/gtest.h"
#include "tests/unit/fence_kinds.h"

namespace nacre::base {
namespace {

class LatchTest : public OfEachFenceKind {
 protected:
  // One of several threads that count with a latch held for a while.
  static void Count(Latch& latch, uint64_t& count, int rounds, std::chrono::microseconds held) {
    for (int i = 0; i < rounds; ++i) {
      MutexLock lock(latch);
      const uint64_t before = count;
      if (held.count() != 0) std::this_thread::sleep_for(held);
      count = before + 1;
    }
  }
};

TEST_P(LatchTest, HasOneHolder) {
  Latch latch;
  const auto takes = [&latch]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return latch.TryLock(); };
  EXPECT_TRUE(takes());
  EXPECT_FALSE(takes());
  latch.AssertHeld();
  latch.Unlock();
  EXPECT_TRUE(takes());
  latch.AssertHeld();
  latch.Unlock();
}

TEST_P(LatchTest, CountsWithoutALoss) {
  Latch latch;
  uint64_t count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back(Count, std::ref(latch), std::ref(count), 100'000,
                         std::chrono::microseconds(0));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 400'000u);
}

// WOKEN. Held for so long that everybody sleeps: a wake-up that was lost would be slept through for
// ever by the last one.
TEST_P(LatchTest, WhoSleepsIsWoken) {
  Latch latch;
  uint64_t count = 0;
  const uint64_t fences = AsymmetricFence::heavy_count();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back(Count, std::ref(latch), std::ref(count), 100,
                         std::chrono::microseconds(100));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 400u);
  // Without one before the sleep a wake-up may be lost, though it hardly ever is.
  EXPECT_GT(AsymmetricFence::heavy_count(), fences);
}

TEST_P(LatchTest, WithoutAMeetingNobodyPays) {
  Latch latch;
  uint64_t count = 0;
  const uint64_t fences = AsymmetricFence::heavy_count();
  Count(latch, count, 1000, std::chrono::microseconds(0));
  EXPECT_EQ(AsymmetricFence::heavy_count(), fences);
}

INSTANTIATE_TEST_SUITE_P(Kinds, LatchTest, EachFenceKind(), NameOfFenceKind);

}  // namespace
}  // namespace nacre::base
