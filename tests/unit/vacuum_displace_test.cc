// Versions that snapshots hold for long, moved out of the block of their key: when, and who keeps
// what was there.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "tests/unit/test_seed.h"
#include "tests/unit/vacuum_fixture.h"

namespace nacre::vacuum {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

class VacuumDisplace : public VacuumFixture {
 protected:
  void SetUp() override {
    // So that nothing else is moved.
    tuning_.gone_bytes_before_moving = INT64_MAX;
    tuning_.in_scan = [this] {
      if (in_scan_) std::exchange(in_scan_, nullptr)();
    };
    Open({});
  }

  static void BeginLook(const Registration& snapshot) {
    txn::SnapshotRegistry::BeginLook(snapshot);
  }
  void EndLook(const Registration& snapshot) {
    if (txn::SnapshotRegistry::EndLook(snapshot)) vacuum_->SnapshotEnded();
  }
  Registration SnapshotAtRest() {
    const Registration snapshot = Snapshot();
    txn::SnapshotRegistry::EndLook(snapshot);
    return snapshot;
  }
  const mvcc::Version* FindAt(const Registration& snapshot, std::string_view key) {
    base::EpochPin pin;
    return mvcc::FindVisible(*tree_->index.Find(key), snapshot.read_timestamp);
  }

  // What the next scan does after it has looked at the snapshots.
  std::function<void()> in_scan_;
};

// BACKPRESSURE. A snapshot holds more than may wait.
class ManyAtOnce : public VacuumDisplace {
 protected:
  static constexpr size_t kKeys = 2000;
  static constexpr size_t kBacklogMax = 1024;

  void SetUp() override {
    VacuumDisplace::SetUp();
    Close();
    tuning_.short_transaction = absl::Hours(1);
    tuning_.after_pass = [&] {
      queued_most_ = std::max(queued_most_.load(), vacuum_->queued());
      if (vacuum_->displaced() == kKeys) {
        all_noted_ = true;
        all_noted_.notify_all();
      }
    };
    tuning_.before_nap = [&](std::chrono::nanoseconds) {
      if (vacuum_->displaced() < kKeys) ++naps_between_;
    };
    Options options;
    options.vacuum_backlog_max = kBacklogMax;
    Open(options);
    PutAll("first");
    held_ = SnapshotAtRest();
    PutAll("other");
  }
  // Returns how many versions one call has unlinked after that. Nothing is in the hands of the
  // thread then.
  size_t EndAll() {
    EXPECT_THAT(ReadAt(held_.read_timestamp, "k0"), Optional(std::string("first")));
    End(held_);
    const size_t unlinked = vacuum_->RunOnce();
    EXPECT_EQ(vacuum_->queued() + vacuum_->parked(), 0u);
    EXPECT_EQ(Chain("k0").size(), 1u);
    return unlinked;
  }
  void PutAll(std::string_view value) {
    for (size_t i = 0; i < kKeys; ++i) Put("k" + std::to_string(i), value);
  }

  Registration held_;
  // After any pass, and whether that was noted of the one that has displaced the last.
  std::atomic<size_t> queued_most_{0};
  std::atomic<bool> all_noted_{false};
  // Naps of the thread before all were displaced.
  std::atomic<int> naps_between_{0};
};

TEST_F(ManyAtOnce, DoNotMakeTheQueueLongAgainThatAPassHasTaken) {
  SkipTime(absl::Hours(2));
  vacuum_->Start();
  all_noted_.wait(false);
  EXPECT_LE(queued_most_, kBacklogMax);
  EndAll();
}

TEST_F(ManyAtOnce, ArePending_AreDisplacedByOneCallAndGiveTheirSlotsToTheNewest) {
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), 0u);
  SkipTime(absl::Hours(2));
  const uint64_t passes = store_->counters.vacuum_passes.load();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), kKeys);
  EXPECT_EQ(Promoted(), static_cast<int64_t>(kKeys));
  EXPECT_EQ(vacuum_->parked(), kKeys);
  EXPECT_EQ(vacuum_->queued(), 0u);
  // A portion of them each, and a few for what comes back.
  EXPECT_LE(store_->counters.vacuum_passes.load() - passes, kKeys / (kBacklogMax / 8) + 4);
  EXPECT_EQ(EndAll(), kKeys);
}

TEST_F(ManyAtOnce, ArePending_AreDisplacedWithoutRestByTheThread) {
  vacuum_->RunOnce();
  SkipTime(absl::Hours(2));
  vacuum_->Start();
  while (vacuum_->displaced() < kKeys) std::this_thread::yield();
  EndAll();
  EXPECT_EQ(naps_between_, 0);
}

