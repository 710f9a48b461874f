#include "engine/base/arena.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nacre::base {
namespace {

// The sanitizers see a copy that runs over its chunk; without them, it would be found in the next
// block of the heap, which the copies of the other arenas are.
TEST(Arena, FirstAndLaterCopiesOfAnySizeStayWhatTheyWere) {
  constexpr size_t kBytesMax = 9000;
  constexpr size_t kStep = 37;
  std::vector<Arena> arenas(kBytesMax / kStep + 1);
  std::vector<std::string_view> copies;
  std::vector<std::string> originals;
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < arenas.size(); ++i) {
      originals.emplace_back(i * kStep,
                             static_cast<char>('a' + (i + static_cast<size_t>(round)) % 26));
      copies.push_back(arenas[i].Copy(originals.back()));
    }
  }
  for (size_t i = 0; i < copies.size(); ++i) ASSERT_EQ(copies[i], originals[i]) << i;
}

TEST(Arena, WhatWasCopiedLastCanBeTakenBack) {
  Arena arena;
  const std::string_view first = arena.Copy("first");
  const std::string_view second = arena.Copy("second");
  arena.TakeBack(first);  // Not the last one: stays.
  arena.TakeBack(second);
  const std::string_view third = arena.Copy("third!");
  EXPECT_EQ(third.data(), second.data());
  EXPECT_EQ(first, "first");
  EXPECT_EQ(third, "third!");
}

}  // namespace
}  // namespace nacre::base
