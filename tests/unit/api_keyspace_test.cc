// Keyspaces: made, found, flushed, dropped and swapped, each as a commit of its own.

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr Keyspace kDefault;
constexpr auto kAborted = absl::StatusCode::kAborted;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

class KeyspaceTest : public DatabaseTest {
 protected:
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (auto& [name, keyspace] : db_->ListKeyspaces()) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(KeyspaceTest, Open_MakesItOnceAndFindsItAgain) {
  EXPECT_EQ(db_->FindKeyspace("a"), std::nullopt);
  const Keyspace a = OpenOrFail("a");
  const Keyspace b = OpenOrFail("b");
  EXPECT_FALSE(a == b);
  EXPECT_FALSE(a == kDefault);
  EXPECT_EQ(OpenOrFail("a"), a);
  EXPECT_THAT(db_->FindKeyspace("a"), Optional(a));
  EXPECT_THAT(Names(), ElementsAre("", "a", "b"));
}

TEST_F(KeyspaceTest, Open_TheDefaultHasTheEmptyName) {
  EXPECT_EQ(OpenOrFail(""), kDefault);
  EXPECT_THAT(db_->FindKeyspace(""), Optional(kDefault));
  EXPECT_THAT(Names(), ElementsAre(""));
}

TEST_F(KeyspaceTest, Open_OfAnExistingOneMovesNoClock) {
  OpenOrFail("a");
  const Timestamp clock = db_->clock();
  OpenOrFail("a");
  EXPECT_EQ(db_->clock(), clock);
}

TEST_F(KeyspaceTest, AreSeparate) {
  const Keyspace a = OpenOrFail("a");
  const Keyspace b = OpenOrFail("b");
  Put("k", "default");
  Put("k", "in a", a);
  EXPECT_THAT(Latest("k"), Optional(Eq("default")));
  EXPECT_THAT(Latest("k", a), Optional(Eq("in a")));
  EXPECT_EQ(Latest("k", b), std::nullopt);
  Delete("k", a);
  EXPECT_THAT(Latest("k"), Optional(Eq("default")));
  EXPECT_EQ(Latest("k", a), std::nullopt);
}

TEST_F(KeyspaceTest, Use_ChangesWhereATransactionLooks) {
  const Keyspace a = OpenOrFail("a");
  Put("k", "default");
  Put("k", "in a", a);
  Transaction tx = db_->Begin();
  EXPECT_THAT(tx.Get("k"), Holds("default"));
  NACRE_ASSERT_OK(tx.Use(a));
  EXPECT_EQ(tx.keyspace(), a);
  EXPECT_THAT(tx.Get("k"), Holds("in a"));
  NACRE_ASSERT_OK(tx.Put("own", "1"));
  NACRE_ASSERT_OK(tx.Use(kDefault));
  EXPECT_THAT(tx.Get("own"), IsAbsent());
  EXPECT_THAT(ScanKeys(tx, {}), ElementsAre("k"));
  NACRE_ASSERT_OK(tx.Put("own", "2"));
  NACRE_ASSERT_OK(tx.Commit());
  EXPECT_THAT(Latest("own"), Optional(Eq("2")));
  EXPECT_THAT(Latest("own", a), Optional(Eq("1")));
}

TEST_F(KeyspaceTest, Use_OfOneThatIsYoungerOrUnknownIsNotFoundAndChangesNothing) {
  Transaction tx = db_->Begin();
  const Keyspace younger = OpenOrFail("younger");
  EXPECT_THAT(tx.Use(younger), StatusIs(kNotFound));
  EXPECT_THAT(tx.Use(Keyspace(999)), StatusIs(kNotFound));
  EXPECT_EQ(tx.keyspace(), kDefault);
  NACRE_EXPECT_OK(tx.Put("k", "v"));
  NACRE_EXPECT_OK(tx.Commit());
}

// To find none is a read like any other: else the reader would come before whoever opened it, and
// behind those that have read what it writes.
TEST_F(KeyspaceTest, Use_OfOneThatIsOpenedMeanwhileAbortsSerializableWritersOnly) {
  for (const Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    Transaction tx = db_->Begin({.isolation = isolation});
    Transaction reader = db_->Begin({.isolation = isolation});
    const Keyspace opened = OpenOrFail(isolation == Isolation::kSnapshot ? "a" : "b");
    for (int i = 0; i < 2; ++i) {
      EXPECT_THAT(tx.Use(opened), StatusIs(kNotFound));
      EXPECT_THAT(reader.Use(opened), StatusIs(kNotFound));
    }
    EXPECT_THAT(tx.Put("x", "1"), IsOk());
    EXPECT_THAT(reader.Get("x"), IsOk());
    if (isolation == Isolation::kSnapshot) {
      EXPECT_THAT(tx.Commit(), IsOk());
    } else {
      EXPECT_THAT(tx.Commit(), StatusIs(kAborted, "keyspace"));
    }
    EXPECT_THAT(reader.Commit(), IsOk()) << "it stands at its read timestamp";
  }
}

TEST_F(KeyspaceTest, Use_OfOneThatStaysAbsentAbortsNobody) {
  const Keyspace dropped = OpenOrFail("dropped");
  ASSERT_THAT(db_->DropKeyspace(dropped), IsOk());
  Transaction tx = db_->Begin({.isolation = Isolation::kSerializable});
  EXPECT_THAT(tx.Use(dropped), StatusIs(kNotFound));
  EXPECT_THAT(tx.Use(Keyspace(1000)), StatusIs(kNotFound));
  OpenOrFail("another");
  EXPECT_THAT(tx.Put("x", "1"), IsOk());
  EXPECT_THAT(tx.Commit(), IsOk());
}

TEST_F(KeyspaceTest, Begin_InAnUnknownOneFailsEveryRead) {
  Transaction tx = db_->Begin({.keyspace = Keyspace(999)});
  EXPECT_THAT(tx.Get("k"), StatusIs(kNotFound));
  EXPECT_THAT(tx.Put("k", "v"), StatusIs(kNotFound));
}

TEST_F(KeyspaceTest, KeyCount_FollowsInsertsDeletesAndRewrites) {
  const Keyspace a = OpenOrFail("a");
  EXPECT_THAT(db_->KeyCount(), Yields(0u));
  for (int i = 0; i < 10; ++i) Put(std::to_string(i), "v");
  for (int i = 0; i < 10; ++i) Put(std::to_string(i), "w");
  for (int i = 0; i < 3; ++i) Delete(std::to_string(i));
  Delete("never");
  EXPECT_THAT(db_->KeyCount(), Yields(7u));
  EXPECT_THAT(db_->KeyCount(a), Yields(0u));
  Put("0", "again");
  EXPECT_THAT(db_->KeyCount(), Yields(8u));
  VacuumAll();
  EXPECT_THAT(db_->KeyCount(), Yields(8u));
  EXPECT_THAT(db_->KeyCount(Keyspace(999)), StatusIs(kNotFound));
}

// --- Flush ---

TEST_F(KeyspaceTest, Flush_EmptiesItForNewcomersOnly) {
  const Keyspace a = OpenOrFail("a");
  Put("k", "v", a);
  Put("stays", "v");
  Snapshot before = db_->GetSnapshot();
  Transaction old = db_->Begin({.keyspace = a});
  absl::StatusOr<Timestamp> flushed = db_->FlushKeyspace(a);
  ASSERT_THAT(flushed, IsOk());
  EXPECT_EQ(*flushed, db_->clock());
  EXPECT_GT(ToInteger(*flushed), ToInteger(before.read_timestamp()));

  EXPECT_EQ(Latest("k", a), std::nullopt);
  EXPECT_THAT(db_->KeyCount(a), Yields(0u));
  EXPECT_THAT(Latest("stays"), Optional(Eq("v")));
  for (bool vacuumed : {false, true}) {
    if (vacuumed) VacuumAll();
    EXPECT_THAT(before.Get("k", a), Holds("v"));
    EXPECT_THAT(old.Get("k"), Holds("v"));
    EXPECT_THAT(before.Count({}, a), Yields(1u));
  }
  Put("k", "new life", a);
  EXPECT_THAT(Latest("k", a), Optional(Eq("new life")));
  EXPECT_THAT(before.Get("k", a), Holds("v"));
}

TEST_F(KeyspaceTest, Flush_AbortsOlderWritersOfIt) {
  const Keyspace a = OpenOrFail("a");
  Transaction writer = db_->Begin({.keyspace = a});
  NACRE_ASSERT_OK(writer.Put("k", "v"));
  Transaction elsewhere = db_->Begin();
  NACRE_ASSERT_OK(elsewhere.Put("k", "v"));
  NACRE_ASSERT_OK(db_->FlushKeyspace(a));
  EXPECT_THAT(writer.Commit(), StatusIs(kAborted));
  NACRE_EXPECT_OK(elsewhere.Commit());
  EXPECT_THAT(db_->KeyCount(a), Yields(0u));
  EXPECT_EQ(db_->GetStats().conflicts_keyspace, 1u);
}

TEST_F(KeyspaceTest, Flush_AbortsOlderSerializableReadersThatWriteElsewhere) {
  const Keyspace a = OpenOrFail("a");
  Put("k", "v", a);
  for (Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    Transaction reader = db_->Begin({.isolation = isolation, .keyspace = a});
    NACRE_EXPECT_OK(reader.Get("k"));
    NACRE_ASSERT_OK(reader.Use(kDefault));
    NACRE_ASSERT_OK(reader.Put("elsewhere", "x"));
    NACRE_ASSERT_OK(db_->FlushKeyspace(a));
    if (isolation == Isolation::kSnapshot) {
      NACRE_EXPECT_OK(reader.Commit());
    } else {
      EXPECT_THAT(reader.Commit(), StatusIs(kAborted));
    }
  }
}

TEST_F(KeyspaceTest, Flush_AbortsAnOlderGetForUpdate) {
  Put("k", "v");
  Transaction tx = db_->Begin();
  EXPECT_THAT(tx.GetForUpdate("k"), Holds("v"));
  NACRE_ASSERT_OK(db_->FlushKeyspace(kDefault));
  EXPECT_THAT(tx.Commit(), StatusIs(kAborted));
}

TEST_F(KeyspaceTest, FlushAll_EmptiesEveryKeyspaceInOneCommit) {
  const Keyspace a = OpenOrFail("a");
  Put("k", "v");
  Put("k", "v", a);
  Snapshot before = db_->GetSnapshot();
  const Timestamp clock = db_->clock();
  absl::StatusOr<Timestamp> flushed = db_->FlushAllKeyspaces();
  ASSERT_THAT(flushed, IsOk());
  EXPECT_EQ(ToInteger(*flushed), ToInteger(clock) + 1);
  EXPECT_THAT(db_->KeyCount(), Yields(0u));
  EXPECT_THAT(db_->KeyCount(a), Yields(0u));
  EXPECT_EQ(db_->GetStats().keys, 0u);
  EXPECT_THAT(before.Get("k"), Holds("v"));
  EXPECT_THAT(before.Get("k", a), Holds("v"));
  EXPECT_THAT(Names(), ElementsAre("", "a"));  // Emptied, not dropped.
}

TEST_F(KeyspaceTest, Flush_GivesTheMemoryBackWhenNobodySeesIt) {
  const uint64_t empty_bytes = db_->GetStats().memory_bytes;
  for (int i = 0; i < 2000; ++i) Put(std::to_string(i), std::string(1000, 'x'));
  const uint64_t full_bytes = db_->GetStats().memory_bytes;
  EXPECT_GT(full_bytes, empty_bytes + 2'000'000);
  std::optional<Snapshot> held = db_->GetSnapshot();
  NACRE_ASSERT_OK(db_->FlushKeyspace(kDefault));
  VacuumAll();
  EXPECT_GE(db_->GetStats().memory_bytes, 2'000'000u);  // The snapshot still sees it all.
  EXPECT_THAT(held->Count({}), Yields(2000u));
  held.reset();
  VacuumAll();
  EXPECT_LT(db_->GetStats().memory_bytes, empty_bytes + 200'000);
  EXPECT_EQ(db_->GetStats().keys, 0u);
}

// --- Drop ---

TEST_F(KeyspaceTest, Drop_HidesItFromNewcomersAndNotFromOlderSnapshots) {
  const Keyspace a = OpenOrFail("a");
  Put("k", "v", a);
  Snapshot before = db_->GetSnapshot();
  NACRE_ASSERT_OK(db_->DropKeyspace(a));
  EXPECT_EQ(db_->FindKeyspace("a"), std::nullopt);
  EXPECT_THAT(Names(), ElementsAre(""));
  EXPECT_THAT(db_->KeyCount(a), StatusIs(kNotFound));
  EXPECT_THAT(db_->FlushKeyspace(a), StatusIs(kNotFound));
  EXPECT_THAT(db_->DropKeyspace(a), StatusIs(kNotFound));
  EXPECT_THAT(db_->Modify(
                  "k", [](std::optional<std::string_view>) { return Modification::Put("x"); }, a),
              StatusIs(kNotFound));
  EXPECT_THAT(db_->Begin().Use(a), StatusIs(kNotFound));
  EXPECT_THAT(db_->GetSnapshot().Get("k", a), StatusIs(kNotFound));
  VacuumAll();
  EXPECT_THAT(before.Get("k", a), Holds("v"));
}

TEST_F(KeyspaceTest, Drop_AbortsOlderWriters) {
  const Keyspace a = OpenOrFail("a");
  Transaction writer = db_->Begin({.keyspace = a});
  NACRE_ASSERT_OK(writer.Put("k", "v"));
  NACRE_ASSERT_OK(db_->DropKeyspace(a));
  EXPECT_THAT(writer.Commit(), StatusIs(kAborted));
}

TEST_F(KeyspaceTest, Drop_TheNameCanBeUsedAgainAndIsEmpty) {
  const Keyspace first = OpenOrFail("a");
  Put("k", "v", first);
  Snapshot before = db_->GetSnapshot();
  NACRE_ASSERT_OK(db_->DropKeyspace(first));
  const Keyspace second = OpenOrFail("a");
  EXPECT_EQ(Latest("k", second), std::nullopt);
  EXPECT_THAT(db_->KeyCount(second), Yields(0u));
  Put("k", "second life", second);
  EXPECT_THAT(Latest("k", second), Optional(Eq("second life")));
  EXPECT_THAT(before.Get("k", first), Holds("v"));
}

TEST_F(KeyspaceTest, Drop_OfTheDefaultIsRefused) {
  Put("k", "v");
  EXPECT_THAT(db_->DropKeyspace(kDefault), AnyOf(StatusIs(absl::StatusCode::kFailedPrecondition),
                                                 StatusIs(absl::StatusCode::kInvalidArgument)));
  EXPECT_THAT(Latest("k"), Optional(Eq("v")));
}

// --- Swap ---

TEST_F(KeyspaceTest, Swap_ExchangesContentsForNewcomersOnly) {
  const Keyspace a = OpenOrFail("a");
  const Keyspace b = OpenOrFail("b");
  Put("k", "was in a", a);
  Put("k", "was in b", b);
  Put("only a", "x", a);
  Snapshot before = db_->GetSnapshot();
  absl::StatusOr<Timestamp> swapped = db_->SwapKeyspaces(a, b);
  ASSERT_THAT(swapped, IsOk());
  EXPECT_EQ(*swapped, db_->clock());
  EXPECT_THAT(Latest("k", a), Optional(Eq("was in b")));
  EXPECT_THAT(Latest("k", b), Optional(Eq("was in a")));
  EXPECT_THAT(db_->KeyCount(a), Yields(1u));
  EXPECT_THAT(db_->KeyCount(b), Yields(2u));
  EXPECT_THAT(db_->FindKeyspace("a"), Optional(a));
  EXPECT_THAT(before.Get("k", a), Holds("was in a"));
  EXPECT_THAT(before.Count({}, a), Yields(2u));

  Put("k", "new in a", a);
  EXPECT_THAT(before.Get("k", a), Holds("was in a"));
  EXPECT_THAT(before.Get("k", b), Holds("was in b"));
  EXPECT_THAT(Latest("k", b), Optional(Eq("was in a")));
  VacuumAll();
  EXPECT_THAT(before.Get("k", b), Holds("was in b"));
}

TEST_F(KeyspaceTest, Swap_AbortsOlderWritersOfEither) {
  const Keyspace a = OpenOrFail("a");
  const Keyspace b = OpenOrFail("b");
  Transaction in_a = db_->Begin({.keyspace = a});
  Transaction in_b = db_->Begin({.keyspace = b});
  Transaction elsewhere = db_->Begin();
  for (Transaction* tx : {&in_a, &in_b, &elsewhere}) NACRE_ASSERT_OK(tx->Put("k", "v"));
  NACRE_ASSERT_OK(db_->SwapKeyspaces(a, b));
  EXPECT_THAT(in_a.Commit(), StatusIs(kAborted));
  EXPECT_THAT(in_b.Commit(), StatusIs(kAborted));
  NACRE_EXPECT_OK(elsewhere.Commit());
}

TEST_F(KeyspaceTest, Swap_WithTheDefaultAndWithItself) {
  const Keyspace a = OpenOrFail("a");
  Put("k", "in a", a);
  NACRE_ASSERT_OK(db_->SwapKeyspaces(kDefault, a));
  EXPECT_THAT(Latest("k"), Optional(Eq("in a")));
  EXPECT_EQ(Latest("k", a), std::nullopt);
  NACRE_ASSERT_OK(db_->SwapKeyspaces(kDefault, kDefault));
  EXPECT_THAT(Latest("k"), Optional(Eq("in a")));
  EXPECT_THAT(db_->SwapKeyspaces(kDefault, Keyspace(999)), StatusIs(kNotFound));
}

TEST_F(KeyspaceTest, Swap_ThenFlushEmptiesTheRightContents) {
  const Keyspace a = OpenOrFail("a");
  Put("k", "default");
  Put("k", "in a", a);
  NACRE_ASSERT_OK(db_->SwapKeyspaces(kDefault, a));
  NACRE_ASSERT_OK(db_->FlushKeyspace(a));
  EXPECT_THAT(Latest("k"), Optional(Eq("in a")));
  EXPECT_EQ(Latest("k", a), std::nullopt);
}

// --- Limit ---

TEST_F(KeyspaceTest, Max_CountsTheDefaultAndThoseThatExistAtOnce) {
  Options options = DefaultOptions();
  options.keyspaces_max = 3;
  Open(options);
  const Keyspace a = OpenOrFail("a");
  OpenOrFail("b");
  EXPECT_THAT(db_->OpenKeyspace("c"), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Names(), ElementsAre("", "a", "b"));
  EXPECT_EQ(OpenOrFail("a"), a);  // Those that exist still open.
  NACRE_ASSERT_OK(db_->DropKeyspace(a));
  const Keyspace c = OpenOrFail("c");  // In the place of the dropped one.
  Put("k", "v", c);
  EXPECT_THAT(Latest("k", c), Optional(Eq("v")));
  EXPECT_THAT(db_->OpenKeyspace("a"), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Names(), ElementsAre("", "b", "c"));
}

TEST_F(KeyspaceTest, ManyFlushesLeaveNothingBehind) {
  for (int i = 0; i < 200; ++i) {
    Put("k" + std::to_string(i), "v");
    NACRE_ASSERT_OK(db_->FlushKeyspace(kDefault));
  }
  VacuumAll();
  Snapshot snapshot = db_->GetSnapshot();
  EXPECT_THAT(ScanKeys(snapshot, {}), IsEmpty());
  EXPECT_EQ(db_->GetStats().versions_queued, 0u);
  EXPECT_EQ(db_->GetStats().versions_parked, 0u);
}

}  // namespace
}  // namespace nacre::api
