// Newest versions that come into the block of their key: when, and who keeps the old one.

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

// Pinned from its construction to Release(), on a thread of its own.
class PinnedThread {
 public:
  PinnedThread() { step_.wait(0); }
  void Release() {
    step_ = 2;
    step_.notify_all();
    thread_.join();
  }

 private:
  std::atomic<int> step_{0};
  std::thread thread_{[this] {
    base::EpochPin pin;
    step_ = 1;
    step_.notify_all();
    step_.wait(1);
  }};
};

class VacuumPromote : public VacuumFixture {
 protected:
  void SetUp() override {
    // So that nothing else is moved.
    tuning_.gone_bytes_before_moving = INT64_MAX;
    Open({});
  }
  std::optional<std::string> Read(std::string_view key) {
    return ReadAt(store_->sequencer.Clock(), key);
  }

  // Updates `key`, whose version stands in its slot, and frees that while somebody has the latch.
  void FreeSlotUnderTheLatch(std::string_view key) {
    PinnedThread pinned;
    Put(key, "other");
    vacuum_->RunOnce();  // The slot is retired now, but not free.
    pinned.Release();
    base::MutexLock latch(StripeOf(tree_->id, key).latch);
    vacuum_->RunOnce();
  }
};

TEST_F(VacuumPromote, AnUpdateStandsApartUntilTheVersionBeforeIsFreed) {
  Put("k", "first");
  EXPECT_TRUE(HeadOf("k")->is_inline());
  const uint64_t updated = Put("k", "other");
  const mvcc::Version* apart = HeadOf("k");
  EXPECT_FALSE(apart->is_inline());
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_TRUE(HeadOf("k")->is_inline());
  EXPECT_EQ(Promoted(), 1);
  EXPECT_THAT(Chain("k"), ElementsAre(updated));
  EXPECT_THAT(Read("k"), Optional(std::string("other")));
  // Both that were: the one in the slot, and the one that was copied there.
  EXPECT_EQ(store_->counters.objects_freed.Sum(), 2);
  EXPECT_EQ(store_->retired.waiting(), 0u);
  EXPECT_EQ(vacuum_->queued() + vacuum_->parked(), 0u);
}

// PROMOTED. The snapshot reads at the clock: nothing is committed between it and the promotion.
TEST_F(VacuumPromote, WhatASnapshotHasInHandStaysUntilItEnds) {
  Put("k", "first");
  Put("k", "other");
  const Registration reader = Snapshot();
  ASSERT_EQ(reader.read_timestamp, store_->sequencer.Clock());
  const mvcc::Version* seen = HeadOf("k");
  vacuum_->RunOnce();
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 1);
  EXPECT_TRUE(seen->unlinked());
  EXPECT_EQ(seen->value(), "other");
  EXPECT_EQ(vacuum_->parked(), 1u);
  EXPECT_EQ(store_->counters.objects_freed.Sum(), 1);
  EXPECT_THAT(ReadAt(reader.read_timestamp, "k"), Optional(std::string("other")));
  End(reader);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), 0u);
  EXPECT_EQ(store_->counters.objects_freed.Sum(), 2);
}

TEST_F(VacuumPromote, ASnapshotThatBeganAfterwardsHoldsNothing) {
  Put("k", "first");
  Put("k", "other");
  vacuum_->RunOnce();
  const Registration after = Snapshot();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), 0u);
  EXPECT_THAT(ReadAt(after.read_timestamp, "k"), Optional(std::string("other")));
  End(after);
}

TEST_F(VacuumPromote, WhatAPinMayStillReadInASlotIsNotWrittenOver) {
  Put("k", "first");
  std::atomic<bool> stays{true};
  std::atomic<bool> pinned{false};
  std::thread reader([&] {
    base::EpochPin pin;
    const mvcc::Version* seen = tree_->index.Find("k")->head();
    pinned = true;
    pinned.notify_all();
    stays.wait(true);
    EXPECT_EQ(seen->value(), "first");
  });
  pinned.wait(false);
  Put("k", "other");
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 0);
  Put("k", "third");  // Nor by the next one.
  EXPECT_FALSE(HeadOf("k")->is_inline());
  vacuum_->RunOnce();
  stays = false;
  stays.notify_all();
  reader.join();
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 1);
  EXPECT_THAT(Read("k"), Optional(std::string("third")));
}

