// Expiry, judged by a clock that only the test moves.

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;

class ExpiryTest : public DatabaseTest {
 protected:
  std::optional<absl::Time> ExpiryOf(std::string_view key) {
    absl::StatusOr<std::optional<KeyInfo>> info = db_->GetSnapshot().GetInfo(key);
    EXPECT_THAT(info, IsOk());
    if (!info.ok() || !info->has_value()) return std::nullopt;
    return (*info)->expiry;
  }
};

TEST_F(ExpiryTest, AKeyIsAbsentForThoseThatBeginAtItsTimeOrLater) {
  PutExpiring("k", "v", clock_.In(100));
  EXPECT_THAT(Latest("k"), Optional(Eq("v")));
  clock_.Advance(absl::Milliseconds(99));
  EXPECT_THAT(Latest("k"), Optional(Eq("v")));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Latest("k"), std::nullopt);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(ExpiryTest, EveryReadPathAgrees) {
  PutExpiring("k", "v", clock_.In(100));
  Put("l", "stays");
  clock_.Advance(absl::Milliseconds(100));
  Transaction tx = db_->Begin();
  EXPECT_THAT(tx.Get("k"), IsAbsent());
  EXPECT_THAT(tx.GetForUpdate("k"), IsAbsent());
  EXPECT_THAT(tx.Exists("k"), Yields(false));
  EXPECT_THAT(tx.GetInfo("k"), IsAbsent());
  EXPECT_THAT(ScanKeys(tx, {}), ElementsAre("l"));
  EXPECT_THAT(tx.Count({}), Yields(1u));
  EXPECT_THAT(ScanKeys(tx, {.limit = 1}), ElementsAre("l"));  // Not counted by a limit,
  EXPECT_THAT(ScanKeys(tx, {.offset = 1}), IsEmpty());        // nor by an offset.
  Iterator it = tx.NewIterator();
  it.SeekToFirst();
  ASSERT_TRUE(it.Valid());
  EXPECT_EQ(it.key(), "l");
  it.Prev();
  EXPECT_FALSE(it.Valid());
  Snapshot snapshot = db_->GetSnapshot();
  EXPECT_THAT(snapshot.Get("k"), IsAbsent());
  EXPECT_THAT(snapshot.Count({}), Yields(1u));
}

TEST_F(ExpiryTest, ATransactionSeesExpiryByItsOwnStart) {
  PutExpiring("k", "v", clock_.In(100));
  Transaction tx = db_->Begin();
  Snapshot snapshot = db_->GetSnapshot();
  clock_.Advance(absl::Hours(1));
  VacuumAll();  // Must leave it to those who still see it.
  EXPECT_THAT(tx.Get("k"), Holds("v"));
  EXPECT_THAT(snapshot.Get("k"), Holds("v"));
  EXPECT_THAT(ScanKeys(snapshot, {}), ElementsAre("k"));
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(ExpiryTest, APutWithoutExpiryRemovesIt) {
  PutExpiring("k", "v", clock_.In(100));
  Put("k", "w");
  EXPECT_EQ(ExpiryOf("k"), absl::InfiniteFuture());
  clock_.Advance(absl::Hours(1));
  VacuumAll();
  EXPECT_THAT(Latest("k"), Optional(Eq("w")));
}

TEST_F(ExpiryTest, KeepExpiry_TakesOverThatOfTheReplacedValue) {
  PutExpiring("k", "v", clock_.In(100));
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "w", {.expiry = clock_.In(9999), .keep_expiry = true}));
  NACRE_ASSERT_OK(tx.Put("k", "x", {.keep_expiry = true}));  // Also from an own write.
  NACRE_ASSERT_OK(tx.Commit());
  EXPECT_THAT(Latest("k"), Optional(Eq("x")));
  EXPECT_EQ(ExpiryOf("k"), clock_.In(100));
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(ExpiryTest, KeepExpiry_OfAnAbsentDeletedOrExpiredKeyIsNone) {
  PutExpiring("deleted", "v", clock_.In(100));
  PutExpiring("expired", "v", clock_.In(100));
  clock_.Advance(absl::Milliseconds(100));
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Delete("deleted"));
  for (std::string_view key : {"never", "deleted", "expired"}) {
    NACRE_ASSERT_OK(tx.Put(key, "w", {.keep_expiry = true}));
  }
  NACRE_ASSERT_OK(tx.Commit());
  for (std::string_view key : {"never", "deleted", "expired"}) {
    EXPECT_EQ(ExpiryOf(key), absl::InfiniteFuture()) << key;
  }
}

TEST_F(ExpiryTest, AnExpiryInThePastIsAbsentAtOnce) {
  Put("k", "v");
  PutExpiring("k", "w", clock_.Now());
  EXPECT_EQ(Latest("k"), std::nullopt);
  PutExpiring("l", "w", absl::InfinitePast());
  EXPECT_EQ(Latest("l"), std::nullopt);
  VacuumAll();
  EXPECT_THAT(db_->KeyCount(), Yields(0u));
}

