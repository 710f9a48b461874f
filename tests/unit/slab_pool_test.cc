// The pool behind records, versions and index nodes: what it gives out, what it takes back, and
// what it returns to the system.

#include "engine/base/slab_pool.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/sanitizers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/test_seed.h"

namespace nacre::base {
namespace {

constexpr size_t kSlabsOfChunk = SlabPool::kSlabsInChunk - 1;

// The system, and what it was asked for.
struct Asked {
  size_t chunks = 0;
  size_t chunks_max = SIZE_MAX;
  size_t huge = 0;      // Chunks that huge pages are wanted for.
  size_t not_huge = 0;  // Times that they were no longer wanted.
  size_t dropped_bytes = 0;
  bool may_unmap = true;
  std::string order;                   // 'h': huge pages no longer wanted; 'd': pages dropped.
  std::function<void()> on_no_memory;  // Once.
  std::function<void()> on_drop;       // Once, before they are.
  std::set<void*> mapped;
};
Asked asked;

constexpr SlabPool::System kWatched = {
    .map =
        [] {
          if (asked.chunks == asked.chunks_max) {
            if (asked.on_no_memory) std::exchange(asked.on_no_memory, nullptr)();
            return static_cast<void*>(nullptr);
          }
          void* const chunk = SlabPool::OfKernel().map();
          ++asked.chunks;
          asked.mapped.insert(chunk);
          return chunk;
        },
    .unmap =
        [](void* chunk) {
          EXPECT_TRUE(asked.mapped.contains(chunk));
          if (!asked.may_unmap) return false;
          --asked.chunks;
          asked.mapped.erase(chunk);
          return SlabPool::OfKernel().unmap(chunk);
        },
    .want_huge =
        [](void* chunk, bool wanted) {
          ++(wanted ? asked.huge : asked.not_huge);
          if (!wanted) asked.order += 'h';
          SlabPool::OfKernel().want_huge(chunk, wanted);
        },
    .drop =
        [](void* begin, size_t bytes) {
          if (asked.on_drop) std::exchange(asked.on_drop, nullptr)();
          asked.dropped_bytes += bytes;
          asked.order += 'd';
          SlabPool::OfKernel().drop(begin, bytes);
        },
};

class SlabPoolTest : public testing::Test {
 protected:
  SlabPoolTest() { asked = {}; }
  ~SlabPoolTest() override {
    for (void* chunk : asked.mapped) SlabPool::OfKernel().unmap(chunk);
  }

  SlabPool& Open(SlabPool::Limits limits = {}) {
    pool_ = std::make_unique<SlabPool>(limits, kWatched);
    return *pool_;
  }

  std::vector<void*> TakeAll(size_t size_class, size_t count) {
    std::vector<void*> blocks(count);
    for (size_t taken = 0; taken < count;) {
      const size_t more = pool_->Take(size_class, absl::MakeSpan(blocks).subspan(taken));
      if (more == 0) {
        blocks.resize(taken);
        break;
      }
      taken += more;
    }
    return blocks;
  }
  // As many as fill so many slabs.
  std::vector<void*> TakeSlabs(size_t size_class, size_t slabs) {
    return TakeAll(size_class, slabs * (SlabPool::kSlabBytes / SlabPool::BytesOf(size_class)));
  }
  size_t Resident() const {
    size_t pages = 0;
    for (void* chunk : asked.mapped) {
      std::array<unsigned char, SlabPool::kChunkBytes / 4096> state;
      if (mincore(chunk, SlabPool::kChunkBytes, state.data()) != 0) std::abort();
      pages += static_cast<size_t>(
          std::count_if(state.begin(), state.end(), [](unsigned char s) { return (s & 1) != 0; }));
    }
    return pages * 4096;
  }

