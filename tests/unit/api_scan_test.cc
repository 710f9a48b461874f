// Transaction::Scan and Count: order, bounds, offset, limit, and the transaction's own writes in
// between.

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ScanTest : public DatabaseTest {
 protected:
  ScanTest() {
    for (std::string_view key : {"b", "d", "f", "h", "j"}) Put(key, "committed");
  }
};

TEST_F(ScanTest, VisitsAllInByteOrderBothWays) {
  Transaction tx = db_->Begin();
  EXPECT_THAT(ScanKeys(tx, Range::All()), ElementsAre("b", "d", "f", "h", "j"));
  EXPECT_THAT(ScanKeys(tx, {.reverse = true}), ElementsAre("j", "h", "f", "d", "b"));
}

TEST_F(ScanTest, BytesCompareUnsignedAndPrefixesComeFirst) {
  const std::string zero(1, '\0');
  Open(DefaultOptions());
  for (std::string_view key :
       {std::string_view("a"), std::string_view("a\0", 2), std::string_view("aa"),
        std::string_view("\x7f"), std::string_view("\x80"), std::string_view("\xff\xff"),
        std::string_view(zero), std::string_view("")}) {
    Put(key, "");
  }
  Transaction tx = db_->Begin();
  const std::vector<std::string> ordered = {"",   zero,   "a",    std::string("a\0", 2),
                                            "aa", "\x7f", "\x80", "\xff\xff"};
  EXPECT_EQ(ScanKeys(tx, Range::All()), ordered);
  EXPECT_EQ(ScanKeys(tx, {.reverse = true}),
            std::vector<std::string>(ordered.rbegin(), ordered.rend()));
}

TEST_F(ScanTest, BoundsAreInclusiveOrExclusiveAsSaid) {
  Transaction tx = db_->Begin();
  EXPECT_THAT(ScanKeys(tx, Range::Between("d", "h")), ElementsAre("d", "f"));
  EXPECT_THAT(ScanKeys(tx, {.start = Bound::Exclusive("d"), .end = Bound::Inclusive("h")}),
              ElementsAre("f", "h"));
  EXPECT_THAT(ScanKeys(tx, {.start = Bound::Inclusive("c"), .end = Bound::Inclusive("g")}),
              ElementsAre("d", "f"));
  EXPECT_THAT(ScanKeys(tx, {.start = Bound::Exclusive("f")}), ElementsAre("h", "j"));
  EXPECT_THAT(ScanKeys(tx, {.end = Bound::Exclusive("f")}), ElementsAre("b", "d"));
}

TEST_F(ScanTest, StartIsTheLowerEndAlsoInReverse) {
  Transaction tx = db_->Begin();
  Range range = Range::Between("d", "h");
  range.reverse = true;
  EXPECT_THAT(ScanKeys(tx, range), ElementsAre("f", "d"));
}

TEST_F(ScanTest, EmptyAndInvertedRangesVisitNothing) {
  Transaction tx = db_->Begin();
  EXPECT_THAT(ScanKeys(tx, Range::Between("d", "d")), IsEmpty());
  EXPECT_THAT(ScanKeys(tx, Range::Between("h", "d")), IsEmpty());
  EXPECT_THAT(ScanKeys(tx, {.start = Bound::Exclusive("d"), .end = Bound::Inclusive("d")}),
              IsEmpty());
  EXPECT_THAT(ScanKeys(tx, {.start = Bound::Inclusive("d"), .end = Bound::Inclusive("d")}),
              ElementsAre("d"));
  EXPECT_THAT(ScanKeys(tx, {.limit = 0}), IsEmpty());
}

