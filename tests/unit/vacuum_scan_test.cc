// What a scan allows, at the boundaries and against brute force; the queue of work and its bell;
// history.

#include <algorithm>
#include <atomic>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/asymmetric_fence.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/test_seed.h"
#include "vacuum/garbage_queue.h"
#include "vacuum/history.h"
#include "vacuum/scan.h"
#include "vacuum/wake_bell.h"

namespace nacre::vacuum {
namespace {

using Verdict = Scan::Verdict;

Scan ScanAt(uint64_t clock, std::vector<uint64_t> points) {
  Scan scan;
  scan.clock = scan.floor = clock;
  for (uint64_t point : points) scan.points.push_back({point, 0});
  return scan;
}

TEST(VacuumScan, ASnapshotNeedsTheVersionCommittedAtItsTimestamp) {
  EXPECT_EQ(ScanAt(100, {10}).Judge(10, 11).verdict, Verdict::kPark);
  EXPECT_FALSE(ScanAt(100, {10}).MayPrune(10, 11));
}

TEST(VacuumScan, ASnapshotDoesNotNeedTheVersionSupersededAtItsTimestamp) {
  EXPECT_EQ(ScanAt(100, {10}).Judge(9, 10).verdict, Verdict::kPrune);
  EXPECT_TRUE(ScanAt(100, {10}).MayPrune(9, 10));
}

TEST(VacuumScan, OlderAndYoungerSnapshotsDoNotHoldWhatLiesBetweenThem) {
  EXPECT_TRUE(ScanAt(100, {10, 20}).MayPrune(11, 20));
  EXPECT_FALSE(ScanAt(100, {10, 20}).MayPrune(11, 21));
  EXPECT_FALSE(ScanAt(100, {10, 20}).MayPrune(10, 20));
}

TEST(VacuumScan, WhatWasSupersededAfterTheClockIsLeft) {
  EXPECT_TRUE(ScanAt(100, {}).MayPrune(99, 100));
  EXPECT_FALSE(ScanAt(100, {}).MayPrune(99, 101));
  EXPECT_EQ(ScanAt(100, {}).Judge(99, 101).verdict, Verdict::kLater);
}

TEST(VacuumScan, ARayHoldsEverythingSupersededAboveItsOrigin) {
  Scan scan = ScanAt(100, {});
  scan.ray_from = 50;
  EXPECT_TRUE(scan.MayPrune(40, 50));
  EXPECT_FALSE(scan.MayPrune(40, 51));
  EXPECT_EQ(scan.Judge(60, 70).verdict, Verdict::kLater);
}

TEST(VacuumScan, WhatIsAboveTheFloorIsRetainedUnlessASnapshotHoldsItAnyway) {
  Scan scan = ScanAt(100, {30});
  scan.floor = 40;
  EXPECT_EQ(scan.Judge(35, 40).verdict, Verdict::kPrune);
  EXPECT_EQ(scan.Judge(35, 41).verdict, Verdict::kRetain);
  EXPECT_EQ(scan.Judge(30, 41).verdict, Verdict::kPark);
}

TEST(VacuumScan, ParksOnTheNewestLastingSnapshotAndPassesOverShortOnes) {
  Scan scan = ScanAt(100, {});
  scan.lasting_ns = 1000;
  scan.points = {{10, 500}, {20, 1000}, {30, 1001}};
  const Scan::Judgement judgement = scan.Judge(5, 50);
  EXPECT_EQ(judgement.verdict, Verdict::kPark);
  EXPECT_EQ(judgement.newest, 20u);
  EXPECT_EQ(judgement.oldest, 10u);
  EXPECT_EQ(scan.Judge(25, 50).verdict, Verdict::kLater) << "it rests, and will soon have ended";
}

TEST(VacuumScan, WhatOnlyShortOnesHoldIsParkedOnThoseWhoLook) {
  Scan scan = ScanAt(100, {10});
  scan.lasting_ns = 1000;
  scan.points = {{10, 1000}, {20, 1001}, {30, 1001}, {40, 1001}};
  scan.viewers = {{20, 1001}, {30, 1001}};
  EXPECT_EQ(scan.Judge(10, 50).verdict, Verdict::kPark) << "the lasting one comes first";
  const Scan::Judgement judgement = scan.Judge(11, 50);
  EXPECT_EQ(judgement.verdict, Verdict::kParkForViews);
  EXPECT_EQ(judgement.newest, 30u);
  EXPECT_EQ(judgement.oldest, 20u);
  EXPECT_EQ(scan.Judge(31, 50).verdict, Verdict::kLater) << "who rests may be moved from";
  EXPECT_EQ(scan.Judge(11, 101).verdict, Verdict::kLater) << "after the clock";
  scan.floor = 49;
  EXPECT_EQ(scan.Judge(11, 50).verdict, Verdict::kRetain);
}

TEST(VacuumScan, AllReadFromWhereNobodyIsOrBeginsBelow) {
  Scan scan = ScanAt(100, {20, 30});
  EXPECT_TRUE(scan.AllReadFrom(20));
  EXPECT_FALSE(scan.AllReadFrom(21));
  scan.points = {};
  EXPECT_TRUE(scan.AllReadFrom(100));
  EXPECT_FALSE(scan.AllReadFrom(101)) << "after the clock";
  scan.ray_from = 50;
  EXPECT_TRUE(scan.AllReadFrom(50));
  EXPECT_FALSE(scan.AllReadFrom(51)) << "somebody begins";
}

// MOVED, AT-REST.
TEST(VacuumScan, WhatWasMovedIsNeededByThoseWhoLook) {
  Scan scan = ScanAt(100, {10, 20, 30});
  scan.lasting_ns = 1000;
  scan.viewers = {{20, 500}, {40, 1001}};
  EXPECT_EQ(scan.JudgeMoved(10, 20).verdict, Verdict::kPrune);
  EXPECT_EQ(scan.Judge(10, 20).verdict, Verdict::kPark);
  EXPECT_EQ(scan.JudgeMoved(10, 21).verdict, Verdict::kParkForViews);
  const Scan::Judgement judgement = scan.JudgeMoved(10, 50);
  EXPECT_EQ(judgement.verdict, Verdict::kParkForViews);
  EXPECT_EQ(judgement.newest, 40u);
  EXPECT_EQ(judgement.oldest, 20u);
  EXPECT_EQ(scan.JudgeMoved(30, 50).verdict, Verdict::kParkForViews) << "however short";
  EXPECT_EQ(scan.JudgeMoved(50, 101).verdict, Verdict::kLater) << "after the clock";
  const Scan::Judgement looks = scan.JudgeLooks(30, 50);
  EXPECT_EQ(looks.verdict, Verdict::kParkForViews) << "however short";
  EXPECT_EQ(looks.newest, 40u);
  EXPECT_EQ(looks.oldest, 40u);
  EXPECT_EQ(scan.JudgeLooks(10, 50).oldest, 20u);
  EXPECT_EQ(scan.JudgeLooks(10, 20).verdict, Verdict::kPrune);
  scan.ray_from = 25;
  EXPECT_EQ(scan.JudgeLooks(21, 30).verdict, Verdict::kLater) << "somebody begins";
  EXPECT_EQ(scan.JudgeMoved(21, 30).verdict, Verdict::kLater) << "somebody begins";
}

TEST(VacuumScan, AgreesWithBruteForce) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint64_t> points;
    for (uint64_t t = 0; t < 40; ++t) {
      if (random() % 4 == 0) points.push_back(t);
    }
    Scan scan = ScanAt(30 + random() % 10, points);
    if (random() % 3 == 0) scan.ray_from = random() % 40;
    if (random() % 3 == 0) scan.floor = random() % (scan.clock + 1);
    for (int i = 0; i < 20; ++i) {
      const uint64_t b = random() % 40;
      const uint64_t e = b + 1 + random() % 10;
      const bool seen = std::any_of(points.begin(), points.end(),
                                    [&](uint64_t point) { return b <= point && point < e; });
      const bool may_go = !seen && e <= scan.clock && e <= scan.floor && e <= scan.ray_from;
      ASSERT_EQ(scan.MayPrune(b, e), may_go) << b << " " << e;
      ASSERT_EQ(scan.Judge(b, e).verdict == Verdict::kPrune, may_go) << b << " " << e;
    }
  }
}

