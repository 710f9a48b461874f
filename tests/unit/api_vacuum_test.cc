// RunVacuumOnce() and the vacuum thread: memory is bounded by what somebody can see, not by the
// updates.

#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

class VacuumTest : public DatabaseTest {};

TEST_F(VacuumTest, WithoutSnapshotsOneVersionAKeyIsLeft) {
  for (int i = 0; i < 100; ++i) Put("k", std::to_string(i));
  EXPECT_EQ(db_->RunVacuumOnce(), 99u);
  EXPECT_THAT(db_->DumpKey("k"), SizeIs(1));
  EXPECT_THAT(Latest("k"), Optional(Eq("99")));
  EXPECT_EQ(db_->RunVacuumOnce(), 0u);
}

TEST_F(VacuumTest, AHeldSnapshotKeepsOneVersionAKeyWhateverTheNumberOfUpdates) {
  for (int i = 0; i < 10; ++i) Put("k" + std::to_string(i), "held");
  Snapshot held = db_->GetSnapshot();
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 10; ++i) Put("k" + std::to_string(i), std::to_string(round));
    if (round % 10 == 0) db_->RunVacuumOnce();
  }
  VacuumAll();
  for (int i = 0; i < 10; ++i) {
    const std::string key = "k" + std::to_string(i);
    EXPECT_THAT(db_->DumpKey(key), SizeIs(2)) << key;
    EXPECT_THAT(held.Get(key), Holds("held"));
  }
}

TEST_F(VacuumTest, HundredSnapshots_AtMostOneVersionEachAndKey) {
  constexpr int kKeys = 5;
  std::vector<std::optional<Snapshot>> snapshots;
  std::vector<std::string> expected;
  int counter = 0;
  for (int s = 0; s < 100; ++s) {
    for (int update = 0; update < 7; ++update) {
      ++counter;
      for (int k = 0; k < kKeys; ++k) Put("k" + std::to_string(k), std::to_string(counter));
    }
    snapshots.push_back(db_->GetSnapshot());
    expected.push_back(std::to_string(counter));
    if (s % 10 == 0) db_->RunVacuumOnce();
  }
  VacuumAll();
  for (int k = 0; k < kKeys; ++k) {
    EXPECT_LE(db_->DumpKey("k" + std::to_string(k)).size(), 101u);
  }
  // Every other one goes: what only it saw goes too, though older and younger ones stay.
  for (size_t s = 0; s < snapshots.size(); s += 2) snapshots[s].reset();
  VacuumAll();
  for (int k = 0; k < kKeys; ++k) {
    EXPECT_LE(db_->DumpKey("k" + std::to_string(k)).size(), 51u);
    for (size_t s = 1; s < snapshots.size(); s += 2) {
      EXPECT_THAT(snapshots[s]->Get("k" + std::to_string(k)), Holds(expected[s]));
    }
  }
  snapshots.clear();
  VacuumAll();
  for (int k = 0; k < kKeys; ++k) EXPECT_THAT(db_->DumpKey("k" + std::to_string(k)), SizeIs(1));
  EXPECT_EQ(db_->GetStats().versions_parked, 0u);
}

TEST_F(VacuumTest, AVersionBetweenTwoSnapshotsGoesAtOnce) {
  Put("k", "old");
  Snapshot old = db_->GetSnapshot();
  Put("k", "between");
  Put("k", "young");
  Snapshot young = db_->GetSnapshot();
  VacuumAll();
  EXPECT_THAT(db_->DumpKey("k"), SizeIs(2));
  EXPECT_THAT(old.Get("k"), Holds("old"));
  EXPECT_THAT(young.Get("k"), Holds("young"));
}

TEST_F(VacuumTest, SnapshotsReleasedInAnyOrderFreeWhatOnlyTheySaw) {
  for (int order = 0; order < 6; ++order) {
    std::vector<std::optional<Snapshot>> snapshots;
    for (int i = 0; i < 3; ++i) {
      Put("k", std::to_string(i));
      snapshots.push_back(db_->GetSnapshot());
    }
    Put("k", "newest");
    std::vector<int> release = {0, 1, 2};
    for (int i = 0; i < order; ++i) std::next_permutation(release.begin(), release.end());
    for (size_t gone = 0; gone < release.size(); ++gone) {
      snapshots[release[gone]].reset();
      VacuumAll();
      EXPECT_THAT(db_->DumpKey("k"), SizeIs(3 - gone)) << "order " << order << " gone " << gone;
      for (int i = 0; i < 3; ++i) {
        if (snapshots[i]) {
          EXPECT_THAT(snapshots[i]->Get("k"), Holds(std::to_string(i)));
        }
      }
    }
  }
}