TEST_F(ScanTest, PrefixNarrowsTheBounds) {
  Open(DefaultOptions());
  for (std::string_view key : {"p", "p\xff",
                               "p\xff\xff"
                               "a",
                               "pa", "pb", "pc", "q", "o"})
    Put(key, "");
  Transaction tx = db_->Begin();
  EXPECT_THAT(ScanKeys(tx, Range::Prefix("p")), ElementsAre("p", "pa", "pb", "pc", "p\xff",
                                                            "p\xff\xff"
                                                            "a"));
  EXPECT_THAT(ScanKeys(tx, Range::Prefix("p\xff")), ElementsAre("p\xff",
                                                                "p\xff\xff"
                                                                "a"));
  EXPECT_THAT(ScanKeys(tx, {.start = Bound::Exclusive("pa"),
                            .end = Bound::Inclusive("z"),
                            .prefix = "p",
                            .reverse = true}),
              ElementsAre("p\xff\xff"
                          "a",
                          "p\xff", "pc", "pb"));
  EXPECT_THAT(ScanKeys(tx, {.start = Bound::Inclusive("q"), .prefix = "p"}), IsEmpty());
}

TEST_F(ScanTest, PrefixOfHighBytesHasNoUpperNeighbour) {
  Put("\xff", "1");
  Put("\xff\xff", "2");
  Put("\xff\xff\xff", "3");
  Transaction tx = db_->Begin();
  EXPECT_THAT(ScanKeys(tx, Range::Prefix("\xff\xff")), ElementsAre("\xff\xff", "\xff\xff\xff"));
  EXPECT_THAT(ScanKeys(tx, {.prefix = "\xff\xff", .reverse = true}),
              ElementsAre("\xff\xff\xff", "\xff\xff"));
}

TEST_F(ScanTest, OffsetAndLimitCountKeysInTheDirectionOfTheWalk) {
  Transaction tx = db_->Begin();
  EXPECT_THAT(ScanKeys(tx, {.offset = 1, .limit = 2}), ElementsAre("d", "f"));
  EXPECT_THAT(ScanKeys(tx, {.reverse = true, .offset = 1, .limit = 2}), ElementsAre("h", "f"));
  EXPECT_THAT(ScanKeys(tx, {.offset = 4}), ElementsAre("j"));
  EXPECT_THAT(ScanKeys(tx, {.offset = 5}), IsEmpty());
  EXPECT_THAT(ScanKeys(tx, {.offset = 100, .limit = 1}), IsEmpty());
  EXPECT_THAT(ScanKeys(tx, {.limit = 100}), ElementsAre("b", "d", "f", "h", "j"));
}

TEST_F(ScanTest, OwnWritesStandAmongTheCommittedKeysBothWays) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("a", "own"));       // Before the first.
  NACRE_ASSERT_OK(tx.Put("e", "own"));       // Between.
  NACRE_ASSERT_OK(tx.Put("f", "replaced"));  // In place.
  NACRE_ASSERT_OK(tx.Delete("h"));           // Gone.
  NACRE_ASSERT_OK(tx.Put("z", "own"));       // After the last.
  NACRE_ASSERT_OK(tx.Put("y", "own"));
  NACRE_ASSERT_OK(tx.Delete("y"));  // Came and went.
  NACRE_ASSERT_OK(tx.Delete("c"));  // Never was.
  EXPECT_THAT(ScanAll(tx, Range::All()),
              ElementsAre(Pair("a", "own"), Pair("b", "committed"), Pair("d", "committed"),
                          Pair("e", "own"), Pair("f", "replaced"), Pair("j", "committed"),
                          Pair("z", "own")));
  EXPECT_THAT(ScanKeys(tx, {.reverse = true}), ElementsAre("z", "j", "f", "e", "d", "b", "a"));
}

TEST_F(ScanTest, OwnWritesCountForOffsetLimitPrefixAndBounds) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("a", "own"));
  NACRE_ASSERT_OK(tx.Put("da", "own"));
  NACRE_ASSERT_OK(tx.Delete("d"));
  NACRE_ASSERT_OK(tx.Put("g", "own"));
  EXPECT_THAT(ScanKeys(tx, {.offset = 2, .limit = 2}), ElementsAre("da", "f"));
  EXPECT_THAT(ScanKeys(tx, {.reverse = true, .offset = 2, .limit = 2}), ElementsAre("g", "f"));
  EXPECT_THAT(ScanKeys(tx, Range::Prefix("d")), ElementsAre("da"));
  EXPECT_THAT(ScanKeys(tx, {.start = Bound::Exclusive("da"), .end = Bound::Inclusive("g")}),
              ElementsAre("f", "g"));
  EXPECT_THAT(
      ScanKeys(tx, {.start = Bound::Inclusive("g"), .end = Bound::Exclusive("h"), .reverse = true}),
      ElementsAre("g"));
}

