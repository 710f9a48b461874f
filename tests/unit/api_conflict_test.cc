// Which commits are refused at which level, and that the refusal names what was in the way.

#include <functional>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::Eq;
using ::testing::Optional;

constexpr auto kAborted = absl::StatusCode::kAborted;

class ConflictTest : public DatabaseTest {
 protected:
  Transaction Serializable() { return db_->Begin({.isolation = Isolation::kSerializable}); }
};

TEST_F(ConflictTest, FirstCommitterWins_AtBothLevelsAndNamesTheKey) {
  for (Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    Put("contested", "0");
    Transaction first = db_->Begin({.isolation = isolation});
    Transaction second = db_->Begin({.isolation = isolation});
    NACRE_ASSERT_OK(first.Put("contested", "first"));
    NACRE_ASSERT_OK(second.Put("contested", "second"));
    NACRE_ASSERT_OK(second.Put("innocent", "second"));
    NACRE_EXPECT_OK(first.Commit());
    EXPECT_THAT(second.Commit(), StatusIs(kAborted, "contested"));
    EXPECT_THAT(Latest("contested"), Optional(Eq("first")));
    EXPECT_EQ(Latest("innocent"), std::nullopt);  // Nothing of a refused commit is applied.
  }
}

TEST_F(ConflictTest, FirstCommitterWins_ForInsertsOfAnAbsentKey) {
  Transaction first = db_->Begin();
  Transaction second = db_->Begin();
  NACRE_ASSERT_OK(first.Put("new", "first"));
  NACRE_ASSERT_OK(second.Put("new", "second"));
  NACRE_EXPECT_OK(second.Commit());
  EXPECT_THAT(first.Commit(), StatusIs(kAborted, "new"));
  EXPECT_THAT(Latest("new"), Optional(Eq("second")));
}

TEST_F(ConflictTest, FirstCommitterWins_ForDeletesToo) {
  Put("k", "v");
  Transaction deleter = db_->Begin();
  Transaction writer = db_->Begin();
  NACRE_ASSERT_OK(deleter.Delete("k"));
  NACRE_ASSERT_OK(writer.Put("k", "w"));
  NACRE_EXPECT_OK(deleter.Commit());
  EXPECT_THAT(writer.Commit(), StatusIs(kAborted, "k"));
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(ConflictTest, TwoDeletesOfOneKeyConflict) {
  Put("k", "v");
  Transaction first = db_->Begin();
  Transaction second = db_->Begin();
  NACRE_ASSERT_OK(first.Delete("k"));
  NACRE_ASSERT_OK(second.Delete("k"));
  NACRE_EXPECT_OK(first.Commit());
  EXPECT_THAT(second.Commit(), StatusIs(kAborted, "k"));
}

TEST_F(ConflictTest, Floor_KeyThatCameAndWentAndWasVacuumed_StillConflicts) {
  Transaction old = db_->Begin();
  NACRE_ASSERT_OK(old.Put("k", "blind"));
  Put("k", "v");
  Delete("k");
  VacuumAll();
  EXPECT_TRUE(db_->DumpKey("k").empty());  // No record left to compare with.
  EXPECT_THAT(old.Commit(), StatusIs(kAborted));
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(ConflictTest, DisjointWritesDoNotConflict) {
  Transaction first = db_->Begin();
  Transaction second = db_->Begin();
  NACRE_ASSERT_OK(first.Put("a", "1"));
  NACRE_ASSERT_OK(second.Put("b", "2"));
  NACRE_EXPECT_OK(first.Commit());
  NACRE_EXPECT_OK(second.Commit());
}

TEST_F(ConflictTest, SameKeyInTwoKeyspacesDoesNotConflict) {
  const Keyspace other = OpenOrFail("other");
  Transaction first = db_->Begin();
  Transaction second = db_->Begin({.keyspace = other});
  NACRE_ASSERT_OK(first.Put("k", "1"));
  NACRE_ASSERT_OK(second.Put("k", "2"));
  NACRE_EXPECT_OK(first.Commit());
  NACRE_EXPECT_OK(second.Commit());
  EXPECT_THAT(Latest("k"), Optional(Eq("1")));
  EXPECT_THAT(Latest("k", other), Optional(Eq("2")));
}

TEST_F(ConflictTest, AWriterThatBeganAfterTheOtherCommitted_DoesNotConflict) {
  Put("k", "1");
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "2"));
  NACRE_EXPECT_OK(tx.Commit());
}

