// Survivors that are moved to other memory: when, what of them, and who keeps the old version.

#include <random>
#include <thread>

#include "engine/txn/read_set.h"
#include "engine/txn/read_view.h"
#include "tests/unit/test_seed.h"
#include "tests/unit/vacuum_fixture.h"

namespace nacre::vacuum {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

class VacuumMove : public VacuumFixture {
 protected:
  static constexpr int kKeys = 40;
  static constexpr size_t kAtOnce = 10;

  void SetUp() override {
    tuning_.gone_bytes_before_moving = 1;
    tuning_.versions_moved_at_once = kAtOnce;
    Open(NoneInline());
  }

  static std::string KeyOf(int i) { return "key " + std::to_string(100 + i); }
  static std::string ValueOf(int i) { return "the last value of " + std::to_string(i); }

  void PutAll() {
    for (int i = 0; i < kKeys; ++i) Put(KeyOf(i), ValueOf(i));
  }
  // Three versions of each key were needed, and are no longer. Nothing has been pruned yet.
  void LetMostDie() {
    std::vector<Registration> held;
    for (int round = 0; round < 3; ++round) {
      PutAll();
      held.push_back(Snapshot());
    }
    PutAll();
    vacuum_->RunOnce();
    for (const Registration& snapshot : held) End(snapshot);
    freed_before_ = store_->counters.objects_freed.Sum();
  }
  // Since then.
  int64_t Freed() const { return store_->counters.objects_freed.Sum() - freed_before_; }

  std::vector<const mvcc::Version*> Heads() {
    std::vector<const mvcc::Version*> heads;
    for (int i = 0; i < kKeys; ++i) heads.push_back(HeadOf(KeyOf(i)));
    return heads;
  }

 private:
  int64_t freed_before_ = 0;
};

TEST_F(VacuumMove, WhatIsLeftWhenMostHasGoneIsCopiedOnce) {
  LetMostDie();
  const std::vector<const mvcc::Version*> before = Heads();
  std::vector<std::vector<uint64_t>> chains;
  for (int i = 0; i < kKeys; ++i) chains.push_back({Chain(KeyOf(i)).front()});
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->moved(), size_t{kKeys});
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_THAT(ReadAt(store_->sequencer.Clock(), KeyOf(i)), Optional(ValueOf(i)));
    EXPECT_EQ(Chain(KeyOf(i)), chains[i]);
  }
  // All old ones are free, of which some of the copies may have been given the memory.
  EXPECT_EQ(vacuum_->parked(), 0u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
  EXPECT_EQ(Freed(), 3 * kKeys + kKeys);
  EXPECT_NE(Heads(), before);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->moved(), size_t{kKeys});
}

TEST_F(VacuumMove, NothingIsMovedBeforeHalfHasGone) {
  PutAll();
  const Registration held = Snapshot();
  for (int i = 0; i < kKeys / 2; ++i) Put(KeyOf(i), ValueOf(i));
  vacuum_->RunOnce();
  End(held);
  EXPECT_EQ(vacuum_->RunOnce(), size_t{kKeys / 2});
  EXPECT_EQ(vacuum_->moved(), 0u);
}

TEST_F(VacuumMove, NothingIsMovedForAFewBytes) {
  Close();
  tuning_.gone_bytes_before_moving = 1 << 20;
  Open(NoneInline());
  LetMostDie();
  EXPECT_EQ(vacuum_->RunOnce(), size_t{3 * kKeys});
  EXPECT_EQ(vacuum_->moved(), 0u);
}

// MOVED. The snapshot reads at the clock: nothing is committed between it and the move.
TEST_F(VacuumMove, WhatASnapshotHasInHandStaysUntilItEnds) {
  LetMostDie();
  const Registration reader = Snapshot();
  ASSERT_EQ(reader.read_timestamp, store_->sequencer.Clock());
  const std::vector<const mvcc::Version*> seen = Heads();
  vacuum_->RunOnce();
  vacuum_->RunOnce();
  // ONE-BATCH: the others wait for it.
  EXPECT_EQ(vacuum_->moved(), kAtOnce);
  EXPECT_EQ(vacuum_->parked(), kAtOnce);
  EXPECT_EQ(Freed(), 3 * kKeys);
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_EQ(seen[i]->value(), ValueOf(i));
    EXPECT_EQ(seen[i]->unlinked(), i < static_cast<int>(kAtOnce));
    EXPECT_THAT(ReadAt(reader.read_timestamp, KeyOf(i)), Optional(ValueOf(i)));
  }
  End(reader);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->moved(), size_t{kKeys});
  EXPECT_EQ(vacuum_->parked(), 0u);
  EXPECT_EQ(Freed(), 4 * kKeys);
}

