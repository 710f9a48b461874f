// Chains, tombstones, records: what a pass unlinks, what it keeps, and what that costs.

#include <random>

#include "tests/unit/test_seed.h"
#include "tests/unit/vacuum_fixture.h"

namespace nacre::vacuum {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

class VacuumPrune : public VacuumFixture {};

TEST_F(VacuumPrune, OneVersionIsLeftWhenNobodyReadsThePast) {
  Put("k", "1");
  Put("k", "2");
  const uint64_t newest = Put("k", "3");
  EXPECT_EQ(vacuum_->queued(), 2u);
  EXPECT_EQ(vacuum_->RunOnce(), 2u);
  EXPECT_THAT(Chain("k"), ElementsAre(newest));
  EXPECT_EQ(vacuum_->queued(), 0u);
  EXPECT_EQ(store_->counters.versions_pruned.Sum(), 2);
  // And the newest one's own block, since it stands beside its key now.
  EXPECT_EQ(store_->counters.objects_freed.Sum(), 3);
  EXPECT_EQ(store_->retired.waiting(), 0u);
}

// Whoever takes a dropped tree apart marks its versions and leaves their links.
TEST_F(VacuumPrune, WhatWasUnlinkedByOthersIsNotUnlinkedAgain) {
  Put("k", "1");
  const uint64_t newest = Put("k", "2");
  WaitingTombstones waiting;
  ChainPruner pruner(*store_, waiting);
  PruneTally tally;
  base::EpochPin pin;
  mvcc::Record* record = tree_->index.Find("k");
  mvcc::Version* superseded = record->head()->previous();
  txn::Stripe& stripe = StripeOf(tree_->id, "k");
  superseded->set_unlinked();
  EXPECT_FALSE(pruner.PruneBelowHead({record, superseded, newest}, stripe, tally));
  EXPECT_EQ(tally.versions, 0u);
  EXPECT_EQ(tally.bytes, 0);
  // As the others would have gone on.
  record->head()->set_previous(nullptr);
}

TEST_F(VacuumPrune, AVersionGoesAlthoughAnOlderSnapshotIsHeld) {
  const uint64_t old = Put("k", "old");
  const Registration held = Snapshot();
  Put("k", "between");
  const uint64_t newest = Put("k", "new");
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_THAT(Chain("k"), ElementsAre(newest, old));
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("old")));
  EXPECT_EQ(vacuum_->parked(), 1u);
  End(held);
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_THAT(Chain("k"), ElementsAre(newest));
  EXPECT_EQ(vacuum_->parked(), 0u);
}

TEST_F(VacuumPrune, WhatAShortTransactionHeldGoesWhenThatHasEnded) {
  Close();
  tuning_.short_transaction = absl::Hours(1);
  Open({});
  Put("k", "1");
  const Registration brief = Snapshot();
  Put("k", "2");
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_EQ(vacuum_->parked(), 1u);
  End(brief);
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
}

TEST_F(VacuumPrune, ABusyLatchIsNotWaitedFor) {
  Put("k", "1");
  Put("k", "2");
  {
    txn::Stripe& stripe = StripeOf(tree_->id, "k");
    base::MutexLock latch(stripe.latch);
    EXPECT_EQ(vacuum_->RunOnce(), 0u);
  }
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
}

TEST_F(VacuumPrune, WhatAPinMayStillReadIsUnlinkedButNotFreed) {
  Put("k", "1");
  Put("k", "2");
  std::thread pinned;
  std::atomic<bool> is_pinned{false};
  std::atomic<bool> may_go{false};
  pinned = std::thread([&] {
    base::EpochPin pin;
    is_pinned = true;
    while (!may_go) std::this_thread::yield();
  });
  while (!is_pinned) std::this_thread::yield();
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_EQ(store_->retired.waiting(), 1u);
  may_go = true;
  pinned.join();
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
}

TEST_F(VacuumPrune, ALoneTombstoneTakesItsRecordAndRaisesTheFloor) {
  Put("k", "1");
  const uint64_t deleted = Delete("k");
  EXPECT_EQ(vacuum_->RunOnce(), 2u);
  EXPECT_FALSE(HasRecord("k"));
  EXPECT_EQ(FloorOf("k"), deleted);
  EXPECT_EQ(store_->counters.records_removed.Sum(), 1);
  EXPECT_EQ(store_->counters.memory_bytes.Sum(), 0);
  EXPECT_EQ(store_->retired.waiting(), 0u);
  EXPECT_GE(store_->counters.objects_freed.Sum(), 3) << "two versions and the record";
}

