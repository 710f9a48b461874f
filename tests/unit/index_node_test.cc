#include <algorithm>
#include <bit>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/index/key_compare.h"
#include "engine/index/node.h"
#include "gtest/gtest.h"
#include "tests/unit/index_fixture.h"

namespace nacre::index::internal {
namespace {

class NodeOfEachClass : public ::testing::TestWithParam<size_t> {
 protected:
  using Model = std::map<Symbol, Link>;

  void SetUp() override { node_ = Node::New(static_cast<NodeClass>(GetParam()), 7); }
  void TearDown() override { Node::Free(node_); }

  static void CheckEquals(const Node& node, const Model& model) {
    ASSERT_EQ(node.count(), static_cast<int>(model.size()));
    int below = 0;
    for (Symbol symbol = 0; symbol < kSymbols; ++symbol) {
      const auto found = model.find(symbol);
      const bool present = found != model.end();
      ASSERT_EQ(node.Find(symbol), present ? found->second : Link()) << "symbol " << symbol;
      ASSERT_EQ(node.FindStable(symbol), present ? found->second : Link()) << "symbol " << symbol;
      // The same for a key; where it ends before the node's depth, there is nothing.
      std::string key(node.depth(), 'p');
      if (symbol != kEndOfKey) key += static_cast<char>(symbol - 1);
      ASSERT_EQ(node.FindStable(key), present ? found->second : Link()) << "symbol " << symbol;
      Link tried = Link::ToNode(&node);
      ASSERT_TRUE(node.TryFindStable(key, &tried));
      ASSERT_EQ(tried, present ? found->second : Link()) << "symbol " << symbol;
      const int rank = node.Rank(symbol);
      ASSERT_EQ(rank, node.layout() == Layout::kDirect ? symbol : below) << "symbol " << symbol;
      if (!present) continue;
      ASSERT_EQ(node.SymbolOf(rank), symbol);
      ASSERT_EQ(node.LinkAt(rank), found->second);
      ++below;
    }
    ASSERT_EQ(node.Rank(kSymbols), node.positions());
  }

  Link NewLink() { return Link::ToEntry(&targets_[next_target_++ % targets_.size()]); }

  Node* node_ = nullptr;
  size_t next_target_ = 0;
  std::array<uint64_t, 4096> targets_{};
};

std::string ClassName(const ::testing::TestParamInfo<size_t>& info) {
  return "Capacity" + std::to_string(kNodeShapes[info.param].capacity);
}
INSTANTIATE_TEST_SUITE_P(Index, NodeOfEachClass, ::testing::Range<size_t>(1, kNodeClasses),
                         ClassName);

// What needs no call waits for nobody.
TEST_P(NodeOfEachClass, AWriterIsNotWaitedForByWhoTries) {
  const Link link = NewLink();
  node_->Insert('x' + 1, link);
  Link tried;
  EXPECT_TRUE(node_->TryFindStable("too", &tried));
  EXPECT_TRUE(tried.is_null()) << "the key ends above the node";
  ASSERT_TRUE(node_->lock().TryLock(node_->lock().ReadBegin()));
  const bool needs_one_load = node_->layout() == Layout::kDirect;
  EXPECT_EQ(node_->TryFindStable("1234567x", &tried), needs_one_load);
  EXPECT_EQ(node_->TryFindStable("1234567", &tried), needs_one_load);
  node_->lock().UnlockUnchanged();
  EXPECT_TRUE(node_->TryFindStable("1234567x", &tried));
  EXPECT_EQ(tried, link);
}

TEST_P(NodeOfEachClass, HoldsAnyMixOfSymbolsInOrder) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 10; ++round) {
    Model model;
    std::vector<Symbol> symbols(kSymbols);
    for (Symbol symbol = 0; symbol < kSymbols; ++symbol) symbols[symbol] = symbol;
    std::shuffle(symbols.begin(), symbols.end(), random);
    // Every other round has the end of the key, and the bytes around the edges of words.
    if (round % 2 == 0)
      std::swap(*std::find(symbols.begin(), symbols.end(), kEndOfKey), symbols[0]);
    for (int i = 0; i < node_->capacity(); ++i) {
      const Link link = NewLink();
      node_->Insert(symbols[i], link);
      model[symbols[i]] = link;
      if (i % 7 == 0 || i + 8 > node_->capacity()) CheckEquals(*node_, model);
    }
    ASSERT_TRUE(node_->full());
    const Symbol replaced = symbols[random() % node_->capacity()];
    model[replaced] = NewLink();
    node_->Replace(replaced, model[replaced]);
    CheckEquals(*node_, model);
    std::shuffle(symbols.begin(), symbols.begin() + node_->capacity(), random);
    for (int i = 0; i < node_->capacity(); ++i) {
      node_->Erase(symbols[i]);
      model.erase(symbols[i]);
      if (i % 7 == 0 || i + 8 > node_->capacity()) CheckEquals(*node_, model);
    }
    ASSERT_EQ(node_->count(), 0);
  }
}