TEST_F(VacuumMove, ASnapshotThatBeganAfterwardsHoldsNothing) {
  LetMostDie();
  const Registration before = Snapshot();
  vacuum_->RunOnce();
  const Registration after = Snapshot();
  EXPECT_GT(after.read_timestamp, before.read_timestamp);
  End(before);
  vacuum_->RunOnce();
  EXPECT_EQ(Freed(), 3 * kKeys + static_cast<int>(kAtOnce));
  EXPECT_THAT(ReadAt(after.read_timestamp, KeyOf(0)), Optional(ValueOf(0)));
  End(after);
}

TEST_F(VacuumMove, WhatAPinMayStillReadIsNotFreed) {
  LetMostDie();
  const mvcc::Version* seen;
  std::atomic<bool> stays{true};
  std::atomic<bool> pinned{false};
  std::thread reader([&] {
    base::EpochPin pin;
    seen = tree_->index.Find(KeyOf(0))->head();
    pinned = true;
    pinned.notify_all();
    stays.wait(true);
    EXPECT_EQ(seen->value(), ValueOf(0));
  });
  pinned.wait(false);
  vacuum_->RunOnce();
  EXPECT_GT(vacuum_->moved(), 0u);
  EXPECT_EQ(Freed(), 0);
  stays = false;
  stays.notify_all();
  reader.join();
}

TEST_F(VacuumMove, HistoryIsReadFromTheCopies) {
  Close();
  Options options = NoneInline();
  options.history_retention = absl::Hours(1);
  Open(options);
  LetMostDie();
  const uint64_t past = store_->sequencer.Clock();
  vacuum_->RunOnce();
  SkipTime(absl::Hours(2));
  vacuum_->RunOnce();
  SkipTime(absl::Hours(2));
  vacuum_->RunOnce();
  // The moved ones are not retained: their copies are the history.
  EXPECT_EQ(vacuum_->moved(), size_t{kKeys});
  EXPECT_EQ(vacuum_->retained(), 0u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
  EXPECT_THAT(ReadAt(past, KeyOf(3)), Optional(ValueOf(3)));
}

TEST_F(VacuumMove, TombstonesStayAndExpiriesAreKept) {
  const mvcc::ExpiryMs never_due = INT64_MAX - 1;
  Put("mortal", "m", never_due);
  Put("deleted", "d");
  const Registration sees_deleted = Snapshot();
  Delete("deleted");
  LetMostDie();
  vacuum_->RunOnce();
  End(sees_deleted);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->moved(), size_t{kKeys + 1});
  EXPECT_FALSE(HasRecord("deleted"));
  EXPECT_EQ(HeadOf("mortal")->expiry(), never_due);
  EXPECT_EQ(vacuum_->expiries(), 1u);
}

TEST_F(VacuumMove, AKeyThatSomebodyWritesIsPassedBy) {
  LetMostDie();
  {
    txn::Stripe& stripe = StripeOf(tree_->id, KeyOf(7));
    base::MutexLock latch(stripe.latch);
    vacuum_->RunOnce();
  }
  EXPECT_LT(vacuum_->moved(), size_t{kKeys});
  EXPECT_GT(vacuum_->moved(), size_t{kKeys / 2});
}

TEST_F(VacuumMove, TheChainBelowASurvivorStays) {
  LetMostDie();
  const Registration held = Snapshot();
  const uint64_t newer = Put(KeyOf(0), "newer");
  const uint64_t older = Chain(KeyOf(0))[1];
  vacuum_->RunOnce();
  EXPECT_GT(vacuum_->moved(), 0u);
  EXPECT_THAT(Chain(KeyOf(0)), ElementsAre(newer, older));
  EXPECT_THAT(ReadAt(held.read_timestamp, KeyOf(0)), Optional(ValueOf(0)));
  End(held);
  vacuum_->RunOnce();
  EXPECT_THAT(Chain(KeyOf(0)), ElementsAre(newer));
}

