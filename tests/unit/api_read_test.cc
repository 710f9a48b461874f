// Reads and ends as they mostly go, which is without a call or a frame, and where they go
// otherwise: nobody may tell the one from the other.

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

constexpr auto kAborted = absl::StatusCode::kAborted;

class ReadTest : public DatabaseTest {};

// Of each length there is a key, and one that differs from it in one byte is absent.
TEST_F(ReadTest, KeysOfAllLengths) {
  constexpr size_t kLongest = 70;
  for (size_t size = 0; size <= kLongest; ++size) {
    Put(std::string(size, 'k'), std::to_string(size));
  }
  for (const bool read_only : {false, true}) {
    Transaction transaction = db_->Begin({.read_only = read_only});
    for (size_t size = 0; size <= kLongest; ++size) {
      std::string key(size, 'k');
      EXPECT_THAT(transaction.Get(key), Holds(std::to_string(size)));
      for (size_t changed = 0; changed < size; ++changed) {
        key[changed] = 'q';
        EXPECT_THAT(transaction.Get(key), IsAbsent()) << key;
        key[changed] = 'k';
      }
    }
  }
}

// What the first read of a transaction does, later ones need not do again.
TEST_F(ReadTest, OfASerializableTransaction_TheFirstAndLaterOnesCount) {
  Put("present", "0");
  Put("other", "0");
  struct Case {
    const char* first;
    const char* later;
    const char* changed;
    bool conflicts;
  };
  for (const Case& c :
       {Case{"present", "other", "present", true}, Case{"present", "other", "other", true},
        Case{"present", "absent 1", "absent 1", true},
        Case{"absent 2", "present", "absent 2", true},
        Case{"absent 3", "absent 4", "absent 4", true},
        Case{"present", "other", "neither", false}}) {
    Transaction transaction = db_->Begin({.isolation = Isolation::kSerializable});
    NACRE_ASSERT_OK(transaction.Get(c.first));
    NACRE_ASSERT_OK(transaction.Get(c.later));
    NACRE_ASSERT_OK(transaction.Put("written", "1"));
    Put(c.changed, "1");
    const absl::StatusOr<Timestamp> committed = transaction.Commit();
    if (c.conflicts) {
      EXPECT_THAT(committed, StatusIs(kAborted, c.changed)) << c.first << ", " << c.later;
    } else {
      NACRE_EXPECT_OK(committed);
    }
  }
}

// What it reads in is noted when it writes there, as of its read timestamp.
TEST_F(ReadTest, AFlushBetweenAReadAndAWrite) {
  for (const bool writes : {false, true}) {
    Put("k", "before");
    Transaction transaction = db_->Begin();
    EXPECT_THAT(transaction.Get("k"), Holds("before"));
    NACRE_ASSERT_OK(db_->FlushKeyspace(Keyspace()));
    EXPECT_THAT(transaction.Get("k"), Holds("before"));
    if (writes) {
      NACRE_ASSERT_OK(transaction.Put("k", "after"));
      EXPECT_THAT(transaction.Commit(), StatusIs(kAborted, "flushed"));
    } else {
      NACRE_EXPECT_OK(transaction.Commit());
    }
    EXPECT_THAT(db_->Begin().Get("k"), IsAbsent());
  }
}

// Also where the vacuum has been since, and whatever key is written.
TEST_F(ReadTest, AChangedKeyspaceIsNoticedByTheFirstWriteAfterARead) {
  const Keyspace other = OpenOrFail("other");
  const auto change = [&](int kind, Keyspace keyspace) {
    if (kind == 0) return db_->FlushKeyspace(keyspace);
    return kind == 1 ? db_->DropKeyspace(keyspace) : db_->SwapKeyspaces(keyspace, other);
  };
  for (int kind = 0; kind < 3; ++kind) {
    for (const char* written : {"k", "l"}) {
      const Keyspace keyspace = OpenOrFail("changed");
      Transaction before = db_->Begin({.keyspace = keyspace});
      NACRE_ASSERT_OK(before.Put("k", "before"));
      NACRE_ASSERT_OK(before.Commit());
      Transaction transaction = db_->Begin({.keyspace = keyspace});
      EXPECT_THAT(transaction.Get("k"), Holds("before"));
      NACRE_ASSERT_OK(change(kind, keyspace));
      VacuumAll();
      EXPECT_THAT(transaction.Get("k"), Holds("before"));
      NACRE_ASSERT_OK(transaction.Put(written, "after"));
      EXPECT_THAT(transaction.Commit(), StatusIs(absl::StatusCode::kAborted, "flushed"));
      EXPECT_EQ(Latest("l", other), std::nullopt);
    }
  }
}

// They end in a slot that belongs to nobody, since their thread has another one open.
TEST_F(ReadTest, EndsGiveBackTheirPlaces) {
  Options options = DefaultOptions();
  options.snapshots_max = 4;
  Open(options);
  for (int i = 0; i < 20; ++i) {
    Transaction first = db_->Begin();
    Transaction second = db_->Begin();
    NACRE_ASSERT_OK(second.Get("k"));
    NACRE_ASSERT_OK(second.Commit());
    NACRE_ASSERT_OK(first.Commit());
  }
  EXPECT_EQ(db_->GetStats().active_snapshots, 0u);
}

TEST_F(ReadTest, EndsAreCounted) {
  const uint64_t before = db_->GetStats().commits_read_only;
  const uint64_t rollbacks = db_->GetStats().rollbacks;
  for (const Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    Transaction transaction = db_->Begin({.isolation = isolation});
    const Timestamp at = transaction.read_timestamp();
    NACRE_ASSERT_OK(transaction.Get("k"));
    EXPECT_THAT(transaction.Commit(), Yields(at));
    EXPECT_THAT(transaction.Get("k"), StatusIs(absl::StatusCode::kFailedPrecondition, "finished"));
    EXPECT_THAT(transaction.Commit(), StatusIs(absl::StatusCode::kFailedPrecondition, "finished"));
    const Transaction moved = std::move(transaction);
    EXPECT_THAT(transaction.Get("k"), StatusIs(absl::StatusCode::kFailedPrecondition, "moved"));
    EXPECT_THAT(transaction.Commit(), StatusIs(absl::StatusCode::kFailedPrecondition, "moved"));
  }
  EXPECT_EQ(db_->GetStats().commits_read_only, before + 2);
  EXPECT_EQ(db_->GetStats().rollbacks, rollbacks);
}

TEST_F(ReadTest, AtTheEndOfAReaderTheVacuumGoesOn) {
  Options options = DefaultOptions();
  options.vacuum_thread = true;
  Open(options);
  for (int round = 0; round < 20; ++round) {
    Put("k", "1");
    Transaction reader = db_->Begin();
    NACRE_ASSERT_OK(reader.Get("k"));
    Put("k", "2");
    while (db_->GetStats().versions_parked == 0) std::this_thread::yield();
    NACRE_ASSERT_OK(reader.Commit());
    while (db_->GetStats().versions_parked != 0) std::this_thread::yield();
  }
}

class ReadDeathTest : public DatabaseTest {
 protected:
  ReadDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(ReadDeathTest, AFunctionOfTransactThatCommits_IsStopped) {
  const auto commit = [](Transaction& transaction) { return transaction.Commit().status(); };
  EXPECT_DEATH((void)db_->Transact(commit), "must not commit");
}

}  // namespace
}  // namespace nacre::api
