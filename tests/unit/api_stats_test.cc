// Stats, DumpKey(), ToString() and Verify(): what the database tells about itself.

#include <atomic>
#include <string>
#include <thread>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class StatsTest : public DatabaseTest {};

TEST_F(StatsTest, OfAnEmptyDatabaseAreZero) {
  const Stats stats = db_->GetStats();
  EXPECT_EQ(ToInteger(stats.clock), 0u);
  EXPECT_EQ(stats.commits, 0u);
  EXPECT_EQ(stats.commits_read_only, 0u);
  EXPECT_EQ(stats.rollbacks, 0u);
  EXPECT_EQ(stats.versions_created, 0u);
  EXPECT_EQ(stats.keys, 0u);
  EXPECT_EQ(stats.active_snapshots, 0u);
  EXPECT_EQ(stats.oldest_snapshot, std::nullopt);
}

TEST_F(StatsTest, CommitsWithAndWithoutWritesAndRollbacksAreToldApart) {
  Put("k", "v");                             // A commit,
  NACRE_ASSERT_OK(db_->Begin().Commit());    // one without writes,
  { Transaction destroyed = db_->Begin(); }  // a rollback by destruction,
  Transaction rolled_back = db_->Begin();
  rolled_back.Rollback();                      // one by call,
  rolled_back.Rollback();                      // counted once,
  { Snapshot snapshot = db_->GetSnapshot(); }  // and a snapshot, which is neither.
  const Stats stats = db_->GetStats();
  EXPECT_EQ(stats.commits, 1u);
  EXPECT_EQ(stats.commits_read_only, 1u);
  EXPECT_EQ(stats.rollbacks, 2u);
  EXPECT_EQ(stats.clock, db_->clock());
}

