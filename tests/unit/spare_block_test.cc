// The block that a thread keeps. What goes wrong here goes wrong in optimised builds first.

#include "engine/base/spare_block.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace nacre::base {
namespace {

struct Object {
  char bytes[200];
};
using Spare = SpareBlock<Object>;

TEST(SpareBlock, TheNextObjectGetsTheBlockOfTheLast) {
  void* const block = Spare::Take();
  Spare::Give(block);
  void* const again = Spare::Take();
  EXPECT_EQ(again == block, Spare::kKeeps) << "under the address sanitizer nothing is kept";
  Spare::Give(again);
}

TEST(SpareBlock, ObjectsThatLiveAtTheSameTimeHaveBlocksOfTheirOwn) {
  std::vector<void*> blocks;
  for (int i = 0; i < 4; ++i) blocks.push_back(Spare::Take());
  std::sort(blocks.begin(), blocks.end());
  EXPECT_EQ(std::unique(blocks.begin(), blocks.end()), blocks.end());
  for (void* block : blocks) Spare::Give(block);
}

// Makes objects in a destructor that runs when the kept block is freed already. A block that is
// handed out although it was freed is handed out a second time by the allocator.
struct UsesItLate {
  bool* shared = nullptr;
  ~UsesItLate() {
    std::vector<void*> blocks;
    for (int i = 0; i < 4; ++i) blocks.push_back(Spare::Take());
    for (int i = 0; i < 4; ++i) blocks.push_back(::operator new(sizeof(Object)));
    std::sort(blocks.begin(), blocks.end());
    *shared = std::unique(blocks.begin(), blocks.end()) != blocks.end();
    if (*shared) return;
    for (void* block : blocks) ::operator delete(block);
  }
};

TEST(SpareBlock, AThreadThatEndsHandsOutNoFreedBlock) {
  bool shared = true;
  std::thread thread([&shared] {
    static thread_local UsesItLate late;  // Made first, so destroyed last.
    late.shared = &shared;
    Spare::Give(Spare::Take());
  });
  thread.join();
  EXPECT_FALSE(shared);
}

}  // namespace
}  // namespace nacre::base
