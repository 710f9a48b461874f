// Database::KeyCount() and GetKeyspaceStats(): exactly what a read at the same instant finds.

#include <atomic>
#include <string>
#include <thread>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using KeyCountTest = DatabaseTest;

TEST_F(KeyCountTest, ExpiredKeysAreGoneAtTheirTime) {
  const Keyspace other = OpenOrFail("other");
  Put("stays", "v");
  Put("elsewhere", "v", other, {.expiry = clock_.In(10)});
  for (int i = 0; i < 10; ++i) PutExpiring("e" + std::to_string(i), "v", clock_.In(10 + i));
  EXPECT_THAT(db_->KeyCount(), Yields(11u));
  clock_.Advance(absl::Milliseconds(9));
  EXPECT_THAT(db_->KeyCount(), Yields(11u));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(db_->KeyCount(), Yields(10u));
  EXPECT_THAT(db_->KeyCount(other), Yields(0u));
  clock_.Advance(absl::Milliseconds(5));
  EXPECT_THAT(db_->KeyCount(), Yields(5u));
  VacuumAll();
  EXPECT_THAT(db_->KeyCount(), Yields(5u));
}

TEST_F(KeyCountTest, OverwrittenDeletedAndFlushedKeysLeaveNothingBehind) {
  for (int i = 0; i < 4; ++i) PutExpiring("e" + std::to_string(i), "v", clock_.In(10));
  Put("e0", "for ever");
  Delete("e1");
  PutExpiring("e2", "longer", clock_.In(100));
  clock_.Advance(absl::Milliseconds(10));
  EXPECT_THAT(db_->KeyCount(), Yields(2u));
  Put("e3", "again");
  EXPECT_THAT(db_->KeyCount(), Yields(3u));
  ASSERT_THAT(db_->FlushKeyspace(Keyspace()), IsOk());
  EXPECT_THAT(db_->KeyCount(), Yields(0u));
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(db_->KeyCount(), Yields(0u));
  Put("new", "v");
  EXPECT_THAT(db_->KeyCount(), Yields(1u));
  VacuumAll();
  EXPECT_THAT(db_->KeyCount(), Yields(1u));
}

TEST_F(KeyCountTest, StatsTellOfExpiries) {
  EXPECT_EQ(db_->GetKeyspaceStats()->time_to_live_mean, absl::ZeroDuration());
  Put("stays", "v");
  PutExpiring("a", "v", clock_.In(1000));
  PutExpiring("b", "v", clock_.In(3000));
  absl::StatusOr<KeyspaceStats> stats = db_->GetKeyspaceStats();
  ASSERT_THAT(stats, IsOk());
  EXPECT_EQ(stats->keys, 3u);
  EXPECT_EQ(stats->keys_with_expiry, 2u);
  EXPECT_EQ(stats->time_to_live_mean, absl::Milliseconds(2000));
  clock_.Advance(absl::Milliseconds(1000));
  stats = db_->GetKeyspaceStats();
  EXPECT_EQ(stats->keys, 2u);
  EXPECT_EQ(stats->keys_with_expiry, 1u);
  EXPECT_EQ(stats->time_to_live_mean, absl::Milliseconds(2000)) << "of those that are present";
  Put("b", "for ever");
  VacuumAll();
  stats = db_->GetKeyspaceStats();
  EXPECT_EQ(stats->keys_with_expiry, 0u);
  EXPECT_EQ(stats->time_to_live_mean, absl::ZeroDuration());
  EXPECT_THAT(db_->GetKeyspaceStats(Keyspace(999)), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(KeyCountTest, AnExpiryBeforeAllTimeHasNoPartInTheMean) {
  PutExpiring("gone", "v", absl::InfinitePast());
  EXPECT_EQ(db_->GetKeyspaceStats()->keys, 0u);
  EXPECT_EQ(db_->GetKeyspaceStats()->time_to_live_mean, absl::ZeroDuration());
  PutExpiring("a", "v", clock_.In(1000));
  const absl::StatusOr<KeyspaceStats> stats = db_->GetKeyspaceStats();
  EXPECT_EQ(stats->keys_with_expiry, 1u);
  EXPECT_EQ(stats->time_to_live_mean, absl::Milliseconds(1000));
}

TEST_F(KeyCountTest, VeryManyExpiredKeysAreCountedOneByOne) {
  for (int i = 0; i < 2000; ++i) PutExpiring("e" + std::to_string(i), "v", clock_.In(10));
  Put("stays", "v");
  PutExpiring("later", "v", clock_.In(1010));
  EXPECT_FALSE(db_->CountingIsSlow());
  clock_.Advance(absl::Milliseconds(10));
  EXPECT_TRUE(db_->CountingIsSlow()) << "nothing has looked at the time since";
  EXPECT_THAT(db_->KeyCount(), Yields(2u));
  const absl::StatusOr<KeyspaceStats> stats = db_->GetKeyspaceStats();
  EXPECT_EQ(stats->keys_with_expiry, 1u);
  EXPECT_EQ(stats->time_to_live_mean, absl::Milliseconds(1000));
  VacuumAll();
  EXPECT_FALSE(db_->CountingIsSlow());
  EXPECT_THAT(db_->KeyCount(), Yields(2u));
}

// One thread moves keys in time, another one counts: each commit leaves a hundred keys present.
TEST_F(KeyCountTest, IsExactWhileOthersCommit) {
  constexpr int kKeys = 100;
  for (int i = 0; i < kKeys; ++i) PutExpiring(std::to_string(i), "v", clock_.In(50));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int round = 0; round < 300; ++round) {
      // Before any of them is due, all get a later expiry; half of them by being made anew.
      WriteBatch batch;
      for (int i = 0; i < kKeys; ++i) {
        const std::string prefix = i % 2 == 0 ? std::to_string(round % 2) + ":" : "";
        if (i % 2 == 0) batch.Delete(std::to_string((round + 1) % 2) + ":" + std::to_string(i));
        if (i % 2 == 0 && round == 0) batch.Delete(std::to_string(i));
        batch.Put(prefix + std::to_string(i), "v", {.expiry = clock_.In(50)});
      }
      EXPECT_THAT(db_->Write(batch), IsOk());
      clock_.Advance(absl::Milliseconds(25));
      db_->RunVacuumOnce();
    }
    done = true;
  });
  while (!done) {
    const absl::StatusOr<uint64_t> count = db_->KeyCount();
    // The clock is moved by the writer between two commits: all or none.
    EXPECT_THAT(count, Yields(uint64_t{kKeys}));
  }
  writer.join();
}

}  // namespace
}  // namespace nacre::api
