// What a serializable transaction remembers of its reads.

#include "engine/txn/read_set.h"

#include <string>
#include <vector>

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

// In the time that the sequencer may be held, many reads are looked through by a hash table only.
TEST(ReadSet, ManyReadsAreMatchedOnceTheyArePrepared) {
  constexpr size_t kFew = 16;
  base::RetireList retired;
  const Tree tree(1, retired);
  for (const bool present : {true, false}) {
    std::vector<mvcc::Record*> records;
    ReadSet reads;
    for (size_t i = 0; i <= kFew; ++i) {
      EXPECT_GT(reads.WritesToMatchMax(), 0u) << i;
      const std::string key = std::to_string(i);
      if (!present) {
        reads.AddAbsent(&tree, key);
        continue;
      }
      mvcc::Version* const version = mvcc::Version::NewBytes("value", mvcc::kNoExpiry);
      records.push_back(mvcc::Record::New(tree.id, key, *version, 0));
      records.back()->set_head(version);
      reads.AddPresent(records.back(), version);
    }
    EXPECT_EQ(reads.WritesToMatchMax(), 0u) << present;
    reads.PrepareToMatch();
    EXPECT_GT(reads.WritesToMatchMax(), 0u) << present;
    for (mvcc::Record* record : records) {
      mvcc::Version::Free(record->head());
      mvcc::Record::Free(record);
    }
  }
}

TEST(ReadSet, ManyRangesAreMatchedOnceTheyAreMerged) {
  base::RetireList retired;
  const Tree tree(1, retired);
  ReadSet reads;
  for (int i = 0; i < 1000; ++i) reads.AddRange(&tree, KeyInterval::Of("k"));
  EXPECT_EQ(reads.WritesToMatchMax(), 0u);
  reads.PrepareToMatch();
  EXPECT_EQ(reads.range_count(), 1u);
  EXPECT_GT(reads.WritesToMatchMax(), 0u);
}

}  // namespace
}  // namespace nacre::txn