TEST(VacuumQueue, NothingIsLostOrDoubledByTakingSome) {
  GarbageQueue queue(/*backlog_max=*/4);
  std::vector<txn::Garbage> entries;
  for (uint64_t i = 1; i <= 100; ++i) entries.push_back({nullptr, nullptr, i});
  queue.Push(entries);
  EXPECT_EQ(queue.approximate_size(), 100u);
  std::vector<txn::Garbage> some;
  queue.TakeSome(30, /*scanned=*/0, some);
  EXPECT_EQ(some.size(), 30u);
  EXPECT_EQ(queue.size(), 70u);
  EXPECT_EQ(queue.approximate_size(), 70u);
  queue.Return(absl::MakeConstSpan(some).subspan(10));
  EXPECT_EQ(queue.size(), 90u);
  EXPECT_EQ(queue.TakeOwed(), 100u) << "what is returned is owed by nobody";
  EntryList rest;
  queue.TakeAll(rest);
  std::vector<uint64_t> seen;
  rest.ForEach([&seen](const txn::Garbage& entry) { seen.push_back(entry.superseded_at); });
  for (size_t i = 0; i < 10; ++i) seen.push_back(some[i].superseded_at);
  std::sort(seen.begin(), seen.end());
  for (uint64_t i = 1; i <= 100; ++i) EXPECT_EQ(seen[i - 1], i);
  EXPECT_EQ(queue.approximate_size(), 0u);
}

