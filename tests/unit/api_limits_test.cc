// Every limit of Options at its edge: the last that fits is accepted, one more is refused with the
// error that the header names, and a refused call changes nothing.

#include <functional>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::Eq;
using ::testing::Optional;

constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class LimitsTest : public DatabaseTest {
 protected:
  void OpenWith(const std::function<void(Options&)>& change) {
    Options options = DefaultOptions();
    change(options);
    Open(options);
  }
  static absl::Status TryOpen(const std::function<void(Options&)>& change) {
    Options options;
    options.vacuum_thread = false;
    change(options);
    return Database::Open(options).status();
  }
};

TEST_F(LimitsTest, KeyBytesMax) {
  OpenWith([](Options& options) { options.key_bytes_max = 8; });
  const std::string fits(8, 'k');
  const std::string too_long(9, 'k');
  Transaction tx = db_->Begin();
  NACRE_EXPECT_OK(tx.Put(fits, "v"));
  EXPECT_THAT(tx.Put(too_long, "v"), StatusIs(kInvalid));
  EXPECT_THAT(tx.Delete(too_long), StatusIs(kInvalid));
  NACRE_EXPECT_OK(tx.Commit());  // What was accepted is not lost.
  EXPECT_THAT(Latest(fits), Optional(Eq("v")));
  EXPECT_THAT(db_->KeyCount(), Yields(1u));
  EXPECT_THAT(
      db_->Modify(too_long, [](std::optional<std::string_view>) { return Modification::Put("v"); }),
      StatusIs(kInvalid));
  EXPECT_THAT(db_->KeyCount(), Yields(1u));
}

TEST_F(LimitsTest, KeyBytesMax_TheDefaultIs64KiB) {
  const std::string fits(64 << 10, 'k');
  Transaction tx = db_->Begin();
  NACRE_EXPECT_OK(tx.Put(fits, "long"));
  NACRE_EXPECT_OK(tx.Put(fits.substr(1), "one shorter"));
  EXPECT_THAT(tx.Put(fits + "k", "v"), StatusIs(kInvalid));
  NACRE_EXPECT_OK(tx.Commit());
  EXPECT_THAT(Latest(fits), Optional(Eq("long")));
  EXPECT_THAT(Latest(fits.substr(1)), Optional(Eq("one shorter")));
}

TEST_F(LimitsTest, ValueBytesMax) {
  OpenWith([](Options& options) { options.value_bytes_max = 100; });
  Transaction tx = db_->Begin();
  NACRE_EXPECT_OK(tx.Put("k", std::string(100, 'v')));
  EXPECT_THAT(tx.Put("k", std::string(101, 'x')), StatusIs(kInvalid));
  EXPECT_THAT(tx.Get("k"), Holds(std::string(100, 'v')));
  NACRE_EXPECT_OK(tx.Commit());
  EXPECT_THAT(db_->Modify("k",
                          [](std::optional<std::string_view>) {
                            return Modification::Put(std::string(101, 'x'));
                          }),
              StatusIs(kInvalid));
  EXPECT_THAT(Latest("k"), Optional(Eq(std::string(100, 'v'))));
}

TEST_F(LimitsTest, WriteSetBytesMax_CountsKeysAndValues) {
  OpenWith([](Options& options) { options.write_set_bytes_max = 100; });
  Transaction tx = db_->Begin();
  NACRE_EXPECT_OK(tx.Put("12345", std::string(45, 'v')));
  NACRE_EXPECT_OK(tx.Put("67890", std::string(45, 'v')));  // Exactly 100.
  EXPECT_THAT(tx.Put("x", ""), StatusIs(kExhausted));
  EXPECT_THAT(tx.Delete("x"), StatusIs(kExhausted));
  EXPECT_THAT(tx.Get("x"), IsAbsent());
  EXPECT_TRUE(tx.active());
  NACRE_EXPECT_OK(tx.Commit());
  EXPECT_THAT(Latest("67890"), Optional(Eq(std::string(45, 'v'))));
  EXPECT_THAT(db_->KeyCount(), Yields(2u));
}