TEST_F(VacuumPrune, ALoneTombstoneGoesWhateverSnapshotsAreHeld) {
  const Registration before = Snapshot();
  Put("k", "1");
  const uint64_t deleted = Delete("k");
  const Registration after = Snapshot();
  EXPECT_EQ(vacuum_->RunOnce(), 2u);
  EXPECT_FALSE(HasRecord("k"));
  EXPECT_EQ(FloorOf("k"), deleted);
  End(before);
  End(after);
}

TEST_F(VacuumPrune, ATombstoneStaysWhileWhatItCoversIsSeen) {
  const uint64_t put = Put("k", "1");
  const Registration held = Snapshot();
  const uint64_t deleted = Delete("k");
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_THAT(Chain("k"), ElementsAre(deleted, put));
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("1")));
  EXPECT_EQ(FloorOf("k"), 0u);
  End(held);
  EXPECT_EQ(vacuum_->RunOnce(), 2u);
  EXPECT_FALSE(HasRecord("k"));
}

TEST_F(VacuumPrune, ASupersededTombstoneIsAVersionLikeAnyOther) {
  Put("k", "1");
  const uint64_t deleted = Delete("k");
  const Registration held = Snapshot();
  const uint64_t again = Put("k", "2");
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_THAT(Chain("k"), ElementsAre(again, deleted));
  EXPECT_EQ(ReadAt(held.read_timestamp, "k"), std::nullopt);
  End(held);
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_THAT(Chain("k"), ElementsAre(again));
}

TEST_F(VacuumPrune, ATombstoneThatWaitedAndWasSupersededGoesWithTheNextVersionAboveIt) {
  const uint64_t first = Put("k", "1");
  const Registration held = Snapshot();
  Delete("k");
  vacuum_->RunOnce();  // The tombstone covers what is seen, and waits.
  Put("k", "2");
  const uint64_t third = Put("k", "3");
  vacuum_->RunOnce();
  EXPECT_THAT(Chain("k"), ElementsAre(third, first));
  EXPECT_EQ(vacuum_->parked(), 1u);
  End(held);
  vacuum_->RunOnce();
}

// ONE-WAITS: the tombstone stands where no snapshot reads. What it covers may be held for long, and
// the key need not be written again.
TEST_F(VacuumPrune, ATombstoneThatWaitedGoesOnceItIsSuperseded) {
  const uint64_t first = Put("k", "1");
  const Registration held = Snapshot();
  const uint64_t deleted = Delete("k");
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_THAT(Chain("k"), ElementsAre(deleted, first));
  const uint64_t second = Put("k", "2");
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_THAT(Chain("k"), ElementsAre(second, first));
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("1")));
  End(held);
}

TEST_F(VacuumPrune, ATombstoneThatWaitedAndIsReadByASnapshotGoesWithThat) {
  const uint64_t first = Put("k", "1");
  const Registration below = Snapshot();
  const uint64_t deleted = Delete("k");
  vacuum_->RunOnce();
  const Registration at = Snapshot();
  const uint64_t second = Put("k", "2");
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_THAT(Chain("k"), ElementsAre(second, deleted, first));
  EXPECT_EQ(ReadAt(at.read_timestamp, "k"), std::nullopt);
  End(at);
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_THAT(Chain("k"), ElementsAre(second, first));
  End(below);
}

// ONE-WAITS: without taking the old tombstone out, an entry would stay for each round.
TEST_F(VacuumPrune, WritingAndDeletingInTurnUnderAHeldSnapshotLeavesNothingBehind) {
  Put("k", "seen");
  const Registration held = Snapshot();
  for (int round = 0; round < 200; ++round) {
    Delete("k");
    vacuum_->RunOnce();
    Put("k", "v");
    if (round % 3 == 0) vacuum_->RunOnce();
  }
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), 1u);
  EXPECT_EQ(Chain("k").size(), 2u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("seen")));
  Delete("k");
  vacuum_->RunOnce();
  End(held);
  vacuum_->RunOnce();
  EXPECT_FALSE(HasRecord("k"));
  EXPECT_EQ(vacuum_->parked(), 0u);
}

