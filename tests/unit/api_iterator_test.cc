// Iterator: seeks, turns, bounds, own writes, and rest while others write and the vacuum runs.

#include <map>
#include <random>

#include "tests/unit/api_fixture.h"
#include "tests/unit/test_seed.h"

namespace nacre::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class IteratorTest : public DatabaseTest {
 protected:
  IteratorTest() {
    for (std::string_view key : {"b", "d", "f", "h"}) Put(key, std::string(key) + "-value");
  }

  // The key under the iterator, or "-" if it is not valid.
  static std::string At(const Iterator& it) { return it.Valid() ? std::string(it.key()) : "-"; }

  static std::vector<std::string> Forward(Iterator& it) {
    std::vector<std::string> keys;
    for (it.SeekToFirst(); it.Valid(); it.Next()) keys.emplace_back(it.key());
    EXPECT_THAT(it.status(), IsOk());
    return keys;
  }
  static std::vector<std::string> Backward(Iterator& it) {
    std::vector<std::string> keys;
    for (it.SeekToLast(); it.Valid(); it.Prev()) keys.emplace_back(it.key());
    EXPECT_THAT(it.status(), IsOk());
    return keys;
  }
};

TEST_F(IteratorTest, IsNotValidBeforeTheFirstSeek) {
  Snapshot snapshot = db_->GetSnapshot();
  Iterator it = snapshot.NewIterator();
  EXPECT_FALSE(it.Valid());
  NACRE_EXPECT_OK(it.status());
}

TEST_F(IteratorTest, WalksBothWaysWithKeysValuesAndExpiry) {
  PutExpiring("d", "expiring", clock_.In(7000));
  Snapshot snapshot = db_->GetSnapshot();
  Iterator it = snapshot.NewIterator();
  EXPECT_THAT(Forward(it), ElementsAre("b", "d", "f", "h"));
  EXPECT_THAT(Backward(it), ElementsAre("h", "f", "d", "b"));
  it.Seek("d");
  EXPECT_EQ(it.value(), "expiring");
  EXPECT_EQ(it.expiry(), clock_.In(7000));
  it.Next();
  EXPECT_EQ(it.value(), "f-value");
  EXPECT_EQ(it.expiry(), absl::InfiniteFuture());
}

TEST_F(IteratorTest, SeekAndSeekForPrev_OnBetweenAndBeyondKeys) {
  Snapshot snapshot = db_->GetSnapshot();
  Iterator it = snapshot.NewIterator();
  const auto seek = [&](std::string_view key) {
    it.Seek(key);
    return At(it);
  };
  const auto seek_for_prev = [&](std::string_view key) {
    it.SeekForPrev(key);
    return At(it);
  };
  EXPECT_EQ(seek("d"), "d");
  EXPECT_EQ(seek("c"), "d");
  EXPECT_EQ(seek(""), "b");
  EXPECT_EQ(seek("z"), "-");
  EXPECT_EQ(seek_for_prev("d"), "d");
  EXPECT_EQ(seek_for_prev("e"), "d");
  EXPECT_EQ(seek_for_prev("z"), "h");
  EXPECT_EQ(seek_for_prev("a"), "-");
  EXPECT_EQ(seek_for_prev(""), "-");
  NACRE_EXPECT_OK(it.status());
}

TEST_F(IteratorTest, TurnsAtAnyPlace) {
  Snapshot snapshot = db_->GetSnapshot();
  Iterator it = snapshot.NewIterator();
  it.Seek("d");
  it.Next();
  EXPECT_EQ(At(it), "f");
  it.Prev();
  EXPECT_EQ(At(it), "d");
  it.Prev();
  EXPECT_EQ(At(it), "b");
  it.Next();
  EXPECT_EQ(At(it), "d");
  it.SeekToLast();
  it.Prev();
  it.Next();
  EXPECT_EQ(At(it), "h");
  it.Next();
  EXPECT_EQ(At(it), "-");
  it.SeekToFirst();
  EXPECT_EQ(At(it), "b");
  it.Prev();
  EXPECT_EQ(At(it), "-");
  it.Seek("b");  // Usable again after having run off an end.
  EXPECT_EQ(At(it), "b");
}