TEST_F(LimitsTest, WriteSetBytesMax_AReplacedWriteThatNobodyCanSeeCountsNoMore) {
  OpenWith([](Options& options) { options.write_set_bytes_max = 100; });
  Transaction tx = db_->Begin();
  for (int i = 0; i < 50; ++i) NACRE_ASSERT_OK(tx.Put("k", std::string(99, 'a' + i % 26)));
  EXPECT_THAT(tx.Put("k", std::string(100, 'x')), StatusIs(kExhausted));
  NACRE_ASSERT_OK(tx.Put("k", ""));  // Room again.
  NACRE_EXPECT_OK(tx.Put("l", std::string(98, 'y')));
  NACRE_EXPECT_OK(tx.Commit());
  EXPECT_THAT(Latest("k"), Optional(Eq("")));
  EXPECT_THAT(Latest("l"), Optional(Eq(std::string(98, 'y'))));
}

TEST_F(LimitsTest, WriteSetBytesMax_AReplacedWriteCountsWhileAViewOrASavepointNeedsIt) {
  OpenWith([](Options& options) { options.write_set_bytes_max = 100; });
  Transaction viewed = db_->Begin();
  NACRE_ASSERT_OK(viewed.Put("k", std::string(60, 'a')));
  absl::StatusOr<std::optional<std::string_view>> view = viewed.Get("k");
  EXPECT_THAT(viewed.Put("k", std::string(60, 'b')), StatusIs(kExhausted));
  EXPECT_THAT(view, Holds(std::string(60, 'a')));
  EXPECT_THAT(viewed.Get("k"), Holds(std::string(60, 'a')));

  Transaction saved = db_->Begin();
  NACRE_ASSERT_OK(saved.Put("k", std::string(60, 'a')));
  const Savepoint savepoint = saved.SetSavepoint();
  EXPECT_THAT(saved.Put("k", std::string(60, 'b')), StatusIs(kExhausted));
  NACRE_ASSERT_OK(saved.Put("k", std::string(20, 'b')));
  NACRE_ASSERT_OK(saved.RollbackTo(savepoint));
  EXPECT_THAT(saved.Get("k"), Holds(std::string(60, 'a')));
}

TEST_F(LimitsTest, WriteSetBytesMax_CountsTheKeysOfDeletesAndOfGetForUpdate) {
  OpenWith([](Options& options) { options.write_set_bytes_max = 100; });
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Delete(std::string(40, 'd')));
  NACRE_ASSERT_OK(tx.GetForUpdate(std::string(40, 'g')));
  EXPECT_THAT(tx.Put("key", std::string(18, 'v')), StatusIs(kExhausted));
  EXPECT_THAT(tx.Delete(std::string(21, 'd')), StatusIs(kExhausted));
  EXPECT_THAT(tx.GetForUpdate(std::string(21, 'g')), StatusIs(kExhausted));
  NACRE_ASSERT_OK(tx.Put("key", std::string(17, 'v')));  // Exactly 100.
  NACRE_EXPECT_OK(tx.Commit());
}

TEST_F(LimitsTest, WriteSetBytesMax_HoldsForABatch) {
  OpenWith([](Options& options) { options.write_set_bytes_max = 100; });
  WriteBatch fits;
  fits.Put("k", std::string(99, 'v'));
  NACRE_EXPECT_OK(db_->Write(fits));
  WriteBatch too_much;
  too_much.Put("l", std::string(50, 'v'));
  too_much.Put("m", std::string(49, 'v'));
  EXPECT_THAT(db_->Write(too_much), StatusIs(kExhausted));
  EXPECT_THAT(db_->KeyCount(), Yields(1u));
}

