// The guards of the vacuum, each removed on purpose: what happens then shows that the tests would
// notice. And the order of its steps, which only a hook can see.

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "engine/txn/transaction_state.h"
#include "nacre/testing.h"
#include "tests/unit/busy_lock.h"
#include "tests/unit/vacuum_fixture.h"

namespace nacre::vacuum {
namespace {

using testing::Bug;
using ::testing::ElementsAre;
using ::testing::Optional;
using testing::Step;

class VacuumFaults : public VacuumFixture {
 protected:
  void TearDown() override {
    testing::Reset();
    VacuumFixture::TearDown();
  }

  // Calls `action` the first time that `step` is reached.
  void At(Step step, std::function<void()> action) {
    Set({step}, std::move(action), /*once=*/true);
  }
  void AtEach(std::vector<Step> steps, std::function<void()> action) {
    Set(std::move(steps), std::move(action), /*once=*/false);
  }

 private:
  void Set(std::vector<Step> steps, std::function<void()> action, bool once) {
    steps_ = std::move(steps);
    action_ = std::move(action);
    once_ = once;
    testing::SetStepHook(
        [](Step reached, void* context) {
          auto* self = static_cast<VacuumFaults*>(context);
          if (self->action_ == nullptr ||
              std::count(self->steps_.begin(), self->steps_.end(), reached) == 0) {
            return;
          }
          if (self->once_) {
            std::exchange(self->action_, nullptr)();
          } else {
            self->action_();
          }
        },
        this);
  }

