// What a serializable transaction remembers of its reads.

#include "engine/txn/read_set.h"

#include "engine/base/retire.h"
#include "engine/txn/keyspace_table.h"
#include "gtest/gtest.h"

namespace nacre::txn {
namespace {

TEST(ReadSet, AWholeTreeIsOneRangeHoweverOftenItIsRead) {
  base::RetireList retired;
  const Tree tree(1, retired);
  const Tree other(2, retired);
  ReadSet reads;
  for (int i = 0; i < 100; ++i) reads.AddWholeTree(&tree);
  EXPECT_EQ(reads.range_count(), 1u);
  EXPECT_EQ(ToString(reads.range(0)), ToString(KeyInterval()));
  // Each tree has one of its own, also after ranges of cursors in between.
  reads.AddRange(&tree, KeyInterval::Of("k"));
  reads.AddWholeTree(&other);
  reads.AddWholeTree(&tree);
  EXPECT_EQ(reads.range_count(), 3u);
}

}  // namespace
}  // namespace nacre::txn