// --- Serializable: what was read ---

// Reads something by `read`, lets `change` commit meanwhile, then writes elsewhere and commits.
class ReadConflictTest : public ConflictTest {
 protected:
  absl::Status Run(Isolation isolation, const std::function<void(Transaction&)>& read,
                   const std::function<void()>& change) {
    Transaction tx = db_->Begin({.isolation = isolation});
    read(tx);
    change();
    NACRE_EXPECT_OK(tx.Put("zz-elsewhere", "x"));
    return tx.Commit().status();
  }
  // Refused under kSerializable, naming `name`; passes at kSnapshot, where write skew is possible.
  // Whether it is the first that is read, or comes after others.
  void ExpectSerializableConflict(
      std::string_view name, const std::function<void(Transaction&)>& read,
      const std::function<void()>& change, const std::function<void()>& prepare = [] {}) {
    const std::function<void(Transaction&)> later = [&](Transaction& tx) {
      EXPECT_THAT(tx.Get("zz-elsewhere"), IsAbsent());
      read(tx);
    };
    for (const auto& reads : {read, later}) {
      prepare();
      EXPECT_THAT(Run(Isolation::kSerializable, reads, change),
                  StatusIs(kAborted, std::string(name)));
      EXPECT_EQ(Latest("zz-elsewhere"), std::nullopt);
      prepare();
      NACRE_EXPECT_OK(Run(Isolation::kSnapshot, reads, change));
      Delete("zz-elsewhere");
    }
  }
};

TEST_F(ReadConflictTest, Get_OfAKeyThatChanged) {
  ExpectSerializableConflict(
      "apple", [](Transaction& tx) { NACRE_EXPECT_OK(tx.Get("apple")); },
      [&] { Put("apple", "2"); }, [&] { Put("apple", "1"); });
}

TEST_F(ReadConflictTest, Get_OfAnAbsentKeyThatAppeared) {
  ExpectSerializableConflict(
      "apple", [](Transaction& tx) { EXPECT_THAT(tx.Get("apple"), IsAbsent()); },
      [&] { Put("apple", "1"); }, [&] { Delete("apple"); });
}

TEST_F(ReadConflictTest, Get_OfAKeyThatWasDeleted) {
  ExpectSerializableConflict(
      "apple", [](Transaction& tx) { NACRE_EXPECT_OK(tx.Get("apple")); }, [&] { Delete("apple"); },
      [&] { Put("apple", "1"); });
}

// Absent at the read, absent at the commit: what was read is still true in the order of the commit
// timestamps, so it may commit. A write or GetForUpdate() of the key would conflict (see below).
TEST_F(ReadConflictTest, Get_OfAnAbsentKeyThatCameAndWentAndWasVacuumed_IsNeverAWrongCommit) {
  Transaction tx = Serializable();
  EXPECT_THAT(tx.Get("apple"), IsAbsent());
  Put("apple", "1");
  Delete("apple");
  VacuumAll();
  NACRE_ASSERT_OK(tx.Put("elsewhere", "x"));
  absl::StatusOr<Timestamp> committed = tx.Commit();
  if (!committed.ok()) {
    EXPECT_THAT(committed, StatusIs(kAborted));
  } else {
    EXPECT_EQ(Latest("apple"), std::nullopt);
    EXPECT_THAT(Latest("elsewhere"), Optional(Eq("x")));
  }
}