TEST_F(LimitsTest, SnapshotsMax_CountsTransactionsAndSnapshots) {
  OpenWith([](Options& options) { options.snapshots_max = 2; });
  Put("k", "v");
  std::optional<Transaction> first = db_->Begin();
  std::optional<Snapshot> second = db_->GetSnapshot();
  {
    Transaction third = db_->Begin();
    EXPECT_THAT(third.Get("k"), StatusIs(kExhausted));
    EXPECT_THAT(third.Put("k", "x"), StatusIs(kExhausted));
    EXPECT_THAT(third.Scan({}, [](std::string_view, std::string_view) { return true; }),
                StatusIs(kExhausted));
    EXPECT_THAT(third.Commit(), StatusIs(kExhausted));
    EXPECT_THAT(db_->TakeSnapshot(), StatusIs(kExhausted));
    EXPECT_THAT(db_->GetSnapshotAt(db_->clock()), StatusIs(kExhausted));
    Snapshot copy = *second;  // Shares its registration, so it is not one more.
    EXPECT_THAT(copy.Get("k"), Holds("v"));
  }
  EXPECT_THAT(first->Get("k"), Holds("v"));  // Those that stand are not disturbed.
  first.reset();
  EXPECT_THAT(db_->Begin().Get("k"), Holds("v"));
}

TEST_F(LimitsTest, SnapshotsMax_TransactReturnsTheError) {
  OpenWith([](Options& options) { options.snapshots_max = 1; });
  std::optional<Snapshot> held = db_->GetSnapshot();
  EXPECT_THAT(db_->Transact([](Transaction& tx) { return tx.Put("k", "v"); }),
              StatusIs(kExhausted));
  held.reset();
  NACRE_EXPECT_OK(db_->Transact([](Transaction& tx) { return tx.Put("k", "v"); }));
}

class MemoryLimitTest : public LimitsTest {
 protected:
  static constexpr size_t kMax = 16 << 20;
  static constexpr size_t kValueBytes = 64 << 10;
  static constexpr size_t kSlack = 2 << 20;

  MemoryLimitTest() {
    OpenWith([](Options& options) { options.memory_bytes_max = kMax; });
  }
  // Puts values until one is refused; returns how many were accepted.
  int Fill() {
    for (int i = 0; i < 1000; ++i) {
      WriteBatch batch;
      batch.Put(Key(i), std::string(kValueBytes, 'v'));
      absl::StatusOr<Timestamp> written = db_->Write(batch);
      if (written.ok()) continue;
      EXPECT_THAT(written, StatusIs(kExhausted));
      return i;
    }
    ADD_FAILURE() << "never refused";
    return 0;
  }
  static std::string Key(int i) { return "key" + std::to_string(1000 + i); }
};

TEST_F(MemoryLimitTest, RefusesWritesAboutAtTheLimitAndLosesNothing) {
  const int accepted = Fill();
  EXPECT_GE(accepted * kValueBytes, kMax - kSlack);
  EXPECT_LE(accepted * kValueBytes, kMax + kSlack);
  EXPECT_GE(db_->GetStats().memory_bytes, kMax - kSlack);
  for (int i = 0; i < accepted; ++i) {
    EXPECT_THAT(Latest(Key(i)), Optional(Eq(std::string(kValueBytes, 'v'))));
  }
  EXPECT_EQ(Latest(Key(accepted)), std::nullopt);
  EXPECT_THAT(db_->KeyCount(), Yields(static_cast<uint64_t>(accepted)));
}

TEST_F(MemoryLimitTest, HoldsForEveryWayToWrite) {
  Fill();
  const std::string value(kValueBytes, 'v');
  EXPECT_THAT(db_->Transact([&](Transaction& tx) { return tx.Put("new", value); }),
              StatusIs(kExhausted));
  EXPECT_THAT(
      db_->Modify("new", [&](std::optional<std::string_view>) { return Modification::Put(value); }),
      StatusIs(kExhausted));
  EXPECT_THAT(db_->TransactLocked({{Keyspace(), "new"}},
                                  [&](Transaction& tx) { return tx.Put("new", value); }),
              StatusIs(kExhausted));
  EXPECT_EQ(Latest("new"), std::nullopt);
}

TEST_F(MemoryLimitTest, DeletesPassAndMakeRoomOnceVacuumed) {
  const int accepted = Fill();
  for (int i = 0; i < accepted / 2; ++i) Delete(Key(i));
  NACRE_EXPECT_OK(db_->Transact([&](Transaction& tx) { return tx.Delete(Key(accepted - 1)); }));
  VacuumAll();
  EXPECT_LT(db_->GetStats().memory_bytes, kMax - kSlack);
  Put("new", std::string(kValueBytes, 'n'));
  EXPECT_THAT(Latest("new"), Optional(Eq(std::string(kValueBytes, 'n'))));
}

