#include <algorithm>
#include <deque>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/index_fixture.h"

namespace nacre::index {
namespace {

using internal::kNodeClasses;
using internal::kNodeShapes;

class IndexTree : public IndexTest {
 protected:
  // The capacity of the only node; 0 when there is none.
  int OnlyCapacity() {
    const IndexStats stats = tree_.stats();
    EXPECT_LE(stats.nodes, 1U);
    for (size_t i = 0; i < kNodeClasses; ++i) {
      if (stats.nodes_by_class[i] > 0) return kNodeShapes[i].capacity;
    }
    return 0;
  }
};

TEST_F(IndexTree, EmptyTreeFindsAndCollectsNothing) {
  CheckFind("");
  CheckFind("a");
  CheckForward("", true, 10);
  CheckBackward("zzz", true, 10);
  CheckLast(10);
  const TestEntry stranger{"a"};
  EXPECT_FALSE(tree_.Remove("a", &stranger));
  EXPECT_EQ(tree_.stats().nodes, 0U);
}

TEST_F(IndexTree, TheEmptyKeyIsAKey) {
  Insert("");
  CheckFind("");
  CheckFind(std::string_view("\0", 1));
  Insert("a");
  Insert(std::string_view("\0", 1));
  CheckFindAll();
  CheckScans();
  CheckForward("", false, 10);
  Remove("");
  CheckFind("");
  CheckScans();
}

TEST_F(IndexTree, KeysThatArePrefixesOfEachOtherStandSideBySide) {
  for (const char* key : {"abc", "a", "abcdef", "ab", "abcde", "abcdx", "", "b"}) {
    Insert(key);
    CheckFindAll();
    CheckScans();
  }
  for (const char* absent : {"abcd", "abcdefg", "c", "aa", "abd"}) CheckFind(absent);
  for (const char* key : {"abcde", "a", "", "abcdef", "abc"}) {
    Remove(key);
    CheckFind(key);
    CheckFindAll();
    CheckStructure();
  }
}

TEST_F(IndexTree, ANodeGrowsAndShrinksThroughEveryClass) {
  std::vector<int> bytes(256);
  std::iota(bytes.begin(), bytes.end(), 0);
  std::mt19937_64 random(TestSeed());
  std::shuffle(bytes.begin(), bytes.end(), random);
  std::vector<int> seen;
  for (size_t i = 0; i < bytes.size(); ++i) {
    Insert(std::string("prefix") + static_cast<char>(bytes[i]));
    const int capacity = OnlyCapacity();
    const auto smallest = static_cast<size_t>(internal::Node::ClassFor(static_cast<int>(i) + 1));
    EXPECT_EQ(capacity, i == 0 ? 0 : kNodeShapes[smallest].capacity);
    if (seen.empty() || seen.back() != capacity) seen.push_back(capacity);
    CheckFindAll();
    CheckStructure();
  }
  EXPECT_EQ(seen, (std::vector<int>{0, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 257}));
  CheckScans();
  Insert("prefix");
  CheckScans();
  std::shuffle(bytes.begin(), bytes.end(), random);
  for (size_t i = 0; i < bytes.size(); ++i) {
    Remove(std::string("prefix") + static_cast<char>(bytes[i]));
    const int left = static_cast<int>(model_.size());
    if (left > 1) {
      ASSERT_GE(OnlyCapacity(), left);
      // Never more than two classes too large.
      ASSERT_LE(OnlyCapacity(), 2 * left + 32) << left;
    }
    CheckFindAll();
    CheckStructure();
    if (i % 16 == 0) CheckScans();
  }
  EXPECT_EQ(tree_.stats().nodes, 0U);
}

TEST_F(IndexTree, AnEdgeSplitsAtEachPosition) {
  const std::string base(40, 'm');
  Insert(base + "1");
  Insert(base + "2");
  std::vector<size_t> positions(base.size());
  std::iota(positions.begin(), positions.end(), 0);
  std::mt19937_64 random(TestSeed());
  std::shuffle(positions.begin(), positions.end(), random);
  for (const size_t position : positions) {
    for (const char other : {'a', 'z', '\0', '\xff'}) {
      std::string key = base + "1";
      key[position] = other;
      CheckFind(key);
      Insert(key);
    }
    CheckFind(base.substr(0, position));
    Insert(base.substr(0, position));
    CheckFindAll();
    CheckStructure();
  }
  CheckScans();
  // Joining them again leaves the two keys of the beginning, and one node.
  std::vector<std::string> all;
  for (const auto& [key, entry] : model_) all.emplace_back(key);
  std::shuffle(all.begin(), all.end(), random);
  for (const std::string& key : all) {
    if (key == base + "1" || key == base + "2") continue;
    Remove(key);
    CheckStructure();
  }
  CheckFindAll();
  EXPECT_EQ(tree_.stats().nodes, 1U);
}

TEST_F(IndexTree, ASkippedByteThatDiffersIsNoticed) {
  Insert("session:0001:a");
  Insert("session:0001:b");
  for (size_t position = 0; position < 13; ++position) {
    std::string key = "session:0001:a";
    key[position] = '~';
    CheckFind(key);
    CheckForward(key, true, 5);
    CheckBackward(key, true, 5);
    key[position] = '!';
    CheckFind(key);
    CheckForward(key, true, 5);
    CheckBackward(key, true, 5);
  }
}

TEST_F(IndexTree, RemovingEverythingGivesAllNodesBack) {
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 10000; ++i) {
    std::string key(8, '\0');
    const uint64_t number = random();
    for (size_t byte = 0; byte < 8; ++byte) key[byte] = static_cast<char>(number >> (8 * byte));
    Insert(key);
  }
  const size_t full = tree_.memory_bytes();
  EXPECT_GT(full, 0U);
  std::vector<std::string> keys;
  for (const auto& [key, entry] : model_) keys.emplace_back(key);
  std::shuffle(keys.begin(), keys.end(), random);
  for (size_t i = 0; i < keys.size(); ++i) {
    Remove(keys[i]);
    if (model_.size() == 1000) {
      CheckStructure();
      EXPECT_LT(tree_.memory_bytes(), full / 3);
    }
  }
  EXPECT_EQ(tree_.memory_bytes(), 0U);
  EXPECT_EQ(tree_.stats().nodes, 0U);
}

// Integers of 8 bytes, most significant first, and 8 bytes of padding.
std::string IntegerKey(uint64_t number) {
  std::string key(16, 'x');
  for (size_t i = 0; i < 8; ++i) key[i] = static_cast<char>(number >> (56 - 8 * i));
  return key;
}

// The tree's bytes for each of `count` keys.
double NodeBytesPerKey(size_t count, const std::function<uint64_t(size_t)>& number) {
  base::RetireList retired;
  TestTree tree(retired);
  std::deque<std::string> keys;
  std::deque<TestEntry> entries;
  const base::EpochPin pin;
  for (size_t i = 0; i < count; ++i) {
    TestEntry& entry = entries.emplace_back(TestEntry{keys.emplace_back(IntegerKey(number(i)))});
    tree.FindOrInsert(entry.key(), [&entry] { return &entry; });
  }
  return static_cast<double>(tree.memory_bytes()) / static_cast<double>(tree.stats().entries);
}

TEST(IndexMemory, DenseIntegersTakeLessThanTwentyBytesAKey) {
  EXPECT_LT(NodeBytesPerKey(50000, [](size_t i) { return i; }), 10);
}

TEST(IndexMemory, RandomIntegersTakeLessThanTwentyBytesAKey) {
  std::mt19937_64 random(TestSeed());
  for (const size_t count : {10000, 40000, 120000}) {
    EXPECT_LT(NodeBytesPerKey(count, [&random](size_t) { return random(); }), 20) << count;
  }
}

TEST(IndexChain, OfPrefixesDeepAsTheirKeysNeedsNoStack) {
#ifdef NACRE_SANITIZED
  constexpr size_t kDepth = 16384;  // Comparing the keys is quadratic, and slow when instrumented.
#else
  constexpr size_t kDepth = 65536;
#endif
  const std::string text(kDepth, 'a');
  std::vector<TestEntry> entries(kDepth + 1);
  base::RetireList retired;
  TestTree tree(retired);
  const base::EpochPin pin;
  // The longest first: each further key is inserted at the top.
  for (size_t bytes = kDepth + 1; bytes-- > 0;) {
    entries[bytes].bytes = std::string_view(text).substr(0, bytes);
    ASSERT_TRUE(tree.FindOrInsert(entries[bytes].bytes, [&] { return &entries[bytes]; }).second);
  }
  ASSERT_TRUE(tree.VerifyStructure().ok()) << tree.VerifyStructure();
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{4000}, kDepth - 1, kDepth}) {
    ASSERT_EQ(tree.Find(entries[bytes].bytes), &entries[bytes]);
  }
  EXPECT_EQ(tree.Find(text + "a"), nullptr);
  EXPECT_EQ(tree.Find(text.substr(0, 5000) + "b"), nullptr);

  std::vector<TestEntry*> all(kDepth + 2);
  ASSERT_EQ(tree.CollectForward("", true, absl::MakeSpan(all)), kDepth + 1);
  for (size_t bytes = 0; bytes <= kDepth; ++bytes) ASSERT_EQ(all[bytes], &entries[bytes]);
  ASSERT_EQ(tree.CollectLast(absl::MakeSpan(all)), kDepth + 1);
  for (size_t bytes = 0; bytes <= kDepth; ++bytes) ASSERT_EQ(all[bytes], &entries[kDepth - bytes]);
  ASSERT_EQ(
      tree.CollectForward(entries[100].bytes, false, absl::MakeSpan(all), entries[9000].bytes),
      8899U);
  ASSERT_EQ(all[0], &entries[101]);
  ASSERT_EQ(
      tree.CollectBackward(entries[9000].bytes, true, absl::MakeSpan(all), entries[100].bytes),
      8901U);
  ASSERT_EQ(all[0], &entries[9000]);

  for (const size_t bytes : {kDepth, kDepth / 2, size_t{0}, size_t{1}, size_t{2}}) {
    ASSERT_TRUE(tree.Remove(entries[bytes].bytes, &entries[bytes]));
    ASSERT_EQ(tree.Find(entries[bytes].bytes), nullptr);
  }
  ASSERT_TRUE(tree.VerifyStructure().ok()) << tree.VerifyStructure();
  // The rest is freed with the tree, without recursion.
}

TEST_F(IndexTree, KeysOfManyMegabytesDifferOnlyAtTheirEnd) {
  std::string key(16 << 20, 'k');
  Insert(key);
  key.back() = 'l';
  CheckFind(key);
  Insert(key);
  key += 'm';
  Insert(key);
  CheckFindAll();
  CheckScans();
  EXPECT_LT(tree_.memory_bytes(), 200U);
}

TEST_F(IndexTree, ReplacedNodesWaitOnTheRetireList) {
  for (int i = 0; i < 17; ++i) Insert(std::string(1, static_cast<char>(i)));
  // Copied from 2 to 4 to 8 to 16 to 24.
  EXPECT_EQ(retired_.waiting(), 4U);
}

}  // namespace
}  // namespace nacre::index