  std::unique_ptr<SlabPool> pool_;
};

TEST_F(SlabPoolTest, EachNumberOfBytesHasTheSmallestClassThatHoldsIt) {
  for (size_t bytes = 0; bytes <= SlabPool::kBlockBytesMax; ++bytes) {
    const size_t size_class = SlabPool::ClassOf(bytes);
    ASSERT_LT(size_class, SlabPool::kClasses);
    ASSERT_GE(SlabPool::BytesOf(size_class), bytes);
    ASSERT_EQ(SlabPool::BytesOf(size_class) % 16, 0U);
    if (size_class != 0) {
      ASSERT_LT(SlabPool::BytesOf(size_class - 1), bytes);
    }
  }
  EXPECT_EQ(SlabPool::ClassOf(SlabPool::kBlockBytesMax), SlabPool::kClasses - 1);
}

TEST_F(SlabPoolTest, BlocksOfEachClass_AreAlignedAndDoNotOverlap) {
  Open();
  std::vector<std::pair<uintptr_t, size_t>> all;
  for (size_t size_class = 0; size_class < SlabPool::kClasses; ++size_class) {
    for (void* block : TakeAll(size_class, 700)) {
      const size_t bytes = SlabPool::BytesOf(size_class);
      std::memset(block, 0xa5, bytes);
      all.emplace_back(reinterpret_cast<uintptr_t>(block), bytes);
    }
  }
  std::sort(all.begin(), all.end());
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].first % 16, 0U);
    if (i != 0) {
      ASSERT_LE(all[i - 1].first + all[i - 1].second, all[i].first);
    }
  }
  EXPECT_EQ(all.size(), 700 * SlabPool::kClasses);
}

// What a thread takes last it uses first: so neighbours are used one after the other.
TEST_F(SlabPoolTest, BlocksOfAFreshSlab_ComeInDescendingOrder) {
  Open();
  std::array<void*, 100> blocks;
  ASSERT_EQ(pool_->Take(SlabPool::ClassOf(160), absl::MakeSpan(blocks)), 100U);
  for (size_t i = 1; i < blocks.size(); ++i) {
    EXPECT_EQ(static_cast<char*>(blocks[i - 1]) - static_cast<char*>(blocks[i]), 160);
  }
}

// A pool that gives a block out twice, or loses one, shows here.
TEST_F(SlabPoolTest, WhatIsTakenAndGivenInAnyOrder_KeepsItsContents) {
  Open({.chunks_before_huge = 2, .kept_slabs_min = 3, .slabs_in_use_per_kept = 1000});
  std::mt19937_64 random(TestSeed());
  struct Held {
    void* block;
    uint64_t mark;
  };
  std::array<std::vector<Held>, SlabPool::kClasses> held;
  const auto mark_end = [](const Held& of, size_t size_class) {
    return static_cast<char*>(of.block) + SlabPool::BytesOf(size_class) - sizeof(of.mark);
  };
  for (int round = 0; round < 3000; ++round) {
    const size_t size_class = random() % SlabPool::kClasses;
    std::vector<Held>& of = held[size_class];
    if (random() % 1000 < (round / 300 % 2 == 0 ? 650U : 350U)) {
      std::vector<void*> blocks(1 + random() % 200);
      blocks.resize(pool_->Take(size_class, absl::MakeSpan(blocks)));
      ASSERT_FALSE(blocks.empty());
      for (void* block : blocks) {
        of.push_back({block, random()});
        std::memcpy(block, &of.back().mark, sizeof(uint64_t));
        std::memcpy(mark_end(of.back(), size_class), &of.back().mark, sizeof(uint64_t));
      }
    } else {
      std::shuffle(of.begin(), of.end(), random);
      std::vector<void*> blocks;
      for (size_t count = std::min(of.size(), random() % 300); count != 0; --count) {
        uint64_t begin, end;
        std::memcpy(&begin, of.back().block, sizeof(begin));
        std::memcpy(&end, mark_end(of.back(), size_class), sizeof(end));
        ASSERT_EQ(begin, of.back().mark);
        ASSERT_EQ(end, of.back().mark);
        std::memset(of.back().block, 0, SlabPool::BytesOf(size_class));
        blocks.push_back(of.back().block);
        of.pop_back();
      }
      pool_->Give(size_class, blocks);
    }
    size_t bytes = 0;
    for (size_t i = 0; i < held.size(); ++i) bytes += held[i].size() * SlabPool::BytesOf(i);
    const SlabPool::Usage usage = pool_->GetUsage();
    ASSERT_EQ(usage.block_bytes, bytes);
    ASSERT_GE(usage.slabs_in_use * SlabPool::kSlabBytes, bytes);
    ASSERT_EQ(usage.chunks, asked.chunks);
  }
  for (size_t i = 0; i < held.size(); ++i) {
    std::vector<void*> blocks;
    for (const Held& each : held[i]) blocks.push_back(each.block);
    pool_->Give(i, blocks);
  }
  pool_->ReturnFree();
  EXPECT_EQ(pool_->GetUsage().slabs_in_use, 0U);
  EXPECT_EQ(asked.chunks, 0U) << "chunks without a block were not returned";
}

