// What committers do themselves.

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/asymmetric_fence.h"
#include "tests/unit/vacuum_fixture.h"

namespace nacre::vacuum {
namespace {

using ::testing::Optional;

class VacuumShare : public VacuumFixture {
 protected:
  // Less than makes a committer look after its own: these shares are done for all.
  static constexpr size_t kBacklogMax = 200;
  static_assert(kBacklogMax < GarbageQueue::kOwnEntries);
  // Commits made here on one thread, so at most one shard is behind in its report.
  static constexpr size_t kSlack = 64;

  std::atomic<int> passes_{0};
  std::atomic<int> answered_{0};
  std::atomic<bool> ends_{false};

  void SetUp() override {
    Options options;
    options.vacuum_backlog_max = kBacklogMax;
    Open(options);
  }

  // Each at a timestamp of its own; what they hold has been looked at.
  std::vector<Registration> HoldMany(size_t count) {
    std::vector<Registration> held;
    for (size_t i = 0; i < count; ++i) {
      held.push_back(Snapshot());
      Put("clock", "v");
    }
    vacuum_->RunOnce();
    return held;
  }
};

TEST_F(VacuumShare, BelowTheThresholdCommittersDoNothing) {
  for (size_t i = 0; i < kBacklogMax - kSlack; ++i) {
    Put("k", "v");
    vacuum_->Assist();
  }
  EXPECT_EQ(store_->counters.vacuum_assists.load(), 0u);
}

// OWN-FIRST: long before the backlog is reached.
TEST_F(VacuumShare, ACommitterPrunesAndFreesItsOwn) {
  Open({});
  size_t most_queued = 0;
  size_t most_retired = 0;
  for (int i = 0; i < 20'000; ++i) {
    Put("k" + std::to_string(i % 100), "v");
    vacuum_->Assist();
    most_queued = std::max(most_queued, vacuum_->queued());
    most_retired = std::max(most_retired, store_->retired.waiting());
  }
  // Each update leaves two behind: what stood in the slot, and what it has put apart. As many rest
  // as are young.
  EXPECT_LE(most_queued, 4 * GarbageQueue::kOwnEntries);
  EXPECT_LE(most_retired, 2 * 3 * base::RetireList::kBatchObjects);
  EXPECT_EQ(store_->counters.vacuum_assists.load(), 0u);
  EXPECT_EQ(store_->counters.vacuum_passes.load(), 0u);
}

// While one thread frees its own, what others have left does not wait for four thousand more.
TEST_F(VacuumShare, WhatNoCommitterFreesThePassesFree_ThoughAnotherFreesItsOwn) {
  // Between two passes the committer frees something.
  tuning_.after_pass = [this] {
    const int pass = ++passes_;
    while (answered_ < pass && !ends_) std::this_thread::yield();
  };
  Open({});
  Put("busy", "v");
  Put("left", "v");
  const base::ShardedCounter& memory_bytes = store_->counters.memory_bytes;
  const int64_t of_two_keys = memory_bytes.Sum();
  std::thread committer([this] {
    while (!ends_) {
      const int pass = passes_;
      for (size_t i = 0; i < 4 * GarbageQueue::kOwnEntries; ++i) {
        Put("busy", "v");
        vacuum_->Assist();
      }
      answered_ = pass;
    }
  });
  while (store_->counters.objects_freed.Sum() == 0) std::this_thread::yield();
  vacuum_->Start();
  while (passes_ < 3) std::this_thread::yield();
  constexpr size_t kLeft = 3000;
  for (size_t i = 0; i < kLeft; ++i) Put("left", "v");
  const int before = passes_;
  while (passes_ < before + 20) std::this_thread::yield();
  // No more than the committer's own.
  EXPECT_LE(store_->retired.waiting(), kLeft * 2 / 3);
  ends_ = true;
  committer.join();
  while (memory_bytes.Sum() != of_two_keys || store_->retired.waiting() != 0) {
    std::this_thread::yield();
  }
}

// One that stands still is asked once, for its snapshots and for its pins.
TEST_F(VacuumShare, ItsOwnCostsACommitterNoBarrierForThoseWhoStandStill) {
  Open({});
  std::atomic<int> step{0};
  std::thread idle([&] {
    for (int i = 0; i < 2 * base::LightSide::kFencesPaid; ++i) Put("idle", "v");
    for (step = 1; step != 2;) std::this_thread::yield();
  });
  while (step != 1) std::this_thread::yield();
  const uint64_t before = base::AsymmetricFence::heavy_count();
  for (size_t i = 0; i < 100 * GarbageQueue::kOwnEntries; ++i) {
    Put("k" + std::to_string(i % 100), "v");
    vacuum_->Assist();
  }
  EXPECT_LE(base::AsymmetricFence::heavy_count() - before, 2u);
  EXPECT_LE(vacuum_->queued(), 4 * GarbageQueue::kOwnEntries + 2 * base::LightSide::kFencesPaid);
  step = 2;
  idle.join();
}

// A scan of n snapshots is paid for by n entries, or by half of the backlog, or by n / 4.
TEST_F(VacuumShare, WithManySnapshotsACommitterScansAsOftenAsItsOwnPaysFor) {
  constexpr size_t kSnapshots = 4000;
  for (const size_t backlog_max : {size_t{2500}, size_t{4000}, 2 * kSnapshots}) {
    size_t scans = 0;
    tuning_.in_scan = [&scans] { ++scans; };
    Options options;
    options.vacuum_backlog_max = backlog_max;
    Open(options);
    const std::vector<Registration> held = HoldMany(kSnapshots);
    scans = 0;
    const size_t price = std::max(kSnapshots / 4, std::min(kSnapshots, backlog_max / 2));
    const size_t puts = 4 * (price + 2 * GarbageQueue::kOwnEntries);
    for (size_t i = 0; i < puts; ++i) {
      Put("k" + std::to_string(i % 100), "v");
      vacuum_->Assist();
      ASSERT_LE(vacuum_->queued(), price + 2 * GarbageQueue::kOwnEntries);
    }
    EXPECT_GE(scans, 3u);
    EXPECT_LE(scans, puts / price + 1);
    for (const Registration& snapshot : held) End(snapshot);
  }
}

TEST_F(VacuumShare, WithoutAThreadTheBacklogStaysBounded) {
  for (int i = 0; i < 50'000; ++i) {
    Put("k" + std::to_string(i % 100), "v");
    vacuum_->Assist();
    ASSERT_LE(vacuum_->queued(), kBacklogMax + kSlack);
    ASSERT_LE(store_->retired.waiting(), 4 * kBacklogMax);
  }
  EXPECT_GT(store_->counters.vacuum_assists.load(), 0u);
  EXPECT_EQ(store_->counters.vacuum_passes.load(), 0u);
}

// Forbidden: to scan under a lock. Who is preempted in there keeps the others from new scans, and
// of what was superseded since the last one they can unlink nothing.
TEST_F(VacuumShare, WhoStandsStillInAScanHoldsUpNobody) {
  tuning_.in_scan = std::ref(first_scan_);
  Options options;
  options.vacuum_backlog_max = kBacklogMax;
  Open(options);
  std::thread pass([this] { vacuum_->RunOnce(); });
  first_scan_.AwaitStand();
  size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    Put("k" + std::to_string(i % 100), "v");
    vacuum_->Assist();
    most = std::max(most, vacuum_->queued());
  }
  first_scan_.GoOn();
  pass.join();
  EXPECT_LE(most, kBacklogMax + kSlack);
}

// What makes no garbage wakes no share: versions that a conflict takes back, nodes of the index
// that inserts replace.
TEST_F(VacuumShare, WithoutAThreadWhatMakesNoGarbageIsFreedToo) {
  size_t most = 0;
  for (int i = 0; i < 20'000; ++i) {
    store_->retired.Add(mvcc::Version::NewTombstone(), mvcc::Version::Free);
    vacuum_->Assist();
    most = std::max(most, store_->retired.waiting());
  }
  EXPECT_GE(most, 8192u);  // The limit was met at all.
  EXPECT_LE(most, 8192u + base::RetireList::kBatchObjects);
}

// Forbidden: to free a fixed number for each commit, whatever it has retired.
TEST_F(VacuumShare, ACommitThatRetiresManyFreesMore) {
  constexpr size_t kRetired = 25'000;
  for (int i = 0; i < 40; ++i) {
    for (size_t k = 0; k < kRetired; ++k) {
      store_->retired.Add(mvcc::Version::NewTombstone(), mvcc::Version::Free);
    }
    vacuum_->Assist();
    ASSERT_LE(store_->retired.waiting(), 8192u);
  }
}

// What was retired while few objects waited, nobody owes for any more.
TEST_F(VacuumShare, ACommitFreesForItselfOnly) {
  for (size_t total = 0; total < 40'000; total += 100) {
    const size_t before = store_->retired.waiting();
    for (size_t k = 0; k < 100; ++k) {
      store_->retired.Add(mvcc::Version::NewTombstone(), mvcc::Version::Free);
    }
    vacuum_->Assist();
    ASSERT_LE(before + 100 - std::min(before + 100, store_->retired.waiting()),
              base::RetireList::kBatchObjects);
  }
}

// Forbidden: to owe for what was pushed while nobody had to do a share. The first commit beyond the
// threshold then pays for all that were before it, ten thousand by default, with milliseconds.
TEST_F(VacuumShare, ACommitOwesForItselfOnly) {
  size_t shares = 0;
  for (int i = 0; i < 5000; ++i) {
    Put("k" + std::to_string(i), "v");
    Put("k" + std::to_string(i), "v");  // One superseded version in each chain.
    const size_t before = vacuum_->queued();
    vacuum_->Assist();
    const size_t after = vacuum_->queued();  // More than before if it has promoted much.
    if (after >= before) continue;
    ASSERT_LE(before - after, 64u + 3u);
    ++shares;
  }
  EXPECT_GT(shares, 10u);
}

// BACKPRESSURE. Scans go by how far the homes of other threads say that they have come, so that
// these need no fence. One that lags must not keep the queue from being worked off.
TEST_F(VacuumShare, TheBacklogStaysBoundedBesideAThreadThatLags) {
  std::atomic<int> round{0};
  std::atomic<int> begun{0};
  constexpr int kRounds = 20;
  std::thread lags([&] {
    while (begun < kRounds) {
      while (round == begun) std::this_thread::yield();
      for (int i = 0; i < 2 * base::LightSide::kFencesPaid; ++i) End(Snapshot());
      ++begun;
    }
  });
  while (round < kRounds) {
    ++round;
    while (begun < round) std::this_thread::yield();
    for (int i = 0; i < 200; ++i) {
      Put("k" + std::to_string(i), "v");
      vacuum_->Assist();
    }
    ASSERT_LE(vacuum_->queued(), 2 * (kBacklogMax + kSlack)) << round;
  }
  lags.join();
}

TEST_F(VacuumShare, ACommitOfManyWritesOwesMore) {
  for (int i = 0; i < 100; ++i) {
    for (int k = 0; k < 2000; ++k) Put("k" + std::to_string(k), "v");
    vacuum_->Assist();  // One commit of 2000 writes, as far as the vacuum can tell.
    ASSERT_LE(vacuum_->queued(), kBacklogMax + 2000 + kSlack);
  }
}

TEST_F(VacuumShare, WithAHeldSnapshotTheBacklogStaysBoundedAndTheSnapshotWhole) {
  for (int k = 0; k < 1000; ++k) Put("k" + std::to_string(k), "held");
  const Registration held = Snapshot();
  for (int i = 0; i < 30'000; ++i) {
    Put("k" + std::to_string(i % 1000), "v");
    vacuum_->Assist();
    ASSERT_LE(vacuum_->queued(), kBacklogMax + kSlack);
  }
  EXPECT_LE(vacuum_->parked(), 1000u);
  for (int k = 0; k < 1000; ++k) {
    ASSERT_THAT(ReadAt(held.read_timestamp, "k" + std::to_string(k)),
                Optional(std::string("held")));
  }
  End(held);
}

// Without a pass, shares look again at what ended snapshots held.
TEST_F(VacuumShare, WhatShortTransactionsHeldIsLookedAtAgain) {
  Close();
  tuning_.short_transaction = absl::Hours(1);
  Options options;
  options.vacuum_backlog_max = kBacklogMax;
  Open(options);
  // Every version is seen by somebody when it is superseded, and by nobody 200 commits later.
  std::deque<Registration> open;
  size_t parked_max = 0;
  for (int i = 0; i < 20'000; ++i) {
    open.push_back(Snapshot());
    Put("k" + std::to_string(i % 100), "v");
    vacuum_->Assist();
    if (open.size() > 200) {
      End(open.front());
      open.pop_front();
    }
    parked_max = std::max(parked_max, vacuum_->parked());
    ASSERT_LE(vacuum_->queued(), kBacklogMax + kSlack);
  }
  EXPECT_GT(parked_max, 0u);
  EXPECT_LE(parked_max, 4 * kBacklogMax);
  for (const Registration& snapshot : open) End(snapshot);
}

TEST_F(VacuumShare, ManySnapshotsDoNotMakeEachShareScanThemAll) {
  const std::vector<Registration> held = HoldMany(4000);
  for (int i = 0; i < 20'000; ++i) {
    Put("k" + std::to_string(i % 100), "v");
    vacuum_->Assist();
    // A scan of n snapshots is paid for by n / 4 entries.
    ASSERT_LE(vacuum_->queued(), kBacklogMax + kSlack + 1000);
  }
  for (const Registration& snapshot : held) End(snapshot);
}

// BACKPRESSURE. Between two scans shares have older entries to look at than those that the last one
// knows nothing of, whatever a commit makes.
TEST_F(VacuumShare, WithManySnapshotsTheBacklogStaysBoundedForCommitsOfAnySize) {
  constexpr size_t kSnapshots = 20'000;
  // What a scan costs is what may be unknown to the last one.
  for (const auto& [backlog_max, price] :
       {std::pair(kBacklogMax, kSnapshots / 4), std::pair(kSnapshots, kSnapshots / 2)}) {
    for (const size_t writes : {1, 30, 1000}) {
      Options options;
      options.vacuum_backlog_max = backlog_max;
      options.snapshots_max = kSnapshots + 10;
      Open(options);
      const std::vector<Registration> held = HoldMany(kSnapshots);
      size_t most = 0;
      for (size_t written = 0; written < 3 * kSnapshots; written += writes) {
        for (size_t i = 0; i < writes; ++i) Put("k" + std::to_string(i % 1000), "v");
        vacuum_->Assist();
        most = std::max(most, vacuum_->queued());
      }
      EXPECT_LE(most, backlog_max + price + writes + kSlack) << writes;
      for (const Registration& snapshot : held) End(snapshot);
    }
  }
}

class VacuumShareOf : public VacuumShare,
                      public ::testing::WithParamInterface<txn::SnapshotRegistry::Holder> {};

// What transactions hold is asked about again, by blocks; what snapshots hold is parked.
TEST_P(VacuumShareOf, AShareDoesNotWalkFarDownALongChain) {
  std::vector<Registration> held;
  const uint64_t first = Put("long", "0");
  for (int i = 0; i < 5000; ++i) {
    held.push_back(Snapshot(GetParam()));
    Put("long", "v");
  }
  vacuum_->RunOnce();
  ASSERT_EQ(Chain("long").size(), 5001u);
  ASSERT_EQ(Chain("long").back(), first);
  // What the oldest see stands below thousands of versions that stay.
  for (size_t i = 0; i < 500; ++i) End(held[i]);
  for (size_t i = 0; i < kBacklogMax + kSlack; ++i) Put("k", "v");
  while (vacuum_->queued() > kBacklogMax - kSlack) {
    const size_t before = vacuum_->steps();
    const size_t queued = vacuum_->queued();
    Put("k", "v");
    vacuum_->Assist();
    // 64 steps for each of 67 entries, and a round of 16 entries with two latches each.
    ASSERT_LE(vacuum_->steps() - before, 67u * 64 + 16u * 2 * 256);
    ASSERT_LE(vacuum_->queued(), queued + 1);
    if (store_->counters.vacuum_assists.load() > 50) break;
  }
  EXPECT_GT(store_->counters.vacuum_assists.load(), 0u);
  EXPECT_EQ(vacuum_->RunOnce() > 0, true);
  EXPECT_EQ(Chain("long").size(), 4501u);
  for (size_t i = 500; i < held.size(); ++i) End(held[i]);
}

INSTANTIATE_TEST_SUITE_P(Holders, VacuumShareOf,
                         ::testing::Values(txn::SnapshotRegistry::Holder::kTransaction,
                                           txn::SnapshotRegistry::Holder::kSnapshot));

}  // namespace
}  // namespace nacre::vacuum