TEST_F(VacuumPromote, ASlotThatASnapshotReadsInIsKeptForIt) {
  Put("k", "first");
  const Registration held = Snapshot();
  Put("k", "other");
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 0);
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("first")));
  End(held);
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 1);
}

TEST_F(VacuumPromote, TheChainBelowStays) {
  Put("k", "first");
  const uint64_t second = Put("k", "second");
  const Registration held = Snapshot();
  const uint64_t third = Put("k", "third");
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 1);
  EXPECT_THAT(Chain("k"), ElementsAre(third, second));
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("second")));
  End(held);
  vacuum_->RunOnce();
  EXPECT_THAT(Chain("k"), ElementsAre(third));
}

TEST_F(VacuumPromote, AValueThatHasOutgrownTheSlotStaysApart_ASmallerOneComesBack) {
  Put("k", "eight by");
  Put("k", "more than eight bytes");
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 0);
  EXPECT_FALSE(HeadOf("k")->is_inline());
  Put("k", "small");
  EXPECT_TRUE(HeadOf("k")->is_inline()) << "the slot is free";
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 0);
  EXPECT_THAT(Read("k"), Optional(std::string("small")));
}

TEST_F(VacuumPromote, WhatSomebodyWritesIsLeftToHim) {
  Put("k", "first");
  FreeSlotUnderTheLatch("k");
  EXPECT_EQ(Promoted(), 0);
  Put("k", "third");
  EXPECT_TRUE(HeadOf("k")->is_inline());
}

// The slot is freed after its record has left the index, before the record and after it.
TEST_F(VacuumPromote, ARemovedRecordIsNotLookedAt) {
  for (const bool together : {true, false}) {
    Put("k", "first");
    PinnedThread pinned;
    Put("k", "other");
    if (!together) vacuum_->RunOnce();
    Delete("k");
    vacuum_->RunOnce();
    EXPECT_FALSE(HasRecord("k"));
    pinned.Release();
    vacuum_->RunOnce();
    EXPECT_EQ(Promoted(), 0);
    EXPECT_EQ(store_->retired.waiting(), 0u);
  }
}

TEST_F(VacuumPromote, ADroppedTreeIsFreedWithItsSlots) {
  for (int i = 0; i < 50; ++i) Put("key " + std::to_string(i), "first");
  for (int i = 0; i < 25; ++i) Put("key " + std::to_string(i), "other");
  Flush();
  for (int i = 0; i < 3; ++i) vacuum_->RunOnce();
  EXPECT_EQ(store_->keyspaces.ListTrees().size(), 1u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
}

TEST_F(VacuumPromote, AnExpiryComesAlong) {
  const mvcc::ExpiryMs never_due = INT64_MAX - 1;
  Put("k", "123456789 123456");
  Put("k", "12345678", never_due);
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 1);
  EXPECT_EQ(HeadOf("k")->expiry(), never_due);
  EXPECT_EQ(vacuum_->expiries(), 1u);
  Delete("k");
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->expiries(), 0u);
}

