// The ids of keyspaces and trees, at their limits.

#include "engine/txn/keyspace_table.h"

#include <optional>
#include <string>
#include <vector>

#include "engine/base/retire.h"
#include "gtest/gtest.h"

namespace nacre::txn {
namespace {

TEST(KeyspaceTable, GivesOutEachKeyspaceIdOnce) {
  base::RetireList retired;
  KeyspaceTable table(2, retired);
  ASSERT_EQ(table.AddName("stays"), 0u);
  for (uint32_t id = 1; id < KeyspaceTable::kKeyspaceIdsMax; ++id) {
    ASSERT_EQ(table.AddName("goes"), id);
    table.RemoveName(id);
  }
  EXPECT_EQ(table.AddName("goes"), std::nullopt);
  EXPECT_EQ(table.size(), KeyspaceTable::kKeyspaceIdsMax);
  EXPECT_EQ(table.FindName("stays"), 0u);
}

TEST(KeyspaceTable, EachKeyspaceHasItsOwnPlace) {
  base::RetireList retired;
  KeyspaceTable table(KeyspaceTable::kKeyspaceIdsMax, retired);
  constexpr uint32_t kIds = 3000;
  std::vector<Generation*> generations;
  for (uint32_t id = 0; id < kIds; ++id) {
    EXPECT_EQ(table.Newest(id), nullptr) << id;
    ASSERT_EQ(table.AddName(std::to_string(id)), id);
    EXPECT_EQ(table.Newest(id), nullptr) << id;
    generations.push_back(new Generation(table.NewTree()));
    table.Push(id, generations.back(), /*timestamp=*/1);
  }
  for (uint32_t id = 0; id < kIds; ++id) EXPECT_EQ(table.Newest(id), generations[id]) << id;
}

TEST(KeyspaceTable, BeginsAgainWithTheIdsOfTreesThatAreGone) {
  base::RetireList retired;
  KeyspaceTable table(1, retired, /*tree_ids_max=*/4);
  std::vector<Tree*> trees;
  for (uint32_t id = 1; id <= 4; ++id) {
    trees.push_back(table.NewTree());
    EXPECT_EQ(trees.back()->id, id);
  }
  table.RemoveTree(trees[1]);
  table.RemoveTree(trees[3]);
  EXPECT_EQ(table.NewTree()->id, 2u);
  EXPECT_EQ(table.NewTree()->id, 4u);
  EXPECT_DEATH(table.NewTree(), "at once");
}

}  // namespace
}  // namespace nacre::txn