TEST_F(IteratorTest, StaysWithinItsBounds) {
  Snapshot snapshot = db_->GetSnapshot();
  Iterator inner = snapshot.NewIterator(
      {.start = Bound::Exclusive("b"), .end = Bound::Inclusive("f"), .reverse = true, .limit = 1});
  EXPECT_THAT(Forward(inner), ElementsAre("d", "f"));  // Direction and limit are ignored.
  EXPECT_THAT(Backward(inner), ElementsAre("f", "d"));
  inner.Seek("a");
  EXPECT_EQ(At(inner), "d");
  inner.Seek("g");
  EXPECT_EQ(At(inner), "-");
  inner.SeekForPrev("z");
  EXPECT_EQ(At(inner), "f");
  inner.SeekForPrev("b");
  EXPECT_EQ(At(inner), "-");

  Iterator nothing = snapshot.NewIterator(Range::Between("f", "d"));
  EXPECT_THAT(Forward(nothing), IsEmpty());
  EXPECT_THAT(Backward(nothing), IsEmpty());
}

TEST_F(IteratorTest, StaysWithinItsPrefix) {
  Put("d1", "x");
  Put("d2", "x");
  Put("d\xff", "x");
  Snapshot snapshot = db_->GetSnapshot();
  Iterator it = snapshot.NewIterator(Range::Prefix("d"));
  EXPECT_THAT(Forward(it), ElementsAre("d", "d1", "d2", "d\xff"));
  EXPECT_THAT(Backward(it), ElementsAre("d\xff", "d2", "d1", "d"));
  it.SeekForPrev("e");
  EXPECT_EQ(At(it), "d\xff");
  it.Seek("a");
  EXPECT_EQ(At(it), "d");
}

TEST_F(IteratorTest, SeesTheOwnWritesOfItsTransaction) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("a", "own"));
  NACRE_ASSERT_OK(tx.Put("d", "replaced"));
  NACRE_ASSERT_OK(tx.Delete("f"));
  NACRE_ASSERT_OK(tx.Put("g", "own", {.expiry = clock_.In(9000)}));
  NACRE_ASSERT_OK(tx.Delete("never"));
  Iterator it = tx.NewIterator();
  EXPECT_THAT(Forward(it), ElementsAre("a", "b", "d", "g", "h"));
  EXPECT_THAT(Backward(it), ElementsAre("h", "g", "d", "b", "a"));
  it.Seek("d");
  EXPECT_EQ(it.value(), "replaced");
  it.Seek("e");
  EXPECT_EQ(At(it), "g");
  EXPECT_EQ(it.expiry(), clock_.In(9000));
  it.SeekForPrev("f");
  EXPECT_EQ(At(it), "d");
  it.Next();
  it.Prev();
  it.Prev();
  EXPECT_EQ(At(it), "b");
}

TEST_F(IteratorTest, WritesMadeLaterAreSeenFromTheNextSeekOn) {
  Transaction tx = db_->Begin();
  Iterator it = tx.NewIterator();
  EXPECT_THAT(Forward(it), ElementsAre("b", "d", "f", "h"));
  NACRE_ASSERT_OK(tx.Put("e", "own"));
  NACRE_ASSERT_OK(tx.Delete("b"));
  EXPECT_THAT(Forward(it), ElementsAre("d", "e", "f", "h"));
  it.Seek("e");
  EXPECT_EQ(At(it), "e");
  EXPECT_EQ(it.value(), "own");
}

TEST_F(IteratorTest, RestsWhileItsTransactionWritesTheKeyItStandsOn) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("e", "own"));
  Iterator it = tx.NewIterator();
  it.Seek("e");
  for (int i = 0; i < 100; ++i) NACRE_ASSERT_OK(tx.Put("e", std::string(i, 'x')));
  NACRE_ASSERT_OK(tx.Delete("e"));
  EXPECT_EQ(it.key(), "e");
  EXPECT_EQ(it.value(), "own");
  it.Next();
  EXPECT_EQ(At(it), "f");
}

TEST_F(IteratorTest, SeesItsSnapshotWhileOthersWriteAndTheVacuumRuns) {
  Snapshot snapshot = db_->GetSnapshot();
  Iterator it = snapshot.NewIterator();
  std::vector<std::string> seen;
  for (it.SeekToFirst(); it.Valid(); it.Next()) {
    seen.emplace_back(it.key());
    const std::string key(it.key());
    Delete(key);                 // The key it stands on,
    Put(key + "+", "inserted");  // a new neighbour,
    Delete("h");                 // and one ahead.
    VacuumAll();
    EXPECT_EQ(it.key(), key);
    EXPECT_EQ(it.value(), key + "-value");
  }
  EXPECT_THAT(seen, ElementsAre("b", "d", "f", "h"));
  EXPECT_THAT(Backward(it), ElementsAre("h", "f", "d", "b"));
  Snapshot after = db_->GetSnapshot();
  EXPECT_THAT(ScanKeys(after, {}), ElementsAre("b+", "d+", "f+", "h+"));
}

