// Savepoints: what RollbackTo() takes back, and what it does not.

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

class SavepointTest : public DatabaseTest {};

TEST_F(SavepointTest, RollbackTo_TakesBackEveryWriteSince) {
  Put("kept", "committed");
  Put("gone", "committed");
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("before", "1"));
  const Savepoint savepoint = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("after", "2"));
  NACRE_ASSERT_OK(tx.Put("before", "overwritten"));
  NACRE_ASSERT_OK(tx.Put("kept", "overwritten"));
  NACRE_ASSERT_OK(tx.Delete("gone"));
  NACRE_ASSERT_OK(tx.RollbackTo(savepoint));

  EXPECT_THAT(tx.Get("before"), Holds("1"));
  EXPECT_THAT(tx.Get("after"), IsAbsent());
  EXPECT_THAT(tx.Get("kept"), Holds("committed"));
  EXPECT_THAT(tx.Get("gone"), Holds("committed"));
  EXPECT_THAT(ScanKeys(tx, {}), ElementsAre("before", "gone", "kept"));
  NACRE_ASSERT_OK(tx.Commit());
  EXPECT_THAT(Latest("before"), Optional(Eq("1")));
  EXPECT_EQ(Latest("after"), std::nullopt);
  EXPECT_THAT(Latest("kept"), Optional(Eq("committed")));
  EXPECT_THAT(Latest("gone"), Optional(Eq("committed")));
}

TEST_F(SavepointTest, RollbackTo_BringsBackAnOwnDeleteAndAnOwnExpiry) {
  Put("k", "committed");
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Delete("k"));
  NACRE_ASSERT_OK(tx.Put("e", "v", {.expiry = clock_.In(1000)}));
  const Savepoint savepoint = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("k", "again"));
  NACRE_ASSERT_OK(tx.Put("e", "v"));
  NACRE_ASSERT_OK(tx.RollbackTo(savepoint));
  EXPECT_THAT(tx.Get("k"), IsAbsent());
  NACRE_ASSERT_OK(tx.Commit());
  EXPECT_EQ(Latest("k"), std::nullopt);
  Snapshot snapshot = db_->GetSnapshot();
  absl::StatusOr<std::optional<KeyInfo>> info = snapshot.GetInfo("e");
  ASSERT_THAT(info, IsOk());
  ASSERT_TRUE(info->has_value());
  EXPECT_EQ((*info)->expiry, clock_.In(1000));
}

TEST_F(SavepointTest, Nested_RollBackFromTheInside) {
  Transaction tx = db_->Begin();
  const Savepoint outer = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("k", "1"));
  const Savepoint middle = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("k", "2"));
  const Savepoint inner = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("k", "3"));
  NACRE_ASSERT_OK(tx.RollbackTo(inner));
  EXPECT_THAT(tx.Get("k"), Holds("2"));
  NACRE_ASSERT_OK(tx.RollbackTo(middle));
  EXPECT_THAT(tx.Get("k"), Holds("1"));
  NACRE_ASSERT_OK(tx.RollbackTo(outer));
  EXPECT_THAT(tx.Get("k"), IsAbsent());
}

TEST_F(SavepointTest, RollbackTo_AnOuterOneEndsThoseInside) {
  Transaction tx = db_->Begin();
  const Savepoint outer = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("a", "1"));
  const Savepoint inner = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("b", "2"));
  NACRE_ASSERT_OK(tx.RollbackTo(outer));
  EXPECT_THAT(tx.RollbackTo(inner), StatusIs(absl::StatusCode::kInvalidArgument));
  // Also when as many savepoints stand again as stood before: it is another one.
  const Savepoint fresh = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("c", "3"));
  EXPECT_THAT(tx.RollbackTo(inner), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(tx.Get("c"), Holds("3"));
  NACRE_EXPECT_OK(tx.RollbackTo(fresh));
  EXPECT_THAT(tx.Get("c"), IsAbsent());
}

TEST_F(SavepointTest, RollbackTo_StaysUsable) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "base"));
  const Savepoint savepoint = tx.SetSavepoint();
  for (int i = 0; i < 100; ++i) {
    NACRE_ASSERT_OK(tx.Put("k", std::to_string(i)));
    NACRE_ASSERT_OK(tx.Put("new" + std::to_string(i), "x"));
    NACRE_ASSERT_OK(tx.RollbackTo(savepoint));
    EXPECT_THAT(tx.Get("k"), Holds("base"));
  }
  EXPECT_THAT(tx.Count({}), Yields(1u));
  NACRE_ASSERT_OK(tx.Commit());
  EXPECT_THAT(Latest("k"), Optional(Eq("base")));
}

TEST_F(SavepointTest, RollbackTo_WithoutWritesSinceChangesNothing) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "v"));
  const Savepoint savepoint = tx.SetSavepoint();
  NACRE_EXPECT_OK(tx.RollbackTo(savepoint));
  EXPECT_THAT(tx.Get("k"), Holds("v"));
}

