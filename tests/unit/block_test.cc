// The blocks of a thread, and the memory pool of the process (nacre/memory.h).

#include "engine/base/block.h"

#include <pthread.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/sanitizers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nacre/database.h"
#include "nacre/memory.h"
#include "tests/unit/own_process.h"

namespace nacre::base {
namespace {

constexpr size_t kBytes = 160;
constexpr size_t kOfHandlers = 1500;
constexpr size_t kCached = 204;  // Of that many bytes, in 32 KiB.

class BlockTest : public testing::Test {
 protected:
  // For all tests of the process, under sanitizers too.
  static void SetUpTestSuite() {
    (void)ConfigureMemoryPool({.enabled = true, .kept_bytes_min = size_t{1} << 20});
    Blocks::Free(Blocks::Allocate(1), 1);
    // Those of a program may use the engine, or wait for who does.
    const auto use = [] { Blocks::Free(Blocks::Allocate(kOfHandlers), kOfHandlers); };
    ASSERT_EQ(pthread_atfork(use, use, use), 0);
  }
  void SetUp() override { ASSERT_NE(Blocks::PoolInUse(), nullptr); }
};

bool LimitAddressSpace(size_t bytes) {
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0) return false;
  limit.rlim_cur = bytes;
  return setrlimit(RLIMIT_AS, &limit) == 0;
}

uint64_t AllocatedBytes() { return GetMemoryPoolUsage().allocated_bytes; }

TEST_F(BlockTest, WhatWasFreedLast_IsAllocatedNext) {
  void* const a = Blocks::Allocate(kBytes);
  void* const b = Blocks::Allocate(kBytes);
  EXPECT_NE(a, b);
  Blocks::Free(a, kBytes);
  Blocks::Free(b, kBytes - 15);  // The same class.
  EXPECT_EQ(Blocks::Allocate(kBytes), b);
  EXPECT_EQ(Blocks::Allocate(kBytes), a);
  Blocks::Free(a, kBytes);
  Blocks::Free(b, kBytes);
}

TEST_F(BlockTest, LargeOnes_AreNotOfThePool) {
  Blocks::GiveBackCache();
  const uint64_t before = AllocatedBytes();
  for (const size_t bytes : {SlabPool::kBlockBytesMax + 1, size_t{1} << 20}) {
    void* const block = Blocks::Allocate(bytes);
    std::memset(block, 1, bytes);
    EXPECT_EQ(AllocatedBytes(), before);
    Blocks::Free(block, bytes);
  }
  void* const block = Blocks::Allocate(SlabPool::kBlockBytesMax);
  EXPECT_GT(AllocatedBytes(), before);
  Blocks::Free(block, SlabPool::kBlockBytesMax);
}

TEST_F(BlockTest, AThreadKeepsAFewOfWhatItFrees) {
  std::thread([] {
    const uint64_t before = AllocatedBytes();
    std::vector<void*> blocks;
    for (int i = 0; i < 10'000; ++i) blocks.push_back(Blocks::Allocate(kBytes));
    for (void* block : blocks) Blocks::Free(block, kBytes);
    EXPECT_LE(AllocatedBytes(), before + kCached * kBytes);
    EXPECT_GT(AllocatedBytes(), before);
    Blocks::GiveBackCache();
    EXPECT_EQ(AllocatedBytes(), before);
  }).join();
}

// Neither what it kept nor what it frees or allocates after that is lost. The variables of a thread
// end in the reverse order of their making: the first outlives the cache.
TEST_F(BlockTest, AThreadThatEnds_KeepsNothing) {
  struct Late {
    void* held = nullptr;
    ~Late() {
      Blocks::Free(Blocks::Allocate(kBytes), kBytes);
      Blocks::Free(held, kBytes);
    }
  };
  Blocks::GiveBackCache();
  const uint64_t before = AllocatedBytes();
  std::thread([] {
    static thread_local Late late;
    late.held = Blocks::Allocate(kBytes);
    Blocks::Free(Blocks::Allocate(2000), 2000);
  }).join();
  EXPECT_EQ(AllocatedBytes(), before);
}

TEST_F(BlockTest, WhatOneThreadAllocates_AnotherMayFree) {
  Blocks::GiveBackCache();
  const uint64_t before = AllocatedBytes();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    std::vector<void*> blocks;
    for (int i = 0; i < 3000; ++i) blocks.push_back(Blocks::Allocate(kBytes));
    threads.emplace_back([blocks = std::move(blocks)] {
      for (void* block : blocks) Blocks::Free(block, kBytes);
    });
  }
  for (std::thread& thread : threads) thread.join();
  Blocks::GiveBackCache();
  EXPECT_EQ(AllocatedBytes(), before);
}

TEST_F(BlockTest, ADatabaseThatIsClosed_LeavesNothing) {
  ReturnFreeMemory();
  const MemoryPoolUsage before = GetMemoryPoolUsage();
  {
    std::unique_ptr<Database> db = *Database::Open({.vacuum_thread = false});
    for (int i = 0; i < 30'000; ++i) {
      ASSERT_TRUE(db->Transact([&](Transaction& tx) {
                      return tx.Put(std::to_string(i % 20'000), "v");
                    }).ok());
    }
    const MemoryPoolUsage now = GetMemoryPoolUsage();
    EXPECT_GT(now.allocated_bytes, before.allocated_bytes + 20'000 * 32);
    EXPECT_GE(now.used_bytes, now.allocated_bytes);
    EXPECT_GE(now.mapped_bytes, now.used_bytes + now.kept_bytes);
  }
  ReturnFreeMemory();
  EXPECT_EQ(GetMemoryPoolUsage().allocated_bytes, before.allocated_bytes);
  EXPECT_EQ(GetMemoryPoolUsage().used_bytes, before.used_bytes);
  EXPECT_EQ(GetMemoryPoolUsage().kept_bytes, 0U);
}

// The child has one thread, and what the others are in the middle of stays as it is.
TEST_F(BlockTest, AChildOfAForkInTheMiddleOfAnything_AllocatesAndFrees) {
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!done) {
        Blocks::Free(Blocks::Allocate(kBytes), kBytes);
        ReturnFreeMemory();
      }
    });
  }
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(InAProcessOfItsOwn([] {
      std::vector<void*> blocks;
      for (int j = 0; j < 1000; ++j) blocks.push_back(Blocks::Allocate(kBytes));
      for (void* block : blocks) Blocks::Free(block, kBytes);
      return true;
    }));
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
}

