// What a commit has found, and what it has read, changes between two of its steps.

#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "gtest/gtest.h"
#include "nacre/database.h"
#include "nacre/testing.h"
#include "tests/fault/at_step.h"

namespace nacre {
namespace {

std::unique_ptr<Database> OpenWithoutVacuum() {
  Options options;
  options.vacuum_thread = false;
  return Database::Open(options).value();
}

std::string Key(const char* prefix, int i) { return prefix + std::to_string(i); }

void PutAlone(Database& db, std::string_view key) {
  ASSERT_TRUE(db.Transact([key](Transaction& tx) { return tx.Put(key, "alone"); }).ok());
}

std::string NewestOf(Database& db, std::string_view key) {
  return db.GetSnapshot().Get(key).value().value_or("absent");
}

// VALUED: the records of many writes are looked up before the latches are taken.
TEST(CommitStepsTest, RecordThatIsRemovedBeforeTheLatch_TakesNoWrite) {
  auto db = OpenWithoutVacuum();
  PutAlone(*db, "k");
  std::optional<Snapshot> held(db->GetSnapshot());
  ASSERT_TRUE(db->Transact([](Transaction& tx) { return tx.Delete("k"); }).ok());
  Transaction tx = db->Begin();
  ASSERT_TRUE(tx.Put("k", "new").ok());
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(tx.Put(Key("other", i), "x").ok());
  {
    AtStep between(testing::Step::kCommitStart, [&] {
      held.reset();
      while (db->GetStats().records_removed == 0) db->RunVacuumOnce();
    });
    ASSERT_TRUE(tx.Commit().ok());
    ASSERT_TRUE(between.reached());
  }
  EXPECT_EQ(NewestOf(*db, "k"), "new");
  EXPECT_TRUE(db->Verify().ok());
}

TEST(CommitStepsTest, RecordThatIsThereAtTheLatch_TakesTheWriteAndKeepsItsConflict) {
  for (const bool conflicts : {false, true}) {
    auto db = OpenWithoutVacuum();
    PutAlone(*db, "k");
    Transaction tx = db->Begin();
    ASSERT_TRUE(tx.Put("k", "new").ok());
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(tx.Put(Key("other", i), "x").ok());
    AtStep between(testing::Step::kCommitStart, [&] { PutAlone(*db, conflicts ? "k" : "q"); });
    EXPECT_EQ(tx.Commit().ok(), !conflicts);
    ASSERT_TRUE(between.reached());
    EXPECT_EQ(NewestOf(*db, "k"), conflicts ? "alone" : "new");
  }
}

// STAYS: what was read is written without another look at the index, as long as it is that key.
TEST(CommitStepsTest, RecordThatWasReadLast_TakesTheWriteOfItsKeyOnly) {
  auto db = OpenWithoutVacuum();
  PutAlone(*db, "k");
  PutAlone(*db, "q");
  Transaction tx = db->Begin();
  ASSERT_EQ(tx.Get("k").value(), "alone");
  ASSERT_TRUE(tx.Put("q", "of q").ok());
  ASSERT_EQ(tx.Get("absent").value(), std::nullopt);
  ASSERT_TRUE(tx.Put("k", "of k").ok());
  ASSERT_EQ(tx.Get("k").value(), "of k");
  ASSERT_TRUE(tx.Commit().ok());
  EXPECT_EQ(NewestOf(*db, "k"), "of k");
  EXPECT_EQ(NewestOf(*db, "q"), "of q");
  EXPECT_TRUE(db->Verify().ok());
}

TEST(CommitStepsTest, RecordThatWasReadLast_TakesNoWriteToAnotherKeyspace) {
  auto db = OpenWithoutVacuum();
  PutAlone(*db, "k");
  const Keyspace other = db->OpenKeyspace("other").value();
  Transaction tx = db->Begin();
  ASSERT_EQ(tx.Get("k").value(), "alone");
  ASSERT_TRUE(tx.Use(other).ok());
  ASSERT_TRUE(tx.Put("k", "other").ok());
  ASSERT_TRUE(tx.Commit().ok());
  EXPECT_EQ(NewestOf(*db, "k"), "alone");
  EXPECT_TRUE(db->Verify().ok());
}

TEST(CommitStepsTest, RecordThatWasReadAndDeletedMeanwhile_KeepsItsConflict) {
  auto db = OpenWithoutVacuum();
  PutAlone(*db, "k");
  Transaction tx = db->Begin();
  ASSERT_EQ(tx.Get("k").value(), "alone");
  ASSERT_TRUE(db->Transact([](Transaction& other) { return other.Delete("k"); }).ok());
  db->RunVacuumOnce();
  ASSERT_TRUE(tx.Put("k", "new").ok());
  EXPECT_TRUE(absl::IsAborted(tx.Commit().status()));
  EXPECT_EQ(NewestOf(*db, "k"), "absent");
  EXPECT_TRUE(db->Verify().ok());
}

// Few reads are compared one by one with what commits meanwhile, many through a hash table, which
// is made where something was committed before the validation already.
TEST(CommitStepsTest, CommitThatPassesByAfterTheValidation_MeetsEveryRead) {
  for (const auto& [reads, present, validates] :
       {std::tuple(1, true, true), std::tuple(16, true, true), std::tuple(17, true, true),
        std::tuple(40, true, true), std::tuple(16, false, true), std::tuple(17, false, true),
        std::tuple(1, true, false), std::tuple(16, false, false), std::tuple(17, true, false),
        std::tuple(17, false, false)}) {
    for (const int written : {-1, 0, reads - 1}) {
      auto db = OpenWithoutVacuum();
      for (int i = 0; present && i < reads; ++i) PutAlone(*db, Key("read", i));
      PutAlone(*db, "other");
      Transaction tx = db->Begin({.isolation = Isolation::kSerializable});
      for (int i = 0; i < reads; ++i) {
        ASSERT_EQ(tx.Get(Key("read", i)).value().has_value(), present);
      }
      ASSERT_TRUE(tx.Put("mine", "x").ok());
      if (validates) PutAlone(*db, "other");
      AtStep between(testing::Step::kCommitValidated,
                     [&] { PutAlone(*db, written < 0 ? "other" : Key("read", written)); });
      EXPECT_EQ(tx.Commit().ok(), written < 0)
          << reads << " reads, " << present << ", " << validates;
      ASSERT_TRUE(between.reached());
    }
  }
}

// REMEMBERED in sequencer.h: while nobody serializable is passed by, nobody remembers what was
// written.
TEST(CommitStepsTest, CommitThatPassesByTheFirstSerializableOne_IsMet) {
  for (const bool conflicts : {false, true}) {
    auto db = OpenWithoutVacuum();
    PutAlone(*db, "read");
    for (int i = 0; i < 3000; ++i) PutAlone(*db, "other");
    for (int serializable = 0; serializable < 2; ++serializable) {
      Transaction tx = db->Begin({.isolation = Isolation::kSerializable});
      ASSERT_EQ(tx.Get("read").value(), "alone");
      ASSERT_TRUE(tx.Put("mine", "x").ok());
      AtStep between(testing::Step::kCommitValidated,
                     [&] { PutAlone(*db, conflicts ? "read" : "other"); });
      EXPECT_EQ(tx.Commit().ok(), !conflicts) << serializable;
      ASSERT_TRUE(between.reached());
    }
    EXPECT_EQ(db->GetStats().commits_exclusive, 0u);
  }
}

// The second attempt, behind the gate, has a pin of its own.
TEST(CommitStepsTest, CommitThatIsRepeated_KeepsNoRecordOfTheFirstAttempt) {
  struct Context {
    std::unique_ptr<Database> db = OpenWithoutVacuum();
    int validations = 0;
    bool inside = false;
  } context;
  PutAlone(*context.db, "read");
  PutAlone(*context.db, "locked");
  Transaction tx = context.db->Begin({.isolation = Isolation::kSerializable});
  ASSERT_TRUE(tx.Get("read").value().has_value());
  ASSERT_TRUE(tx.GetForUpdate("locked").value().has_value());
  ASSERT_TRUE(tx.Put("mine", "x").ok());
  // More commits pass by each validation than are remembered, until the gate is closed.
  testing::SetStepHook(
      [](testing::Step step, void* given) {
        auto* self = static_cast<Context*>(given);
        if (step != testing::Step::kCommitValidated || self->inside || ++self->validations > 4) {
          return;
        }
        self->inside = true;
        for (int i = 0; i < 1100; ++i) PutAlone(*self->db, "noise");
        self->inside = false;
      },
      &context);
  const absl::Status status = tx.Commit().status();
  testing::SetStepHook(nullptr, nullptr);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(context.validations, 5);
  EXPECT_EQ(NewestOf(*context.db, "mine"), "x");
}

// SEEN-STAYS: the version that was seen is the head again once a commit has failed.
TEST(CommitStepsTest, WriteOfAReadKeyThatFails_LeavesTheReadUnchanged) {
  auto db = OpenWithoutVacuum();
  PutAlone(*db, "k");
  PutAlone(*db, "guard");
  Transaction reader = db->Begin({.isolation = Isolation::kSerializable});
  ASSERT_TRUE(reader.Get("k").value().has_value());
  ASSERT_TRUE(reader.Put("mine", "x").ok());
  Transaction writer = db->Begin({.isolation = Isolation::kSerializable});
  ASSERT_TRUE(writer.Get("guard").value().has_value());
  ASSERT_TRUE(writer.Put("k", "never").ok());
  {
    AtStep between(testing::Step::kCommitLinked, [&] { PutAlone(*db, "guard"); });
    ASSERT_TRUE(absl::IsAborted(writer.Commit().status()));
    ASSERT_TRUE(between.reached());
  }
  EXPECT_TRUE(reader.Commit().ok());
}

// LEADER: who has found a follower asks the leader for its timestamp, so nothing of a commit that
// has failed is on its way to be freed while a follower can be found.
TEST(CommitStepsTest, CommitThatFails_RetiresNothingBeforeAllIsUnlinked) {
  struct Context {
    std::unique_ptr<Database> db = OpenWithoutVacuum();
    uint64_t retired = 0;
    bool linked = false;
    bool taken_back = false;
  } context;
  PutAlone(*context.db, "guard");
  PutAlone(*context.db, "b");
  Transaction tx = context.db->Begin({.isolation = Isolation::kSerializable});
  ASSERT_TRUE(tx.Get("guard").value().has_value());
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(tx.Put(key, "never").ok());
  testing::SetStepHook(
      [](testing::Step step, void* given) {
        auto* self = static_cast<Context*>(given);
        if (step == testing::Step::kCommitLinked && !self->linked) {
          self->linked = true;
          PutAlone(*self->db, "guard");
          self->retired = self->db->GetStats().objects_retired;
        } else if (step == testing::Step::kCommitTakenBack) {
          self->taken_back = true;
          EXPECT_EQ(self->db->GetStats().objects_retired, self->retired);
          EXPECT_EQ(NewestOf(*self->db, "a"), "absent");
          EXPECT_EQ(NewestOf(*self->db, "b"), "alone");
        }
      },
      &context);
  EXPECT_TRUE(absl::IsAborted(tx.Commit().status()));
  testing::SetStepHook(nullptr, nullptr);
  EXPECT_TRUE(context.taken_back);
  EXPECT_EQ(context.db->GetStats().objects_retired, context.retired + 5) << "3 versions, 2 records";
}

// What stands at the head when the key is read need not be what is seen.
TEST(CommitStepsTest, ReadBesideAPreparedWrite_ConflictsOnceThatIsCommitted) {
  auto db = OpenWithoutVacuum();
  PutAlone(*db, "k");
  std::optional<Transaction> reader;
  Transaction writer = db->Begin();
  ASSERT_TRUE(writer.Put("k", "new").ok());
  {
    AtStep between(testing::Step::kCommitLinked, [&] {
      reader.emplace(db->Begin({.isolation = Isolation::kSerializable}));
      EXPECT_EQ(reader->Get("k").value(), "alone");
      ASSERT_TRUE(reader->Put("mine", "x").ok());
    });
    ASSERT_TRUE(writer.Commit().ok());
    ASSERT_TRUE(between.reached());
  }
  EXPECT_TRUE(absl::IsAborted(reader->Commit().status()));
}

// SEEN-STAYS ends with the snapshot: once it is too old, the records that it has read are freed,
// and nobody may touch them to see whether they were written.
TEST(CommitStepsTest, KeysThatWereReadAreFreed_WhereTheSnapshotGrowsTooOld) {
  constexpr int kKeys = 20;
  for (const bool while_committing : {false, true}) {
    Options options;
    options.vacuum_thread = false;
    options.max_snapshot_age = absl::Nanoseconds(1);
    auto db = Database::Open(options).value();
    for (int i = 0; i < kKeys; ++i) PutAlone(*db, Key("read", i));
    Transaction tx = db->Begin({.isolation = Isolation::kSerializable});
    for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(tx.Get(Key("read", i)).value().has_value());
    // The one that was read last, too.
    ASSERT_TRUE(tx.Put(Key("read", kKeys - 1), "x").ok());
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(tx.Put(Key("own", i), "x").ok());
    const auto grow_old = [&] {
      for (int i = 0; i < kKeys; ++i) {
        ASSERT_TRUE(
            db->Transact([i](Transaction& other) { return other.Delete(Key("read", i)); }).ok());
      }
      while (db->GetStats().snapshots_too_old == 0 || db->GetStats().records_removed < kKeys) {
        db->RunVacuumOnce();
      }
    };
    if (while_committing) {
      AtStep between(testing::Step::kCommitStart, grow_old);
      EXPECT_FALSE(tx.Commit().ok());
      ASSERT_TRUE(between.reached());
    } else {
      grow_old();
      EXPECT_EQ(db->GetStats().objects_retired, 0u);
      EXPECT_TRUE(absl::IsOutOfRange(tx.Commit().status()));
    }
    EXPECT_EQ(NewestOf(*db, "own0"), "absent");
    EXPECT_TRUE(db->Verify().ok());
  }
}

}  // namespace
}  // namespace nacre