TEST_F(ScanTest, OwnDeletesOfEverythingLeaveNothing) {
  Transaction tx = db_->Begin();
  for (std::string_view key : {"b", "d", "f", "h", "j"}) NACRE_ASSERT_OK(tx.Delete(key));
  EXPECT_THAT(ScanKeys(tx, Range::All()), IsEmpty());
  EXPECT_THAT(ScanKeys(tx, {.reverse = true}), IsEmpty());
  EXPECT_THAT(tx.Count(Range::All()), Yields(0u));
}

TEST_F(ScanTest, VisitStopsTheScanByReturningFalse) {
  Transaction tx = db_->Begin();
  std::vector<std::string> seen;
  NACRE_ASSERT_OK(tx.Scan({}, [&](std::string_view key, std::string_view) {
    seen.emplace_back(key);
    return seen.size() < 2;
  }));
  EXPECT_THAT(seen, ElementsAre("b", "d"));
}

TEST_F(ScanTest, VisitMayWriteAndDoesNotSeeIt) {
  for (bool reverse : {false, true}) {
    Transaction tx = db_->Begin();
    std::vector<Pair> seen;
    NACRE_ASSERT_OK(
        tx.Scan({.reverse = reverse}, [&](std::string_view key, std::string_view value) {
          seen.emplace_back(key, value);
          // Ahead, behind, the current key and the next ones: replaced, deleted and new.
          NACRE_EXPECT_OK(tx.Put(std::string(key) + "+", "new"));
          NACRE_EXPECT_OK(tx.Put("c", "new"));
          NACRE_EXPECT_OK(tx.Delete(key));
          NACRE_EXPECT_OK(tx.Delete("f"));
          NACRE_EXPECT_OK(tx.Put("h", "replaced"));
          return true;
        }));
    std::vector<Pair> expected;
    for (std::string key : {"b", "d", "f", "h", "j"}) expected.emplace_back(key, "committed");
    if (reverse) std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(seen, expected);
    // The next scan sees it all.
    EXPECT_THAT(ScanKeys(tx, {.limit = 3}), ElementsAre("b+", "c", "d+"));
  }
}

TEST_F(ScanTest, VisitMaySeeOwnWritesMadeBefore_WhileWritingMore) {
  Transaction tx = db_->Begin();
  for (int i = 0; i < 200; ++i) NACRE_ASSERT_OK(tx.Put("own" + std::to_string(1000 + i), "x"));
  int visited = 0;
  NACRE_ASSERT_OK(tx.Scan(Range::Prefix("own"), [&](std::string_view key, std::string_view value) {
    EXPECT_EQ(value, "x");
    ++visited;
    NACRE_EXPECT_OK(tx.Put(std::string(key) + "-copy", "y"));
    NACRE_EXPECT_OK(tx.Put(key, "changed"));
    return true;
  }));
  EXPECT_EQ(visited, 200);
  EXPECT_THAT(tx.Count(Range::Prefix("own")), Yields(400u));
}

TEST_F(ScanTest, VisitedViewsLiveUntilTheTransactionFinishes) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("e", "own"));
  std::vector<std::pair<std::string_view, std::string_view>> views;
  NACRE_ASSERT_OK(tx.Scan({}, [&](std::string_view key, std::string_view value) {
    views.emplace_back(key, value);
    return true;
  }));
  for (std::string_view key : {"b", "d", "f", "h", "j"}) Delete(key);
  NACRE_ASSERT_OK(tx.Put("e", "overwritten"));
  VacuumAll();
  std::vector<Pair> copies(views.begin(), views.end());
  EXPECT_THAT(copies,
              ElementsAre(Pair("b", "committed"), Pair("d", "committed"), Pair("e", "own"),
                          Pair("f", "committed"), Pair("h", "committed"), Pair("j", "committed")));
}