TEST_F(StatsTest, ConflictsAreCountedByTheirKind) {
  Put("k", "v");
  Transaction write = db_->Begin();
  NACRE_ASSERT_OK(write.Put("k", "x"));
  Transaction read = db_->Begin({.isolation = Isolation::kSerializable});
  NACRE_ASSERT_OK(read.Get("k"));
  NACRE_ASSERT_OK(read.Put("l", "x"));
  Put("k", "w");
  EXPECT_THAT(write.Commit(), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(read.Commit(), StatusIs(absl::StatusCode::kAborted));
  Transaction flushed = db_->Begin();
  NACRE_ASSERT_OK(flushed.Put("m", "x"));
  NACRE_ASSERT_OK(db_->FlushKeyspace(Keyspace()));
  EXPECT_THAT(flushed.Commit(), StatusIs(absl::StatusCode::kAborted));
  const Stats stats = db_->GetStats();
  EXPECT_EQ(stats.conflicts_write, 1u);
  EXPECT_EQ(stats.conflicts_read, 1u);
  EXPECT_EQ(stats.conflicts_keyspace, 1u);
  EXPECT_EQ(stats.rollbacks, 0u);  // Not asked for.
}

TEST_F(StatsTest, VersionsAreCountedFromTheirCommitToTheirPruning) {
  for (int i = 0; i < 10; ++i) Put("k", std::to_string(i));
  Put("l", "v");
  Stats stats = db_->GetStats();
  EXPECT_EQ(stats.versions_created, 11u);
  EXPECT_EQ(stats.keys, 2u);
  VacuumAll();
  stats = db_->GetStats();
  EXPECT_EQ(stats.versions_pruned, 9u);
  EXPECT_GE(stats.objects_freed, 9u);
  EXPECT_EQ(stats.versions_queued, 0u);
  EXPECT_EQ(stats.versions_parked, 0u);
  EXPECT_EQ(stats.objects_retired, 0u);
  EXPECT_GE(stats.vacuum_passes, 1u);
  EXPECT_EQ(stats.records_removed, 0u);
  Delete("l");
  VacuumAll();
  EXPECT_EQ(db_->GetStats().records_removed, 1u);
  EXPECT_EQ(db_->GetStats().keys, 1u);
}

TEST_F(StatsTest, ParkedVersionsAreThoseThatSomeSnapshotSees) {
  for (int i = 0; i < 5; ++i) Put("k" + std::to_string(i), "old");
  std::optional<Snapshot> held = db_->GetSnapshot();
  for (int i = 0; i < 5; ++i) Put("k" + std::to_string(i), "new");
  EXPECT_EQ(db_->GetStats().versions_queued, 5u);
  db_->RunVacuumOnce();
  EXPECT_EQ(db_->GetStats().versions_queued, 0u);
  EXPECT_EQ(db_->GetStats().versions_parked, 5u);
  held.reset();
  VacuumAll();
  EXPECT_EQ(db_->GetStats().versions_parked, 0u);
  EXPECT_EQ(db_->GetStats().versions_pruned, 5u);
}

TEST_F(StatsTest, CopiesAreCountedByTheirReason) {
  Put("k", "0");
  EXPECT_EQ(db_->GetStats().versions_promoted, 0u);
  Put("k", "1");
  VacuumAll();
  Stats stats = db_->GetStats();
  EXPECT_EQ(stats.versions_promoted, 1u) << "the newest stands beside its key again";
  EXPECT_EQ(stats.versions_displaced, 0u);
  std::optional<Snapshot> held = db_->GetSnapshot();
  UpdateUntilDisplaced("k");
  VacuumAll();
  stats = db_->GetStats();
  EXPECT_EQ(stats.versions_displaced, 1u) << "what the snapshot sees";
  EXPECT_EQ(stats.versions_promoted, 2u);
  EXPECT_EQ(stats.versions_moved, 0u) << "hardly anything has gone";
}

TEST_F(StatsTest, OldestSnapshotNamesItsHolder) {
  const Timestamp first = Put("k", "1");
  Transaction oldest = db_->Begin({.read_only = true, .owner = 4711});
  Put("k", "2");
  std::optional<Transaction> younger = db_->Begin({.owner = 2});
  Snapshot snapshot = db_->GetSnapshot();
  Stats stats = db_->GetStats();
  EXPECT_EQ(stats.active_snapshots, 3u);
  ASSERT_TRUE(stats.oldest_snapshot.has_value());
  EXPECT_EQ(stats.oldest_snapshot->owner, 4711u);
  EXPECT_EQ(stats.oldest_snapshot->id, oldest.id());
  EXPECT_EQ(stats.oldest_snapshot->read_timestamp, first);
  EXPECT_GE(stats.oldest_snapshot->age, absl::ZeroDuration());
  oldest.Rollback();
  stats = db_->GetStats();
  ASSERT_TRUE(stats.oldest_snapshot.has_value());
  EXPECT_NE(stats.oldest_snapshot->owner, 4711u);
  EXPECT_EQ(stats.active_snapshots, 2u);
}

TEST_F(StatsTest, MemoryGrowsWithDataAndShrinksWithItsRemoval) {
  const uint64_t empty_bytes = db_->GetStats().memory_bytes;
  for (int i = 0; i < 1000; ++i) Put(std::to_string(i), std::string(10'000, 'x'));
  const uint64_t full_bytes = db_->GetStats().memory_bytes;
  EXPECT_GT(full_bytes, empty_bytes + 9'000'000);
  EXPECT_LT(full_bytes, empty_bytes + 15'000'000);
  for (int i = 0; i < 1000; ++i) Delete(std::to_string(i));
  VacuumAll();
  EXPECT_LT(db_->GetStats().memory_bytes, empty_bytes + 1'500'000);
}

// --- DumpKey ---

TEST_F(StatsTest, DumpKey_ShowsTheChainNewestFirstWithItsTransactionIds) {
  const Timestamp first = Put("k", "v1");
  Snapshot sees_first = db_->GetSnapshot();
  const Timestamp second = PutExpiring("k", "v2", clock_.In(1000));
  Snapshot sees_second = db_->GetSnapshot();
  const Timestamp third = Delete("k");
  Snapshot sees_third = db_->GetSnapshot();
  VacuumAll();
  const std::vector<VersionInfo> chain = db_->DumpKey("k");
  ASSERT_THAT(chain, SizeIs(3));
  EXPECT_EQ(chain[0].created_by, third);
  EXPECT_EQ(chain[0].superseded_by, std::nullopt);
  EXPECT_EQ(chain[0].kind, VersionInfo::Kind::kTombstone);
  EXPECT_EQ(chain[1].created_by, second);
  EXPECT_EQ(chain[1].superseded_by, third);
  EXPECT_EQ(chain[1].kind, VersionInfo::Kind::kBytes);
  EXPECT_EQ(chain[1].value, "v2");
  EXPECT_EQ(chain[1].expiry, clock_.In(1000));
  EXPECT_EQ(chain[2].created_by, first);
  EXPECT_EQ(chain[2].superseded_by, second);
  EXPECT_EQ(chain[2].value, "v1");
  EXPECT_EQ(chain[2].expiry, absl::InfiniteFuture());
}

// What is below the newest version may be written over as soon as no snapshot and no writer can
// read it.
TEST_F(StatsTest, DumpKey_BesideUpdatesShowsWhatWasWritten) {
  constexpr int kKeys = 600;
  const auto key_of = [](int i) { return std::to_string(i % kKeys); };
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 20 * kKeys; ++i) {
      Put(key_of(i), std::string(40, static_cast<char>('a' + i / kKeys)));
    }
    done = true;
  });
  for (int i = 0; !done; i += 7) {
    for (const VersionInfo& version : db_->DumpKey(key_of(i))) {
      ASSERT_THAT(version.value, SizeIs(40));
      ASSERT_EQ(version.value, std::string(40, version.value.front()));
    }
  }
  writer.join();
  EXPECT_GT(db_->GetStats().versions_promoted, 0u);
}