TEST_F(ReadConflictTest, Exists_GetInfo_AndMultiGet_AreReads) {
  const auto change = [&] { Put("apple", "2"); };
  const auto prepare = [&] { Put("apple", "1"); };
  ExpectSerializableConflict(
      "apple", [](Transaction& tx) { NACRE_EXPECT_OK(tx.Exists("apple")); }, change, prepare);
  ExpectSerializableConflict(
      "apple", [](Transaction& tx) { NACRE_EXPECT_OK(tx.GetInfo("apple")); }, change, prepare);
  ExpectSerializableConflict(
      "apple",
      [](Transaction& tx) {
        const std::vector<std::string_view> keys = {"pear", "apple"};
        std::vector<std::optional<std::string_view>> values(2);
        NACRE_EXPECT_OK(tx.MultiGet(keys, absl::MakeSpan(values)));
      },
      change, prepare);
}

TEST_F(ReadConflictTest, Put_WithKeepExpiry_IsARead) {
  Put("apple", "1");
  Transaction tx = Serializable();
  const Savepoint savepoint = tx.SetSavepoint();
  NACRE_ASSERT_OK(tx.Put("apple", "2", {.keep_expiry = true}));
  NACRE_ASSERT_OK(tx.RollbackTo(savepoint));
  NACRE_ASSERT_OK(tx.Put("elsewhere", "x"));
  Put("apple", "3");
  EXPECT_THAT(tx.Commit(), StatusIs(kAborted, "apple"));
}

TEST_F(ReadConflictTest, Scan_PhantomInItsRange) {
  const auto scan = [](Transaction& tx) { ScanKeys(tx, Range::Between("a", "m")); };
  const auto prepare = [&] {
    Put("banana", "1");
    Delete("cherry");
  };
  ExpectSerializableConflict(
      "cherry", scan, [&] { Put("cherry", "1"); }, prepare);  // Inserted.
  ExpectSerializableConflict(
      "banana", scan, [&] { Delete("banana"); }, prepare);  // Deleted.
  ExpectSerializableConflict(
      "banana", scan, [&] { Put("banana", "2"); }, prepare);  // Changed.
}

TEST_F(ReadConflictTest, Scan_OfAnEmptyRangeProtectsIt) {
  ExpectSerializableConflict(
      "ghost", [](Transaction& tx) { EXPECT_TRUE(ScanKeys(tx, Range::Prefix("ghost")).empty()); },
      [&] { Put("ghost-1", "1"); }, [&] { Delete("ghost-1"); });
}

TEST_F(ReadConflictTest, Count_AndIterator_AreRangeReads) {
  const auto prepare = [&] { Delete("cherry"); };
  const auto insert = [&] { Put("cherry", "1"); };
  ExpectSerializableConflict(
      "cherry", [](Transaction& tx) { NACRE_EXPECT_OK(tx.Count(Range::Prefix("c"))); }, insert,
      prepare);
  ExpectSerializableConflict(
      "cherry",
      [](Transaction& tx) {
        Iterator it = tx.NewIterator(Range::Prefix("c"));
        for (it.SeekToFirst(); it.Valid(); it.Next()) {
        }
        NACRE_EXPECT_OK(it.status());
      },
      insert, prepare);
  ExpectSerializableConflict(
      "cherry",
      [](Transaction& tx) {
        Iterator it = tx.NewIterator(Range::Prefix("c"));
        for (it.SeekToLast(); it.Valid(); it.Prev()) {
        }
        NACRE_EXPECT_OK(it.status());
      },
      insert, prepare);
}

TEST_F(ReadConflictTest, Scan_StoppedByALimitProtectsOnlyWhatItSaw) {
  for (std::string_view key : {"k1", "k3", "k5", "k7"}) Put(key, "v");
  const auto first_two = [](Transaction& tx) {
    EXPECT_EQ(ScanKeys(tx, {.prefix = "k", .limit = 2}).back(), "k3");
  };
  NACRE_EXPECT_OK(Run(Isolation::kSerializable, first_two, [&] { Put("k4", "new"); }));
  EXPECT_THAT(Run(Isolation::kSerializable, first_two, [&] { Put("k2", "new"); }),
              StatusIs(kAborted, "k2"));
  EXPECT_THAT(Run(
                  Isolation::kSerializable,
                  [](Transaction& tx) { ScanKeys(tx, {.prefix = "k", .limit = 3}); },
                  [&] { Put("k3", "changed"); }),
              StatusIs(kAborted, "k3"));
}