TEST_F(BlockTest, WhereThereIsNoMemory_Throws) {
  if (kAddressSanitized || kThreadSanitized)
    GTEST_SKIP() << "a sanitizer's shadow is address space";
  EXPECT_TRUE(InAProcessOfItsOwn([] {
    std::vector<void*> blocks;
    blocks.reserve(100'000);
    size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    if (pages == 0 || !LimitAddressSpace(pages * 4096 + (size_t{32} << 20))) return false;
    try {
      while (blocks.size() < 100'000) blocks.push_back(Blocks::Allocate(2000));
    } catch (const std::bad_alloc&) {
      for (void* block : blocks) Blocks::Free(block, 2000);
      Blocks::Free(Blocks::Allocate(kBytes), kBytes);
      return true;
    }
    return false;
  }));
}

// A thread that has no cache yet, and gets none.
TEST_F(BlockTest, WhereThereIsNoMemory_FreesNevertheless) {
  if (kAddressSanitized || kThreadSanitized)
    GTEST_SKIP() << "a sanitizer's shadow is address space";
  EXPECT_TRUE(InAProcessOfItsOwn([] {
    std::vector<void*> blocks;
    for (int i = 0; i < 1000; ++i) blocks.push_back(Blocks::Allocate(kBytes));
    // By each thread: one may have a reserve of its own.
    const auto take_all = [] {
      for (const size_t bytes : {size_t{1} << 20, size_t{1} << 14}) {
        while (void* memory = std::malloc(bytes)) asm volatile("" ::"r"(memory));
      }
    };
    std::atomic<bool> ran_out{false};
    bool limited = false;
    bool got_cache = true;
    std::thread thread([&] {
      while (!ran_out) std::this_thread::yield();
      if (limited) take_all();
      for (void* block : blocks) Blocks::Free(block, kBytes);
      got_cache = BlockCache::OfThread() != nullptr;
    });
    limited = LimitAddressSpace(1);
    if (limited) take_all();
    ran_out = true;
    thread.join();
    return limited && !got_cache;
  }));
}

TEST_F(BlockTest, WhatIsFreedTwice_StopsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  void* const block = Blocks::Allocate(kBytes);
  EXPECT_DEATH((Blocks::Free(block, kBytes), Blocks::Free(block, kBytes)), "freed twice");
  Blocks::Free(block, kBytes);
}

TEST_F(BlockTest, ThePoolThatIsInUse_IsNotConfiguredAgain) {
  const absl::Status status = ConfigureMemoryPool({.enabled = false});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), testing::HasSubstr("before the first database is opened"));
  EXPECT_NE(Blocks::PoolInUse(), nullptr);
}

}  // namespace
}  // namespace nacre::base