// What is refused by the first round takes three more.
TEST_F(ManyAtOnce, ThatArrive_LeaveNothingInTheQueueAfterOneCall) {
  SkipTime(absl::Hours(2));
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), kKeys);
  EXPECT_EQ(vacuum_->queued(), 0u);
  EndAll();
}

TEST_F(VacuumDisplace, AHeldVersionMakesRoomForTheNewest) {
  const uint64_t first = Put("k", "first");
  const Registration held = SnapshotAtRest();
  const uint64_t other = Put("k", "other");
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), 1u);
  EXPECT_EQ(Promoted(), 1);
  EXPECT_TRUE(HeadOf("k")->is_inline());
  EXPECT_THAT(Chain("k"), ElementsAre(other, first));
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("first")));
  EXPECT_EQ(vacuum_->parked(), 1u);
  EXPECT_EQ(vacuum_->queued(), 0u);
  VerifyWhole();
  // Updates go as if nobody held anything.
  const uint64_t third = Put("k", "third");
  vacuum_->RunOnce();
  EXPECT_TRUE(HeadOf("k")->is_inline());
  EXPECT_EQ(vacuum_->displaced(), 1u);
  EXPECT_THAT(Chain("k"), ElementsAre(third, first));
  End(held);
  vacuum_->RunOnce();
  EXPECT_THAT(Chain("k"), ElementsAre(third));
  EXPECT_EQ(vacuum_->parked() + vacuum_->queued() + store_->retired.waiting(), 0u);
}

TEST_F(VacuumDisplace, EachVersionThatIsHeldMakesRoom) {
  const uint64_t first = Put("k", "first");
  const Registration a = SnapshotAtRest();
  const uint64_t second = Put("k", "second");
  vacuum_->RunOnce();
  const Registration b = SnapshotAtRest();
  const uint64_t third = Put("k", "third");
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), 2u);
  EXPECT_TRUE(HeadOf("k")->is_inline());
  EXPECT_THAT(Chain("k"), ElementsAre(third, second, first));
  EXPECT_THAT(ReadAt(a.read_timestamp, "k"), Optional(std::string("first")));
  EXPECT_THAT(ReadAt(b.read_timestamp, "k"), Optional(std::string("second")));
  End(a);
  End(b);
  vacuum_->RunOnce();
  EXPECT_THAT(Chain("k"), ElementsAre(third));
}

TEST_F(VacuumDisplace, WhatATransactionSeesTooStaysWhereItIsUntilThatEnds) {
  Put("k", "first");
  const Registration held = SnapshotAtRest();
  const Registration transaction = Snapshot(Holder::kTransaction);
  Put("k", "other");
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), 0u);
  EXPECT_EQ(Promoted(), 0);
  EXPECT_EQ(FindAt(transaction, "k"), FindAt(held, "k"));
  EXPECT_TRUE(FindAt(held, "k")->is_inline());
  End(transaction);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), 1u);
  EXPECT_EQ(Promoted(), 1);
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("first")));
  End(held);
}

TEST_F(VacuumDisplace, WhatIsLookedAtStaysWhereItIsUntilAllHaveLooked) {
  Put("k", "first");
  const Registration held = SnapshotAtRest();
  const Registration looked_at = SnapshotAtRest();
  BeginLook(looked_at);
  BeginLook(looked_at);
  Put("k", "other");
  vacuum_->RunOnce();
  EndLook(looked_at);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), 0u);
  EXPECT_EQ(vacuum_->parked(), 1u);
  EndLook(looked_at);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), 1u);
  EXPECT_EQ(Promoted(), 1);
  End(looked_at);
  End(held);
}

// What stands above it is pruned only after it was looked at, and the latch is held for so many
// steps.
TEST_F(VacuumDisplace, ManyVersionsMayStandAboveIt) {
  constexpr size_t kMost = ChainPruner::kStepsPerLatch;
  for (const size_t above : {size_t{1}, size_t{17}, kMost, kMost + 1}) {
    SCOPED_TRACE(above);
    const std::string key = "key " + std::to_string(above);
    Put(key, "first");
    const Registration held = SnapshotAtRest();
    for (size_t i = 0; i < above; ++i) Put(key, "other");
    const size_t displaced = vacuum_->displaced();
    const size_t steps = vacuum_->steps();
    vacuum_->RunOnce();
    EXPECT_EQ(vacuum_->displaced() - displaced, above <= kMost ? 1u : 0u);
    // Once for the one that is held, and once to prune the others.
    EXPECT_GE(vacuum_->steps() - steps, std::min(above, kMost) + above - 1);
    EXPECT_EQ(HeadOf(key)->is_inline(), above <= kMost);
    EXPECT_EQ(Chain(key).size(), 2u);
    EXPECT_THAT(ReadAt(held.read_timestamp, key), Optional(std::string("first")));
    End(held);
    vacuum_->RunOnce();
  }
}