TEST_F(VacuumTest, ATombstoneAndItsRecordGoWhenNobodySeesTheKey) {
  Put("k", "v");
  std::optional<Snapshot> held = db_->GetSnapshot();
  Delete("k");
  VacuumAll();
  EXPECT_THAT(db_->DumpKey("k"), SizeIs(2));
  held.reset();
  VacuumAll();
  EXPECT_THAT(db_->DumpKey("k"), IsEmpty());
  EXPECT_EQ(db_->GetStats().records_removed, 1u);
}

// The snapshot reads below the tombstone, and lives on: that must not keep the tombstone.
TEST_F(VacuumTest, ATombstoneGoesOnceItIsSuperseded_WhateverItCovers) {
  Put("k", "held");
  Snapshot held = db_->GetSnapshot();
  Delete("k");
  VacuumAll();
  EXPECT_THAT(db_->DumpKey("k"), SizeIs(2));
  Put("k", "new");
  VacuumAll();
  EXPECT_THAT(db_->DumpKey("k"), SizeIs(2));
  EXPECT_THAT(held.Get("k"), Holds("held"));
  EXPECT_THAT(Latest("k"), Optional(Eq("new")));
}

TEST_F(VacuumTest, ATombstoneThatACommitLinkedOverAndTookBackGoesOnWaiting) {
  Put("k", "held");
  Put("read", "1");
  std::optional<Snapshot> held = db_->GetSnapshot();
  Delete("k");
  VacuumAll();
  TransactionOptions options;
  options.isolation = Isolation::kSerializable;
  Transaction tx = db_->Begin(options);
  EXPECT_THAT(tx.Get("read"), Holds("1"));
  NACRE_EXPECT_OK(tx.Put("k", "taken back"));
  Put("read", "2");
  EXPECT_EQ(tx.Commit().status().code(), absl::StatusCode::kAborted);
  VacuumAll();
  EXPECT_THAT(db_->DumpKey("k"), SizeIs(2));
  EXPECT_EQ(Latest("k"), std::nullopt);
  held.reset();
  VacuumAll();
  EXPECT_THAT(db_->DumpKey("k"), IsEmpty());
}

TEST_F(VacuumTest, AnOpenTransactionHoldsWhatItSeesUntilItFinishes) {
  Put("k", "old");
  Transaction tx = db_->Begin();
  Put("k", "new");
  VacuumAll();
  EXPECT_THAT(tx.Get("k"), Holds("old"));
  EXPECT_THAT(db_->DumpKey("k"), SizeIs(2));
  tx.Rollback();
  VacuumAll();
  EXPECT_THAT(db_->DumpKey("k"), SizeIs(1));
}

TEST_F(VacuumTest, ManyInsertsAndDeletesGiveTheMemoryBack) {
  const uint64_t empty_bytes = db_->GetStats().memory_bytes;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 1000; ++i) Put("key" + std::to_string(i * 7919), std::string(500, 'x'));
    for (int i = 0; i < 1000; ++i) Delete("key" + std::to_string(i * 7919));
    VacuumAll();
  }
  EXPECT_LT(db_->GetStats().memory_bytes, empty_bytes + 300'000);
  EXPECT_EQ(db_->GetStats().keys, 0u);
}

TEST_F(VacuumTest, PastTheBacklogCommitsDoAShare) {
  Options options = DefaultOptions();
  options.vacuum_backlog_max = 100;
  Open(options);
  for (int i = 0; i < 5000; ++i) Put("k" + std::to_string(i % 10), std::to_string(i));
  // Nobody called the vacuum and no thread runs, and still the backlog is bounded.
  const Stats stats = db_->GetStats();
  EXPECT_GT(stats.vacuum_assists, 0u);
  EXPECT_LE(stats.versions_queued, 1000u);
  EXPECT_GE(stats.versions_pruned, 3000u);
}