TEST_F(IteratorTest, KeepsItsSnapshotAlive) {
  std::optional<Iterator> it;
  {
    Snapshot snapshot = db_->GetSnapshot();
    it = snapshot.NewIterator();
  }
  EXPECT_EQ(db_->GetStats().active_snapshots, 1u);
  for (std::string_view key : {"b", "d", "f", "h"}) Delete(key);
  VacuumAll();
  EXPECT_THAT(Forward(*it), ElementsAre("b", "d", "f", "h"));
  it.reset();
  EXPECT_EQ(db_->GetStats().active_snapshots, 0u);
}

TEST_F(IteratorTest, OfAFinishedTransactionIsFailedPrecondition) {
  Transaction tx = db_->Begin();
  Iterator it = tx.NewIterator();
  it.SeekToFirst();
  EXPECT_EQ(At(it), "b");
  tx.Rollback();
  it.SeekToFirst();
  EXPECT_FALSE(it.Valid());
  EXPECT_THAT(it.status(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(IteratorTest, MayBeMoved) {
  Snapshot snapshot = db_->GetSnapshot();
  Iterator from = snapshot.NewIterator();
  from.Seek("d");
  Iterator to = std::move(from);
  EXPECT_EQ(At(to), "d");
  to.Next();
  EXPECT_EQ(At(to), "f");
}

TEST_F(IteratorTest, SeveralOfOneTransactionAreIndependent) {
  Transaction tx = db_->Begin();
  Iterator first = tx.NewIterator();
  Iterator second = tx.NewIterator(Range::Prefix("f"));
  first.SeekToFirst();
  second.SeekToFirst();
  first.Next();
  EXPECT_EQ(At(first), "d");
  EXPECT_EQ(At(second), "f");
}

TEST_F(IteratorTest, IteratesItsKeyspaceOnlyEvenAfterUse) {
  const Keyspace other = OpenOrFail("other");
  Put("x", "1", other);
  Transaction tx = db_->Begin({.keyspace = other});
  Iterator it = tx.NewIterator();
  NACRE_ASSERT_OK(tx.Use(Keyspace()));
  EXPECT_THAT(Forward(it), ElementsAre("x"));
}

// A random walk beside std::map, which is the oracle. Own writes are mixed with committed keys.
TEST_F(IteratorTest, RandomWalk_AgreesWithAnOrderedMap) {
  std::mt19937 random(static_cast<uint32_t>(TestSeed()));
  const auto random_key = [&] {
    std::string key;
    for (int length = random() % 4; length > 0; --length)
      key += static_cast<char>(random() % 3 + 254);
    return key;
  };
  Open(DefaultOptions());
  std::map<std::string, std::string> oracle;
  for (int i = 0; i < 60; ++i) {
    const std::string key = random_key();
    Put(key, "committed");
    oracle[key] = "committed";
  }
  Transaction tx = db_->Begin();
  for (int i = 0; i < 40; ++i) {
    const std::string key = random_key();
    if (i % 3 == 0) {
      NACRE_ASSERT_OK(tx.Delete(key));
      oracle.erase(key);
    } else {
      NACRE_ASSERT_OK(tx.Put(key, "own"));
      oracle[key] = "own";
    }
  }
  Iterator it = tx.NewIterator();
  auto expected = oracle.end();
  for (int step = 0; step < 3000; ++step) {
    const std::string key = random_key();
    switch (expected == oracle.end() ? random() % 4 : random() % 12) {
      case 0:
        it.Seek(key);
        expected = oracle.lower_bound(key);
        break;
      case 1:
        it.SeekForPrev(key);
        expected = oracle.upper_bound(key);
        expected = expected == oracle.begin() ? oracle.end() : std::prev(expected);
        break;
      case 2:
        it.SeekToFirst();
        expected = oracle.begin();
        break;
      case 3:
        it.SeekToLast();
        expected = oracle.empty() ? oracle.end() : std::prev(oracle.end());
        break;
      case 4:
      case 5:
      case 6:
      case 7:
        it.Next();
        ++expected;
        break;
      default:
        it.Prev();
        expected = expected == oracle.begin() ? oracle.end() : std::prev(expected);
    }
    ASSERT_EQ(it.Valid(), expected != oracle.end()) << "step " << step;
    if (!it.Valid()) continue;
    ASSERT_EQ(it.key(), expected->first) << "step " << step;
    ASSERT_EQ(it.value(), expected->second) << "step " << step;
  }
}

}  // namespace
}  // namespace nacre::api
