#include <algorithm>
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
  for (int i = 0; i < 20000; ++i) {
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
    if (model_.size() == 2000) {
      CheckStructure();
      EXPECT_LT(tree_.memory_bytes(), full / 3);
    }
  }
  EXPECT_EQ(tree_.memory_bytes(), 0U);
  EXPECT_EQ(tree_.stats().nodes, 0U);
}

TEST_F(IndexTree, TwentyBytesAKeyForRandomAndForDenseIntegers) {
  const auto insert_integer = [this](uint64_t number) {
    std::string key(16, 'x');
    for (size_t byte = 0; byte < 8; ++byte)
      key[byte] = static_cast<char>(number >> (56 - 8 * byte));
    Insert(key);
  };
  for (uint64_t i = 0; i < 100000; ++i) insert_integer(i);
  EXPECT_LT(tree_.memory_bytes(), 20 * model_.size());
}

TEST_F(IndexTree, ChainsOfPrefixesDeepAsTheirKeysNeedNoStack) {
  constexpr size_t kDepth = 65536;
  const std::string& text = keys_.emplace_back(kDepth, 'a');
  const std::string_view view = text;
  // The longest first: each further key is inserted at the top.
  for (size_t bytes = kDepth + 1; bytes-- > 0;) InsertView(view.substr(0, bytes));
  CheckStructure();
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{4000}, kDepth - 1, kDepth}) {
    CheckFind(view.substr(0, bytes));
    CheckForward(view.substr(0, bytes), false, 100);
    CheckBackward(view.substr(0, bytes), true, 100);
  }
  CheckFind(text + "a");
  CheckFind(text.substr(0, 5000) + "b");
  Insert(text.substr(0, 5000) + "b");
  Insert(text + "a");
  CheckForward("", true, kDepth + 10);
  CheckLast(kDepth + 10);
  CheckLast(10, view.substr(0, 60000));
  CheckForward("", true, kDepth, view.substr(0, 30000));
  Remove(text);
  Remove(view.substr(0, 30000));
  for (size_t bytes = 0; bytes < 1000; ++bytes) Remove(view.substr(0, bytes));
  // The rest is freed with the tree, without recursion.
}

TEST_F(IndexTree, KeysOfManyMegabytesDifferOnlyAtTheirEnd) {
  std::string key(64 << 20, 'k');
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
