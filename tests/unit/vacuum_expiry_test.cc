// Keys whose time has come, and the trees of dropped keyspaces.

#include <atomic>
#include <latch>
#include <thread>

#include "tests/unit/vacuum_fixture.h"

namespace nacre::vacuum {
namespace {

using ::testing::Optional;

class VacuumExpiry : public VacuumFixture {
 protected:
  void SetUp() override {
    Options options;
    options.time_source = [this] { return absl::FromUnixMillis(now_ms_.load()); };
    Open(options);
  }

  std::atomic<int64_t> now_ms_{1000};
};

TEST_F(VacuumExpiry, AKeyIsRemovedWhenItsTimeHasComeAndNotBefore) {
  Put("k", "v", /*expiry=*/2000);
  EXPECT_EQ(vacuum_->expiries(), 1u);
  now_ms_ = 1999;
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_TRUE(HasRecord("k"));
  now_ms_ = 2000;
  EXPECT_EQ(vacuum_->RunOnce(), 2u);
  EXPECT_FALSE(HasRecord("k"));
  EXPECT_EQ(vacuum_->expiries(), 0u);
  EXPECT_EQ(store_->counters.keys_expired.load(), 1u);
  EXPECT_EQ(store_->counters.memory_bytes.Sum(), 0);
}

TEST_F(VacuumExpiry, ASnapshotThatSawTheKeyKeepsIt) {
  Put("k", "v", 2000);
  const Registration held = Snapshot();
  now_ms_ = 5000;
  vacuum_->RunOnce();
  EXPECT_THAT(ReadAt(held.read_timestamp, "k"), Optional(std::string("v")));
  EXPECT_EQ(ReadAt(store_->sequencer.Clock(), "k"), std::nullopt);
  End(held);
  EXPECT_EQ(vacuum_->RunOnce(), 2u);
  EXPECT_FALSE(HasRecord("k"));
}

TEST_F(VacuumExpiry, TheIndexFollowsEachChangeOfTheNewestVersion) {
  Put("k", "1", 2000);
  Put("k", "2", 3000);
  EXPECT_EQ(vacuum_->expiries(), 1u);
  now_ms_ = 2500;
  vacuum_->RunOnce();
  EXPECT_TRUE(HasRecord("k"));
  Put("k", "3");
  EXPECT_EQ(vacuum_->expiries(), 0u);
  now_ms_ = 9000;
  vacuum_->RunOnce();
  EXPECT_TRUE(HasRecord("k"));
  Put("k", "4", 10'000);
  Delete("k");
  EXPECT_EQ(vacuum_->expiries(), 0u);
  vacuum_->RunOnce();
  EXPECT_FALSE(HasRecord("k"));
  EXPECT_EQ(store_->counters.keys_expired.load(), 0u);
}

TEST_F(VacuumExpiry, ABusyKeyIsLeftForTheNextPassAndHoldsUpNoOther) {
  for (int i = 0; i < 300; ++i) Put("k" + std::to_string(i), "v", 2000);
  now_ms_ = 3000;
  {
    txn::Stripe& stripe = StripeOf(tree_->id, "k7");
    base::MutexLock latch(stripe.latch);
    vacuum_->RunOnce();
    EXPECT_GE(vacuum_->expiries(), 1u);
    EXPECT_LE(vacuum_->expiries(), 10u) << "those that share the latch";
  }
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->expiries(), 0u);
}

TEST_F(VacuumExpiry, ManyKeysThatFallDueTogetherGoInOneWholePass) {
  constexpr int kKeys = 20'000;
  for (int i = 0; i < kKeys; ++i) Put("k" + std::to_string(i), "v", 2000 + i % 3);
  now_ms_ = 2002;
  EXPECT_EQ(vacuum_->RunOnce(), 2u * kKeys);
  EXPECT_EQ(vacuum_->expiries(), 0u);
  EXPECT_EQ(store_->counters.memory_bytes.Sum(), 0);
}

TEST_F(VacuumExpiry, AnExpiryThatIsNotInTheIndexStopsTheProcess) {
  ExpiryIndex index;
  mvcc::Record* const record = mvcc::Record::New(1, "k");
  EXPECT_DEATH(index.Change(record, 5, mvcc::kNoExpiry), "not in the index");
  index.Change(record, mvcc::kNoExpiry, 5);
  EXPECT_DEATH(index.Change(record, mvcc::kNoExpiry, 5), "in the index twice");
  mvcc::Record::Free(record);
}

TEST_F(VacuumExpiry, TheIndexCountsEachTreeByItself) {
  ExpiryIndex index;
  std::vector<mvcc::Record*> records;
  for (uint32_t i = 0; i < 100; ++i) {
    records.push_back(mvcc::Record::New(1 + i % 2, "k"));
    index.Change(records.back(), mvcc::kNoExpiry, 1000 + i);
  }
  base::EpochPin pin;
  // Due are 1000 to 1010: six of tree 1, five of tree 2.
  const auto first = index.CountTree(1, 1010, 100);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->keys, 50u);
  EXPECT_EQ(first->due, 6u);
  EXPECT_EQ(first->MeanTimeToLive(1010), 45);  // Of 1012, 1014, ... 1098.
  EXPECT_EQ(index.CountTree(1, 1097, 100)->MeanTimeToLive(1097), 1);
  EXPECT_EQ(index.CountTree(1, 5000, 100)->MeanTimeToLive(5000), 0) << "none is present";
  EXPECT_EQ(index.CountTree(2, 1010, 100)->due, 5u);
  EXPECT_EQ(index.CountTree(3, 1010, 100)->keys, 0u);
  // How many of the other tree stand beside them hangs on where the allocator has put the records.
  EXPECT_EQ(index.CountTree(1, 1010, 5), std::nullopt) << "six of its own are due";
  EXPECT_EQ(index.CountDue(1010, 100), 11u);
  EXPECT_EQ(index.CountDue(1010, 5), 5u);
  for (uint32_t i = 0; i < 100; ++i) {
    index.Change(records[i], 1000 + i, mvcc::kNoExpiry);
    mvcc::Record::Free(records[i]);
  }
  EXPECT_EQ(index.CountTree(1, 1010, 100)->keys, 0u);
}

class VacuumTree : public VacuumExpiry {};

TEST_F(VacuumTree, AFlushedTreeIsTakenApartWithEverythingInIt) {
  constexpr int kKeys = 3000;
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = "k" + std::to_string(i);
    Put(key, "1");
    if (i % 2 == 0) Put(key, "2");
    if (i % 3 == 0) Delete(key);
    if (i % 5 == 0) Put(key, "3", 2000 + i);
  }
  Flush();
  EXPECT_EQ(vacuum_->trees_pending(), 1u);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->trees_pending(), 0u);
  EXPECT_EQ(vacuum_->expiries(), 0u);
  EXPECT_EQ(store_->counters.memory_bytes.Sum(), 0);
  EXPECT_EQ(store_->counters.records_removed.Sum(), kKeys);
  EXPECT_EQ(store_->keyspaces.ListTrees().size(), 1u);
  EXPECT_EQ(vacuum_->queued() + vacuum_->parked(), 0u);
  EXPECT_EQ(store_->retired.waiting(), 0u);
}