// AT-REST. Somebody begins to look after the scan that found the snapshot at rest.
TEST_F(VacuumDisplace, WhatWasFoundBeforeIsKeptUntilNobodyLooks) {
  Put("k", "first");
  const Registration held = SnapshotAtRest();
  Put("k", "other");
  const mvcc::Version* seen = nullptr;
  in_scan_ = [&] {
    BeginLook(held);
    seen = FindAt(held, "k");
  };
  vacuum_->RunOnce();
  ASSERT_EQ(vacuum_->displaced(), 1u);
  ASSERT_TRUE(seen->is_inline());
  EXPECT_TRUE(seen->unlinked());
  for (int i = 0; i < 3; ++i) {
    Put("k", "new " + std::to_string(i));
    vacuum_->RunOnce();
  }
  EXPECT_EQ(seen->value(), "first");
  EXPECT_EQ(Promoted(), 0);
  EXPECT_EQ(vacuum_->parked(), 2u) << "the copy, and what was copied";
  EndLook(held);
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 1);
  EXPECT_EQ(vacuum_->parked(), 1u);
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("first")));
  End(held);
}

// AT-REST: what views of a snapshot are without a look.
TEST_F(VacuumDisplace, WhatNobodyLooksAtIsWrittenOver) {
  for (const bool looks : {true, false}) {
    const std::string key = looks ? "looked at" : "not looked at";
    Put(key, "first");
    const Registration held = SnapshotAtRest();
    if (looks) BeginLook(held);
    const mvcc::Version* const seen = FindAt(held, key);
    ASSERT_TRUE(seen->is_inline());
    Put(key, "other");
    vacuum_->RunOnce();
    EXPECT_EQ(seen->value(), looks ? "first" : "other");
    if (looks) EndLook(held);
    End(held);
  }
}

// A promoted version is found by nobody who is at rest.
TEST_F(VacuumDisplace, ASnapshotAtRestHoldsNothingThatWasMovedAway) {
  Put("k", "first");
  Put("k", "other");
  const Registration held = SnapshotAtRest();
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 1);
  EXPECT_EQ(vacuum_->parked() + vacuum_->queued(), 0u);
  EXPECT_EQ(store_->counters.objects_freed.Sum(), 2);
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("other")));
  End(held);
}

TEST_F(VacuumDisplace, WhatAPinMayStillReadInTheSlotIsNotWrittenOver) {
  Put("k", "first");
  const Registration held = SnapshotAtRest();
  Put("k", "other");
  std::atomic<int> step{0};
  std::thread reader([&] {
    base::EpochPin pin;
    const mvcc::Version* seen = FindAt(held, "k");
    step = 1;
    step.notify_all();
    step.wait(1);
    EXPECT_TRUE(seen->unlinked());
    EXPECT_EQ(seen->value(), "first");
  });
  step.wait(0);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), 1u);
  EXPECT_EQ(Promoted(), 0);
  Put("k", "third");
  EXPECT_FALSE(HeadOf("k")->is_inline());
  step = 2;
  step.notify_all();
  reader.join();
  vacuum_->RunOnce();
  EXPECT_EQ(Promoted(), 1);
  End(held);
}

TEST_F(VacuumDisplace, AKeyThatSomebodyWritesIsPassedByAndAskedAgain) {
  Put("k", "first");
  const Registration held = SnapshotAtRest();
  Put("k", "other");
  {
    base::MutexLock latch(StripeOf(tree_->id, "k").latch);
    vacuum_->RunOnce();
  }
  EXPECT_EQ(vacuum_->displaced(), 0u);
  EXPECT_EQ(vacuum_->parked(), 1u);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), 1u);
  End(held);
}

TEST_F(VacuumDisplace, ASlotThatIsNotPromotedIntoIsFree) {
  Put("k", "first");
  const Registration held = SnapshotAtRest();
  Put("k", "other");
  in_scan_ = [&] { BeginLook(held); };
  vacuum_->RunOnce();
  ASSERT_EQ(vacuum_->displaced(), 1u);
  EndLook(held);
  {
    base::MutexLock latch(StripeOf(tree_->id, "k").latch);
    vacuum_->RunOnce();
  }
  EXPECT_EQ(Promoted(), 0);
  Put("k", "third");
  EXPECT_TRUE(HeadOf("k")->is_inline());
  End(held);
}

TEST_F(VacuumDisplace, AnExpiryComesAlong) {
  const mvcc::ExpiryMs never_due = INT64_MAX - 1;
  Put("k", "first", never_due);
  const Registration held = SnapshotAtRest();
  Put("k", "other");
  vacuum_->RunOnce();
  ASSERT_EQ(vacuum_->displaced(), 1u);
  EXPECT_EQ(FindAt(held, "k")->expiry(), never_due);
  EXPECT_EQ(FindAt(held, "k")->value(), "first");
  End(held);
}

