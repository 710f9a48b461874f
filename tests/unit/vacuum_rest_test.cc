// What committers do with their own garbage once it has rested: slots are written again at once,
// and what was promoted is freed; and who keeps them from that.

#include <latch>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/txn/latest.h"
#include "tests/unit/test_seed.h"
#include "tests/unit/vacuum_fixture.h"

namespace nacre::vacuum {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

class VacuumRest : public VacuumFixture {
 protected:
  void SetUp() override {
    tuning_.gone_bytes_before_moving = INT64_MAX;
    Open({});
  }

  // A share of the calling thread's own: what is young rests afterwards, what has rested was looked
  // at.
  void DoShare() {
    for (size_t i = 0; i < GarbageQueue::kOwnEntries; ++i) Put("filler", "filler");
    vacuum_->Assist();
  }
  // `key` has a value in its slot and a newer one apart, and the entry of the first rests.
  void LayToRest(std::string_view key) {
    Put(key, "first");
    Put(key, "other");
    DoShare();
    ASSERT_FALSE(HeadOf(key)->is_inline());
  }
  int64_t Freed() const { return store_->counters.objects_freed.Sum(); }

  class ReadsLatest;
};

// A read without a snapshot, which takes until Finish() and expects the same all the time.
class VacuumRest::ReadsLatest {
 public:
  ReadsLatest(VacuumRest& test, std::string_view key, std::string_view expected)
      : thread_([this, &test, key, expected] {
          base::EpochPin pin;
          const auto latest = txn::FindLatest(*test.store_, test.keyspace_, key);
          reads_.count_down();
          finishes_.wait();
          EXPECT_EQ(latest->version->value(), expected);
        }) {
    reads_.wait();
  }
  void Finish() {
    finishes_.count_down();
    thread_.join();
  }

 private:
  std::latch reads_{1};
  std::latch finishes_{1};
  std::thread thread_;
};

TEST_F(VacuumRest, AVersionThatHasRestedIsWrittenOverAtOnce) {
  LayToRest("k");
  const uint64_t updated = Chain("k").front();
  const mvcc::Version* const apart = HeadOf("k");
  DoShare();
  EXPECT_TRUE(HeadOf("k")->is_inline());
  EXPECT_TRUE(apart->unlinked());
  EXPECT_THAT(Chain("k"), ElementsAre(updated));
  EXPECT_THAT(ReadAt(updated, "k"), Optional(std::string("other")));
  EXPECT_EQ(store_->counters.vacuum_passes.load(), 0u);
  VerifyWhole();
}

// No pass, nothing retired on the way: and it is freed a few at a time, as others are made. Beside
// a snapshot that is older, too, which can not have any of them in hand.
TEST_F(VacuumRest, WhatWasPromotedIsFreedWhenThatHasRested) {
  constexpr size_t kGroup = GarbageQueue::kOwnEntries;
  for (const bool beside_older : {false, true}) {
    Open({});
    std::optional<Registration> older;
    if (beside_older) older = Snapshot();
    const auto put_group = [this](size_t group, std::string_view value) {
      for (size_t i = 0; i < kGroup; ++i) {
        Put(std::to_string(group * kGroup + i), value);
        vacuum_->Assist();
      }
    };
    for (size_t group = 0; group < 5; ++group) put_group(group, "first");
    vacuum_->RunOnce();  // Nodes of the index.
    const int64_t freed = Freed();
    const uint64_t passes = store_->counters.vacuum_passes.load();
    std::unique_ptr<ReadsLatest> pinned;
    for (size_t group = 0; group < 4; ++group) {
      if (group == 3) pinned = std::make_unique<ReadsLatest>(*this, "0", "other");
      EXPECT_EQ(store_->retired.waiting(), 0u);
      EXPECT_EQ(Promoted(), group < 2 ? 0 : static_cast<int64_t>((group - 1) * kGroup));
      put_group(group, "other");
    }
    EXPECT_EQ(store_->retired.waiting(), kGroup);
    EXPECT_EQ(Freed(), freed);
    for (size_t i = 0; i < kGroup / 2; ++i) {
      Put(std::to_string(4 * kGroup + i), "other");
      vacuum_->Assist();
    }
    EXPECT_EQ(Freed() - freed, static_cast<int64_t>(kGroup / 2 + kGroup / 8));
    EXPECT_EQ(store_->counters.vacuum_passes.load(), passes);
    pinned->Finish();
    if (older) End(*older);
    VerifyWhole();
  }
}

// RESTED.
TEST_F(VacuumRest, WhatAPinMayStillReadIsNotWrittenOver) {
  Put("k", "first");
  ReadsLatest reader(*this, "k", "first");
  Put("k", "other");
  DoShare();
  DoShare();
  EXPECT_FALSE(HeadOf("k")->is_inline());
  EXPECT_THAT(Chain("k"), ::testing::SizeIs(1)) << "it is unlinked all the same";
  reader.Finish();
  vacuum_->RunOnce();
  EXPECT_TRUE(HeadOf("k")->is_inline());
}

TEST_F(VacuumRest, WhatAPinMayStillReadOfWhatWasPromotedIsNotFreed) {
  LayToRest("k");
  ReadsLatest reader(*this, "k", "other");
  const mvcc::Version* const seen = HeadOf("k");
  for (int i = 0; i < 6; ++i) DoShare();
  EXPECT_TRUE(seen->unlinked()) << "it was promoted";
  reader.Finish();
}

// Nobody needs what stands in the slot, but a snapshot looks for its own below it.
TEST_F(VacuumRest, WhatASnapshotPassesByIsWrittenOver) {
  Put("k", "a");
  Put("k", "b");
  const Registration held = Snapshot();
  Put("k", "c");
  vacuum_->RunOnce();
  ASSERT_THAT(Chain("k"), ::testing::SizeIs(2));
  ASSERT_TRUE(HeadOf("k")->is_inline()) << "b is held, and c stands in the slot above it";
  Put("k", "d");
  DoShare();
  ASSERT_THAT(Chain("k"), ::testing::SizeIs(3));
  DoShare();
  EXPECT_THAT(Chain("k"), ::testing::SizeIs(2)) << "c is unlinked";
  EXPECT_TRUE(HeadOf("k")->is_inline());
  EXPECT_EQ(HeadOf("k")->value(), "d");
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("b")));
  End(held);
}