TEST_F(ScanTest, SeesItsSnapshotWhileOthersInsertDeleteAndVacuum) {
  Transaction tx = db_->Begin();
  int step = 0;
  std::vector<std::string> seen;
  NACRE_ASSERT_OK(tx.Scan({}, [&](std::string_view key, std::string_view) {
    seen.emplace_back(key);
    Put("k" + std::to_string(++step), "new");
    Delete("f");
    Delete("h");
    db_->RunVacuumOnce();
    return true;
  }));
  EXPECT_THAT(seen, ElementsAre("b", "d", "f", "h", "j"));
}

TEST_F(ScanTest, Count_ObeysBoundsPrefixOffsetAndLimit) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("da", "own"));
  EXPECT_THAT(tx.Count(Range::All()), Yields(6u));
  EXPECT_THAT(tx.Count(Range::Prefix("d")), Yields(2u));
  EXPECT_THAT(tx.Count(Range::Between("d", "h")), Yields(3u));
  EXPECT_THAT(tx.Count({.limit = 4}), Yields(4u));
  EXPECT_THAT(tx.Count({.offset = 5}), Yields(1u));
}

// A walk asks for its keys in batches, whose sizes follow the limit.
TEST_F(ScanTest, AnyLimitStopsWhereItShould_AlsoBehindKeysThatAreGone) {
  Open(DefaultOptions());
  constexpr int kKeys = 700;
  const auto key_of = [](int i) { return "key" + std::to_string(1000 + i); };
  for (int i = 0; i < kKeys; ++i) Put(key_of(i), "v");
  // Long and short gaps; the snapshot keeps the tombstones in the index.
  const Snapshot held = db_->GetSnapshot();
  std::vector<std::string> present;
  for (int i = 0; i < kKeys; ++i) {
    const bool gone = (i >= 50 && i < 400) || i % 7 == 0;
    if (gone) Delete(key_of(i));
    if (!gone) present.push_back(key_of(i));
  }
  Transaction tx = db_->Begin();
  std::vector<std::string> backwards(present.rbegin(), present.rend());
  for (const uint64_t limit : {1, 2, 7, 8, 9, 41, 42, 43, 44, 127, 128, 129, 150, 255, 257, 5000}) {
    const size_t count = std::min<size_t>(limit, present.size());
    EXPECT_EQ(ScanKeys(tx, {.limit = limit}),
              std::vector<std::string>(present.begin(), present.begin() + count));
    EXPECT_EQ(ScanKeys(tx, {.reverse = true, .limit = limit}),
              std::vector<std::string>(backwards.begin(), backwards.begin() + count));
    EXPECT_THAT(held.Count({.offset = 3, .limit = limit}),
                Yields(std::min<uint64_t>(limit, kKeys - 3)));
    for (const size_t offset : {1, 9, 200, 342, 343}) {
      const size_t first = std::min(offset, present.size());
      const size_t end = std::min<size_t>(first + limit, present.size());
      EXPECT_EQ(ScanKeys(tx, {.offset = offset, .limit = limit}),
                std::vector<std::string>(present.begin() + first, present.begin() + end));
      EXPECT_EQ(ScanAll(held, {.offset = offset, .limit = limit}).size(),
                std::min<uint64_t>(limit, kKeys - offset));
    }
  }
}

// The walk goes on behind the last record of a batch, of which nothing is left by then: it had been
// deleted before the transaction began. (A fault only to the address sanitizer.)
TEST_F(ScanTest, VisitMayLetTheVacuumFreeTheLastRecordOfABatch) {
  constexpr int kFirstBatch = 8;
  const auto key_of = [](int i) {
    return "a-key-too-long-to-stand-in-a-string-" + std::to_string(i);
  };
  for (const bool reverse : {false, true}) {
    Open(DefaultOptions());
    std::vector<std::string> expected;
    for (int i = 10; i < 40; ++i) {
      const int batched = reverse ? 39 - i : i - 10;
      Put(key_of(i), "v");
      if (batched % kFirstBatch == kFirstBatch - 1) {
        Delete(key_of(i));
      } else {
        expected.push_back(key_of(i));
      }
    }
    if (reverse) std::reverse(expected.begin(), expected.end());
    Transaction tx = db_->Begin();
    std::vector<std::string> seen;
    NACRE_ASSERT_OK(tx.Scan({.reverse = reverse}, [&](std::string_view key, std::string_view) {
      if (seen.empty()) VacuumAll();
      seen.emplace_back(key);
      return true;
    }));
    EXPECT_EQ(seen, expected);
  }
}