TEST_F(MemoryLimitTest, SupersededVersionsCountWhileTheyAreHeld) {
  Put("k", std::string(kValueBytes, '0'));
  std::vector<Snapshot> held;
  int updates = 0;
  for (; updates < 1000; ++updates) {
    held.push_back(db_->GetSnapshot());
    WriteBatch batch;
    batch.Put("k", std::string(kValueBytes, '1'));
    if (!db_->Write(batch).ok()) break;
  }
  EXPECT_LE(updates * kValueBytes, kMax + kSlack);
  held.clear();
  VacuumAll();
  Put("k", "room again");
}

// --- Open ---

TEST_F(LimitsTest, Open_RefusesOptionsOutOfBounds) {
  const std::vector<std::function<void(Options&)>> bad = {
      [](Options& options) { options.key_bytes_max = (512u << 20) + 1; },
      [](Options& options) { options.value_bytes_max = (1u << 30) + 1; },
      [](Options& options) { options.vacuum_backlog_max = 0; },
      [](Options& options) { options.inline_value_bytes_max = 2041; },
      [](Options& options) { options.latch_stripes = 0; },
      [](Options& options) { options.latch_stripes = 3; },
      [](Options& options) { options.latch_stripes = 4095; },
      [](Options& options) { options.latch_stripes = 1 << 21; },
      [](Options& options) { options.max_snapshot_age = -absl::Seconds(1); },
      [](Options& options) { options.history_retention = -absl::Seconds(1); },
      [](Options& options) { options.keyspaces_max = 0; },
      [](Options& options) { options.snapshots_max = 0; },
  };
  for (size_t i = 0; i < bad.size(); ++i) {
    EXPECT_THAT(TryOpen(bad[i]), StatusIs(kInvalid)) << "case " << i;
  }
}

TEST_F(LimitsTest, Open_AcceptsTheEdges) {
  NACRE_EXPECT_OK(TryOpen([](Options& options) { options.key_bytes_max = 512u << 20; }));
  NACRE_EXPECT_OK(TryOpen([](Options& options) { options.value_bytes_max = 1u << 30; }));
  NACRE_EXPECT_OK(TryOpen([](Options& options) { options.vacuum_backlog_max = 1; }));
  NACRE_EXPECT_OK(TryOpen([](Options& options) { options.inline_value_bytes_max = 0; }));
  NACRE_EXPECT_OK(TryOpen([](Options& options) { options.inline_value_bytes_max = 2040; }));
  NACRE_EXPECT_OK(TryOpen([](Options& options) { options.latch_stripes = 1; }));
  NACRE_EXPECT_OK(TryOpen([](Options& options) { options.latch_stripes = 1 << 20; }));
  NACRE_EXPECT_OK(TryOpen([](Options& options) { options.keyspaces_max = 1; }));
}

TEST_F(LimitsTest, Options_AreWhatTheDatabaseWasOpenedWith) {
  OpenWith([](Options& options) {
    options.key_bytes_max = 77;
    options.latch_stripes = 64;
  });
  EXPECT_EQ(db_->options().key_bytes_max, 77u);
  EXPECT_EQ(db_->options().latch_stripes, 64u);
  EXPECT_FALSE(db_->options().vacuum_thread);
}

TEST_F(LimitsTest, OneStripeIsSlowerAndNotWrong) {
  OpenWith([](Options& options) { options.latch_stripes = 1; });
  Transaction first = db_->Begin();
  Transaction second = db_->Begin();
  NACRE_ASSERT_OK(first.Put("a", "1"));
  NACRE_ASSERT_OK(first.Put("b", "1"));
  NACRE_ASSERT_OK(second.Put("c", "1"));
  NACRE_EXPECT_OK(first.Commit());
  NACRE_EXPECT_OK(second.Commit());  // Sharing a latch is not a conflict.
}

}  // namespace
}  // namespace nacre::api