TEST(VacuumQueue, UpToTheBacklogOnlyTheLastCommitOwes) {
  GarbageQueue queue(/*backlog_max=*/4);
  const std::vector<txn::Garbage> two(2);
  for (size_t owed : {2, 2, 2, 4, 6}) {  // Pushed onto 0, 2, 4, 6 and 8.
    queue.Push(two);
    GarbageQueue other(/*backlog_max=*/4);
    for (size_t i = 0; i < queue.size(); i += 2) other.Push(two);
    EXPECT_EQ(other.TakeOwed(), owed) << queue.size();
  }
}

TEST(VacuumQueue, TheApproximateSizeIsOffByNoMoreThanWasAllowed) {
  GarbageQueue queue(/*backlog_max=*/640);
  for (int i = 0; i < 1000; ++i) {
    const txn::Garbage entry;
    queue.Push({&entry, 1});
    ASSERT_LE(queue.approximate_size(), queue.size());
    ASSERT_LE(queue.size() - queue.approximate_size(), 160u);
  }
}

std::vector<uint64_t> TimestampsOf(EntryList& taken) {
  std::vector<uint64_t> timestamps;
  taken.ForEach([&](const txn::Garbage& entry) { timestamps.push_back(entry.superseded_at); });
  while (!taken.empty()) taken.TakeBlock();
  return timestamps;
}

void PushOne(GarbageQueue& queue, uint64_t timestamp) {
  const txn::Garbage entry{nullptr, nullptr, timestamp};
  queue.Push({&entry, 1});
}

// OWN-PUSH: what stands there fresh is taken once, whoever takes it, and however far it was taken
// before.
TEST(VacuumQueue, WhatIsFreshIsTakenOnceAndInOrder) {
  GarbageQueue queue(/*backlog_max=*/100'000);
  std::vector<uint64_t> seen;
  std::vector<uint64_t> pushed;
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 2000; ++round) {
    for (size_t i = random() % 50; i != 0; --i) {
      pushed.push_back(pushed.size() + 1);
      PushOne(queue, pushed.back());
    }
    ASSERT_EQ(queue.size(), pushed.size() - seen.size());
    size_t visited = 0;
    queue.ForEach([&visited](const txn::Garbage&) { ++visited; });
    ASSERT_EQ(visited, queue.size());
    if (random() % 2 == 0) continue;
    EntryList taken;
    std::vector<txn::Garbage> own;
    GarbageQueue::OwnTaken of_own;
    switch (random() % 4) {
      case 0: queue.TakeAll(taken); break;
      case 1: std::thread([&] { queue.TakeAll(taken); }).join(); break;
      case 2:
        of_own = queue.TakeOwn(/*scanned=*/0);
        own.assign(of_own.young.entries.begin(), of_own.young.entries.end());
        break;
      case 3: queue.TakeSome(SIZE_MAX, /*scanned=*/0, own); break;
    }
    for (const txn::Garbage& entry : own) seen.push_back(entry.superseded_at);
    for (const uint64_t timestamp : TimestampsOf(taken)) seen.push_back(timestamp);
    ASSERT_EQ(queue.size(), 0u);
    ASSERT_EQ(seen, pushed);
  }
}