TEST_F(SavepointTest, RollbackTo_OneOfAnotherTransactionOrNoneIsInvalid) {
  Transaction other = db_->Begin();
  for (int i = 0; i < 5; ++i) other.SetSavepoint();
  const Savepoint foreign = other.SetSavepoint();
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "v"));
  EXPECT_THAT(tx.RollbackTo(foreign), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(tx.RollbackTo(Savepoint()), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(tx.Get("k"), Holds("v"));
}

TEST_F(SavepointTest, AnOverwrittenValueIsKeptForEverySavepointThatNeedsIt) {
  Transaction tx = db_->Begin();
  std::vector<Savepoint> savepoints;
  for (int i = 0; i < 50; ++i) {
    NACRE_ASSERT_OK(tx.Put("k", std::to_string(i)));
    savepoints.push_back(tx.SetSavepoint());
    // Twice between savepoints: only the last value before the next savepoint counts.
    NACRE_ASSERT_OK(tx.Put("k", "in between"));
  }
  for (int i = 49; i >= 0; --i) {
    NACRE_ASSERT_OK(tx.RollbackTo(savepoints[i]));
    EXPECT_THAT(tx.Get("k"), Holds(std::to_string(i)));
  }
}

TEST_F(SavepointTest, RolledBackWrite_DoesNotConflictAnyMore) {
  Transaction tx = db_->Begin();
  const Savepoint savepoint = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("contested", "mine"));
  NACRE_ASSERT_OK(tx.RollbackTo(savepoint));
  NACRE_ASSERT_OK(tx.Put("other", "mine"));
  Put("contested", "theirs");
  NACRE_EXPECT_OK(tx.Commit());
  EXPECT_THAT(Latest("contested"), Optional(Eq("theirs")));
}

TEST_F(SavepointTest, RolledBackReads_StillConflictUnderSerializable) {
  Put("read", "1");
  Transaction tx = db_->Begin({.isolation = Isolation::kSerializable});
  const Savepoint savepoint = tx.SetSavepoint();
  EXPECT_THAT(tx.Get("read"), Holds("1"));
  NACRE_ASSERT_OK(tx.RollbackTo(savepoint));
  NACRE_ASSERT_OK(tx.Put("written", "x"));
  Put("read", "2");
  EXPECT_THAT(tx.Commit(), StatusIs(absl::StatusCode::kAborted, "read"));
}

TEST_F(SavepointTest, RolledBackGetForUpdate_StillConflicts) {
  Put("k", "1");
  Transaction tx = db_->Begin();
  const Savepoint savepoint = tx.SetSavepoint();
  EXPECT_THAT(tx.GetForUpdate("k"), Holds("1"));
  NACRE_ASSERT_OK(tx.RollbackTo(savepoint));
  Put("k", "2");
  EXPECT_THAT(tx.Commit(), StatusIs(absl::StatusCode::kAborted, "k"));
}

TEST_F(SavepointTest, RollbackTo_TakesBackWritesInEveryKeyspace) {
  const Keyspace other = OpenOrFail("other");
  Transaction tx = db_->Begin();
  const Savepoint savepoint = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("k", "default"));
  NACRE_ASSERT_OK(tx.Use(other));
  NACRE_ASSERT_OK(tx.Put("k", "other"));
  NACRE_ASSERT_OK(tx.RollbackTo(savepoint));
  EXPECT_THAT(tx.Get("k"), IsAbsent());
  NACRE_ASSERT_OK(tx.Use(Keyspace()));
  EXPECT_THAT(tx.Get("k"), IsAbsent());
}

TEST_F(SavepointTest, RollbackTo_GivesTheWriteSetItsRoomBack) {
  Options options = DefaultOptions();
  options.write_set_bytes_max = 100;
  Open(options);
  Transaction tx = db_->Begin();
  const Savepoint savepoint = tx.SetSavepoint();
  for (int i = 0; i < 10; ++i) {
    NACRE_ASSERT_OK(tx.Put("k", std::string(99, 'x')));
    EXPECT_THAT(tx.Put("l", "y"), StatusIs(absl::StatusCode::kResourceExhausted));
    NACRE_ASSERT_OK(tx.RollbackTo(savepoint));
  }
  NACRE_EXPECT_OK(tx.Put("l", std::string(99, 'y')));
  NACRE_EXPECT_OK(tx.Commit());
}

TEST_F(SavepointTest, AllRolledBack_CommitsAsAReader) {
  Transaction tx = db_->Begin();
  const Timestamp read_timestamp = tx.read_timestamp();
  const Savepoint savepoint = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("k", "v"));
  NACRE_ASSERT_OK(tx.RollbackTo(savepoint));
  EXPECT_THAT(tx.Commit(), Yields(read_timestamp));
  EXPECT_EQ(db_->clock(), read_timestamp);
}

}  // namespace
}  // namespace nacre::api
