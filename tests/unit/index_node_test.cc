#include <algorithm>
#include <array>
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

// Entries near each other, in all tests of a process: the first one decides what near links reach.
struct alignas(16) Target {
  char bytes[16];
};
std::array<Target, 4096> targets;

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

  Link NewLink() { return Link::ToEntry(&targets[next_target_++ % targets.size()]); }
  size_t NextClass() const {
    const auto node_class = static_cast<NodeClass>(GetParam());
    const bool largest = node_class == NodeClass::k256 || node_class == NodeClass::kNear192;
    return GetParam() + (largest ? 0 : 1);
  }

  Node* node_ = nullptr;
  size_t next_target_ = 0;
};

std::string ClassName(const ::testing::TestParamInfo<size_t>& info) {
  const bool near = IsNear(static_cast<NodeClass>(info.param));
  return (near ? "Near" : "Capacity") + std::to_string(kNodeShapes[info.param].capacity);
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
  Node* larger = Node::New(static_cast<NodeClass>(NextClass()), 7);
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
  for (const bool near : {false, true}) {
    const NodeClass smallest = near ? NodeClass::kNear2 : NodeClass::k2;
    for (int count = 1; count <= kSymbols; ++count) {
      const NodeClass chosen = Node::ClassFor(count, near);
      const auto index = static_cast<size_t>(chosen);
      EXPECT_EQ(IsNear(chosen), near && count <= 192);
      EXPECT_GE(kNodeShapes[index].capacity, count);
      if (chosen != smallest) {
        EXPECT_LT(kNodeShapes[index - 1].capacity, count);
      }
    }
  }
}

Link EntryAt(uintptr_t address) { return Link::ToEntry(reinterpret_cast<const void*>(address)); }

TEST(IndexNearLink, ReachesEntriesBetweenItsEnds) {
  ASSERT_TRUE(NearLink::Fits(Link::ToEntry(&targets[0])));
  const uintptr_t base = NearLink::base();
  for (const uintptr_t distance : {uintptr_t{16}, NearLink::kReachBelow, NearLink::kReach - 16}) {
    const Link link = EntryAt(base + distance);
    ASSERT_TRUE(NearLink::Fits(link)) << distance;
    EXPECT_FALSE(NearLink::Of(link).is_null());
    EXPECT_EQ(NearLink::Of(link).Expand(), link);
    EXPECT_FALSE(NearLink::Fits(EntryAt(base + distance + 8))) << "between two units";
  }
  for (const uintptr_t address : {base - 16, base, base + NearLink::kReach}) {
    EXPECT_FALSE(NearLink::Fits(EntryAt(address)));
  }
  EXPECT_FALSE(NearLink::Fits(Link()));
  EXPECT_FALSE(NearLink::Fits(Link::ToNode(reinterpret_cast<const Node*>(base + 16))));
}

TEST(IndexNearLink, HasABaseWhereverTheFirstEntryLies) {
  EXPECT_EQ(NearLink::BaseFor(2 * NearLink::kReachBelow), NearLink::kReachBelow);
  EXPECT_EQ(NearLink::BaseFor(2 * NearLink::kReachBelow + 15), NearLink::kReachBelow);
  for (const uintptr_t first : {uintptr_t{16}, NearLink::kReachBelow, NearLink::kReachBelow + 31}) {
    EXPECT_EQ(NearLink::BaseFor(first), 16U);
  }
}

TEST(IndexNode, FitsNearAsLongAsEachOfItsEntriesDoes) {
  const char* const entry = targets[0].bytes;
  ASSERT_TRUE(NearLink::Fits(Link::ToEntry(entry)));
  Node* node = Node::New(NodeClass::k256, 0);
  EXPECT_TRUE(node->FitsNear(kSymbols));
  node->Insert(kEndOfKey, Link::ToEntry(entry));
  EXPECT_TRUE(node->FitsNear(kSymbols));
  for (const Link other : {Link::ToNode(node), Link::ToEntry(entry + 8)}) {
    node->Insert('x', other);
    EXPECT_FALSE(node->FitsNear(kSymbols));
    EXPECT_FALSE(node->FitsNear(kEndOfKey));
    EXPECT_TRUE(node->FitsNear('x'));
    node->Erase('x');
  }
  Node::Free(node);
}

TEST(IndexNodeDeathTest, ANodeWithNearLinksTakesNothingElse) {
  Node* node = Node::New(NodeClass::kNear4, 0);
  EXPECT_FALSE(node->CanHold(Link::ToNode(node)));
  EXPECT_DEATH(node->Insert('x', Link::ToNode(node)), "NEAR-LEAVES");
  Node::Free(node);
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