// --- KEPT ---

TEST_F(SlabPoolTest, OfWhatIsFree_NoMoreThanTheLimitKeepsItsPages) {
  Open({.kept_slabs_min = 10, .slabs_in_use_per_kept = 1000});
  const size_t size_class = SlabPool::ClassOf(160);
  const std::vector<void*> blocks = TakeSlabs(size_class, 100);
  for (void* block : blocks) std::memset(block, 1, 160);
  pool_->Give(size_class, absl::MakeConstSpan(blocks).subspan(0, blocks.size() / 10));
  EXPECT_EQ(pool_->GetUsage().slabs_kept, 10U) << "at its edge, nothing is returned";
  EXPECT_EQ(asked.dropped_bytes, 0U);
  const size_t before = Resident();
  pool_->Give(size_class,
              absl::MakeConstSpan(blocks).subspan(blocks.size() / 10, blocks.size() / 2));
  EXPECT_LE(pool_->GetUsage().slabs_kept, 10U);
  EXPECT_EQ(pool_->GetUsage().slabs_in_use, 40U);
  EXPECT_GE(before - Resident(), 50 * SlabPool::kSlabBytes);
  // All but one.
  pool_->Give(size_class, absl::MakeConstSpan(blocks).subspan(blocks.size() * 6 / 10 + 1));
  EXPECT_LE(pool_->GetUsage().slabs_kept, 10U);
  EXPECT_LE(Resident(), 12 * SlabPool::kSlabBytes);
  EXPECT_GE(Resident(), SlabPool::kSlabBytes) << "the test sees what is resident";
}

TEST_F(SlabPoolTest, WhatIsKept_GrowsWithWhatIsInUse) {
  Open({.kept_slabs_min = 1, .slabs_in_use_per_kept = 10});
  const size_t size_class = SlabPool::ClassOf(2112);
  const std::vector<void*> blocks = TakeSlabs(size_class, 600);
  size_t kept_most = 0;
  for (void* block : blocks) {
    pool_->Give(size_class, {&block, 1});
    const SlabPool::Usage usage = pool_->GetUsage();
    ASSERT_LE(usage.slabs_kept, std::max<size_t>(1, usage.slabs_in_use / 10));
    kept_most = std::max(kept_most, usage.slabs_kept);
  }
  EXPECT_GT(kept_most, 40U);
  EXPECT_LE(pool_->GetUsage().slabs_kept, 1U);
}

TEST_F(SlabPoolTest, AChunkWithoutABlock_IsReturnedWhole) {
  Open({.kept_slabs_min = kSlabsOfChunk});
  const size_t size_class = SlabPool::ClassOf(500);
  const std::vector<void*> blocks = TakeSlabs(size_class, 4 * kSlabsOfChunk);
  EXPECT_EQ(asked.chunks, 4U);
  pool_->Give(size_class, blocks);
  EXPECT_EQ(asked.chunks, 1U) << "the limit is one chunk";
  EXPECT_EQ(asked.dropped_bytes, 0U);
  pool_->ReturnFree();
  EXPECT_EQ(asked.chunks, 0U);
  EXPECT_FALSE(TakeAll(size_class, 1).empty());
}