  std::vector<Step> steps_;
  std::function<void()> action_;
  bool once_ = true;
};

// REGISTERED: a transaction begins after the scan, and what it sees is superseded after that.
TEST_F(VacuumFaults, ASnapshotThatTheScanMissedKeepsWhatItSees) {
  Put("k", "1");
  Put("k", "2");
  std::optional<Registration> missed;
  At(Step::kPruneScanned, [&] {
    missed = Snapshot();
    Put("k", "3");
  });
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  ASSERT_TRUE(missed);
  EXPECT_THAT(ReadAt(missed->read_timestamp, "k"), Optional(std::string("2")));
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  End(*missed);
}

TEST_F(VacuumFaults, ScanThenLoadClock_LosesWhatALateSnapshotSees) {
  Put("k", "1");
  Put("k", "2");
  testing::PlantBug(Bug::kScanThenLoadClock, true);
  std::optional<Registration> missed;
  At(Step::kPruneScanned, [&] {
    missed = Snapshot();
    Put("k", "3");
  });
  vacuum_->RunOnce();
  ASSERT_TRUE(missed);
  EXPECT_EQ(ReadAt(missed->read_timestamp, "k"), std::nullopt);
  End(*missed);
}

TEST_F(VacuumFaults, PruneOneTooMany_LosesWhatTheNewestSnapshotSees) {
  Put("k", "1");
  const Registration held = Snapshot();
  Put("k", "2");
  testing::PlantBug(Bug::kPruneOneTooMany, true);
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_EQ(ReadAt(held.read_timestamp, "k"), std::nullopt);
  End(held);
}

// A transaction that has published its ray and not yet drawn its timestamp when the scan passes.
TEST_F(VacuumFaults, ABeginningTransactionKeepsWhatItWillSee) {
  Put("k", "1");
  At(Step::kBeginRegistered, [&] {
    Put("k", "2");
    Put("k", "3");
    vacuum_->RunOnce();
  });
  const Registration begun = Snapshot();
  EXPECT_THAT(ReadAt(begun.read_timestamp, "k"), Optional(std::string("3")));
  Put("k", "4");
  vacuum_->RunOnce();
  EXPECT_THAT(ReadAt(begun.read_timestamp, "k"), Optional(std::string("3")));
  End(begun);
}

TEST_F(VacuumFaults, RayAsPoint_LosesWhatABeginningTransactionWillSee) {
  testing::PlantBug(Bug::kRayAsPoint, true);
  Put("k", "1");
  std::vector<uint64_t> chain;
  At(Step::kBeginRegistered, [&] {
    Put("k", "2");
    // Between the load of the timestamp and its publication nothing can be run here; so the
    // transaction draws 2's timestamp, and the scan still finds the older point.
    const uint64_t at_two = store_->sequencer.Clock();
    Put("k", "3");
    vacuum_->RunOnce();
    EXPECT_EQ(ReadAt(at_two, "k"), std::optional<std::string>("1")) << "2 is gone";
  });
  End(Snapshot());
}

// TOO-OLD: at the first unlink that it allows, the flag stands already.
TEST_F(VacuumFaults, TheFlagOfTooOldIsSetBeforeTheFirstUnlink) {
  Options options;
  options.max_snapshot_age = absl::Hours(1);
  Open(options);
  Put("k", "1");
  const Registration held = Snapshot();
  Put("k", "2");
  SkipTime(absl::Hours(2));
  bool reached = false;
  At(Step::kPruneUnlinked, [&] {
    reached = true;
    EXPECT_TRUE(txn::SnapshotRegistry::IsTooOld(held));
  });
  vacuum_->RunOnce();
  EXPECT_TRUE(reached);
  End(held);
}

// RESTED: whoever passes by a slot while it is written over finds what he reads, and a reader of
// what is newest finds that, at each step.
TEST_F(VacuumFaults, WhoPassesByASlotWhileItIsWrittenOverFindsWhatIsBelow) {
  const auto share = [this] {
    for (size_t i = 0; i < GarbageQueue::kOwnEntries; ++i) Put("filler", "v");
    vacuum_->Assist();
  };
  Put("k", "a");
  Put("k", "b");
  const Registration held = Snapshot();
  Put("k", "c");
  vacuum_->RunOnce();
  const mvcc::Version* const slot = HeadOf("k");
  ASSERT_TRUE(slot->is_inline());
  const mvcc::Version* const below = slot->previous();
  ASSERT_EQ(below->value(), "b");
  const uint64_t newest = Put("k", "d");
  share();
  ASSERT_NE(HeadOf("k"), slot);
  int steps = 0;
  const auto look = [&] {
    if (HeadOf("k") == slot) return;
    ++steps;
    EXPECT_GT(slot->commit_timestamp(), held.read_timestamp);
    EXPECT_EQ(slot->previous(), below);
    EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("b")));
    EXPECT_THAT(ReadAt(newest, "k"), Optional(std::string("d")));
  };
  AtEach({Step::kPruneUnlinked, Step::kSlotWrittenOver}, look);
  share();
  EXPECT_EQ(HeadOf("k"), slot);
  EXPECT_EQ(steps, 2) << "when it is unlinked, and when it is written";
  EXPECT_EQ(slot->previous(), below);
  testing::Reset();
  End(held);
}

// FLOOR-FIRST: the floor is up before the registry is scanned.
TEST_F(VacuumFaults, ASnapshotOfThePastThatTheScanMissedIsRefused) {
  const uint64_t first = Put("k", "1");
  Put("k", "2");
  bool refused = false;
  At(Step::kPruneScanned, [&] { refused = !SnapshotAt(first).has_value(); });
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_TRUE(refused);
}

TEST_F(VacuumFaults, ScanThenLoadClock_LosesWhatASnapshotOfThePastSees) {
  const uint64_t first = Put("k", "1");
  Put("k", "2");
  testing::PlantBug(Bug::kScanThenLoadClock, true);
  std::optional<Registration> past;
  At(Step::kPruneScanned, [&] { past = SnapshotAt(first); });
  vacuum_->RunOnce();
  ASSERT_TRUE(past) << "the floor was not up yet";
  EXPECT_EQ(ReadAt(first, "k"), std::nullopt);
  End(*past);
}