TEST_F(VacuumRest, WhatASnapshotHasInHandOfWhatWasPromotedIsNotFreed) {
  LayToRest("k");
  const Registration reader = Snapshot();
  const mvcc::Version* const seen = HeadOf("k");
  for (int i = 0; i < 6; ++i) DoShare();
  EXPECT_TRUE(seen->unlinked());
  EXPECT_EQ(seen->value(), "other");
  EXPECT_NE(vacuum_->parked(), 0u);
  EXPECT_THAT(ReadAt(reader.read_timestamp, "k"), Optional(std::string("other")));
  End(reader);
}

// Their reads end later than they.
TEST_F(VacuumRest, WhereSnapshotsGrowTooOldNothingIsWrittenOverAtOnce) {
  Options options;
  options.max_snapshot_age = absl::Hours(1);
  Open(options);
  LayToRest("k");
  EXPECT_THAT(Chain("k"), ::testing::SizeIs(1)) << "nor laid to rest in vain";
  EXPECT_FALSE(HeadOf("k")->is_inline());
}

TEST_F(VacuumRest, WhatDoesNotFitLeavesTheSlotFree) {
  Put("k", "first");
  Put("k", "one that is longer than what was there");
  DoShare();
  DoShare();
  EXPECT_THAT(Chain("k"), ::testing::SizeIs(1));
  EXPECT_FALSE(HeadOf("k")->is_inline());
  vacuum_->RunOnce();
  Put("k", "short");
  EXPECT_TRUE(HeadOf("k")->is_inline());
}

TEST_F(VacuumRest, AnExpiryThatComesOrGoesIsNotWrittenOver) {
  const mvcc::ExpiryMs never_due = INT64_MAX - 1;
  Put("comes", "12345678 12345678");
  Put("goes", "12345678 12345678", never_due);
  Put("stays", "12345678 12345678", never_due);
  Put("comes", "short", never_due);
  Put("goes", "short");
  Put("stays", "short", never_due - 1);
  DoShare();
  DoShare();
  EXPECT_FALSE(HeadOf("comes")->is_inline());
  EXPECT_FALSE(HeadOf("goes")->is_inline());
  EXPECT_TRUE(HeadOf("stays")->is_inline());
  EXPECT_EQ(HeadOf("stays")->expiry(), never_due - 1);
  EXPECT_EQ(HeadOf("stays")->value(), "short");
  vacuum_->RunOnce();
  EXPECT_EQ(HeadOf("comes")->expiry(), never_due);
  EXPECT_EQ(HeadOf("goes")->expiry(), mvcc::kNoExpiry);
}

TEST_F(VacuumRest, BelowATombstoneItGoesAsOthersDo) {
  Put("k", "first");
  Delete("k");
  DoShare();
  DoShare();
  EXPECT_FALSE(HasRecord("k"));
  vacuum_->RunOnce();
}

TEST_F(VacuumRest, WhatStandsDeeperGoesAsOthersDo) {
  LayToRest("k");
  const uint64_t third = Put("k", "third");
  DoShare();
  EXPECT_FALSE(HeadOf("k")->is_inline());
  DoShare();
  EXPECT_THAT(Chain("k"), ElementsAre(third));
}

TEST_F(VacuumRest, WhoHasTheLatchIsLeftAlone) {
  LayToRest("k");
  {
    ASSERT_NE(&StripeOf(tree_->id, "k"), &StripeOf(tree_->id, "filler"));
    base::MutexLock latch(StripeOf(tree_->id, "k").latch);
    DoShare();
    EXPECT_FALSE(HeadOf("k")->is_inline());
  }
  vacuum_->RunOnce();
  EXPECT_TRUE(HeadOf("k")->is_inline());
}