TEST_F(SlabPoolTest, AChunkThatTheSystemDoesNotTakeBack_IsUsedAgain) {
  Open({.kept_slabs_min = 0});
  asked.may_unmap = false;
  const size_t size_class = SlabPool::ClassOf(500);
  const std::vector<void*> blocks = TakeSlabs(size_class, kSlabsOfChunk);
  for (void* block : blocks) std::memset(block, 1, 500);
  pool_->Give(size_class, blocks);
  pool_->ReturnFree();
  EXPECT_EQ(pool_->GetUsage().chunks, 1U);
  EXPECT_EQ(pool_->GetUsage().slabs_kept, 0U);
  EXPECT_LE(Resident(), SlabPool::kSlabBytes);
  EXPECT_EQ(TakeSlabs(size_class, kSlabsOfChunk).size(), blocks.size());
  EXPECT_EQ(asked.chunks, 1U);
}

TEST_F(SlabPoolTest, SlabsThatHavePages_AreUsedBeforeOthers) {
  Open({.kept_slabs_min = 5});
  const size_t size_class = SlabPool::ClassOf(1000);
  const std::vector<void*> blocks = TakeSlabs(size_class, 20);
  pool_->Give(size_class, TakeSlabs(size_class, 5));
  ASSERT_EQ(pool_->GetUsage().slabs_kept, 5U);
  TakeSlabs(size_class, 5);
  EXPECT_EQ(pool_->GetUsage().slabs_kept, 0U);
}

TEST_F(SlabPoolTest, SlabsThatHavePages_AreUsedBeforeThoseOfOtherChunks) {
  Open({.kept_slabs_min = 5, .slabs_in_use_per_kept = 1000});
  const size_t size_class = SlabPool::ClassOf(1000);
  const std::vector<void*> first = TakeSlabs(size_class, kSlabsOfChunk);
  const std::vector<void*> second = TakeSlabs(size_class, kSlabsOfChunk);
  const size_t in_slab = first.size() / kSlabsOfChunk;
  pool_->Give(size_class, absl::MakeConstSpan(second).subspan(0, 6 * in_slab));
  ASSERT_EQ(asked.dropped_bytes, 6 * SlabPool::kSlabBytes);
  pool_->Give(size_class, absl::MakeConstSpan(first).subspan(0, 3 * in_slab));
  ASSERT_EQ(pool_->GetUsage().slabs_kept, 3U);
  TakeSlabs(size_class, 3);
  EXPECT_EQ(pool_->GetUsage().slabs_kept, 0U);
  TakeSlabs(size_class, 6);
  EXPECT_EQ(asked.chunks, 2U);
}

// No latch is held while pages go, so all may have changed when they have gone.
TEST_F(SlabPoolTest, AChunkWhoseRestIsGivenBackWhileItLosesPages_IsReturnedOrKept) {
  const size_t size_class = SlabPool::ClassOf(1000);
  for (const size_t kept : {size_t{0}, size_t{3}}) {
    Open({.kept_slabs_min = kept, .slabs_in_use_per_kept = 1000});
    const std::vector<void*> blocks = TakeSlabs(size_class, 7);
    // Four slabs, which are given at a time.
    ASSERT_EQ(blocks.size(), 7 * 16U);
    asked.on_drop = [&] { pool_->Give(size_class, absl::MakeConstSpan(blocks).subspan(64)); };
    pool_->Give(size_class, absl::MakeConstSpan(blocks).first(64));
    EXPECT_FALSE(asked.on_drop) << "nothing was dropped";
    EXPECT_EQ(pool_->GetUsage().slabs_in_use, 0U);
    EXPECT_EQ(pool_->GetUsage().slabs_kept, kept);
    EXPECT_EQ(asked.chunks, kept == 0 ? 0U : 1U);
  }
}