// EXPIRY-EXACT: a key that was due when the expirer looked is written before it has the latch.
TEST_F(VacuumFaults, AKeyThatIsWrittenBeforeItsLatchIsTakenIsNotRemoved) {
  constexpr int kKeys = 200;
  for (int i = 0; i < kKeys; ++i) Put("k" + std::to_string(i), "due", /*expiry=*/1);
  At(Step::kPruneLatched, [&] {
    for (int i = 0; i < kKeys; ++i) {
      const std::string key = "k" + std::to_string(i);
      txn::Stripe& stripe = StripeOf(tree_->id, key);
      if (!stripe.latch.TryLock()) continue;  // The one that the expirer holds.
      stripe.latch.Unlock();
      Put(key, "written");
    }
  });
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->expiries(), 0u);
  EXPECT_GE(store_->counters.keys_expired.load(), 1u);
  EXPECT_LE(store_->counters.keys_expired.load(), 20u) << "those that share the latch";
}

// A version is retired after it is unlinked, and its entry consumed once.
TEST_F(VacuumFaults, AnotherPassBetweenTwoUnlinksOfAChainWaitsItsTurn) {
  for (int i = 0; i < 10; ++i) Put("k", "v");
  size_t shares = 0;
  At(Step::kPruneUnlinked, [&] {
    // On the same key, with the latch held by the pass: a committer's share.
    for (int i = 0; i < 3; ++i) vacuum_->Assist();
    ++shares;
  });
  EXPECT_EQ(vacuum_->RunOnce(), 9u);
  EXPECT_EQ(shares, 1u);
  // And the block of the newest one, which was promoted.
  EXPECT_EQ(store_->counters.objects_freed.Sum(), 10);
}

// Who has not been published yet has changed nothing that is counted, so a count need not wait for
// it, however many stand in front of the sequencer.
class ExpiryChangesPending : public VacuumFixture {
 protected:
  void SetUp() override {
    Options options;
    options.time_source = [this] { return absl::FromUnixMillis(now_ms_.load()); };
    Open(options);
  }

  // Runs `commits` on another thread until it waits for the sequencer, which is held here. Returns
  // what is pending then; `linked` holds.
  template <typename Commits, typename Linked>
  uint32_t WhileWaitingForItsTurn(Commits commits, Linked linked) {
    std::thread committer;
    uint32_t pending;
    {
      base::MutexLock sequencer(store_->sequencer.mutex());
      committer = testing::StartUntilItMeetsABusyLock(commits);
      EXPECT_TRUE(linked()) << "it waits for something else";
      pending = store_->expiry_changes_pending.load();
    }
    committer.join();
    return pending;
  }

  std::atomic<int64_t> now_ms_{1000};
};

TEST_F(ExpiryChangesPending, ACommitThatWaitsForItsTurnDoesNotCount) {
  const uint32_t pending = WhileWaitingForItsTurn(
      [this] {
        txn::TransactionState tx(*store_, TransactionOptions());
        EXPECT_TRUE(tx.Put("k", "v", {.expiry = absl::FromUnixMillis(2000)}).ok());
        EXPECT_TRUE(tx.Commit().ok());
      },
      [this] {
        base::EpochPin pin;
        const mvcc::Record* record = tree_->index.Find("k");
        return record != nullptr && record->head() != nullptr;
      });
  EXPECT_EQ(pending, 0u);
  EXPECT_EQ(store_->expiry_changes_pending.load(), 0u);
  base::EpochPin pin;
  EXPECT_EQ(vacuum_->CountMortal(tree_->id, 1000, 10)->keys, 1u);
}

TEST_F(ExpiryChangesPending, ARemovalThatWaitsForItsTurnDoesNotCount) {
  Put("k", "v", 2000);
  tree_->live_keys.fetch_add(1);
  now_ms_ = 2000;
  store_->time.Refresh();
  const uint32_t pending = WhileWaitingForItsTurn([this] { vacuum_->RunOnce(); },
                                                  [this] {
                                                    base::EpochPin pin;
                                                    const mvcc::Record* record =
                                                        tree_->index.Find("k");
                                                    return record->head()->is_tombstone();
                                                  });
  EXPECT_EQ(pending, 0u);
  EXPECT_EQ(store_->expiry_changes_pending.load(), 0u);
  EXPECT_EQ(vacuum_->expiries(), 0u);
}

}  // namespace
}  // namespace nacre::vacuum
