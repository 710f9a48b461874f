// history_retention and max_snapshot_age.

#include <functional>
#include <string>
#include <thread>

#include "tests/unit/vacuum_fixture.h"

namespace nacre::vacuum {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::SizeIs;

class VacuumRetention : public VacuumFixture {
 protected:
  void SetUp() override {
    Options options;
    options.history_retention = absl::Hours(1);
    Open(options);
  }
};

TEST_F(VacuumRetention, VersionsStayForAsLongAsAsked) {
  const uint64_t first = Put("k", "1");
  Put("k", "2");
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_EQ(vacuum_->retained(), 1u);
  SkipTime(absl::Minutes(59));
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  const std::optional<Registration> past = SnapshotAt(first);
  ASSERT_TRUE(past);
  EXPECT_THAT(ReadAt(first, "k"), Optional(std::string("1")));
  End(*past);
  SkipTime(absl::Minutes(2));
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_EQ(vacuum_->retained(), 0u);
  EXPECT_EQ(SnapshotAt(first), std::nullopt);
}

TEST_F(VacuumRetention, TheHourCountsFromWhenAVersionWasSuperseded) {
  Put("k", "1");
  vacuum_->RunOnce();
  SkipTime(absl::Minutes(59));
  Put("k", "2");
  vacuum_->RunOnce();
  SkipTime(absl::Minutes(2));
  EXPECT_EQ(vacuum_->RunOnce(), 0u) << "superseded two minutes ago";
  SkipTime(absl::Minutes(59));
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
}

TEST_F(VacuumRetention, OneCallPrunesAllThatIsSetFreeAtOnce) {
  constexpr size_t kKeys = 1000;
  Options options;
  options.history_retention = absl::Hours(1);
  options.vacuum_backlog_max = 512;  // A pass looks again at 64.
  options.inline_value_bytes_max = 0;
  Open(options);
  for (size_t i = 0; i < 2 * kKeys; ++i) Put("k" + std::to_string(i % kKeys), "v");
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->retained(), kKeys);
  SkipTime(absl::Hours(2));
  EXPECT_EQ(vacuum_->RunOnce(), kKeys);
  EXPECT_EQ(vacuum_->retained() + vacuum_->parked() + vacuum_->queued(), 0u);
}

TEST_F(VacuumRetention, CommitsNoteTheClockWhereNoPassDoes) {
  Put("k", "1");
  Put("k", "2");
  vacuum_->Assist();
  SkipTime(absl::Hours(2));
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
}

TEST_F(VacuumRetention, ASnapshotOfThePastHoldsWhatItSeesAfterTheRetention) {
  const uint64_t first = Put("k", "1");
  Put("k", "2");
  const uint64_t third = Put("k", "3");
  vacuum_->RunOnce();
  const Registration past = SnapshotAt(first).value();
  SkipTime(absl::Hours(2));
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_THAT(Chain("k"), ElementsAre(third, first));
  EXPECT_EQ(vacuum_->parked(), 1u);
  End(past);
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
}

// Parked on a snapshot first; then an AS OF snapshot appears where there was none.
TEST_F(VacuumRetention, ASnapshotOfThePastBelowAParkedListIsSeenWhenTheListIsReleased) {
  const uint64_t first = Put("k", "1");
  Put("other", "moves the clock on");
  const Registration held = Snapshot();
  const uint64_t second = Put("k", "2");
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), 1u);
  const Registration past = SnapshotAt(first).value();
  SkipTime(absl::Hours(2));
  End(held);
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_THAT(Chain("k"), ElementsAre(second, first));
  EXPECT_THAT(ReadAt(past.read_timestamp, "k"), Optional(std::string("1")));
  End(past);
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
}

TEST_F(VacuumRetention, ADeletedKeyIsReadableInThePast) {
  const uint64_t put = Put("k", "1");
  Delete("k");
  vacuum_->RunOnce();
  EXPECT_THAT(Chain("k"), SizeIs(2));
  EXPECT_THAT(ReadAt(put, "k"), Optional(std::string("1")));
  SkipTime(absl::Hours(2));
  EXPECT_EQ(vacuum_->RunOnce(), 2u);
  EXPECT_FALSE(HasRecord("k"));
}

TEST_F(VacuumRetention, TheRayOfASnapshotOfThePastHoldsWhileItIsBeingTaken) {
  const uint64_t first = Put("k", "1");
  Put("k", "2");
  vacuum_->RunOnce();
  Registration ray = store_->registry.RegisterAt(first, 0).value();
  SkipTime(absl::Hours(2));
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_GT(store_->retention_floor.load(), first) << "so the snapshot is refused";
  store_->registry.Release(ray);
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
}

class VacuumTooOld : public VacuumFixture {
 protected:
  void SetUp() override {
    Options options;
    options.max_snapshot_age = absl::Hours(1);
    Open(options);
  }
};

TEST_F(VacuumTooOld, ASnapshotHoldsItsVersionsUntilItsAge) {
  Put("k", "1");
  const Registration held = Snapshot();
  Put("k", "2");
  SkipTime(absl::Minutes(59));
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_FALSE(txn::SnapshotRegistry::IsTooOld(held));
  SkipTime(absl::Minutes(2));
  EXPECT_EQ(vacuum_->RunOnce(), 1u);
  EXPECT_TRUE(txn::SnapshotRegistry::IsTooOld(held));
  EXPECT_EQ(store_->counters.snapshots_too_old.load(), 1u);
  vacuum_->RunOnce();
  EXPECT_EQ(store_->counters.snapshots_too_old.load(), 1u) << "counted once";
  End(held);
}

TEST_F(VacuumTooOld, TheNextSnapshotInTheSlotIsNotTooOld) {
  Put("k", "1");
  const Registration held = Snapshot();
  Put("k", "2");
  SkipTime(absl::Minutes(61));
  vacuum_->RunOnce();
  ASSERT_TRUE(txn::SnapshotRegistry::IsTooOld(held));
  End(held);
  skipped_ns_ = 0;
  const Registration next = Snapshot();
  EXPECT_EQ(next.slot, held.slot);
  EXPECT_FALSE(txn::SnapshotRegistry::IsTooOld(next));
  Put("k", "3");
  EXPECT_EQ(vacuum_->RunOnce(), 0u) << "it holds what it sees";
  End(next);
}

// Forbidden: to mark a slot for a snapshot that has left it. That would take back the mark of the
// one that is in it now, whose versions may be gone already.
TEST_F(VacuumTooOld, AScanThatIsLateDoesNotTakeBackTheMarkOfTheNextSnapshot) {
  tuning_.in_scan = std::ref(first_scan_);
  Options options;
  options.max_snapshot_age = absl::Hours(1);
  options.vacuum_backlog_max = 1;
  Open(options);
  Put("k", "1");
  const Registration held = Snapshot();
  SkipTime(absl::Minutes(61));
  std::thread late([this] { vacuum_->RunOnce(); });
  first_scan_.AwaitStand();
  End(held);
  const Registration next = Snapshot();
  EXPECT_EQ(next.slot, held.slot);
  for (int i = 0; i < 1000; ++i) {
    Put("k", "2");
    vacuum_->Assist();
  }
  EXPECT_TRUE(txn::SnapshotRegistry::IsTooOld(next)) << "its age is 61 minutes, too";
  first_scan_.GoOn();
  late.join();
  EXPECT_TRUE(txn::SnapshotRegistry::IsTooOld(next));
  End(next);
}

}  // namespace
}  // namespace nacre::vacuum