// --- Huge pages ---

TEST_F(SlabPoolTest, HugePages_AreWantedFromTheGivenChunkOn) {
  Open({.chunks_before_huge = 2});
  const size_t size_class = SlabPool::ClassOf(160);
  TakeSlabs(size_class, 2 * kSlabsOfChunk);
  EXPECT_EQ(asked.huge, 0U);
  EXPECT_EQ(asked.not_huge, 2U) << "the system may give what nobody has refused";
  TakeSlabs(size_class, 1);
  EXPECT_EQ(asked.huge, 1U);
  EXPECT_EQ(asked.chunks, 3U);
  EXPECT_EQ(pool_->GetUsage().slabs_kept, 0U) << "what was not used yet counts as kept";
}

// Else the system, which looks for places where one fits, would fill the holes again.
TEST_F(SlabPoolTest, AChunkThatLosesPages_NoLongerWantsAHugeOne) {
  Open({.chunks_before_huge = 0, .kept_slabs_min = 0, .slabs_in_use_per_kept = 1000});
  const size_t size_class = SlabPool::ClassOf(160);
  const std::vector<void*> blocks = TakeSlabs(size_class, kSlabsOfChunk);
  pool_->Give(size_class, absl::MakeConstSpan(blocks).subspan(0, blocks.size() / 2));
  EXPECT_EQ(asked.not_huge, 1U);
  EXPECT_EQ(asked.order.substr(0, 2), "hd");
  pool_->Give(size_class, absl::MakeConstSpan(blocks).subspan(blocks.size() / 2, 500));
  EXPECT_EQ(asked.not_huge, 1U) << "once is enough";
}

TEST_F(SlabPoolTest, AHugeChunkThatTheSystemDoesNotTakeBack_NoLongerWantsAHugeOne) {
  Open({.chunks_before_huge = 0, .kept_slabs_min = 0});
  asked.may_unmap = false;
  pool_->Give(0, TakeAll(0, 1));
  EXPECT_EQ(asked.order.substr(0, 2), "hd");
  EXPECT_EQ(asked.dropped_bytes, kSlabsOfChunk * SlabPool::kSlabBytes);
}

// It came with all of them, also those that nobody had used.
TEST_F(SlabPoolTest, AHugePageThatIsBroken_LosesWhatWasNeverUsedToo) {
  Open({.chunks_before_huge = 0, .kept_slabs_min = 1, .slabs_in_use_per_kept = 1000});
  const size_t size_class = SlabPool::ClassOf(160);
  const std::vector<void*> blocks = TakeSlabs(size_class, 10);
  pool_->Give(size_class, absl::MakeConstSpan(blocks).subspan(0, blocks.size() / 2));
  const size_t returned = 5 - pool_->GetUsage().slabs_kept;
  EXPECT_EQ(asked.dropped_bytes, (kSlabsOfChunk - 10 + returned) * SlabPool::kSlabBytes);
}

// --- Without memory ---