TEST_F(VacuumTree, ASnapshotFromBeforeTheFlushHoldsTheTree) {
  Put("k", "v");
  txn::Tree* before = tree_;
  const Registration held = Snapshot();
  Flush();
  Put("k", "new");
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->trees_pending(), 1u);
  {
    base::EpochPin pin;
    const txn::Generation* seen = store_->keyspaces.Find(keyspace_, held.read_timestamp);
    ASSERT_NE(seen, nullptr);
    EXPECT_EQ(seen->tree, before);
    EXPECT_NE(before->index.Find("k"), nullptr);
  }
  End(held);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->trees_pending(), 0u);
}

TEST_F(VacuumTree, WhoeverWasInsideACallWhenTheLastGenerationWentIsWaitedFor) {
  Put("k", "v");
  txn::Tree* before = tree_;
  std::latch is_pinned(1);
  std::latch may_go(1);
  std::thread pinned([&] {
    base::EpochPin pin;
    is_pinned.count_down();
    may_go.wait();
    EXPECT_NE(before->index.Find("k"), nullptr);
  });
  is_pinned.wait();
  Flush();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->trees_pending(), 1u);
  may_go.count_down();
  pinned.join();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->trees_pending(), 0u);
}

TEST_F(VacuumTree, ARecordWhoseLatchIsBusyIsComeBackFor) {
  for (int i = 0; i < 300; ++i) Put("k" + std::to_string(i), "v");
  const uint32_t dropped = tree_->id;
  Flush();
  {
    txn::Stripe& stripe = StripeOf(dropped, "k7");
    base::MutexLock latch(stripe.latch);
    vacuum_->RunOnce();
    EXPECT_EQ(vacuum_->trees_pending(), 1u);
    EXPECT_GE(store_->counters.records_removed.Sum(), 290);
  }
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->trees_pending(), 0u);
  EXPECT_EQ(store_->counters.memory_bytes.Sum(), 0);
}