TEST_F(ReadConflictTest, Scan_StoppedByItsVisitorProtectsOnlyWhatItSaw) {
  for (std::string_view key : {"k1", "k3", "k5", "k7"}) Put(key, "v");
  const auto last_two_in_reverse = [](Transaction& tx) {
    int left = 2;
    NACRE_EXPECT_OK(tx.Scan({.prefix = "k", .reverse = true},
                            [&](std::string_view, std::string_view) { return --left > 0; }));
  };
  NACRE_EXPECT_OK(Run(Isolation::kSerializable, last_two_in_reverse, [&] { Put("k4", "new"); }));
  EXPECT_THAT(Run(Isolation::kSerializable, last_two_in_reverse, [&] { Put("k6", "new"); }),
              StatusIs(kAborted, "k6"));
  EXPECT_THAT(Run(Isolation::kSerializable, last_two_in_reverse, [&] { Put("k9", "new"); }),
              StatusIs(kAborted, "k9"));
}

TEST_F(ReadConflictTest, Scan_KeysPassedOverByAnOffsetWereRead) {
  for (std::string_view key : {"k1", "k3", "k5"}) Put(key, "v");
  EXPECT_THAT(Run(
                  Isolation::kSerializable,
                  [](Transaction& tx) { ScanKeys(tx, {.prefix = "k", .offset = 2, .limit = 1}); },
                  [&] { Delete("k1"); }),
              StatusIs(kAborted, "k1"));
}

TEST_F(ReadConflictTest, WritesOutsideTheRangeDoNotConflict) {
  Put("d", "v");
  NACRE_EXPECT_OK(Run(
      Isolation::kSerializable,
      [](Transaction& tx) {
        ScanKeys(tx, {.start = Bound::Exclusive("b"), .end = Bound::Exclusive("f")});
      },
      [&] {
        Put("b", "at the open end");
        Put("f", "at the open end");
        Put("a", "below");
        Put("g", "above");
      }));
  EXPECT_THAT(Run(
                  Isolation::kSerializable,
                  [](Transaction& tx) {
                    ScanKeys(tx, {.start = Bound::Inclusive("b"), .end = Bound::Inclusive("f")});
                  },
                  [&] { Put("f", "at the closed end"); }),
              StatusIs(kAborted, "f"));
}

TEST_F(ReadConflictTest, OwnKeysReadAndWritten_AreNoConflictWithOneself) {
  Put("k", "1");
  Transaction tx = Serializable();
  EXPECT_THAT(tx.Get("k"), Holds("1"));
  NACRE_ASSERT_OK(tx.Put("k", "2"));
  ScanKeys(tx, {});
  NACRE_ASSERT_OK(tx.Put("l", "3"));
  NACRE_EXPECT_OK(tx.Commit());
}

TEST_F(ReadConflictTest, ATransactionThatWroteNothing_NeverConflicts) {
  Put("k", "1");
  Transaction tx = Serializable();
  EXPECT_THAT(tx.Get("k"), Holds("1"));
  ScanKeys(tx, {});
  Put("k", "2");
  Put("l", "phantom");
  EXPECT_THAT(tx.Get("k"), Holds("1"));
  NACRE_EXPECT_OK(tx.Commit());  // It happened at its read timestamp.
}

TEST_F(ReadConflictTest, WriteSkew_CommitsAtSnapshotAndNotUnderSerializable) {
  for (Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    Put("alice", "on call");
    Put("bob", "on call");
    Transaction a = db_->Begin({.isolation = isolation});
    Transaction b = db_->Begin({.isolation = isolation});
    EXPECT_THAT(a.Get("bob"), Holds("on call"));
    EXPECT_THAT(b.Get("alice"), Holds("on call"));
    NACRE_ASSERT_OK(a.Put("alice", "off"));
    NACRE_ASSERT_OK(b.Put("bob", "off"));
    NACRE_EXPECT_OK(a.Commit());
    if (isolation == Isolation::kSnapshot) {
      NACRE_EXPECT_OK(b.Commit());
    } else {
      EXPECT_THAT(b.Commit(), StatusIs(kAborted, "alice"));
    }
  }
}