TEST_F(ScanTest, VisitMayChangeTheBytesThatTheRangeNames) {
  Open(DefaultOptions());
  for (int i = 0; i < 300; ++i) Put("key" + std::to_string(1000 + i), "v");
  const std::string low = "key1000-and-more-than-a-string-holds";
  const std::string high = "key1289-and-more-than-a-string-holds";
  for (const bool reverse : {false, true}) {
    for (const bool bounded : {false, true}) {
      std::string start = low, end = high, prefix = "key";
      Range range = {.start = Bound::Inclusive(start), .reverse = reverse};
      if (bounded) range.end = Bound::Inclusive(end), range.prefix = prefix;
      Transaction tx = db_->Begin();
      int visited = 0;
      NACRE_ASSERT_OK(tx.Scan(range, [&](std::string_view, std::string_view) {
        start.assign(start.size(), 'z'), end.assign(end.size(), 'a'), prefix.assign("zzz");
        ++visited;
        return true;
      }));
      EXPECT_EQ(visited, bounded ? 289 : 299);
    }
  }
}

TEST_F(ScanTest, VisitMayFinishTheTransaction) {
  for (const bool own_writes : {false, true}) {
    Transaction tx = db_->Begin();
    if (own_writes) {
      NACRE_ASSERT_OK(tx.Put("z", "own"));
    }
    int visited = 0;
    NACRE_EXPECT_OK(tx.Scan({}, [&](std::string_view, std::string_view) {
      ++visited;
      NACRE_EXPECT_OK(tx.Commit());
      for (std::string_view key : {"b", "d", "f", "h", "j"}) Delete(key);
      VacuumAll();
      return true;
    }));
    EXPECT_EQ(visited, 1);
    for (std::string_view key : {"b", "d", "f", "h", "j"}) Put(key, "committed");
  }
}

// Whoever stops at the first key has not paid for a hundred more. The snapshot is made too old
// while the first key is visited: what is visited all the same had been fetched with it.
TEST_F(ScanTest, WithoutALimitTheFirstBatchIsSmall) {
  Options options = DefaultOptions();
  options.max_snapshot_age = absl::Nanoseconds(1);
  Open(options);
  for (int i = 0; i < 300; ++i) Put("key" + std::to_string(1000 + i), "v");
  const auto count_fetched = [&](const Range& range) {
    Transaction tx = db_->Begin();
    int fetched = 0;
    const absl::Status status = tx.Scan(range, [&](std::string_view, std::string_view) {
      const uint64_t too_old = db_->GetStats().snapshots_too_old;
      while (fetched == 0 && db_->GetStats().snapshots_too_old == too_old) db_->RunVacuumOnce();
      ++fetched;
      return true;
    });
    EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
    return fetched;
  };
  EXPECT_EQ(count_fetched({}), 8);
  EXPECT_EQ(count_fetched({.reverse = true}), 8);
  EXPECT_EQ(count_fetched({.offset = 2}), 6);
  EXPECT_EQ(count_fetched({.limit = 200}), 128);
}

TEST_F(ScanTest, ManyKeys_AgreeWithPointReadsAndWithBothDirections) {
  Open(DefaultOptions());
  std::vector<std::string> expected;
  for (int i = 0; i < 3000; ++i) {
    std::string key = std::to_string((i * 7919) % 3000);  // Decimal: lengths 1 to 4, many prefixes.
    Put(key, key);
    expected.push_back(key);
  }
  std::sort(expected.begin(), expected.end());
  Transaction tx = db_->Begin();
  EXPECT_EQ(ScanKeys(tx, {}), expected);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(ScanKeys(tx, {.reverse = true}), expected);
  EXPECT_THAT(tx.Count(Range::Prefix("29")), Yields(1u + 10u + 100u));
}

}  // namespace
}  // namespace nacre::api