TEST_F(StatsTest, DumpKey_OfNoRecordIsEmpty) {
  EXPECT_TRUE(db_->DumpKey("never").empty());
  const Keyspace a = OpenOrFail("a");
  Put("k", "v");
  EXPECT_TRUE(db_->DumpKey("k", a).empty());
  EXPECT_THAT(db_->DumpKey("k"), SizeIs(1));
}

TEST_F(StatsTest, DumpKey_DoesNotShowUncommittedWrites) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "v"));
  EXPECT_TRUE(db_->DumpKey("k").empty());
}

TEST_F(StatsTest, ToString_IsOneLineAVersion) {
  const uint64_t first = ToInteger(Put("k", "v1"));
  Snapshot held = db_->GetSnapshot();
  const uint64_t second = ToInteger(Delete("k"));
  const std::string text = ToString(db_->DumpKey("k"));
  const size_t newline = text.find('\n');
  ASSERT_NE(newline, std::string::npos) << text;
  const std::string newest = text.substr(0, newline);
  const std::string oldest = text.substr(newline + 1);
  EXPECT_THAT(newest, HasSubstr("created_by=" + std::to_string(second)));
  EXPECT_THAT(newest, HasSubstr("superseded_by=- "));
  EXPECT_THAT(newest, HasSubstr("kind=tombstone"));
  EXPECT_THAT(oldest, HasSubstr("created_by=" + std::to_string(first)));
  EXPECT_THAT(oldest, HasSubstr("superseded_by=" + std::to_string(second)));
  EXPECT_THAT(oldest, HasSubstr("kind=bytes"));
  EXPECT_THAT(oldest, HasSubstr("value=\"v1\""));
  EXPECT_EQ(ToString({}), "");
}

// --- Verify ---

TEST_F(StatsTest, Verify_IsOkOfAnEmptyAFullAndABusyDatabase) {
  NACRE_EXPECT_OK(db_->Verify());
  for (int i = 0; i < 500; ++i) Put(std::to_string(i * 31), "v");
  for (int i = 0; i < 250; ++i) Delete(std::to_string(i * 31));
  NACRE_EXPECT_OK(db_->Verify());
  Snapshot held = db_->GetSnapshot();
  Transaction open = db_->Begin({.isolation = Isolation::kSerializable});
  NACRE_ASSERT_OK(open.Put("open", "v"));
  ScanKeys(open, {});
  for (int i = 0; i < 500; ++i) Put(std::to_string(i * 31), "w");
  NACRE_EXPECT_OK(db_->Verify());
  db_->RunVacuumOnce();
  NACRE_EXPECT_OK(db_->Verify());
  NACRE_ASSERT_OK(db_->FlushKeyspace(OpenOrFail("other")));
  NACRE_EXPECT_OK(db_->Verify());
}

}  // namespace
}  // namespace nacre::api