TEST_F(VacuumMove, ATreeThatIsDroppedMeanwhileIsLeftOut) {
  LetMostDie();
  const Registration reader = Snapshot();
  vacuum_->RunOnce();  // The first batch waits for the reader.
  Flush();
  End(reader);
  for (int i = 0; i < 3; ++i) vacuum_->RunOnce();
  EXPECT_EQ(store_->keyspaces.ListTrees().size(), 1u);
  EXPECT_EQ(vacuum_->parked(), 0u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
}

TEST_F(VacuumMove, NothingIsMovedWhileMoreIsDying) {
  constexpr int kManyKeys = 20'000;  // A pass of the thread takes apart a fifth of the tree.
  for (int i = 0; i < kManyKeys; ++i) Put(KeyOf(i), "v");
  Flush();
  vacuum_->Start();
  while (vacuum_->trees_pending() != 0) std::this_thread::yield();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->moved(), 0u);
}

// ONE-BATCH.
TEST_F(VacuumMove, NothingMoreIsMovedWhileAPinHoldsWhatWasMoved) {
  constexpr int kManyKeys = 20'000;
  Close();
  tuning_.versions_moved_at_once = 5000;
  Open(NoneInline());
  for (int i = 0; i < 3 * kManyKeys; ++i) Put(KeyOf(i), "v");
  vacuum_->RunOnce();
  for (int i = kManyKeys; i < 3 * kManyKeys; ++i) Delete(KeyOf(i));
  const Registration reader = Snapshot();
  vacuum_->RunOnce();
  ASSERT_EQ(vacuum_->moved(), 5000u);
  std::atomic<bool> stays{true};
  std::atomic<bool> pinned{false};
  std::thread pinner([&] {
    base::EpochPin pin;
    pinned = true;
    pinned.notify_all();
    stays.wait(true);
  });
  pinned.wait(false);
  End(reader);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->moved(), 5000u);
  stays = false;
  stays.notify_all();
  pinner.join();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->moved(), size_t{kManyKeys});
}

// A round of passes that has moved something is followed by another one, whatever its last passes
// had to do.
TEST_F(VacuumMove, OneCallEndsAWalkAlsoWhereMuchIsPendingBehindABatch) {
  constexpr int kPending = 192;
  tuning_.short_transaction = absl::Hours(1);
  Options options = NoneInline();
  options.vacuum_backlog_max = 512;
  Open(options);
  LetMostDie();
  const Registration viewer = Snapshot();
  vacuum_->RunOnce();
  ASSERT_EQ(vacuum_->moved(), kAtOnce) << "the viewer may have them in hand";
  const auto put_others = [this] {
    for (int i = 0; i < kPending; ++i) Put("other " + std::to_string(i), "v");
  };
  put_others();
  const Registration held = Snapshot();
  ASSERT_TRUE(txn::SnapshotRegistry::EndLook(held));
  put_others();
  vacuum_->RunOnce();
  ASSERT_EQ(vacuum_->parked(), kAtOnce + kPending);
  End(viewer);
  vacuum_->RunOnce();
  // And some of the others: it ends after as many bytes as there were when it began.
  EXPECT_GE(vacuum_->moved(), size_t{kKeys});
  End(held);
}

TEST_F(VacuumMove, WhatWasWrittenSinceAWalkBeganDoesNotMakeItLonger) {
  LetMostDie();
  const Registration reader = Snapshot();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->moved(), kAtOnce);
  for (int i = kKeys; i < 100 * kKeys; ++i) Put(KeyOf(i), ValueOf(i));
  End(reader);
  vacuum_->RunOnce();
  EXPECT_GE(vacuum_->moved(), size_t{kKeys});
  EXPECT_LE(vacuum_->moved(), size_t{2 * kKeys});
}

// The end of a database frees a batch that is not full, and one that waits.
TEST_F(VacuumMove, TheEndFreesWhatIsHalfMoved) {
  LetMostDie();
  const Registration reader = Snapshot();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), kAtOnce);
  End(reader);
  Close();  // The leak checker looks.
}

