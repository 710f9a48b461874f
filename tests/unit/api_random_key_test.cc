// Transaction::RandomKey().

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "tests/unit/api_fixture.h"

namespace nacre::api {
namespace {

using RandomKeyTest = DatabaseTest;

std::string Draw(Transaction& tx) {
  const auto key = tx.RandomKey();
  EXPECT_THAT(key, IsOk());
  return key.ok() && key->has_value() ? std::string(**key) : "(none)";
}

TEST_F(RandomKeyTest, NoneInAnEmptyKeyspace) {
  Transaction tx = db_->Begin();
  EXPECT_THAT(tx.RandomKey(), IsAbsent());
  Put("k", "v");
  EXPECT_THAT(tx.RandomKey(), IsAbsent()) << "the snapshot is older";
  Delete("k");
  Transaction after = db_->Begin();
  EXPECT_THAT(after.RandomKey(), IsAbsent());
}

TEST_F(RandomKeyTest, EveryKeyComesUpAboutAsOften) {
  constexpr int kKeys = 300;
  constexpr int kDraws = 30'000;
  // Lengths, depths and numbers of siblings differ, as those of decimal numbers do.
  for (int i = 0; i < kKeys; ++i) Put("key:" + std::to_string(i * i), "v");
  Transaction tx = db_->Begin({.read_only = true});
  std::map<std::string, int> drawn;
  for (int i = 0; i < kDraws; ++i) ++drawn[Draw(tx)];
  EXPECT_EQ(drawn.size(), size_t{kKeys});
  double chi_squared = 0;
  constexpr double kExpected = double{kDraws} / kKeys;
  for (const auto& [key, times] : drawn) {
    chi_squared += (times - kExpected) * (times - kExpected) / kExpected;
    EXPECT_GT(times, kExpected / 3) << key;
    EXPECT_LT(times, kExpected * 3) << key;
  }
  // An even choice has about kKeys; one walk down the index without weights has ten times that.
  EXPECT_LT(chi_squared, 3 * kKeys);
}

TEST_F(RandomKeyTest, AKeyApartIsNotPreferred) {
  for (int i = 0; i < 10'000; ++i) Put("many:" + std::to_string(i), "v");
  Put("apart", "v");
  Transaction tx = db_->Begin({.read_only = true});
  int apart = 0;
  for (int i = 0; i < 5000; ++i) apart += Draw(tx) == "apart" ? 1 : 0;
  EXPECT_LT(apart, 20) << "every second walk ends there";
}

TEST_F(RandomKeyTest, NeverOneThatIsDeletedOrExpired) {
  Put("stays", "v");
  for (int i = 0; i < 500; ++i) {
    PutExpiring("expires:" + std::to_string(i), "v", clock_.In(10));
    Put("deleted:" + std::to_string(i), "v");
  }
  for (int i = 0; i < 500; ++i) Delete("deleted:" + std::to_string(i));
  clock_.Advance(absl::Milliseconds(10));
  Transaction tx = db_->Begin({.read_only = true});
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Draw(tx), "stays");
}

TEST_F(RandomKeyTest, OwnWritesCount) {
  for (int i = 0; i < 10; ++i) Put("old:" + std::to_string(i), "v");
  Transaction tx = db_->Begin();
  for (int i = 0; i < 10; ++i) NACRE_ASSERT_OK(tx.Put("own:" + std::to_string(i), "v"));
  for (int i = 1; i < 10; ++i) NACRE_ASSERT_OK(tx.Delete("old:" + std::to_string(i)));
  std::set<std::string> drawn;
  for (int i = 0; i < 1000; ++i) drawn.insert(Draw(tx));
  EXPECT_EQ(drawn.size(), 11u);
  EXPECT_FALSE(drawn.contains("old:1"));
  for (int i = 0; i < 10; ++i) NACRE_ASSERT_OK(tx.Delete("own:" + std::to_string(i)));
  NACRE_ASSERT_OK(tx.Delete("old:0"));
  EXPECT_THAT(tx.RandomKey(), IsAbsent());
}

TEST_F(RandomKeyTest, CountsAsReadingEveryKey) {
  const auto against = [&](auto change) {
    Transaction tx = db_->Begin({.isolation = Isolation::kSerializable});
    EXPECT_THAT(tx.RandomKey(), IsOk());
    EXPECT_THAT(tx.Use(OpenOrFail("elsewhere")), IsOk());
    EXPECT_THAT(tx.Put("w", "v"), IsOk());
    change();
    return tx.Commit().status();
  };
  OpenOrFail("elsewhere");
  EXPECT_THAT(against([&] { Put("a", "phantom"); }), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(against([&] { Put("b", "phantom"); }), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(against([&] { Delete("a"); }), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(against([] {}), IsOk());
}

TEST_F(RandomKeyTest, ManyOwnWritesComeUpAccordingToTheirShare) {
  for (int i = 0; i < 1000; ++i) Put("old:" + std::to_string(i), "v");
  Transaction tx = db_->Begin();
  for (int i = 0; i < 1000; ++i) NACRE_ASSERT_OK(tx.Put("own:" + std::to_string(i), "v"));
  for (int i = 0; i < 1000; ++i) NACRE_ASSERT_OK(tx.Delete("none:" + std::to_string(i)));
  constexpr int kDraws = 3000;
  std::set<std::string> drawn;
  int own = 0;
  for (int i = 0; i < kDraws; ++i) {
    const std::string key = Draw(tx);
    drawn.insert(key);
    own += key.starts_with("own:") ? 1 : 0;
  }
  EXPECT_GT(own, kDraws / 3);
  EXPECT_LT(own, kDraws * 2 / 3);
  EXPECT_GT(drawn.size(), 1000u);
}

TEST_F(RandomKeyTest, TheOneOwnKeyAmongManyDeletedIsFound) {
  for (int i = 0; i < 1000; ++i) Put("k:" + std::to_string(i), "v");
  Transaction tx = db_->Begin();
  for (int i = 0; i < 1000; ++i) NACRE_ASSERT_OK(tx.Delete("k:" + std::to_string(i)));
  NACRE_ASSERT_OK(tx.Put("own", "v"));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Draw(tx), "own");
}

TEST_F(RandomKeyTest, OnlyTheTimeOfAnOthersKeyCanRunOut) {
  OpenOrFail("elsewhere");
  const auto draws_and_commits_late = [&](bool own) {
    Transaction tx = db_->Begin({.isolation = Isolation::kSerializable});
    if (own) {
      EXPECT_THAT(tx.Put("k", "v", {.expiry = clock_.In(5)}), IsOk());
    }
    EXPECT_EQ(Draw(tx), "k");
    EXPECT_THAT(tx.Use(OpenOrFail("elsewhere")), IsOk());
    EXPECT_THAT(tx.Put("w", "v"), IsOk());
    clock_.Advance(absl::Milliseconds(6));
    db_->Begin().Rollback();  // The time of the database follows.
    return tx.Commit().status();
  };
  EXPECT_THAT(draws_and_commits_late(true), IsOk());
  EXPECT_EQ(Latest("k"), std::nullopt);
  PutExpiring("k", "v", clock_.In(5));
  EXPECT_THAT(draws_and_commits_late(false), StatusIs(absl::StatusCode::kAborted, "expired"));
}

// Under the address sanitizer: the tree of the own writes must not be looked at.
TEST_F(RandomKeyTest, ASnapshotThatIsTooOldIsRefusedWhereItsTreeIsGone) {
  Options options = DefaultOptions();
  options.max_snapshot_age = kInstant;
  Open(options);
  Transaction tx = db_->Begin();
  NACRE_ASSERT_OK(tx.Put("k", "v"));
  ASSERT_THAT(db_->FlushKeyspace(Keyspace()), IsOk());
  VacuumAll();
  EXPECT_THAT(tx.RandomKey(), StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_F(RandomKeyTest, IsRefusedWhereRangesAre) {
  const Database::LockedKey key{Keyspace(), "k"};
  EXPECT_THAT(
      db_->TransactLocked({&key, 1}, [](Transaction& tx) { return tx.RandomKey().status(); }),
      StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace nacre::api