TEST_F(SlabPoolTest, WhereTheSystemHasNone_NothingIsTakenAndNothingLost) {
  Open();
  asked.chunks_max = 1;
  const size_t size_class = SlabPool::ClassOf(2000);
  std::vector<void*> blocks = TakeAll(size_class, 10'000);
  EXPECT_EQ(blocks.size(), kSlabsOfChunk * (SlabPool::kSlabBytes / 2048));
  void* more = nullptr;
  EXPECT_EQ(pool_->Take(SlabPool::ClassOf(32), {&more, 1}), 0U);
  pool_->Give(size_class, blocks);
  EXPECT_EQ(TakeAll(SlabPool::ClassOf(32), 1).size(), 1U);
}

TEST_F(SlabPoolTest, WhatIsGivenWhileTheSystemHasNone_IsTaken) {
  Open();
  asked.chunks_max = 1;
  const size_t size_class = SlabPool::ClassOf(2000);
  std::vector<void*> blocks = TakeSlabs(size_class, kSlabsOfChunk);
  asked.on_no_memory = [&] { pool_->Give(size_class, blocks); };
  EXPECT_EQ(TakeAll(SlabPool::ClassOf(32), 1).size(), 1U);
}

// A process may have some 65,000 mappings.
TEST_F(SlabPoolTest, ChunksThatFollowEachOther_AreFewMappings) {
  if (kThreadSanitized) GTEST_SKIP() << "the thread sanitizer's shadow has mappings of its own";
  const auto mappings = [] {
    std::ifstream maps("/proc/self/maps");
    return std::count(std::istreambuf_iterator<char>(maps), {}, '\n');
  };
  Open({.chunks_before_huge = 10});
  const auto before = mappings();
  TakeSlabs(SlabPool::ClassOf(160), 100 * kSlabsOfChunk);
  EXPECT_LE(mappings(), before + 10);
}

// --- ONE-OWNER ---

using SlabPoolDeathTest = SlabPoolTest;

TEST_F(SlabPoolDeathTest, WhatIsGivenBackWrongly_StopsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  Open();
  const size_t size_class = SlabPool::ClassOf(160);
  std::vector<void*> blocks = TakeAll(size_class, 10);
  EXPECT_DEATH(
      {
        pool_->Give(size_class, {blocks.data(), 1});
        pool_->Give(size_class, {blocks.data(), 1});
      },
      "given back twice");
  EXPECT_DEATH(pool_->Give(SlabPool::ClassOf(192), {blocks.data(), 1}), "by another size");
  void* const inside = static_cast<char*>(blocks[0]) + 16;
  EXPECT_DEATH(pool_->Give(size_class, {&inside, 1}), "no block begins here");
}

// Blocks that one thread takes and another gives back. Under the thread sanitizer, and with the
// smallest limit, so that pages come and go all the time.
TEST_F(SlabPoolTest, ThreadsThatTakeWhatOthersGive_NeverShareABlock) {
  SlabPool pool({.chunks_before_huge = 1, .kept_slabs_min = 1}, SlabPool::OfKernel());
  constexpr int kThreads = 4;
  struct Passed {
    size_t size_class;
    void* block;
    uint8_t mark;  // In each of its bytes.
  };
  struct Box {
    Latch latch;
    std::vector<Passed> blocks;
  };
  std::array<Box, kThreads> boxes;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(TestSeed() + static_cast<uint64_t>(t));
      for (int round = 0; round < 400; ++round) {
        const size_t size_class = random() % SlabPool::kClasses;
        std::array<void*, 100> blocks;
        const size_t taken = pool.Take(size_class, absl::MakeSpan(blocks));
        ASSERT_NE(taken, 0U);
        const auto mark = static_cast<uint8_t>(random());
        for (size_t i = 0; i < taken; ++i) {
          std::memset(blocks[i], mark, SlabPool::BytesOf(size_class));
        }
        Box& other = boxes[random() % kThreads];
        other.latch.Lock();
        for (size_t i = 0; i < taken; ++i) other.blocks.push_back({size_class, blocks[i], mark});
        other.latch.Unlock();
        std::vector<Passed> mine;
        boxes[t].latch.Lock();
        mine.swap(boxes[t].blocks);
        boxes[t].latch.Unlock();
        for (const Passed& passed : mine) {
          const auto* const bytes = static_cast<uint8_t*>(passed.block);
          const size_t size = SlabPool::BytesOf(passed.size_class);
          ASSERT_EQ(std::count(bytes, bytes + size, passed.mark), static_cast<ptrdiff_t>(size));
          pool.Give(passed.size_class, {&passed.block, 1});
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (Box& box : boxes) {
    for (const Passed& passed : box.blocks) pool.Give(passed.size_class, {&passed.block, 1});
  }
  EXPECT_EQ(pool.GetUsage().block_bytes, 0U);
  pool.ReturnFree();
  EXPECT_EQ(pool.GetUsage().chunks, 0U);
}

}  // namespace
}  // namespace nacre::base
