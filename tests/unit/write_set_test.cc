// What a transaction keeps of its writes.

#include "engine/txn/write_set.h"

#include <string>

#include "engine/base/retire.h"
#include "engine/txn/keyspace_table.h"
#include "gtest/gtest.h"

namespace nacre::txn {
namespace {

using KeyBytes = WriteSet::KeyBytes;

class WriteSetTest : public ::testing::Test {
 protected:
  WriteEntry& Write(Tree& tree, std::string_view key, KeyBytes key_bytes = KeyBytes::kCopied) {
    WriteEntry& entry = writes_.FindOrAdd(&tree, 0, HashOf(tree, key), key, key_bytes);
    writes_.Set(entry, mvcc::Version::NewBytes("value", mvcc::kNoExpiry));
    return entry;
  }
  WriteEntry* Find(const Tree& tree, std::string_view key) {
    return writes_.Find(&tree, HashOf(tree, key), key);
  }
  // Few, so that more than the hash has to agree.
  static uint64_t HashOf(const Tree& tree, std::string_view key) {
    return tree.id + key.size() % 3;
  }

  base::RetireList retired_;
  Tree tree_{1, retired_};
  Tree other_{2, retired_};
  WriteSet writes_;
};

TEST_F(WriteSetTest, OnlyWhatWasCopiedMakesRoomAgainWhenItIsTakenBack) {
  // Not ours, and yet it ends where the copies do: so may any block of the heap.
  const std::string_view copy = Write(tree_, "first").key;
  const uint64_t savepoint = writes_.SetSavepoint();
  Write(other_, copy, KeyBytes::kStay);
  ASSERT_TRUE(writes_.RollbackTo(savepoint, /*reuse_keys=*/true));
  Write(tree_, "other");
  EXPECT_EQ(copy, "first");
  EXPECT_NE(Find(tree_, "first"), nullptr);
  EXPECT_EQ(Find(other_, "first"), nullptr);
}

TEST_F(WriteSetTest, IsTheSameOnBothSidesOfEachSizeAtWhichItKeepsMore) {
  const auto key = [](int i) { return "key" + std::to_string(i); };
  constexpr int kKeys = 40;
  for (const bool ordered : {false, true}) {
    for (int kept = 0; kept < kKeys; ++kept) {
      for (int i = 0; i < kept; ++i) Write(tree_, key(i));
      if (ordered) (void)writes_.Last(&tree_);
      const uint64_t savepoint = writes_.SetSavepoint();
      // Twice: what was taken back is made again.
      for (int round = 0; round < 2; ++round) {
        for (int i = kept; i < kKeys; ++i) Write(tree_, key(i));
        ASSERT_EQ(writes_.write_count(), size_t{kKeys});
        for (int i = 0; i < kKeys; ++i) ASSERT_NE(Find(tree_, key(i)), nullptr) << kept << " " << i;
        ASSERT_TRUE(writes_.RollbackTo(savepoint, /*reuse_keys=*/true));
        ASSERT_EQ(writes_.write_count(), static_cast<size_t>(kept));
        for (int i = 0; i < kKeys; ++i) ASSERT_EQ(Find(tree_, key(i)) != nullptr, i < kept) << kept;
        const WriteEntry* const last = writes_.Last(&tree_);
        ASSERT_EQ(last != nullptr, kept != 0);
      }
      writes_.Clear();
      ASSERT_TRUE(writes_.empty());
      ASSERT_EQ(writes_.bytes(), 0u);
      ASSERT_EQ(writes_.last_savepoint(), 0u);
    }
  }
}

TEST_F(WriteSetTest, CountsTheBytesOfEachKeyOnce) {
  WriteEntry& entry = Write(tree_, "key");
  EXPECT_EQ(writes_.bytes(), 8u);
  Write(tree_, "key");
  writes_.Lock(entry);
  EXPECT_EQ(writes_.bytes(), 8u);
  // The one that a savepoint needs is kept, and counted.
  const uint64_t savepoint = writes_.SetSavepoint();
  Write(tree_, "key");
  EXPECT_EQ(writes_.bytes(), 13u);
  ASSERT_TRUE(writes_.RollbackTo(savepoint, /*reuse_keys=*/true));
  EXPECT_EQ(writes_.bytes(), 8u);
  WriteEntry& locked = writes_.Add(&tree_, 0, HashOf(tree_, "lock"), "lock");
  writes_.Lock(locked);
  writes_.Set(locked, mvcc::Version::NewTombstone());
  EXPECT_EQ(writes_.bytes(), 12u);
}

}  // namespace
}  // namespace nacre::txn
