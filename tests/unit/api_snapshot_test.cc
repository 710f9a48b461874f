// Snapshot: the state at one timestamp, its copies, and what it holds.

#include <atomic>
#include <thread>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SnapshotTest : public DatabaseTest {};

TEST_F(SnapshotTest, SeesExactlyTheCommitsUpToItsTimestamp) {
  Put("k", "1");
  Put("deleted later", "x");
  Snapshot snapshot = db_->GetSnapshot();
  EXPECT_EQ(snapshot.read_timestamp(), db_->clock());
  Put("k", "2");
  Put("inserted later", "x");
  Delete("deleted later");
  for (bool vacuumed : {false, true}) {
    if (vacuumed) VacuumAll();
    EXPECT_THAT(snapshot.Get("k"), Holds("1"));
    EXPECT_THAT(snapshot.Get("deleted later"), Holds("x"));
    EXPECT_THAT(snapshot.Get("inserted later"), IsAbsent());
    EXPECT_THAT(ScanKeys(snapshot, {}), ElementsAre("deleted later", "k"));
  }
}

TEST_F(SnapshotTest, OfAnEmptyDatabaseIsEmptyForEver) {
  Snapshot snapshot = db_->GetSnapshot();
  EXPECT_EQ(ToInteger(snapshot.read_timestamp()), 0u);
  Put("k", "v");
  VacuumAll();
  EXPECT_THAT(snapshot.Get("k"), IsAbsent());
  EXPECT_THAT(snapshot.Count({}), Yields(0u));
}

TEST_F(SnapshotTest, DoesNotSeeUncommittedWrites) {
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "v"));
  Snapshot during = db_->GetSnapshot();
  NACRE_ASSERT_OK(tx.Commit());
  EXPECT_THAT(during.Get("k"), IsAbsent());
  EXPECT_THAT(db_->GetSnapshot().Get("k"), Holds("v"));
}

TEST_F(SnapshotTest, Read_VisitsOnceWithoutCopyingIfPresent) {
  Put("k", "v");
  Snapshot snapshot = db_->GetSnapshot();
  int visits = 0;
  EXPECT_THAT(snapshot.Read("k",
                            [&](std::string_view value) {
                              ++visits;
                              EXPECT_EQ(value, "v");
                            }),
              Yields(true));
  EXPECT_EQ(visits, 1);
  EXPECT_THAT(snapshot.Read("never", [](std::string_view) { ADD_FAILURE() << "visited"; }),
              Yields(false));
}

TEST_F(SnapshotTest, GetInfo_TellsTheVersionItSees) {
  const Timestamp first = PutExpiring("k", "123", clock_.In(5000));
  Snapshot snapshot = db_->GetSnapshot();
  Put("k", "12345");
  absl::StatusOr<std::optional<KeyInfo>> info = snapshot.GetInfo("k");
  ASSERT_THAT(info, IsOk());
  ASSERT_TRUE(info->has_value());
  EXPECT_EQ((*info)->value_bytes, 3u);
  EXPECT_EQ((*info)->expiry, clock_.In(5000));
  EXPECT_EQ((*info)->version, first);
  EXPECT_THAT(snapshot.GetInfo("never"), IsAbsent());
}

TEST_F(SnapshotTest, ScanAndCount_ObeyBoundsOffsetLimitAndDirection) {
  for (std::string_view key : {"a", "b", "c", "d", "e"}) Put(key, "v");
  Snapshot snapshot = db_->GetSnapshot();
  Put("bb", "later");
  EXPECT_THAT(ScanKeys(snapshot, Range::Between("b", "e")), ElementsAre("b", "c", "d"));
  EXPECT_THAT(ScanKeys(snapshot, {.reverse = true, .offset = 1, .limit = 2}),
              ElementsAre("d", "c"));
  EXPECT_THAT(ScanKeys(snapshot, Range::Prefix("bb")), IsEmpty());
  EXPECT_THAT(snapshot.Count(Range::All()), Yields(5u));
  EXPECT_THAT(snapshot.Count({.start = Bound::Exclusive("a"), .limit = 2}), Yields(2u));
}

TEST_F(SnapshotTest, Scan_StopsWhenTheVisitorSaysSo) {
  for (std::string_view key : {"a", "b", "c"}) Put(key, "v");
  std::vector<std::string> seen;
  NACRE_EXPECT_OK(db_->GetSnapshot().Scan({}, [&](std::string_view key, std::string_view) {
    seen.emplace_back(key);
    return false;
  }));
  EXPECT_THAT(seen, ElementsAre("a"));
}

TEST_F(SnapshotTest, ReadsTheKeyspaceThatIsNamed) {
  const Keyspace other = OpenOrFail("other");
  Put("k", "default");
  Put("k", "other", other);
  Snapshot snapshot = db_->GetSnapshot();
  EXPECT_THAT(snapshot.Get("k"), Holds("default"));
  EXPECT_THAT(snapshot.Get("k", other), Holds("other"));
  EXPECT_THAT(snapshot.Count({}, other), Yields(1u));
}

