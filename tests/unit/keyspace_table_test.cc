// The ids of keyspaces and trees, at their limits.

#include "engine/txn/keyspace_table.h"

#include <optional>
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
