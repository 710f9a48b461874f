// WriteBatch with Database::Write(), and Database::ReadLatest().

#include <thread>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

class WriteBatchTest : public DatabaseTest {};

TEST_F(WriteBatchTest, AppliesAllUnderOneTimestamp) {
  Put("b", "old");
  WriteBatch batch;
  batch.Put("a", "1");
  batch.Delete("b");
  batch.Put("c", "3");
  EXPECT_EQ(batch.size(), 3u);
  const Timestamp before = db_->clock();
  absl::StatusOr<Timestamp> timestamp = db_->Write(batch);
  ASSERT_THAT(timestamp, IsOk());
  EXPECT_EQ(ToInteger(*timestamp), ToInteger(before) + 1);
  for (std::string_view key : {"a", "b", "c"}) {
    EXPECT_EQ(db_->DumpKey(key).front().created_by, *timestamp) << key;
  }
  Snapshot snapshot = db_->GetSnapshot();
  EXPECT_THAT(ScanAll(snapshot, {}), ElementsAre(Pair("a", "1"), Pair("c", "3")));
}

TEST_F(WriteBatchTest, TheLastWriteOfAKeyWins) {
  WriteBatch batch;
  batch.Put("put-delete", "1");
  batch.Delete("put-delete");
  batch.Delete("delete-put");
  batch.Put("delete-put", "2");
  batch.Put("put-put", "1");
  batch.Put("put-put", "2");
  NACRE_ASSERT_OK(db_->Write(batch));
  EXPECT_EQ(Latest("put-delete"), std::nullopt);
  EXPECT_THAT(Latest("delete-put"), Optional(Eq("2")));
  EXPECT_THAT(Latest("put-put"), Optional(Eq("2")));
  EXPECT_EQ(db_->DumpKey("put-put").size(), 1u);
}

TEST_F(WriteBatchTest, EmptyBatchMovesNoClock) {
  const Timestamp clock = Put("k", "v");
  EXPECT_THAT(db_->Write(WriteBatch()), Yields(clock));
  EXPECT_EQ(db_->clock(), clock);
}

TEST_F(WriteBatchTest, CanBeClearedAndUsedAgain) {
  WriteBatch batch;
  batch.Put("a", "1");
  batch.Clear();
  EXPECT_EQ(batch.size(), 0u);
  batch.Put("b", "2");
  NACRE_ASSERT_OK(db_->Write(batch));
  NACRE_ASSERT_OK(db_->Write(batch));  // And written twice.
  EXPECT_EQ(Latest("a"), std::nullopt);
  EXPECT_THAT(Latest("b"), Optional(Eq("2")));
}

TEST_F(WriteBatchTest, WritesSeveralKeyspaces) {
  const Keyspace other = OpenOrFail("other");
  WriteBatch batch;
  batch.Put("k", "default");
  batch.Put("k", "other", {}, other);
  NACRE_ASSERT_OK(db_->Write(batch));
  EXPECT_THAT(Latest("k"), Optional(Eq("default")));
  EXPECT_THAT(Latest("k", other), Optional(Eq("other")));
}