TEST_F(ExpiryTest, FarFutureExpiriesAreKept) {
  const absl::Time far = absl::FromUnixSeconds(250'000'000'000);
  PutExpiring("far", "v", far);
  PutExpiring("never", "v", absl::InfiniteFuture());
  EXPECT_EQ(ExpiryOf("far"), far);
  EXPECT_EQ(ExpiryOf("never"), absl::InfiniteFuture());
}

TEST_F(ExpiryTest, AnExpiredKeyMayBeWrittenAgain) {
  PutExpiring("k", "v", clock_.In(100));
  clock_.Advance(absl::Milliseconds(100));
  Put("k", "again");
  EXPECT_THAT(Latest("k"), Optional(Eq("again")));
  VacuumAll();
  EXPECT_THAT(Latest("k"), Optional(Eq("again")));
  EXPECT_THAT(db_->KeyCount(), Yields(1u));
}

TEST_F(ExpiryTest, VacuumRemovesExpiredKeysThatNobodyTouches) {
  for (int i = 0; i < 100; ++i) PutExpiring("e" + std::to_string(i), "v", clock_.In(100 + i));
  Put("stays", "v");
  clock_.Advance(absl::Milliseconds(149));  // Of e0 to e49 the time has come.
  EXPECT_EQ(db_->GetStats().keys, 101u);
  EXPECT_THAT(db_->KeyCount(), Yields(51u));
  VacuumAll();
  EXPECT_EQ(db_->GetStats().keys, 51u);
  EXPECT_THAT(db_->KeyCount(), Yields(51u));
  EXPECT_EQ(db_->GetStats().keys_expired, 50u);
  EXPECT_TRUE(db_->DumpKey("e49").empty());
  EXPECT_THAT(Latest("e50"), Optional(Eq("v")));
  clock_.Advance(absl::Hours(1));
  VacuumAll();
  EXPECT_THAT(db_->KeyCount(), Yields(1u));
  EXPECT_EQ(db_->GetStats().keys_expired, 100u);
}

TEST_F(ExpiryTest, VacuumGoesByTheNewestExpiryOfAKey) {
  PutExpiring("k", "v", clock_.In(100));
  PutExpiring("k", "w", clock_.In(300));  // Longer,
  PutExpiring("l", "v", clock_.In(300));
  PutExpiring("l", "w", clock_.In(100));  // shorter.
  clock_.Advance(absl::Milliseconds(200));
  VacuumAll();
  EXPECT_THAT(Latest("k"), Optional(Eq("w")));
  EXPECT_TRUE(db_->DumpKey("l").empty());
  EXPECT_THAT(db_->KeyCount(), Yields(1u));
}

TEST_F(ExpiryTest, AWriterConflictsWithWhatAnExpiredAndVacuumedKeyWas) {
  Transaction old = db_->Begin();
  NACRE_ASSERT_OK(old.Put("k", "old"));
  PutExpiring("k", "newer", clock_.In(10));
  clock_.Advance(absl::Milliseconds(10));
  VacuumAll();
  EXPECT_THAT(old.Commit(), StatusIs(absl::StatusCode::kAborted));
}

TEST_F(ExpiryTest, Serializable_AnExpiryBetweenBeginAndCommitOfAReadKeyConflicts) {
  for (Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    for (bool is_first_read : {true, false}) {
      PutExpiring("read", "v", clock_.In(100));
      Transaction tx = db_->Begin({.isolation = isolation});
      if (!is_first_read) {
        EXPECT_THAT(tx.Get("other"), IsAbsent());
      }
      EXPECT_THAT(tx.Get("read"), Holds("v"));
      NACRE_ASSERT_OK(tx.Put("written", "x"));
      clock_.Advance(absl::Milliseconds(100));
      // Somebody begins after the expiry and sees it gone, and `written` not yet there.
      EXPECT_EQ(Latest("read"), std::nullopt);
      if (isolation == Isolation::kSnapshot) {
        NACRE_EXPECT_OK(tx.Commit());
      } else {
        EXPECT_THAT(tx.Commit(), StatusIs(absl::StatusCode::kAborted, "read"));
      }
    }
  }
}

TEST_F(ExpiryTest, Serializable_AnExpiryBetweenBeginAndCommitInsideAScannedRangeConflicts) {
  PutExpiring("range-key", "v", clock_.In(100));
  Transaction tx = db_->Begin({.isolation = Isolation::kSerializable});
  EXPECT_THAT(ScanKeys(tx, Range::Prefix("range")), ElementsAre("range-key"));
  NACRE_ASSERT_OK(tx.Put("written", "x"));
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(Latest("range-key"), std::nullopt);  // Somebody sees it gone.
  EXPECT_THAT(tx.Commit(), StatusIs(absl::StatusCode::kAborted));
}

TEST_F(ExpiryTest, Serializable_AReadExpiryThatLiesAheadDoesNotConflict) {
  PutExpiring("read", "v", clock_.In(100));
  Transaction tx = db_->Begin({.isolation = Isolation::kSerializable});
  EXPECT_THAT(tx.Get("read"), Holds("v"));
  NACRE_ASSERT_OK(tx.Put("written", "x"));
  clock_.Advance(absl::Milliseconds(99));
  NACRE_EXPECT_OK(tx.Commit());
}

TEST_F(ExpiryTest, TimeNeverStepsBack) {
  PutExpiring("k", "v", clock_.In(100));
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(Latest("k"), std::nullopt);
  const absl::Time now = db_->now();
  clock_.Advance(-absl::Hours(1));
  EXPECT_GE(db_->now(), now);
  EXPECT_EQ(Latest("k"), std::nullopt);  // It does not come back.
}

TEST_F(ExpiryTest, Now_IsTheTimeSource) {
  EXPECT_EQ(db_->now(), clock_.Now());
  clock_.Advance(absl::Milliseconds(1234));
  EXPECT_EQ(db_->now(), clock_.Now());
}

}  // namespace
}  // namespace nacre::api