TEST_F(VacuumPromote, HistoryIsReadFromTheCopies) {
  Close();
  Options options;
  options.history_retention = absl::Hours(1);
  Open(options);
  Put("k", "first");
  Put("k", "other");
  const uint64_t past = store_->sequencer.Clock();
  vacuum_->RunOnce();
  for (int i = 0; i < 3; ++i) {
    SkipTime(absl::Hours(2));
    vacuum_->RunOnce();
  }
  EXPECT_EQ(Promoted(), 1);
  EXPECT_EQ(vacuum_->retained(), 0u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
  EXPECT_THAT(ReadAt(past, "k"), Optional(std::string("other")));
}

// SEEN-STAYS.
TEST_F(VacuumPromote, APromotedVersionIsNoConflictForWhoHasReadIt) {
  Put("k", "first");
  Put("k", "other");
  const Registration reader = Snapshot();
  txn::ReadView view;
  view.read_timestamp = reader.read_timestamp;
  txn::ReadSet reads;
  {
    base::EpochPin pin;
    mvcc::Record* record = tree_->index.Find("k");
    reads.AddPresent(record, record->head());
  }
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 1);
  base::EpochPin pin;
  EXPECT_TRUE(reads.Validate(view).ok());
  Put("k", "another");
  EXPECT_FALSE(reads.Validate(view).ok());
  End(reader);
}

// What could not be promoted when its slot was freed comes back with the survivors of a great
// dying.
TEST_F(VacuumPromote, TheMoverUsesFreeSlots) {
  Close();
  tuning_.gone_bytes_before_moving = 1;
  tuning_.gone_part_before_moving = INT64_MAX;
  Open({});
  Put("k", "first");
  FreeSlotUnderTheLatch("k");
  ASSERT_FALSE(HeadOf("k")->is_inline());
  const size_t moved = vacuum_->moved();
  Put("dying", std::string(1000, 'd'));
  vacuum_->RunOnce();
  Delete("dying");
  vacuum_->RunOnce();
  EXPECT_GT(vacuum_->moved(), moved);
  EXPECT_TRUE(HeadOf("k")->is_inline());
  EXPECT_EQ(Promoted(), 0);
  EXPECT_THAT(Read("k"), Optional(std::string("other")));
  VerifyWhole();  // The bytes that are counted, too.
}

// The end of a database frees slots that are retired, unlinked and in chains, and what was promoted
// and waits.
TEST_F(VacuumPromote, TheEndFreesWhatIsHalfDone) {
  Put("waits", "first");
  Put("waits", "other");
  const Registration reader = Snapshot();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), 1u);
  PinnedThread pinned;
  Put("retired", "first");
  Put("retired", "other");
  Put("removed", "first");
  Put("removed", "other");
  Delete("removed");
  End(reader);
  vacuum_->RunOnce();
  EXPECT_NE(store_->retired.waiting(), 0u);
  Put("chained", "first");
  Put("chained", "other");
  pinned.Release();
  Close();  // The leak checker looks.
}

// Committers that prune and promote beside readers that keep what they have found. Few keys, so
// that slots change hands all the time; deletions, so that records come and go.
TEST_F(VacuumPromote, ReadersKeepWhatTheyHaveFoundBesideWritersAndTheThread) {
  constexpr int kKeys = 20;
  Close();
  tuning_.short_transaction = absl::Milliseconds(1);
  Options options;
  options.latch_stripes = 4;
  options.vacuum_backlog_max = 100;
  Open(options);
  vacuum_->Start();
  const auto key_of = [](uint64_t i) { return "key " + std::to_string(i % kKeys); };
  std::atomic<bool> stop{false};
  const uint64_t seed = TestSeed();
  std::thread reader([&] { KeepWhatIsFoundUntil(stop, seed, key_of); });
  const auto write = [&](uint64_t writer_seed) {
    UpdateAndAssist(writer_seed, 20'000, /*one_deletion_in=*/8, key_of);
  };
  std::thread other([&] { write(seed + 1); });
  write(seed + 2);
  other.join();
  stop = true;
  reader.join();
  for (int i = 0; i < 3; ++i) vacuum_->RunOnce();
  EXPECT_GT(Promoted(), 0);
  for (int i = 0; i < kKeys; ++i) EXPECT_LE(Chain(key_of(static_cast<uint64_t>(i))).size(), 1u);
}

}  // namespace
}  // namespace nacre::vacuum