TEST(VacuumQueue, WhatIsFreshIsTakenWhileItsOwnerGoesOn_ManyThreads) {
  constexpr size_t kThreads = GarbageQueue::kShards + 4;  // Some have no shard of their own.
  constexpr uint64_t kEach = 5000;
  GarbageQueue queue(/*backlog_max=*/100'000);
  std::atomic<size_t> running{kThreads};
  std::atomic<size_t> begun{0};
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      PushOne(queue, thread * kEach + 1);
      ++begun;
      while (begun != kThreads) std::this_thread::yield();  // Each has an index of its own.
      for (uint64_t i = 2; i <= kEach; ++i) PushOne(queue, thread * kEach + i);
      --running;
    });
  }
  std::vector<uint64_t> seen;
  bool last = false;
  while (!std::exchange(last, running == 0) || queue.size() != 0) {
    EntryList taken;
    std::vector<txn::Garbage> some;
    queue.TakeSome(10, /*scanned=*/0, some);
    queue.TakeUntended(taken);
    for (const txn::Garbage& entry : some) seen.push_back(entry.superseded_at);
    for (const uint64_t timestamp : TimestampsOf(taken)) seen.push_back(timestamp);
  }
  for (std::thread& thread : threads) thread.join();
  std::sort(seen.begin(), seen.end());
  ASSERT_EQ(seen.size(), kThreads * kEach);
  for (uint64_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], i + 1);
  EXPECT_EQ(queue.approximate_size(), 0u);
}