// BACKPRESSURE.
TEST_F(VacuumRest, WhileTheQueueIsLongNothingIsPromoted) {
  constexpr size_t kBacklogMax = 4000;
  Options options;
  options.vacuum_backlog_max = kBacklogMax;
  Open(options);
  LayToRest("k");
  // Another's, who does nothing for it.
  std::thread([this] {
    for (size_t i = 0; i < kBacklogMax * 13 / 16; ++i) Put("busy", "v");
  }).join();
  DoShare();
  EXPECT_THAT(Chain("k"), ::testing::SizeIs(1));
  EXPECT_FALSE(HeadOf("k")->is_inline());
  EXPECT_EQ(store_->counters.vacuum_assists.load(), 0u) << "it is not longer than it may be";
}

// Else the share after it would have all of that to do, whatever made it due.
TEST_F(VacuumRest, WhatOneCommitLeavesInGreatNumbersDoesNotRest) {
  const auto commit = [&](size_t count, std::string_view value) {
    std::vector<txn::Garbage> garbage;
    for (size_t i = 0; i < count; ++i) {
      base::EpochPin pin;
      const std::string key = std::to_string(i);
      base::MutexLock latch(StripeOf(tree_->id, key).latch);
      CommitLatched(*tree_, key, mvcc::Version::NewBytes(value, mvcc::kNoExpiry), garbage);
    }
    vacuum_->Accept(garbage);
  };
  for (const size_t over : {size_t{0}, size_t{1}}) {
    const size_t count = OwnGarbage::kRestingMax + over;
    commit(count, "first");
    vacuum_->RunOnce();
    commit(count, "other");
    vacuum_->Assist();
    EXPECT_EQ(vacuum_->queued(), over == 0 ? count : 0u);
    vacuum_->RunOnce();
  }
}

// OWN-FIRST: who stops committing leaves nothing behind.
TEST_F(VacuumRest, APassTakesWhatRests) {
  LayToRest("k");
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->queued() + vacuum_->parked(), 0u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
  EXPECT_TRUE(HeadOf("k")->is_inline());
}

TEST_F(VacuumRest, TheEndFreesWhatRests) {
  LayToRest("k");
  DoShare();  // Something was promoted, too.
  DoShare();
  EXPECT_NE(vacuum_->queued(), 0u);
  Close();  // The leak checker looks.
}

// Few keys, so that slots change hands all the time. What somebody reads, with a snapshot or
// without, stays as it was for as long as he may look.
TEST_F(VacuumRest, ReadersKeepWhatTheyHaveFoundBesideWriters) {
  constexpr uint64_t kKeys = 3000;
  const auto key_of = [](uint64_t i) { return "key " + std::to_string(i % kKeys); };
  std::atomic<bool> stop{false};
  const uint64_t seed = TestSeed();
  std::thread with_snapshots([&] { KeepWhatIsFoundUntil(stop, seed, key_of); });
  // It passes by what is written over since it began.
  std::thread held_for_long([&] {
    while (!stop) {
      const Registration snapshot = Snapshot();
      std::vector<std::optional<std::string>> seen;
      for (uint64_t i = 0; i < kKeys; ++i) {
        seen.push_back(ReadAt(snapshot.read_timestamp, key_of(i)));
      }
      for (int round = 0; round < 5 && !stop; ++round) {
        for (uint64_t i = 0; i < kKeys; ++i) {
          ASSERT_EQ(ReadAt(snapshot.read_timestamp, key_of(i)), seen[i]);
        }
      }
      End(snapshot);
    }
  });
  std::thread without([&] {
    std::mt19937_64 random(seed + 3);
    while (!stop) {
      base::EpochPin pin;
      const auto latest = txn::FindLatest(*store_, keyspace_, key_of(random()));
      if (latest->version == nullptr || latest->version->is_tombstone()) continue;
      const std::string_view value = latest->version->value();
      const std::string copy(value);
      ASSERT_EQ(copy, std::string(copy.size(), copy.empty() ? ' ' : copy.front()));
      if (random() % 64 == 0) std::this_thread::yield();
      ASSERT_EQ(value, copy);
    }
  });
  const auto write = [&](uint64_t writer_seed) {
    UpdateAndAssist(writer_seed, 40'000, /*one_deletion_in=*/64, key_of);
  };
  std::thread other([&] { write(seed + 1); });
  write(seed + 2);
  other.join();
  stop = true;
  with_snapshots.join();
  held_for_long.join();
  without.join();
  EXPECT_GT(Promoted(), 1000);
  for (int i = 0; i < 3; ++i) vacuum_->RunOnce();
  for (uint64_t i = 0; i < kKeys; ++i) EXPECT_LE(Chain(key_of(i)).size(), 1u);
}

}  // namespace
}  // namespace nacre::vacuum