// After its key was deleted a slot that was displaced may be free before the record, or after.
TEST_F(VacuumDisplace, ARecordGoesWithItsSlot) {
  for (const bool looks : {false, true}) {
    Put("k", "first");
    const Registration held = SnapshotAtRest();
    const Registration looked_at = SnapshotAtRest();
    Delete("k");
    if (looks) in_scan_ = [&] { BeginLook(looked_at); };
    vacuum_->RunOnce();
    End(held);
    if (looks) EndLook(looked_at);
    End(looked_at);
    vacuum_->RunOnce();
    EXPECT_FALSE(HasRecord("k"));
    EXPECT_EQ(store_->retired.waiting() + vacuum_->parked(), 0u);
  }
  EXPECT_EQ(vacuum_->displaced(), 2u);
}

TEST_F(VacuumDisplace, ADroppedTreeIsFreedWithItsSlots) {
  for (int i = 0; i < 50; ++i) Put("key " + std::to_string(i), "first");
  const Registration held = SnapshotAtRest();
  for (int i = 0; i < 25; ++i) Put("key " + std::to_string(i), "other");
  in_scan_ = [&] { BeginLook(held); };
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->displaced(), 25u);
  Flush();
  EndLook(held);
  for (int i = 0; i < 3; ++i) vacuum_->RunOnce();
  End(held);
  for (int i = 0; i < 3; ++i) vacuum_->RunOnce();
  EXPECT_EQ(store_->keyspaces.ListTrees().size(), 1u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
}

// The leak checker looks.
TEST_F(VacuumDisplace, TheEndFreesWhatIsHalfDone) {
  Put("k", "first");
  const Registration held = SnapshotAtRest();
  Put("k", "other");
  in_scan_ = [&] { BeginLook(held); };
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), 2u);
  End(held);
  Close();
}

// Committers that displace, prune and promote, beside readers that rest between two looks and keep
// what they have found in one. Few keys, so that slots change hands all the time.
TEST_F(VacuumDisplace, ReadersKeepWhatTheyHaveFoundWhileTheyLook) {
  constexpr int kKeys = 20;
  Close();
  tuning_.in_scan = {};
  Options options;
  options.latch_stripes = 4;
  options.vacuum_backlog_max = 100;
  Open(options);
  vacuum_->Start();
  const auto key_of = [](uint64_t i) { return "key " + std::to_string(i % kKeys); };
  std::atomic<bool> stop{false};
  const uint64_t seed = TestSeed();
  const auto read = [&](uint64_t reader_seed) {
    std::mt19937_64 random(reader_seed);
    while (!stop) {
      const Registration snapshot = SnapshotAtRest();
      std::vector<std::optional<std::string>> values(kKeys);
      for (int i = 0; i < kKeys; ++i) {
        values[i] = ReadAt(snapshot.read_timestamp, key_of(static_cast<uint64_t>(i)));
      }
      for (int look = 0; look < 4; ++look) {
        BeginLook(snapshot);
        std::vector<std::pair<const mvcc::Version*, uint64_t>> seen;
        for (int n = 0; n < 20; ++n) {
          const uint64_t k = random() % kKeys;
          base::EpochPin pin;
          const mvcc::Record* record = tree_->index.Find(key_of(k));
          if (record == nullptr) continue;
          const mvcc::Version* version = mvcc::FindVisible(*record, snapshot.read_timestamp);
          if (version == nullptr || version->is_tombstone()) continue;
          seen.emplace_back(version, k);
        }
        if (random() % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        for (const auto& [version, k] : seen) ASSERT_EQ(version->value(), *values[k]);
        EndLook(snapshot);
        if (random() % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      End(snapshot);
    }
  };
  const auto write = [&](uint64_t writer_seed) {
    std::mt19937_64 random(writer_seed);
    // On a busy machine the readers may see nothing of it for a while.
    for (int n = 0; n < 20'000 || vacuum_->displaced() < 100; ++n) {
      const std::string key = key_of(random());
      if (random() % 8 == 0) {
        Delete(key);
      } else {
        Put(key, std::string(random() % 40, static_cast<char>('a' + n % 26)));
      }
      vacuum_->Assist();
    }
  };
  std::thread reader([&] { read(seed); });
  std::thread other_reader([&] { read(seed + 3); });
  std::thread other([&] { write(seed + 1); });
  write(seed + 2);
  other.join();
  stop = true;
  reader.join();
  other_reader.join();
  for (int i = 0; i < 3; ++i) vacuum_->RunOnce();
  EXPECT_GT(Promoted(), 0);
  for (int i = 0; i < kKeys; ++i) EXPECT_LE(Chain(key_of(static_cast<uint64_t>(i))).size(), 1u);
}

}  // namespace
}  // namespace nacre::vacuum