// --- GetForUpdate ---

TEST_F(ConflictTest, GetForUpdate_ConflictsAtBothLevelsEvenWithoutAWrite) {
  for (Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    Put("guarded", "1");
    Transaction tx = db_->Begin({.isolation = isolation});
    EXPECT_THAT(tx.GetForUpdate("guarded"), Holds("1"));
    Put("guarded", "2");
    EXPECT_THAT(tx.Commit(), StatusIs(kAborted, "guarded"));
  }
}

TEST_F(ConflictTest, GetForUpdate_OfAnAbsentKeyConflictsWithItsInsertion) {
  Transaction tx = db_->Begin();
  EXPECT_THAT(tx.GetForUpdate("guarded"), IsAbsent());
  Put("guarded", "now there");
  EXPECT_THAT(tx.Commit(), StatusIs(kAborted, "guarded"));
}

TEST_F(ConflictTest, GetForUpdate_OfAnAbsentKeyThatCameAndWentAndWasVacuumed_Conflicts) {
  Transaction tx = db_->Begin();
  EXPECT_THAT(tx.GetForUpdate("guarded"), IsAbsent());
  Put("guarded", "x");
  Delete("guarded");
  VacuumAll();
  EXPECT_THAT(tx.Commit(), StatusIs(kAborted));
}

TEST_F(ConflictTest, GetForUpdate_WritesNothingAndSeesOwnWrites) {
  Put("k", "1");
  const Timestamp clock = db_->clock();
  Transaction tx = db_->Begin();
  EXPECT_THAT(tx.GetForUpdate("k"), Holds("1"));
  EXPECT_THAT(tx.Commit(), Yields(clock));
  EXPECT_EQ(db_->clock(), clock);
  EXPECT_EQ(db_->DumpKey("k").size(), 1u);

  Transaction own = db_->Begin();
  NACRE_ASSERT_OK(own.Put("k", "own"));
  EXPECT_THAT(own.GetForUpdate("k"), Holds("own"));
}

TEST_F(ConflictTest, GetForUpdate_PreventsWriteSkewAtSnapshot) {
  Put("alice", "on call");
  Put("bob", "on call");
  Transaction a = db_->Begin();
  Transaction b = db_->Begin();
  EXPECT_THAT(a.GetForUpdate("bob"), Holds("on call"));
  EXPECT_THAT(b.GetForUpdate("alice"), Holds("on call"));
  NACRE_ASSERT_OK(a.Put("alice", "off"));
  NACRE_ASSERT_OK(b.Put("bob", "off"));
  NACRE_EXPECT_OK(a.Commit());
  EXPECT_THAT(b.Commit(), StatusIs(kAborted, "alice"));
}

TEST_F(ConflictTest, GetForUpdate_ByTwoReadersDoesNotConflict) {
  Put("k", "1");
  Transaction a = db_->Begin();
  Transaction b = db_->Begin();
  EXPECT_THAT(a.GetForUpdate("k"), Holds("1"));
  EXPECT_THAT(b.GetForUpdate("k"), Holds("1"));
  NACRE_ASSERT_OK(a.Put("x", "a"));
  NACRE_ASSERT_OK(b.Put("y", "b"));
  NACRE_EXPECT_OK(a.Commit());
  NACRE_EXPECT_OK(b.Commit());
}

TEST_F(ConflictTest, ReadOnly_NeverAborts) {
  Put("k", "1");
  for (Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    Transaction tx = db_->Begin({.isolation = isolation, .read_only = true});
    NACRE_EXPECT_OK(tx.Get("k"));
    ScanKeys(tx, {});
    Put("k", "changed");
    NACRE_EXPECT_OK(tx.Commit());
  }
}

}  // namespace
}  // namespace nacre::api