TEST_F(WriteBatchTest, AnUnknownKeyspaceRefusesTheWholeBatch) {
  const Keyspace dropped = OpenOrFail("dropped");
  NACRE_ASSERT_OK(db_->DropKeyspace(dropped));
  WriteBatch batch;
  batch.Put("k", "v");
  batch.Put("k", "v", {}, dropped);
  EXPECT_THAT(db_->Write(batch), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(WriteBatchTest, TooLargeAWriteRefusesTheWholeBatch) {
  Options options = DefaultOptions();
  options.key_bytes_max = 8;
  options.value_bytes_max = 8;
  Open(options);
  WriteBatch long_key;
  long_key.Put("fits", "v");
  long_key.Put("too long!", "v");
  EXPECT_THAT(db_->Write(long_key), StatusIs(absl::StatusCode::kInvalidArgument));
  WriteBatch long_value;
  long_value.Put("fits", "v");
  long_value.Put("k", "too long!");
  EXPECT_THAT(db_->Write(long_value), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(Latest("fits"), std::nullopt);
}

TEST_F(WriteBatchTest, CarriesExpiry) {
  WriteBatch batch;
  batch.Put("k", "v", {.expiry = clock_.In(100)});
  NACRE_ASSERT_OK(db_->Write(batch));
  WriteBatch keeping;
  keeping.Put("k", "w", {.keep_expiry = true});
  NACRE_ASSERT_OK(db_->Write(keeping));
  EXPECT_THAT(Latest("k"), Optional(Eq("w")));
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(WriteBatchTest, IsNeverAborted_ThoughManyWriteTheSameKeys) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        WriteBatch
            batch;  // Alternately in both orders: latches are taken in an order of their own.
        const std::string value = std::to_string(t) + ":" + std::to_string(i);
        batch.Put(t % 2 == 0 ? "a" : "b", value);
        batch.Put(t % 2 == 0 ? "b" : "a", value);
        NACRE_EXPECT_OK(db_->Write(batch));
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    Snapshot snapshot = db_->GetSnapshot();
    EXPECT_EQ(*snapshot.Get("a"), *snapshot.Get("b"));  // All or nothing.
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(db_->GetStats().commits, 4u * 300u);
}

class ReadLatestTest : public DatabaseTest {};

TEST_F(ReadLatestTest, VisitsOnceWithTheNewestCommittedValue) {
  Put("k", "old");
  Snapshot held = db_->GetSnapshot();
  PutExpiring("k", "new", clock_.In(5000));
  Transaction uncommitted = db_->Begin();
  NACRE_ASSERT_OK(uncommitted.Put("k", "not yet"));
  int visits = 0;
  NACRE_EXPECT_OK(
      db_->ReadLatest("k", [&](std::optional<std::string_view> value, absl::Time expiry) {
        ++visits;
        EXPECT_THAT(value, Optional(Eq("new")));
        EXPECT_EQ(expiry, clock_.In(5000));
      }));
  EXPECT_EQ(visits, 1);
}

TEST_F(ReadLatestTest, VisitsOnceWithoutAValueIfAbsentDeletedOrExpired) {
  Put("deleted", "v");
  Delete("deleted");
  PutExpiring("expired", "v", clock_.In(10));
  clock_.Advance(absl::Milliseconds(10));
  for (std::string_view key : {"never", "deleted", "expired"}) {
    int visits = 0;
    NACRE_EXPECT_OK(db_->ReadLatest(key, [&](std::optional<std::string_view> value, absl::Time) {
      ++visits;
      EXPECT_EQ(value, std::nullopt) << key;
    }));
    EXPECT_EQ(visits, 1) << key;
  }
}

TEST_F(ReadLatestTest, ReadsTheKeyspaceThatIsNamed) {
  const Keyspace other = OpenOrFail("other");
  Put("k", "other", other);
  std::string seen;
  const auto visit = [&](std::optional<std::string_view> value, absl::Time) {
    seen = std::string(value.value_or("absent"));
  };
  NACRE_EXPECT_OK(db_->ReadLatest("k", visit, other));
  EXPECT_EQ(seen, "other");
  NACRE_EXPECT_OK(db_->ReadLatest("k", visit));
  EXPECT_EQ(seen, "absent");
  NACRE_ASSERT_OK(db_->DropKeyspace(other));
  EXPECT_THAT(db_->ReadLatest("k", visit, other), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ReadLatestTest, RegistersNothing) {
  Put("k", "v");
  NACRE_EXPECT_OK(db_->ReadLatest("k", [&](std::optional<std::string_view>, absl::Time) {
    EXPECT_EQ(db_->GetStats().active_snapshots, 0u);
  }));
}

}  // namespace
}  // namespace nacre::api
