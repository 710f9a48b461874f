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
using internal::NodeClass;

// One entry in so many is beyond near links.
constexpr size_t kAllNear = 0;
constexpr size_t kNoneNear = 1;
constexpr size_t kSomeNear = 5;

size_t NodesWithNearLinks(const TestTree& tree) {
  const IndexStats stats = tree.stats();
  return std::accumulate(stats.nodes_by_class.begin() + static_cast<int>(NodeClass::kNear2),
                         stats.nodes_by_class.end(), size_t{0});
}

// With links of 4 bytes, of 8, and where an entry in some makes the difference.
class IndexTree : public IndexTest, public ::testing::WithParamInterface<size_t> {
 protected:
  IndexTree() : IndexTest(GetParam()) {}

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

std::string LinksName(const ::testing::TestParamInfo<size_t>& info) {
  return info.param == kAllNear ? "Near" : info.param == kNoneNear ? "Whole" : "Mixed";
}
INSTANTIATE_TEST_SUITE_P(Index, IndexTree, ::testing::Values(kAllNear, kNoneNear, kSomeNear),
                         LinksName);

TEST_P(IndexTree, EmptyTreeFindsAndCollectsNothing) {
  CheckFind("");
  CheckFind("a");
  CheckForward("", true, 10);
  CheckBackward("zzz", true, 10);
  CheckLast(10);
  const TestEntry stranger{"a"};
  EXPECT_FALSE(tree_.Remove("a", &stranger));
  EXPECT_EQ(tree_.stats().nodes, 0U);
}

TEST_P(IndexTree, TheEmptyKeyIsAKey) {
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

TEST_P(IndexTree, KeysThatArePrefixesOfEachOtherStandSideBySide) {
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

TEST_P(IndexTree, ANodeGrowsAndShrinksThroughEveryClass) {
  std::vector<int> bytes(256);
  std::iota(bytes.begin(), bytes.end(), 0);
  std::mt19937_64 random(TestSeed());
  std::shuffle(bytes.begin(), bytes.end(), random);
  std::vector<int> seen;
  for (size_t i = 0; i < bytes.size(); ++i) {
    Insert(std::string("prefix") + static_cast<char>(bytes[i]));
    const int capacity = OnlyCapacity();
    const auto smallest = internal::Node::ClassFor(static_cast<int>(i) + 1, /*near=*/false);
    EXPECT_EQ(capacity, i == 0 ? 0 : kNodeShapes[static_cast<size_t>(smallest)].capacity);
    const bool near = GetParam() == kAllNear && i > 0 && i < 192;
    EXPECT_EQ(NodesWithNearLinks(tree_), near ? 1 : 0) << i;
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

// One node, whose links are near as long as all of its entries are.
class IndexLinks : public IndexTest {
 protected:
  IndexLinks() : IndexTest(kAllNear) {}

  void InsertFar(std::string_view key) {
    TestEntry* const far = entries_.New(keys_.emplace_back(key), /*whole=*/true);
    ASSERT_TRUE(tree_.FindOrInsert(key, [&] { return far; }).second);
    model_[far->key()] = far;
  }
  // Near links: 1; whole ones: 0.
  size_t NearNodes() {
    CheckFindAll();
    CheckScans();
    CheckStructure();
    return NodesWithNearLinks(tree_);
  }
};

TEST_F(IndexLinks, AreWholeFromAnEntryThatIsFarUntilTheNodeIsReplacedWithoutIt) {
  for (const char* key : {"a", "b", "c"}) Insert(key);
  EXPECT_EQ(NearNodes(), 1U);
  InsertFar("far");
  EXPECT_EQ(NearNodes(), 0U);
  for (char byte = 'g'; byte <= 'o'; ++byte) Insert(std::string(1, byte));
  EXPECT_EQ(NearNodes(), 0U) << "larger twice, with the far one";
  for (char byte = 'o'; byte >= 'k'; --byte) Remove(std::string(1, byte));
  EXPECT_EQ(NearNodes(), 0U);
  Remove("far");
  EXPECT_EQ(NearNodes(), 1U) << "smaller, and it was the only far one";
}

TEST_F(IndexLinks, AreNearWhereANodeWithoutAnEntryThatIsFarGrows) {
  Insert("a");
  InsertFar("b");
  Insert("c");
  EXPECT_EQ(NearNodes(), 0U);
  Remove("b");
  EXPECT_EQ(NearNodes(), 0U) << "nothing was replaced";
  Insert("d");
  Insert("e");
  EXPECT_EQ(NearNodes(), 0U);
  Insert("f");
  EXPECT_EQ(NearNodes(), 1U);
}

TEST_F(IndexLinks, AreWholeWithANodeAmongThem) {
  for (char byte = 'a'; byte <= 't'; ++byte) Insert(std::string("prefix") + byte);
  EXPECT_EQ(NearNodes(), 1U);
  Insert("prefixc1");
  EXPECT_EQ(tree_.stats().nodes, 2U);
  EXPECT_EQ(NearNodes(), 1U) << "the one below has entries only";
  Remove("prefixc1");
  for (char byte = 'd'; byte <= 't'; ++byte) Remove(std::string("prefix") + byte);
  EXPECT_EQ(tree_.stats().nodes, 1U);
  EXPECT_EQ(NearNodes(), 1U);
}

// What another writer does once the entry is made, and before anything is locked.
TEST_P(IndexTree, AnInsertionThatIsOvertakenStartsAgain) {
  struct Overtaking {
    const char* what;
    std::vector<const char*> before;
    const char* key;
    std::vector<const char*> inserted;
    std::vector<const char*> removed;
  };
  const std::vector<Overtaking> overtakings = {
      {"the same key, the first of all", {}, "a", {"a"}, {}},
      {"the first key of all", {}, "a", {"b"}, {}},
      {"the same key, in a node", {"a", "b", "c"}, "d", {"d"}, {}},
      {"the same key, on an edge", {"a1", "b"}, "a2", {"a2"}, {}},
      {"the last room of a node", {"a", "b", "c"}, "d", {"e"}, {}},
      {"a full node that grew", {"a", "b"}, "c", {"d"}, {}},
      {"a node that shrank", {"a", "b", "c", "d", "e"}, "f", {}, {"a", "b", "c"}},
      {"a node that is gone", {"a1", "a2", "b"}, "a3", {}, {"a1"}},
      {"the edge, split higher", {"abc1", "x"}, "abc2", {"a"}, {}},
      {"the edge, split lower", {"abcde", "x"}, "ab", {"abc"}, {}},
      {"the edge to an entry that is gone", {"abc", "x", "y"}, "abd", {}, {"abc"}},
      {"everything", {"a"}, "b", {}, {"a"}},
  };
  for (const Overtaking& overtaking : overtakings) {
    SCOPED_TRACE(overtaking.what);
    for (const char* key : overtaking.before) Insert(key);
    int made = 0;
    TestEntry* made_entry = nullptr;
    const auto [entry, is_new] = tree_.FindOrInsert(overtaking.key, [&] {
      ++made;
      for (const char* key : overtaking.inserted) Insert(key);
      for (const char* key : overtaking.removed) Remove(key);
      return made_entry = entries_.New(keys_.emplace_back(overtaking.key));
    });
    EXPECT_EQ(made, 1);
    const auto [position, added] = model_.try_emplace(entry->key(), entry);
    EXPECT_EQ(is_new, added);
    EXPECT_EQ(entry, position->second);
    EXPECT_EQ(is_new, entry == made_entry);
    CheckStructure();
    CheckFindAll();
    CheckScans();
    while (!model_.empty()) Remove(model_.begin()->first);
    EXPECT_EQ(tree_.stats().nodes, 0U);
  }
}

TEST_P(IndexTree, AnEdgeSplitsAtEachPosition) {
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

TEST_P(IndexTree, ASkippedByteThatDiffersIsNoticed) {
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

TEST_P(IndexTree, RemovingEverythingGivesAllNodesBack) {
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
double NodeBytesPerKey(size_t count, const std::function<std::string(size_t)>& key) {
  base::RetireList retired;
  TestTree tree(retired);
  std::deque<std::string> keys;
  std::deque<TestEntry> entries;
  const base::EpochPin pin;
  for (size_t i = 0; i < count; ++i) {
    TestEntry& entry = entries.emplace_back(TestEntry{keys.emplace_back(key(i))});
    tree.FindOrInsert(entry.key(), [&entry] { return &entry; });
  }
  return static_cast<double>(tree.memory_bytes()) / static_cast<double>(tree.stats().entries);
}

// With whole links: the same for dense ones, 4 more for random ones, 9 for even ones.
TEST(IndexMemory, OfDenseIntegersIsEightBytesAKey) {
  EXPECT_LT(NodeBytesPerKey(50000, [](size_t i) { return IntegerKey(i); }), 10);
}

TEST(IndexMemory, OfRandomIntegersIsSixteenBytesAKeyAtMost) {
  std::mt19937_64 random(TestSeed());
  for (const size_t count : {10000, 40000, 120000}) {
    const double bytes = NodeBytesPerKey(count, [&](size_t) { return IntegerKey(random()); });
    EXPECT_LT(bytes, 16) << count;
  }
}

TEST(IndexMemory, OfEvenIntegersIsFiveBytesAKey) {
  EXPECT_LT(NodeBytesPerKey(50000, [](size_t i) { return IntegerKey(2 * i); }), 5);
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

TEST_P(IndexTree, KeysOfManyMegabytesDifferOnlyAtTheirEnd) {
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

TEST_P(IndexTree, ReplacedNodesWaitOnTheRetireList) {
  for (int i = 0; i < 17; ++i) Insert(std::string(1, static_cast<char>(i)));
  // Copied from 2 to 4 to 8 to 16 to 24.
  EXPECT_EQ(retired_.waiting(), 4U);
}

}  // namespace
}  // namespace nacre::index
