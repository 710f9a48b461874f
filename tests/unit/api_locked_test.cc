// TransactLocked(), Modify() and ChangedSince(): work under latches, which can not conflict, and
// WATCH.

#include <thread>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using ::testing::Eq;
using ::testing::Optional;

constexpr Keyspace kDefault;

class LockedTest : public DatabaseTest {
 protected:
  static absl::Status Add(Transaction& tx, std::string_view key, int amount) {
    absl::StatusOr<std::optional<std::string_view>> value = tx.Get(key);
    if (!value.ok()) return value.status();
    const int number = value->has_value() ? std::stoi(std::string(**value)) : 0;
    return tx.Put(key, std::to_string(number + amount));
  }
};

TEST_F(LockedTest, TransactLocked_ReadsTheNewestStateAndCommits) {
  Put("k", "41");
  absl::StatusOr<Timestamp> timestamp =
      db_->TransactLocked({{kDefault, "k"}}, [](Transaction& tx) { return Add(tx, "k", 1); });
  ASSERT_THAT(timestamp, IsOk());
  EXPECT_EQ(*timestamp, db_->clock());
  EXPECT_THAT(Latest("k"), Optional(Eq("42")));
}

TEST_F(LockedTest, TransactLocked_MayReadWriteAndDeleteAllItsKeysInSeveralKeyspaces) {
  const Keyspace other = OpenOrFail("other");
  Put("moved", "v");
  NACRE_EXPECT_OK(
      db_->TransactLocked({{kDefault, "moved"}, {other, "moved"}}, [&](Transaction& tx) {
        absl::StatusOr<std::optional<std::string_view>> value = tx.Get("moved");
        EXPECT_THAT(value, Holds("v"));
        NACRE_EXPECT_OK(tx.Delete("moved"));
        NACRE_EXPECT_OK(tx.Use(other));
        return tx.Put("moved", **value);
      }));
  EXPECT_EQ(Latest("moved"), std::nullopt);
  EXPECT_THAT(Latest("moved", other), Optional(Eq("v")));
}

TEST_F(LockedTest, TransactLocked_SeesItsOwnWrites) {
  NACRE_EXPECT_OK(db_->TransactLocked({{kDefault, "k"}}, [](Transaction& tx) {
    EXPECT_THAT(tx.Get("k"), IsAbsent());
    NACRE_EXPECT_OK(tx.Put("k", "own"));
    EXPECT_THAT(tx.Get("k"), Holds("own"));
    EXPECT_THAT(tx.Exists("k"), Yields(true));
    return tx.Put("k", "last");
  }));
  EXPECT_THAT(Latest("k"), Optional(Eq("last")));
}

TEST_F(LockedTest, TransactLocked_AKeyNamedTwiceIsLockedOnce) {
  NACRE_EXPECT_OK(db_->TransactLocked({{kDefault, "k"}, {kDefault, "k"}, {kDefault, "l"}},
                                      [](Transaction& tx) { return tx.Put("k", "v"); }));
  EXPECT_THAT(Latest("k"), Optional(Eq("v")));
}

TEST_F(LockedTest, TransactLocked_ManyKeysOnOneStripe) {
  Options options = DefaultOptions();
  options.latch_stripes = 1;
  Open(options);
  NACRE_EXPECT_OK(
      db_->TransactLocked({{kDefault, "a"}, {kDefault, "b"}, {kDefault, "c"}}, [](Transaction& tx) {
        NACRE_EXPECT_OK(tx.Put("a", "1"));
        NACRE_EXPECT_OK(tx.Put("b", "2"));
        return tx.Put("c", "3");
      }));
  EXPECT_THAT(db_->KeyCount(), Yields(3u));
}

TEST_F(LockedTest, TransactLocked_RefusesUndeclaredKeysAndRanges) {
  Put("undeclared", "v");
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition);
  NACRE_EXPECT_OK(db_->TransactLocked({{kDefault, "k"}}, [&](Transaction& tx) {
    EXPECT_THAT(tx.Get("undeclared"), refused);
    EXPECT_THAT(tx.GetForUpdate("undeclared"), refused);
    EXPECT_THAT(tx.Exists("undeclared"), refused);
    EXPECT_THAT(tx.GetInfo("undeclared"), refused);
    EXPECT_THAT(tx.Put("undeclared", "x"), refused);
    EXPECT_THAT(tx.Delete("undeclared"), refused);
    EXPECT_THAT(tx.Scan({}, [](std::string_view, std::string_view) { return true; }), refused);
    EXPECT_THAT(tx.Count(Range::All()), refused);
    Iterator iterator = tx.NewIterator();
    iterator.SeekToFirst();
    EXPECT_FALSE(iterator.Valid());
    EXPECT_THAT(iterator.status(), refused);
    return tx.Put("k", "written all the same");
  }));
  EXPECT_THAT(Latest("undeclared"), Optional(Eq("v")));
  EXPECT_THAT(Latest("k"), Optional(Eq("written all the same")));
}