TEST(VacuumQueue, TheLastOneThatMakesItDueSaysSo) {
  GarbageQueue queue(/*backlog_max=*/100'000);
  const txn::Garbage along[3];
  for (int round = 0; round < 5; ++round) {
    for (size_t i = 1; i < GarbageQueue::kOwnEntries; ++i) {
      PushOne(queue, i);
      if (i % 20 == 0) queue.PushAlong(along);
      ASSERT_FALSE(queue.OwnIsDue()) << i;
    }
    PushOne(queue, 1);
    ASSERT_TRUE(queue.OwnIsDue());
    queue.TakeOwn(/*scanned=*/0);
  }
}

// What a scan does not know is in nobody's way until there is a later one, and is not lost.
TEST(VacuumQueue, WhatNoScanKnowsIsSetAside) {
  GarbageQueue queue(/*backlog_max=*/10'000);
  const std::vector<txn::Garbage> some(10);
  const auto set_aside = [&] {
    queue.SetAside(some, /*clock=*/7);
    EXPECT_EQ(queue.size(), some.size());
  };
  set_aside();
  std::vector<txn::Garbage> taken;
  queue.TakeSome(SIZE_MAX, /*scanned=*/7, taken);
  EXPECT_TRUE(taken.empty());
  EXPECT_TRUE(queue.TakeOwn(/*scanned=*/7).known.empty());
  queue.TakeSome(4, /*scanned=*/8, taken);
  EXPECT_EQ(taken.size(), 4u);
  queue.TakeSome(SIZE_MAX, /*scanned=*/0, taken);
  EXPECT_EQ(taken.size(), some.size()) << "it is in the queue as before";
  set_aside();
  EXPECT_EQ(queue.TakeOwn(/*scanned=*/8).known.size(), some.size());
  // What an earlier scan knows does not wait with what a later one does not.
  set_aside();
  queue.SetAside(absl::MakeConstSpan(some).first(1), /*clock=*/9);
  taken.clear();
  queue.TakeSome(SIZE_MAX, /*scanned=*/9, taken);
  EXPECT_EQ(taken.size(), some.size());
  EXPECT_FALSE(queue.OwnIsDue());
  EXPECT_EQ(queue.TakeOwn(/*scanned=*/10).known.size(), 1u);
  set_aside();
  size_t visited = 0;
  queue.ForEach([&](const txn::Garbage&) { ++visited; });
  EXPECT_EQ(visited, some.size());
  EntryList all;
  queue.TakeAll(all);
  EXPECT_EQ(all.size(), some.size());
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.approximate_size(), 0u);
}

// What was there before makes nobody due.
TEST(VacuumQueue, WhatIsKnownAgainIsNoReasonForAShare) {
  GarbageQueue queue(/*backlog_max=*/10'000);
  const std::vector<txn::Garbage> some(GarbageQueue::kOwnEntries + 10);
  queue.SetAside(some, /*clock=*/7);
  std::vector<txn::Garbage> taken;
  queue.TakeSome(4, /*scanned=*/8, taken);
  EXPECT_EQ(taken.size(), 4u);
  EXPECT_FALSE(queue.OwnIsDue());
  queue.Push(absl::MakeConstSpan(some).first(GarbageQueue::kOwnEntries));
  EXPECT_TRUE(queue.OwnIsDue());
}

// Between the two stands a barrier: see WakeBell.
TEST(VacuumWakeBell, WhoGoesToSleepAsksForWorkBehindABarrier) {
  WakeBell bell;
  const uint64_t before = base::AsymmetricFence::heavy_count();
  bool asked = false;
  bell.Sleep(std::nullopt, [&] {
    asked = true;
    EXPECT_GT(base::AsymmetricFence::heavy_count(), before);
    return true;
  });
  EXPECT_TRUE(asked);
}

// OWN-FIRST: whose thread takes from a shard, the passes leave it alone; until it stops.
TEST(VacuumQueue, APassTakesWhatItsOwnThreadDoesNot) {
  GarbageQueue queue(/*backlog_max=*/10'000);
  const std::vector<txn::Garbage> some(GarbageQueue::kOwnEntries);
  queue.Push(absl::MakeConstSpan(some).first(some.size() - 1));
  EXPECT_FALSE(queue.OwnIsDue());
  queue.Push(absl::MakeConstSpan(some).first(1));
  EXPECT_TRUE(queue.OwnIsDue());
  EXPECT_EQ(queue.TakeOwn(/*scanned=*/0).young.size(), some.size());
  EXPECT_FALSE(queue.OwnIsDue());

  queue.Push(absl::MakeConstSpan(some).first(10));
  EntryList taken;
  queue.TakeUntended(taken);
  EXPECT_TRUE(taken.empty());
  queue.TakeUntended(taken);
  EXPECT_EQ(taken.size(), 10u) << "nobody has taken from it since";

  queue.TakeOwn(/*scanned=*/0);
  queue.Push(std::vector<txn::Garbage>(GarbageQueue::kLongMax + 1));
  queue.TakeUntended(taken);
  EXPECT_EQ(taken.size(), 10u + GarbageQueue::kLongMax + 1) << "it falls behind";
  EXPECT_FALSE(queue.OwnIsDue());
  EXPECT_EQ(queue.size(), 0u);
}

// RESTED: committers that help all leave it alone, passes take it where its thread has stopped.
TEST(VacuumQueue, WhatRestsIsTakenByItsOwnThreadOrAPass) {
  const auto resting = [](size_t entries, size_t promoted, uint64_t epoch) {
    OwnGarbage garbage;
    garbage.entries.resize(entries);
    garbage.promoted.resize(promoted);
    garbage.epoch = epoch;
    return garbage;
  };
  GarbageQueue queue(/*backlog_max=*/10'000);
  queue.Rest(resting(3, 4, /*epoch=*/7));
  queue.Rest(resting(10, 20, /*epoch=*/5));
  EXPECT_EQ(queue.size(), 37u);
  EXPECT_EQ(queue.approximate_size(), 0u);
  std::vector<txn::Garbage> some;
  queue.TakeSome(SIZE_MAX, /*scanned=*/0, some);
  EXPECT_TRUE(some.empty());
  const GarbageQueue::OwnTaken own = queue.TakeOwn(/*scanned=*/0);
  EXPECT_EQ(own.rested.entries.size(), 13u);
  EXPECT_EQ(own.rested.promoted.size(), 24u);
  EXPECT_EQ(own.rested.epoch, 7u) << "both have passed when the later one has";
  EXPECT_EQ(own.young.size(), 0u);

  queue.Rest(resting(1, 2, /*epoch=*/9));
  queue.PushPromoted(std::vector<txn::Garbage>(30), /*counted=*/false);
  EXPECT_EQ(queue.TakePushed(), 0u);
  queue.PushPromoted(std::vector<txn::Garbage>(40), /*counted=*/true);
  EXPECT_EQ(queue.TakePushed(), 40u);
  EXPECT_FALSE(queue.OwnIsDue());
  queue.TakeSome(5, /*scanned=*/0, some);
  EXPECT_EQ(some.size(), 5u) << "what was promoted is work like any other";
  EntryList taken;
  queue.TakeUntended(taken);
  EXPECT_TRUE(taken.empty()) << "its thread has taken from it";
  queue.TakeUntended(taken);
  EXPECT_EQ(taken.size(), 3u + 65);
  EXPECT_EQ(queue.size(), 0u);

  EXPECT_TRUE(resting(OwnGarbage::kRestingMax, OwnGarbage::kRestingMax, 1).CanRest());
  EXPECT_FALSE(resting(OwnGarbage::kRestingMax + 1, 0, 1).CanRest());
  EXPECT_FALSE(resting(0, OwnGarbage::kRestingMax + 1, 1).CanRest());
}

TEST(VacuumQueue, WhatIsPushedAlongMakesNothingDueAndNobodyOwe) {
  GarbageQueue queue(/*backlog_max=*/10);
  const std::vector<txn::Garbage> some(GarbageQueue::kOwnEntries);
  for (size_t i = 0; i < 2 * GarbageQueue::kOwnEntries; ++i)
    queue.PushAlong(absl::MakeConstSpan(some).first(1));
  EXPECT_FALSE(queue.OwnIsDue());
  EXPECT_EQ(queue.TakeOwed(), 0u);
  EXPECT_EQ(queue.TakePushed(), 2 * GarbageQueue::kOwnEntries) << "it is freed as it comes";
  queue.Push(absl::MakeConstSpan(some).first(some.size() - 1));
  EXPECT_FALSE(queue.OwnIsDue());
  queue.Push(absl::MakeConstSpan(some).first(1));
  EXPECT_TRUE(queue.OwnIsDue());
  EXPECT_EQ(queue.TakeOwn(/*scanned=*/0).young.size(), 3 * GarbageQueue::kOwnEntries);
}

TEST(VacuumQueue, WhatWasReturnedIsDueWithAsManyNewOnes) {
  GarbageQueue queue(/*backlog_max=*/10'000);
  const std::vector<txn::Garbage> some(GarbageQueue::kOwnEntries);
  queue.Push(some);
  queue.Return(queue.TakeOwn(/*scanned=*/0).young.entries);
  queue.Push(absl::MakeConstSpan(some).first(some.size() - 1));
  EXPECT_FALSE(queue.OwnIsDue());
  queue.Push(absl::MakeConstSpan(some).first(1));
  EXPECT_TRUE(queue.OwnIsDue());
}

// BACKPRESSURE takes from any shard: what is left there, and what comes, is judged by itself.
TEST(VacuumQueue, WhatOthersHaveTakenIsNotDue) {
  GarbageQueue queue(/*backlog_max=*/10'000);
  const std::vector<txn::Garbage> some(GarbageQueue::kOwnEntries);
  std::vector<txn::Garbage> taken;
  queue.Push(some);
  queue.TakeSome(some.size(), /*scanned=*/0, taken);
  EXPECT_FALSE(queue.OwnIsDue());

  queue.Return(std::vector<txn::Garbage>(5000));
  queue.TakeSome(SIZE_MAX, /*scanned=*/0, taken);
  queue.Push(some);
  EXPECT_TRUE(queue.OwnIsDue()) << "the five thousand are gone";
}

TEST(VacuumHistory, WithoutRetentionTheFloorIsTheClock) {
  History history(absl::ZeroDuration());
  EXPECT_EQ(history.FloorAt(0, 17), 17u);
}

TEST(VacuumHistory, TheFloorIsTheNewestClockNotedTheRetentionAgo) {
  History history(absl::Nanoseconds(6400));
  EXPECT_EQ(history.FloorAt(1000, 10), 0u) << "nothing is known from so long ago";
  EXPECT_EQ(history.FloorAt(2000, 20), 0u);
  EXPECT_EQ(history.FloorAt(7399, 30), 0u);
  EXPECT_EQ(history.FloorAt(7400, 31), 10u);
  EXPECT_EQ(history.FloorAt(8399, 32), 10u);
  EXPECT_EQ(history.FloorAt(8400, 33), 20u);
  EXPECT_EQ(history.FloorAt(1'000'000, 40), 32u) << "33 came within 1/64 of the retention";
}

TEST(VacuumHistory, EntriesAreReleasedUpToTheFloor) {
  RetainedEntries retained;
  for (uint64_t e : {5, 7, 6, 9}) retained.Add({nullptr, nullptr, e});
  EntryList released;
  retained.Release(6, released);
  EXPECT_EQ(released.size(), 1u) << "7 came before 6 and holds it up";
  retained.Release(7, released);
  EXPECT_EQ(released.size(), 3u);
  EXPECT_EQ(retained.size(), 1u);
}

}  // namespace
}  // namespace nacre::vacuum