TEST_F(SnapshotTest, KeyspaceThatIsYoungerIsNotFound) {
  Snapshot snapshot = db_->GetSnapshot();
  const Keyspace younger = OpenOrFail("younger");
  EXPECT_THAT(snapshot.Get("k", younger), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(snapshot.Count({}, younger), StatusIs(absl::StatusCode::kNotFound));
  Iterator iterator = snapshot.NewIterator({}, younger);
  iterator.SeekToFirst();
  EXPECT_FALSE(iterator.Valid());
  EXPECT_THAT(iterator.status(), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(SnapshotTest, CopiesShareOneRegistration) {
  Put("k", "1");
  Snapshot first = db_->GetSnapshot();
  std::optional<Snapshot> copy = first;
  EXPECT_EQ(db_->GetStats().active_snapshots, 1u);
  EXPECT_EQ(copy->read_timestamp(), first.read_timestamp());
  Put("k", "2");
  {
    Snapshot moved = std::move(first);  // The original goes; the copy still holds the version.
    EXPECT_EQ(db_->GetStats().active_snapshots, 1u);
  }
  VacuumAll();
  EXPECT_THAT(copy->Get("k"), Holds("1"));
  copy.reset();
  EXPECT_EQ(db_->GetStats().active_snapshots, 0u);
  VacuumAll();
  EXPECT_EQ(db_->DumpKey("k").size(), 1u);
}

TEST_F(SnapshotTest, AssignmentReleasesWhatWasHeld) {
  Put("k", "1");
  Snapshot old = db_->GetSnapshot();
  Put("k", "2");
  Snapshot young = db_->GetSnapshot();
  EXPECT_EQ(db_->GetStats().active_snapshots, 2u);
  old = young;
  EXPECT_EQ(db_->GetStats().active_snapshots, 1u);
  EXPECT_THAT(old.Get("k"), Holds("2"));
  Put("k", "3");
  young = db_->GetSnapshot();
  EXPECT_THAT(young.Get("k"), Holds("3"));
  EXPECT_THAT(old.Get("k"), Holds("2"));
}

// What the vacuum moves out of the way of updates while a snapshot is at rest stays where it is
// while somebody has views.
TEST_F(SnapshotTest, ViewsStayDuringAScanAndUntilAnIteratorMoves) {
  for (int i = 0; i < 10; ++i) Put("k" + std::to_string(i), "old");
  const Snapshot snapshot = db_->GetSnapshot();
  UpdateUntilDisplaced("k9");
  const auto update = [&](std::string_view key) {
    for (const char* value : {"new", "and", "yet", "new", "xyz"}) {
      Put(key, value);
      VacuumAll();
    }
  };
  int visited = 0;
  absl::Status scanned = snapshot.Scan({}, [&](std::string_view key, std::string_view value) {
    if (++visited % 2 == 0) update(key);
    EXPECT_EQ(value, "old");
    return true;
  });
  EXPECT_TRUE(scanned.ok());
  EXPECT_EQ(visited, 10);
  Iterator iterator = snapshot.NewIterator();
  for (iterator.SeekToFirst(); iterator.Valid(); iterator.Next()) {
    update(iterator.key());
    EXPECT_EQ(iterator.value(), "old");
    EXPECT_THAT(snapshot.Get(iterator.key()), Holds("old"));
  }
  EXPECT_TRUE(iterator.status().ok());
}

TEST_F(SnapshotTest, ViewsStayWhileAnotherLookAtTheSameSnapshotEnds) {
  for (int i = 0; i < 3; ++i) Put("k" + std::to_string(i), "old");
  const Snapshot snapshot = db_->GetSnapshot();
  UpdateUntilDisplaced("k2");
  Iterator iterator = snapshot.NewIterator();
  iterator.SeekToFirst();
  ASSERT_TRUE(iterator.Valid());
  Iterator moved = std::move(iterator);
  const auto end_a_look = [&](int round) {
    if (round % 2 == 0) {
      EXPECT_EQ(*snapshot.Count({}), 3u);
    } else {
      Iterator other = snapshot.NewIterator();
      other.SeekToLast();
      EXPECT_EQ(other.value(), "old");
    }
  };
  for (int round = 0; round < 6; ++round) {
    end_a_look(round);
    Put("k0", "new" + std::to_string(round));
    VacuumAll();
    EXPECT_EQ(moved.key(), "k0");
    EXPECT_EQ(moved.value(), "old");
  }
}

TEST_F(SnapshotTest, MayBeReadByManyThreadsAtOnceBesideWritersAndVacuum) {
  for (int i = 0; i < 100; ++i) Put("k" + std::to_string(i), "old");
  Snapshot snapshot = db_->GetSnapshot();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      WriteBatch batch;
      if (i % 3 == 0) {
        batch.Delete("k" + std::to_string(i % 100));
      } else {
        batch.Put("k" + std::to_string(i % 100), "new");
      }
      batch.Put("l" + std::to_string(i % 100), "new");
      NACRE_EXPECT_OK(db_->Write(batch));
      db_->RunVacuumOnce();
    }
  });
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&snapshot] {
      for (int round = 0; round < 30; ++round) {
        EXPECT_THAT(snapshot.Count({}), Yields(100u));
        for (int i = 0; i < 100; ++i) {
          EXPECT_THAT(snapshot.Get("k" + std::to_string(i)), Holds("old"));
        }
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  stop = true;
  writer.join();
}

TEST_F(SnapshotTest, BlocksNoWriterOfTheSameKeys) {
  Put("k", "1");
  Snapshot snapshot = db_->GetSnapshot();
  NACRE_EXPECT_OK(snapshot.Read("k", [&](std::string_view value) {
    Put("k",
        "2");  // From inside the visit, on the same thread: it would hang if the read held a lock.
    EXPECT_EQ(value, "1");
  }));
  EXPECT_THAT(db_->GetSnapshot().Get("k"), Holds("2"));
}

TEST_F(SnapshotTest, Age_NeverRunsBackwards) {
  Snapshot snapshot = db_->GetSnapshot();
  const absl::Duration first = snapshot.age();
  EXPECT_GE(first, absl::ZeroDuration());
  EXPECT_GE(snapshot.age(), first);
}

}  // namespace
}  // namespace nacre::api