TEST_F(LockedTest, TransactLocked_ADeclaredKeyIsDeclaredInItsKeyspaceOnly) {
  const Keyspace other = OpenOrFail("other");
  EXPECT_THAT(db_->TransactLocked({{other, "k"}},
                                  [](Transaction& tx) {
                                    NACRE_EXPECT_OK(tx.Use(kDefault));
                                    return tx.Put("k", "v");
                                  }),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(LockedTest, TransactLocked_AnErrorAppliesNothingAndReleasesTheLatches) {
  Put("k", "before");
  const Timestamp clock = db_->clock();
  EXPECT_THAT(db_->TransactLocked({{kDefault, "k"}, {kDefault, "l"}},
                                  [](Transaction& tx) -> absl::Status {
                                    NACRE_EXPECT_OK(tx.Put("k", "never"));
                                    NACRE_EXPECT_OK(tx.Put("l", "never"));
                                    return absl::NotFoundError("wrong type");
                                  }),
              StatusIs(absl::StatusCode::kNotFound, "wrong type"));
  EXPECT_THAT(Latest("k"), Optional(Eq("before")));
  EXPECT_EQ(Latest("l"), std::nullopt);
  EXPECT_EQ(db_->clock(), clock);
  Put("k", "after");  // Would hang if a latch were still held.
}

TEST_F(LockedTest, TransactLocked_WithoutWritesMovesNoClock) {
  const Timestamp clock = Put("k", "v");
  EXPECT_THAT(
      db_->TransactLocked({{kDefault, "k"}}, [](Transaction& tx) { return tx.Get("k").status(); }),
      Yields(clock));
  EXPECT_EQ(db_->clock(), clock);
}

TEST_F(LockedTest, TransactLocked_AnUnknownKeyspaceIsNotFound) {
  const Keyspace other = OpenOrFail("other");
  NACRE_ASSERT_OK(db_->DropKeyspace(other));
  bool ran = false;
  EXPECT_THAT(db_->TransactLocked({{other, "k"}},
                                  [&](Transaction& tx) {
                                    ran = true;
                                    absl::Status used = tx.Use(other);
                                    return used.ok() ? tx.Put("k", "v") : used;
                                  }),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(LockedTest, TransactLocked_OpposedOrdersNeitherDeadlockNorConflict) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string_view from = t % 2 == 0 ? "a" : "b";
      const std::string_view to = t % 2 == 0 ? "b" : "a";
      for (int i = 0; i < 300; ++i) {
        NACRE_EXPECT_OK(db_->TransactLocked({{kDefault, from}, {kDefault, to}},
                                            [&](Transaction& tx) -> absl::Status {
                                              absl::Status taken = Add(tx, from, -1);
                                              return taken.ok() ? Add(tx, to, 2) : taken;
                                            }));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const int sum = std::stoi(*Latest("a")) + std::stoi(*Latest("b"));
  EXPECT_EQ(sum, 4 * 300);
  EXPECT_EQ(db_->GetStats().conflicts_write, 0u);
}

TEST_F(LockedTest, TransactLocked_IsAConflictForAnOlderTransaction) {
  Transaction old = db_->Begin();
  NACRE_ASSERT_OK(old.Put("k", "old"));
  NACRE_ASSERT_OK(
      db_->TransactLocked({{kDefault, "k"}}, [](Transaction& tx) { return tx.Put("k", "new"); }));
  EXPECT_THAT(old.Commit(), StatusIs(absl::StatusCode::kAborted, "k"));
}

// --- Watched keys ---

TEST_F(LockedTest, Watched_UnchangedLetsTheFunctionRun) {
  Put("watched", "1");
  Snapshot since = db_->GetSnapshot();
  Put("k", "a change elsewhere");
  NACRE_EXPECT_OK(
      db_->TransactLocked({{kDefault, "k"}}, [](Transaction& tx) { return tx.Put("k", "v"); },
                          {{kDefault, "watched", &since}, {kDefault, "missing", &since}}));
  EXPECT_THAT(Latest("k"), Optional(Eq("v")));
}

TEST_F(LockedTest, Watched_ChangedIsAbortedAndTheFunctionDoesNotRun) {
  Put("watched", "1");
  Snapshot since = db_->GetSnapshot();
  Put("watched", "1");  // The same value is a change as well.
  bool ran = false;
  EXPECT_THAT(db_->TransactLocked({{kDefault, "k"}},
                                  [&](Transaction& tx) {
                                    ran = true;
                                    return tx.Put("k", "v");
                                  },
                                  {{kDefault, "watched", &since}}),
              StatusIs(absl::StatusCode::kAborted, "watched"));
  EXPECT_FALSE(ran);
  EXPECT_EQ(Latest("k"), std::nullopt);
}

TEST_F(LockedTest, Watched_EachKeyHasItsOwnSnapshot) {
  Snapshot early = db_->GetSnapshot();
  Put("a", "1");
  Snapshot late = db_->GetSnapshot();
  const auto write = [](Transaction& tx) { return tx.Put("k", "v"); };
  EXPECT_THAT(db_->TransactLocked({{kDefault, "k"}}, write,
                                  {{kDefault, "b", &late}, {kDefault, "a", &early}}),
              StatusIs(absl::StatusCode::kAborted, "a"));
  NACRE_EXPECT_OK(db_->TransactLocked({{kDefault, "k"}}, write,
                                      {{kDefault, "b", &early}, {kDefault, "a", &late}}));
}

TEST_F(LockedTest, Watched_KeyThatCameAndWentAndWasVacuumed_IsAborted) {
  Snapshot since = db_->GetSnapshot();
  Put("watched", "1");
  Delete("watched");
  VacuumAll();
  EXPECT_THAT(
      db_->TransactLocked({{kDefault, "k"}}, [](Transaction& tx) { return tx.Put("k", "v"); },
                          {{kDefault, "watched", &since}}),
      StatusIs(absl::StatusCode::kAborted));
}

// --- ChangedSince ---

class ChangedSinceTest : public DatabaseTest {
 protected:
  absl::StatusOr<bool> Changed(std::string_view key, const Snapshot& since,
                               Keyspace keyspace = Keyspace()) {
    Transaction tx = db_->Begin({.keyspace = keyspace});
    return tx.ChangedSince(key, since);
  }
};

TEST_F(ChangedSinceTest, WrittenDeletedOrInsertedIsChangedAndTheRestIsNot) {
  for (std::string_view key : {"same", "written", "deleted"}) Put(key, "1");
  Snapshot since = db_->GetSnapshot();
  Put("written", "2");
  Delete("deleted");
  Put("inserted", "1");
  EXPECT_THAT(Changed("same", since), Yields(false));
  EXPECT_THAT(Changed("never", since), Yields(false));
  EXPECT_THAT(Changed("written", since), Yields(true));
  EXPECT_THAT(Changed("deleted", since), Yields(true));
  EXPECT_THAT(Changed("inserted", since), Yields(true));
}

TEST_F(ChangedSinceTest, AKeyThatCameAndWentIsChangedBeforeAndAfterTheVacuum) {
  Snapshot since = db_->GetSnapshot();
  Put("k", "1");
  Delete("k");
  EXPECT_THAT(Changed("k", since), Yields(true));
  VacuumAll();
  EXPECT_THAT(Changed("k", since), Yields(true));
}

TEST_F(ChangedSinceTest, LooksUpToTheReadTimestampAndNotAtOwnWrites) {
  Put("k", "1");
  Snapshot since = db_->GetSnapshot();
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "own"));
  EXPECT_THAT(tx.ChangedSince("k", since), Yields(false));
  Put("k", "later than the transaction");
  EXPECT_THAT(tx.ChangedSince("k", since), Yields(false));
  EXPECT_THAT(Changed("k", since), Yields(true));
}

TEST_F(ChangedSinceTest, AKeyWhoseTimeCameMeanwhileIsChanged) {
  PutExpiring("k", "v", clock_.In(100));
  Snapshot since = db_->GetSnapshot();
  EXPECT_THAT(Changed("k", since), Yields(false));
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_THAT(Changed("k", since), Yields(true));
  VacuumAll();
  EXPECT_THAT(Changed("k", since), Yields(true));
}

TEST_F(ChangedSinceTest, AKeyThatHadAlreadyExpiredIsNotChangedByItsRemoval) {
  PutExpiring("k", "v", clock_.In(100));
  clock_.Advance(absl::Milliseconds(100));
  Snapshot since = db_->GetSnapshot();
  EXPECT_THAT(Changed("k", since), Yields(false));
}

TEST_F(ChangedSinceTest, AFlushChangesWhatWasPresent) {
  const Keyspace other = OpenOrFail("other");
  Put("present", "1", other);
  Put("untouched", "1");
  Snapshot since = db_->GetSnapshot();
  NACRE_ASSERT_OK(db_->FlushKeyspace(other));
  EXPECT_THAT(Changed("present", since, other), Yields(true));
  EXPECT_THAT(Changed("never", since, other), Yields(false));
  EXPECT_THAT(Changed("untouched", since), Yields(false));
  Put("after", "1", other);
  EXPECT_THAT(Changed("after", since, other), Yields(true));
}

TEST_F(ChangedSinceTest, ASwapChangesWhatWasOrIsPresent) {
  const Keyspace a = OpenOrFail("a");
  const Keyspace b = OpenOrFail("b");
  Put("in a", "1", a);
  Put("in b", "1", b);
  Snapshot since = db_->GetSnapshot();
  NACRE_ASSERT_OK(db_->SwapKeyspaces(a, b));
  EXPECT_THAT(Changed("in a", since, a), Yields(true));  // Was.
  EXPECT_THAT(Changed("in b", since, a), Yields(true));  // Is.
  EXPECT_THAT(Changed("never", since, a), Yields(false));
}

// --- Modify ---

class ModifyTest : public DatabaseTest {};

TEST_F(ModifyTest, PutsKeepsAndDeletes) {
  absl::StatusOr<Timestamp> timestamp = db_->Modify("k", [](std::optional<std::string_view> value) {
    EXPECT_EQ(value, std::nullopt);
    return Modification::Put("1");
  });
  ASSERT_THAT(timestamp, IsOk());
  EXPECT_EQ(*timestamp, db_->clock());
  const Timestamp clock = db_->clock();

  EXPECT_THAT(db_->Modify("k",
                          [](std::optional<std::string_view> value) {
                            EXPECT_THAT(value, Optional(Eq("1")));
                            return Modification::Keep();
                          }),
              Yields(clock));
  EXPECT_EQ(db_->clock(), clock);
  EXPECT_THAT(Latest("k"), Optional(Eq("1")));

  NACRE_EXPECT_OK(
      db_->Modify("k", [](std::optional<std::string_view>) { return Modification::Delete(); }));
  EXPECT_EQ(Latest("k"), std::nullopt);
  NACRE_EXPECT_OK(
      db_->Modify("k", [](std::optional<std::string_view>) { return Modification::Delete(); }));
}

TEST_F(ModifyTest, ConcurrentIncrementsNeverConflictAndAreAllCounted) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        int runs = 0;
        NACRE_EXPECT_OK(db_->Modify("count", [&](std::optional<std::string_view> value) {
          ++runs;
          return Modification::Put(
              std::to_string((value ? std::stoi(std::string(*value)) : 0) + 1));
        }));
        EXPECT_EQ(runs, 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Latest("count"), Optional(Eq("2000")));
}

TEST_F(ModifyTest, WorksInAKeyspaceAndWithExpiry) {
  const Keyspace other = OpenOrFail("other");
  const PutOptions expiring = {.expiry = clock_.In(100)};
  NACRE_EXPECT_OK(db_->Modify(
      "k", [&](std::optional<std::string_view>) { return Modification::Put("v", expiring); },
      other));
  NACRE_EXPECT_OK(db_->Modify(
      "k",
      [](std::optional<std::string_view> value) {
        EXPECT_THAT(value, Optional(Eq("v")));
        return Modification::Put("w", {.keep_expiry = true});
      },
      other));
  EXPECT_THAT(Latest("k", other), Optional(Eq("w")));
  clock_.Advance(absl::Milliseconds(100));
  NACRE_EXPECT_OK(db_->Modify(
      "k",
      [](std::optional<std::string_view> value) {
        EXPECT_EQ(value, std::nullopt);  // Its time has come.
        return Modification::Keep();
      },
      other));
  EXPECT_EQ(Latest("k", other), std::nullopt);
}

TEST_F(ModifyTest, AnOlderTransactionConflictsWithIt) {
  Transaction old = db_->Begin();
  NACRE_ASSERT_OK(old.Put("k", "old"));
  NACRE_ASSERT_OK(
      db_->Modify("k", [](std::optional<std::string_view>) { return Modification::Put("new"); }));
  EXPECT_THAT(old.Commit(), StatusIs(absl::StatusCode::kAborted, "k"));
}

}  // namespace
}  // namespace nacre::api