TEST_P(NodeOfEachClass, CopiesToTheNextClassAndBackWithoutOneLink) {
  Model model;
  for (int i = 0; i < node_->capacity(); ++i) {
    const Symbol symbol = i * (kSymbols - 1) / std::max(node_->capacity() - 1, 1);
    model[symbol] = NewLink();
    node_->Insert(symbol, model[symbol]);
  }
  const size_t next = std::min(GetParam() + 1, kNodeClasses - 1);
  Node* larger = Node::New(static_cast<NodeClass>(next), 7);
  larger->CopyLinks(*node_, kSymbols);
  CheckEquals(*larger, model);
  Node* same = Node::New(static_cast<NodeClass>(GetParam()), 7);
  const Symbol left_out = model.begin()->first;
  same->CopyLinks(*larger, left_out);
  model.erase(left_out);
  CheckEquals(*same, model);
  Node::Free(larger);
  Node::Free(same);
}

TEST(IndexNode, TheSmallestClassWithRoomIsChosen) {
  for (int count = 1; count <= kSymbols; ++count) {
    const auto chosen = static_cast<size_t>(Node::ClassFor(count));
    EXPECT_GE(kNodeShapes[chosen].capacity, count);
    if (chosen > 1) {
      EXPECT_LT(kNodeShapes[chosen - 1].capacity, count);
    }
  }
}

TEST(IndexNode, MatchBytesIsExactWhereABorrowWouldRun) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned other = 0; other < 256; ++other) {
      const uint64_t word = byte | (uint64_t{other} << 8) | (uint64_t{byte ^ 1U} << 16);
      const uint64_t match = bits::MatchBytes(word, byte) & 0xffffff;
      EXPECT_EQ(match, other == byte ? 0x8080U : 0x80U);
    }
  }
}

TEST(IndexNode, CountOnesCountsEveryBit) {
  EXPECT_EQ(bits::CountOnes(0), 0);
  EXPECT_EQ(bits::CountOnes(~uint64_t{0}), 64);
  for (int bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(bits::CountOnes(uint64_t{1} << bit), 1);
    EXPECT_EQ(bits::CountOnes((uint64_t{1} << bit) - 1), bit);
  }
}

TEST(IndexNode, AVersionThatAWriterUsedUpIsNotLockedAgain) {
  VersionLock lock;
  const uint64_t before = lock.ReadBegin();
  ASSERT_TRUE(lock.TryLock(before));
  EXPECT_FALSE(lock.TryLock(before));
  EXPECT_FALSE(lock.Unchanged(before));
  lock.UnlockUnchanged();
  EXPECT_TRUE(lock.Unchanged(before));
  ASSERT_TRUE(lock.TryLock(before));
  lock.Unlock();
  EXPECT_FALSE(lock.Unchanged(before));
  EXPECT_FALSE(lock.TryLock(before));
  const uint64_t after = lock.ReadBegin();
  ASSERT_TRUE(lock.TryLock(after));
  lock.UnlockObsolete();
  const uint64_t obsolete = lock.ReadBegin();
  EXPECT_TRUE(VersionLock::IsObsolete(obsolete));
  EXPECT_FALSE(lock.TryLock(obsolete));
}

TEST(IndexBits, OnesAreCountedAlikeWithAndWithoutTheInstruction) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t word = random() & (i % 2 == 0 ? random() : ~uint64_t{0});
    ASSERT_EQ(bits::CountOnes(word), std::popcount(word));
    ASSERT_EQ(bits::CountOnesByHand(word), std::popcount(word));
  }
  for (const uint64_t word : {uint64_t{0}, ~uint64_t{0}}) {
    EXPECT_EQ(bits::CountOnesByHand(word), std::popcount(word));
  }
}

TEST(IndexKeys, SameBytesSeesEachByteOfEveryLength) {
  for (size_t size = 0; size <= 40; ++size) {
    const std::string key(size, 'k');
    std::string other = key;
    EXPECT_TRUE(SameBytes(key, other));
    EXPECT_FALSE(SameBytes(key, other + 'k'));
    for (char& byte : other) {
      byte ^= 1;
      EXPECT_FALSE(SameBytes(key, other)) << size;
      byte ^= 1;
    }
  }
}

}  // namespace
}  // namespace nacre::index::internal