// SEEN-STAYS.
TEST_F(VacuumMove, AMovedVersionIsNoConflictForWhoHasReadIt) {
  LetMostDie();
  const Registration reader = Snapshot();
  txn::ReadView view;
  view.read_timestamp = reader.read_timestamp;
  txn::ReadSet reads;
  {
    base::EpochPin pin;
    mvcc::Record* record = tree_->index.Find(KeyOf(0));
    reads.AddPresent(record, record->head());
  }
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->moved(), kAtOnce);
  base::EpochPin pin;
  EXPECT_TRUE(reads.Validate(view).ok());
  Put(KeyOf(0), "another");
  EXPECT_FALSE(reads.Validate(view).ok());
  End(reader);
}

TEST_F(VacuumMove, WhoFreesTellsTheAllocatorWhenNothingIsLeftToDo) {
  Close();
  std::vector<size_t> told;
  Options options = NoneInline();
  options.on_memory_freed = [&](size_t objects) { told.push_back(objects); };
  tuning_.gone_bytes_before_moving = INT64_MAX;
  Open(options);
  for (int i = 0; i < 300; ++i) Put("k", "v");
  vacuum_->RunOnce();
  told.clear();  // What this thread had freed before was among that.
  for (int i = 0; i < 200; ++i) Put("k", "v");
  vacuum_->RunOnce();
  EXPECT_THAT(told, ElementsAre());  // Too few.
  for (int i = 0; i < 300; ++i) Put("k", "v");
  vacuum_->RunOnce();
  EXPECT_THAT(told, ElementsAre(500u));
  vacuum_->RunOnce();
  EXPECT_THAT(told, ElementsAre(500u));
}

TEST_F(VacuumMove, TheAllocatorIsToldBeforeEachBatchOfCopies) {
  Close();
  std::vector<size_t> told;
  Options options = NoneInline();
  options.on_memory_freed = [&](size_t objects) { told.push_back(objects); };
  Open(options);
  LetMostDie();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->moved(), size_t{kKeys});
  // Before each batch, and before the walk finds that there is no further one.
  ASSERT_EQ(told.size(), kKeys / kAtOnce + 1);
  for (size_t i = 1; i < told.size(); ++i) EXPECT_EQ(told[i], kAtOnce);
}

// Writers, readers that keep what they have found, and a thread that moves whenever it can.
TEST_F(VacuumMove, ReadersKeepWhatTheyHaveFoundBesideWritersAndTheThread) {
  Close();
  tuning_.short_transaction = absl::Milliseconds(1);
  tuning_.gone_part_before_moving = INT64_MAX;
  Options options = NoneInline();
  options.latch_stripes = 4;
  options.vacuum_backlog_max = 100;
  Open(options);
  PutAll();
  vacuum_->Start();
  std::atomic<bool> stop{false};
  const uint64_t seed = TestSeed();
  std::thread reader([&] {
    std::mt19937_64 random(seed);
    while (!stop) {
      const Registration snapshot = Snapshot();
      std::vector<std::pair<const mvcc::Version*, uint64_t>> seen;
      for (int n = 0; n < 20; ++n) {
        base::EpochPin pin;
        const mvcc::Record* record = tree_->index.Find(KeyOf(static_cast<int>(random() % kKeys)));
        const mvcc::Version* version = mvcc::FindVisible(*record, snapshot.read_timestamp);
        seen.emplace_back(version, version->commit_timestamp());
      }
      if (random() % 8 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      for (const auto& [version, timestamp] : seen) {
        ASSERT_EQ(version->commit_timestamp(), timestamp);
        ASSERT_FALSE(version->value().empty());
      }
      End(snapshot);
    }
  });
  std::mt19937_64 random(seed + 1);
  for (int n = 0; n < 20'000; ++n) {
    const int i = static_cast<int>(random() % kKeys);
    Put(KeyOf(i), ValueOf(i));
    vacuum_->Assist();
    if (n % 1000 == 0) std::this_thread::yield();
  }
  // Until it has had its turn, which is when nothing more dies for a moment.
  while (vacuum_->moved() < 100) {
    Put(KeyOf(0), ValueOf(0));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  stop = true;
  reader.join();
  for (int i = 0; i < 3; ++i) vacuum_->RunOnce();
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ(Chain(KeyOf(i)).size(), 1u);
}

}  // namespace
}  // namespace nacre::vacuum