TEST_F(VacuumPrune, AHotChainIsClearedInLinearSteps) {
  constexpr size_t kUpdates = 100'000;
  for (size_t i = 0; i < kUpdates; ++i) Put("hot", "v");
  EXPECT_EQ(vacuum_->RunOnce(), kUpdates - 1);
  EXPECT_LE(vacuum_->steps(), 2 * kUpdates);
  EXPECT_EQ(Chain("hot").size(), 1u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
}

TEST_F(VacuumPrune, AHotChainOfDeletesIsClearedInLinearSteps) {
  constexpr size_t kRounds = 20'000;
  for (size_t i = 0; i < kRounds; ++i) {
    Put("hot", "v");
    Delete("hot");
  }
  EXPECT_EQ(vacuum_->RunOnce(), 2 * kRounds);
  EXPECT_LE(vacuum_->steps(), 4 * kRounds);
  EXPECT_FALSE(HasRecord("hot"));
}

// The target stands deeper than one latch reaches, under versions that all stay.
TEST_F(VacuumPrune, AVersionBelowThousandsOfNeededOnesIsReached) {
  std::vector<Registration> held;
  Put("k", "oldest");
  const Registration deep = Snapshot();
  for (int i = 0; i < 2000; ++i) {
    Put("k", std::to_string(i));
    held.push_back(Snapshot());
  }
  Put("k", "newest");
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_EQ(vacuum_->parked(), 2001u);
  EXPECT_EQ(vacuum_->steps(), 0u) << "what is parked is not looked for in its chain";
  End(deep);
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_LE(vacuum_->steps(), 2100u);
  for (size_t i = 0; i < held.size(); ++i) {
    EXPECT_THAT(ReadAt(held[i].read_timestamp, "k"), Optional(std::to_string(i)));
    End(held[i]);
  }
  EXPECT_EQ(vacuum_->RunOnce(), 2000u);
}

TEST_F(VacuumPrune, AnEntryWhoseVersionStandsNowhereStopsTheProcess) {
  Put("k", "1");
  mvcc::Version* stray = mvcc::Version::NewBytes("stray", mvcc::kNoExpiry);
  stray->Stamp(1);
  mvcc::Record* record;
  {
    base::EpochPin pin;
    record = tree_->index.Find("k");
  }
  const txn::Garbage entry{record, stray, store_->sequencer.Clock()};
  const auto accept = [&] {
    vacuum_->Accept({&entry, 1});
    vacuum_->RunOnce();
  };
  EXPECT_DEATH(accept(), "neither in its chain nor unlinked");
  mvcc::Version::Free(stray);
}

// A map per snapshot is the oracle: whatever is pruned, each held snapshot reads what it read.
TEST_F(VacuumPrune, HeldSnapshotsReadTheSameAfterAnyHistory) {
  std::mt19937_64 random(TestSeed());
  constexpr int kKeys = 6;
  using State = std::vector<std::optional<std::string>>;
  State now(kKeys);
  std::vector<std::pair<Registration, State>> held;
  for (int step = 0; step < 6000; ++step) {
    const int k = static_cast<int>(random() % kKeys);
    const std::string key = "k" + std::to_string(k);
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
      case 3:
        now[k] = std::to_string(step);
        Put(key, *now[k]);
        break;
      case 4:
        if (!now[k]) break;
        now[k] = std::nullopt;
        Delete(key);
        break;
      case 5:
        if (held.size() < 12) held.emplace_back(Snapshot(), now);
        break;
      case 6: {
        if (held.empty()) break;
        const size_t i = random() % held.size();
        End(held[i].first);
        held.erase(held.begin() + static_cast<ptrdiff_t>(i));
        break;
      }
      case 7: vacuum_->RunOnce(); break;
    }
    if (step % 16 != 0) continue;
    for (const auto& [snapshot, state] : held) {
      for (int i = 0; i < kKeys; ++i) {
        ASSERT_EQ(ReadAt(snapshot.read_timestamp, "k" + std::to_string(i)), state[i]) << step;
      }
    }
  }
  vacuum_->RunOnce();
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_LE(Chain("k" + std::to_string(i)).size(), held.size() + 1);
  }
  for (const auto& [snapshot, state] : held) End(snapshot);
  vacuum_->RunOnce();
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_EQ(Chain("k" + std::to_string(i)).size(), now[i] ? 1u : 0u);
  }
  EXPECT_EQ(vacuum_->parked() + vacuum_->queued() + vacuum_->retained(), 0u);
}

}  // namespace
}  // namespace nacre::vacuum