TEST_F(VacuumTest, RunByManyThreadsAtOnceBesideWritersAndReaders) {
  for (int i = 0; i < 20; ++i) Put("k" + std::to_string(i), "held");
  Snapshot held = db_->GetSnapshot();
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) db_->RunVacuumOnce();
    });
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1000; ++i) {
        WriteBatch batch;
        if (i % 5 == t) {
          batch.Delete("k" + std::to_string(i % 20));
        } else {
          batch.Put("k" + std::to_string(i % 20), std::to_string(i));
        }
        NACRE_EXPECT_OK(db_->Write(batch));
        if (i % 50 == 0) {
          EXPECT_THAT(held.Count({}), Yields(20u));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  VacuumAll();
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(held.Get("k" + std::to_string(i)), Holds("held"));
    EXPECT_LE(db_->DumpKey("k" + std::to_string(i)).size(), 2u);
  }
}

// Versions, records and nodes of a commit that fails make no garbage, but must be freed.
TEST_F(VacuumTest, LargeCommitsThatFailLeaveABoundedNumberOfObjects) {
  constexpr int kWrites = 10'000;
  Put("guard", "0");
  for (int round = 0; round < 6; ++round) {
    Transaction fails = db_->Begin({.isolation = Isolation::kSerializable});
    ASSERT_THAT(fails.Get("guard"), Holds("0"));
    for (int i = 0; i < kWrites; ++i) ASSERT_TRUE(fails.Put("k" + std::to_string(i), "v").ok());
    Put("guard", "0");
    ASSERT_TRUE(absl::IsAborted(fails.Commit().status()));
    EXPECT_LE(db_->GetStats().objects_retired, 8192u);
  }
}

TEST_F(VacuumTest, InsertsLeaveABoundedNumberOfReplacedNodes) {
  uint64_t random = 1;
  for (int round = 0; round < 30; ++round) {
    Transaction inserts = db_->Begin();
    for (int i = 0; i < 10'000; ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      ASSERT_TRUE(inserts.Put(std::to_string(random), "v").ok());
    }
    ASSERT_TRUE(inserts.Commit().ok());
    EXPECT_LE(db_->GetStats().objects_retired, 8192u);
  }
}

// The thread may have fallen asleep while that pass had in hand what it then left for later.
TEST_F(VacuumTest, APassOnDemandWakesTheThread) {
  Options options = DefaultOptions();
  options.vacuum_thread = true;
  Open(options);
  const auto passes = [&] { return db_->GetStats().vacuum_passes; };
  absl::SleepFor(absl::Milliseconds(50));
  const uint64_t before = passes();
  EXPECT_EQ(db_->RunVacuumOnce(), 0u);
  for (int i = 0; i < 1000 && passes() < before + 2; ++i) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_GE(passes(), before + 2);
}

// A key that expires some day has the thread look at the time in each pass, and make one now and
// then: that is how the test notices that a pass has come after the one that it waits for.
class VacuumThreadTest : public DatabaseTest {
 protected:
  VacuumThreadTest() {
    Options options = DefaultOptions();
    options.vacuum_thread = true;
    options.time_source = [this] {
      if (std::this_thread::get_id() != own_thread_) {
        const std::lock_guard lock(mutex_);
        ++looks_;
        looked_.notify_all();
      }
      return clock_.Now();
    };
    Open(options);
    PutExpiring("stays", "v", clock_.In(1'000'000));
  }

  ~VacuumThreadTest() override { db_.reset(); }

  template <typename Condition>
  void Await(Condition condition) {
    std::unique_lock lock(mutex_);
    for (;;) {
      const uint64_t looks = looks_;
      lock.unlock();
      if (condition()) return;
      lock.lock();
      looked_.wait(lock, [&] { return looks_ != looks; });
    }
  }

 private:
  const std::thread::id own_thread_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable looked_;
  uint64_t looks_ = 0;
};

TEST_F(VacuumThreadTest, PrunesByItself) {
  for (int i = 0; i < 1000; ++i) Put("k", std::to_string(i));
  Await([&] { return db_->DumpKey("k").size() == 1; });
  EXPECT_THAT(Latest("k"), Optional(Eq("999")));
}

TEST_F(VacuumThreadTest, RemovesExpiredKeysByItself) {
  PutExpiring("k", "v", clock_.In(10));
  clock_.Advance(absl::Milliseconds(10));
  Await([&] { return db_->GetStats().keys_expired == 1; });
  EXPECT_EQ(db_->GetStats().keys, 1u) << "the one that stays";
}

}  // namespace
}  // namespace nacre::api
