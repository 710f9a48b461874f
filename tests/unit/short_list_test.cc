#include "engine/base/short_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace nacre::base {
namespace {

struct Pair {
  uint32_t a = 7;
  uint64_t b = 8;
};

using List = ShortList<Pair, 3>;

TEST(ShortList, IsAVector_BeforeAndAfterItHasMemory) {
  List list;
  std::vector<uint64_t> expected;
  for (uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(list.has_memory(), i > 3);
    ASSERT_EQ(list.size(), i);
    list.push_back({static_cast<uint32_t>(i), 2 * i});
    expected.push_back(2 * i);
    ASSERT_EQ(list.back().b, 2 * i);
    ASSERT_TRUE(std::equal(list.begin(), list.end(), expected.begin(), expected.end(),
                           [](const Pair& pair, uint64_t b) { return pair.b == b; }));
  }
  list.pop_back();
  EXPECT_EQ(list.back().a, 98u);
  list.truncate(2);
  EXPECT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1].a, 1u);
  EXPECT_EQ(list.data() + 2, list.end());
}

TEST(ShortList, ANewElementHasTheValuesOfItsType) {
  List list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.emplace_back().a, 7u);
  list.back().a = 9;
  list.pop_back();
  EXPECT_EQ(list.emplace_back().a, 7u);
}

TEST(ShortList, ClearGivesItsMemoryBack) {
  List list;
  for (uint32_t i = 0; i < 10; ++i) list.push_back({i, i});
  const Pair* const far = list.data();
  list.clear();
  EXPECT_TRUE(list.empty());
  EXPECT_FALSE(list.has_memory());
  EXPECT_NE(list.data(), far);
  for (uint32_t i = 0; i < 4; ++i) list.push_back({i, i});
  EXPECT_EQ(list[3].a, 3u);
}

TEST(ShortList, WhatIsReservedStaysWhereItIs) {
  List list;
  list.push_back({1, 1});
  list.reserve(50);
  EXPECT_TRUE(list.has_memory());
  const Pair* const first = &list[0];
  EXPECT_EQ(first->a, 1u);
  while (list.size() < 50) list.emplace_back();
  EXPECT_EQ(first, list.data());
  list.reserve(10);
  EXPECT_EQ(first, list.data());
}

}  // namespace
}  // namespace nacre::base