TEST_F(VacuumTree, EntriesThatArriveAfterTheirTreeIsGoneAreConsumed) {
  Put("k", "1");
  std::vector<txn::Garbage> late;
  {
    base::EpochPin pin;
    txn::Stripe& stripe = StripeOf(tree_->id, "k");
    base::MutexLock latch(stripe.latch);
    CommitLatched(*tree_, "k", mvcc::Version::NewBytes("2", mvcc::kNoExpiry), late);
  }
  Flush();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->trees_pending(), 0u);
  vacuum_->Accept(late);
  EXPECT_EQ(vacuum_->RunOnce(), 0u);
  EXPECT_EQ(vacuum_->queued(), 0u);
}

TEST_F(VacuumTree, ATombstoneThatWaitsInADroppedTreeIsConsumed) {
  Put("k", "1");
  const Registration held = Snapshot();
  Delete("k");
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), 2u);
  Flush();
  vacuum_->RunOnce();
  End(held);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), 0u);
  EXPECT_EQ(vacuum_->trees_pending(), 0u);
}

TEST_F(VacuumTree, ATombstoneThatWaitsWhenItsTreeIsTakenApartIsConsumed) {
  Put("k", "1");
  const Registration held = Snapshot();
  std::vector<txn::Garbage> late;
  {
    base::EpochPin pin;
    txn::Stripe& stripe = StripeOf(tree_->id, "k");
    base::MutexLock latch(stripe.latch);
    CommitLatched(*tree_, "k", mvcc::Version::NewBytes("2", mvcc::kNoExpiry), late);
  }
  Delete("k");
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), 1u) << "the tombstone; the entry of what it covers is on its way";
  Flush();
  End(held);
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->parked(), 0u);
  EXPECT_EQ(vacuum_->trees_pending(), 0u);
  vacuum_->Accept(late);
  vacuum_->RunOnce();
}

TEST_F(VacuumTree, ATreeThatStandsInAnotherKeyspaceToo_Stays) {
  Put("k", "v");
  txn::Tree* tree = tree_;
  // What a swap does: the same tree in a second keyspace, then the first lets it go.
  const uint32_t other = store_->keyspaces.AddName("other").value();
  {
    base::MutexLock changes(store_->keyspaces.changes_mutex());
    base::MutexLock sequencer(store_->sequencer.mutex());
    const uint64_t timestamp = store_->sequencer.Clock() + 1;
    store_->keyspaces.Push(other, new txn::Generation(tree), timestamp);
    store_->sequencer.Publish(timestamp);
  }
  Flush();
  vacuum_->RunOnce();
  EXPECT_EQ(vacuum_->trees_pending(), 0u);
  base::EpochPin pin;
  EXPECT_NE(tree->index.Find("k"), nullptr);
}

}  // namespace
}  // namespace nacre::vacuum
