// What threads that keep moving say by themselves, and those that stand still are asked for.

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/asymmetric_fence.h"
#include "engine/base/epoch.h"
#include "engine/txn/snapshot_registry.h"
#include "gtest/gtest.h"
#include "tests/unit/fence_kinds.h"

namespace nacre::base {
namespace {

using Active = txn::SnapshotRegistry::Active;
using Kind = AsymmetricFence::Kind;
using Registration = txn::SnapshotRegistry::Registration;

struct alignas(128) Line {
  std::atomic<int> value{0};
};

// One of the two may have the only core.
void Await(const Line& line, int round) {
  for (int spins = 0; line.value.load(std::memory_order_acquire) < round; ++spins) {
    if (spins > 100) std::this_thread::yield();
  }
}

using SelfFenced = OfEachFenceKind;

INSTANTIATE_TEST_SUITE_P(Kinds, SelfFenced, EachFenceKind(), NameOfFenceKind);

// SELF-FENCED, whichever way the rare side takes.
int CountBothBlindOfSlot(int rounds, int& asked) {
  constexpr int kLines = 24;
  constexpr int kMoments = 128;
  Line x;
  Line y;
  Line begin;
  Line end;
  Line lines[kLines];
  LightSide slot;
  int seen_by_light = 0;
  int both_blind = 0;
  std::thread light([&] {
    for (int round = 1; round <= rounds; ++round) {
      Await(begin, round);
      for (Line& line : lines) line.value.store(round, std::memory_order_relaxed);
      x.value.store(round, std::memory_order_release);
      slot.Fence();
      seen_by_light = y.value.load(std::memory_order_acquire);
      end.value.store(round, std::memory_order_release);
    }
  });
  for (int round = 1; round <= rounds; ++round) {
    for (Line& line : lines) line.value.store(-round, std::memory_order_relaxed);
    begin.value.store(round, std::memory_order_seq_cst);
    for (volatile int wait = round % kMoments; wait > 0;) wait = wait - 1;
    y.value.store(round, std::memory_order_release);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!slot.FencesItself()) {
      asked += slot.Ask();
      AsymmetricFence::Heavy();
      slot.Grant();
    }
    const int seen_by_heavy = x.value.load(std::memory_order_acquire);
    Await(end, round);
    if (seen_by_heavy < round && seen_by_light < round) ++both_blind;
  }
  light.join();
  return both_blind;
}

TEST_P(SelfFenced, OneSideSeesTheOther) {
  int asked = 0;
  EXPECT_EQ(CountBothBlindOfSlot(20'000, asked), 0);
  if (GetParam() == Kind::kByFences) {
    EXPECT_EQ(asked, 0);
  } else {
    EXPECT_GT(asked, 1) << "it goes back to where fences are free";
  }
}

// What is asked for is had after the Heavy() only, and kept for some fences.
TEST_P(SelfFenced, FromTheGrantOn) {
  LightSide slot;
  EXPECT_TRUE(slot.FencesItself());
  EXPECT_FALSE(slot.Ask());
  for (int i = 0; i < LightSide::kFencesPaid; ++i) slot.Fence();
  if (GetParam() == Kind::kByFences) {
    EXPECT_TRUE(slot.FencesItself()) << "there is nothing else";
    return;
  }
  EXPECT_FALSE(slot.FencesItself());
  EXPECT_TRUE(slot.Ask());
  EXPECT_FALSE(slot.FencesItself());
  for (int i = 0; i < 2 * LightSide::kFencesPaid; ++i) slot.Fence();
  EXPECT_FALSE(slot.FencesItself());
  slot.Grant();
  EXPECT_TRUE(slot.FencesItself());
  for (int i = 1; i < LightSide::kFencesPaid; ++i) slot.Fence();
  EXPECT_TRUE(slot.FencesItself());
  slot.Fence();
  EXPECT_FALSE(slot.FencesItself());
  slot.Grant();
  EXPECT_FALSE(slot.FencesItself()) << "nobody has asked";
}

// What is light makes no fences, which the other kind would rely on.
TEST_P(SelfFenced, TheKindIsNotChangedBehindWhatIsLight) {
  LightSide slot;
  for (int i = 0; i < LightSide::kFencesPaid; ++i) slot.Fence();
  EXPECT_EQ(AsymmetricFence::SetKindForTesting(Kind::kByFences), GetParam() == Kind::kByFences);
  EXPECT_EQ(AsymmetricFence::Decide(), GetParam());
}

// One Heavy() tells of a thread that has stopped pinning, once; none of those that go on.
TEST_P(SelfFenced, AnEpoch_WhoStandsStillIsAskedOnce) {
  std::atomic<int> step{0};
  const auto await = [&](int wanted) {
    while (step.load() < wanted) std::this_thread::yield();
  };
  const auto pin_often = [] {
    for (int i = 0; i < 2 * LightSide::kFencesPaid; ++i) const EpochPin pin;
  };
  std::thread other([&] {
    pin_often();
    step = 1;
    await(2);
    pin_often();
    step = 3;
    await(4);
  });
  await(1);
  EXPECT_TRUE(EpochDomain::HasPassed(EpochDomain::Advance()));  // Those of tests before, too.
  const uint64_t before = AsymmetricFence::heavy_count();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(EpochDomain::HasPassed(EpochDomain::Advance()));
  EXPECT_EQ(AsymmetricFence::heavy_count(), before);
  const uint64_t epoch = EpochDomain::Advance();
  step = 2;
  await(3);
  EXPECT_EQ(EpochDomain::Look(epoch), EpochDomain::Passed::kYes) << "it has seen the next one";
  const uint64_t next = EpochDomain::Advance();
  const bool by_fences = GetParam() == Kind::kByFences;
  EXPECT_EQ(EpochDomain::Look(next),
            by_fences ? EpochDomain::Passed::kYes : EpochDomain::Passed::kUnknown);
  EXPECT_EQ(AsymmetricFence::heavy_count(), before);
  EXPECT_TRUE(EpochDomain::HasPassed(next));
  EXPECT_EQ(EpochDomain::Look(next), EpochDomain::Passed::kYes);
  EXPECT_EQ(AsymmetricFence::heavy_count(), before + (by_fences ? 0 : 1));
  step = 4;
  other.join();
}

// A pin that needs no call is as good as any other, or is not held.
TEST_P(SelfFenced, APinThatIsTried) {
  for (int i = 0; i < 2 * LightSide::kFencesPaid; ++i) const EpochPin pin;
  const auto has_passed_elsewhere = [](uint64_t epoch) {
    bool passed = false;
    std::thread([&] { passed = EpochDomain::HasPassed(epoch); }).join();
    return passed;
  };
  uint64_t epoch = 0;
  {
    const TryEpochPin pin;
    ASSERT_EQ(pin.held(), GetParam() == Kind::kByMembarrier) << "fences are not free";
    EXPECT_EQ(EpochDomain::IsPinned(), pin.held());
    epoch = EpochDomain::Advance();
    EXPECT_EQ(has_passed_elsewhere(epoch), !pin.held());
  }
  EXPECT_FALSE(EpochDomain::IsPinned());
  EXPECT_TRUE(has_passed_elsewhere(epoch));
  // Another fiber of the thread begins a pin meanwhile, and ends it later.
  auto tried = std::make_unique<TryEpochPin>();
  auto meanwhile = std::make_unique<EpochPin>();
  epoch = EpochDomain::Advance();
  tried.reset();
  EXPECT_TRUE(EpochDomain::IsPinned());
  EXPECT_FALSE(has_passed_elsewhere(epoch));
  meanwhile.reset();
  EXPECT_TRUE(has_passed_elsewhere(epoch));
  auto first = std::make_unique<EpochPin>();
  auto second = std::make_unique<EpochPin>();
  EXPECT_FALSE(TryEpochPin().held()) << "the thread is pinned";
  epoch = EpochDomain::Advance();
  first.reset();
  EXPECT_FALSE(TryEpochPin().held());
  EXPECT_FALSE(has_passed_elsewhere(epoch)) << "the outermost pin counts, whichever ends first";
  second.reset();
  EXPECT_TRUE(has_passed_elsewhere(epoch));
}

// REGISTERED: a scan knows of a thread what its home says, and asks only who holds it back too far.
TEST_P(SelfFenced, AScanReachesAsFarAsHomesSay_AndAsksThoseThatStandStill) {
  std::atomic<uint64_t> clock{7};
  txn::SnapshotRegistry registry(clock, /*snapshots_max=*/100);
  const bool by_fences = GetParam() == Kind::kByFences;
  std::atomic<int> step{0};
  const auto await = [&](int wanted) {
    while (step.load() < wanted) std::this_thread::yield();
  };
  const auto begin_often = [&] {
    for (int i = 0; i < 2 * LightSide::kFencesPaid; ++i) {
      registry.Release(registry.Register(0).value());
    }
  };
  std::thread other([&] {
    begin_often();
    step = 1;
    await(2);
    begin_often();
    const Registration held = registry.Register(0).value();
    step = 3;
    await(4);
    registry.Release(held);
    registry.Release(registry.RegisterAt(5, 0).value());
    step = 5;
    await(6);
  });
  std::vector<Active> active;
  const uint64_t before = AsymmetricFence::heavy_count();
  const auto reach = [&](uint64_t now, uint64_t at_least) {
    active.clear();
    return registry.CollectUpTo(now, at_least, active);
  };
  const auto fences = [&] { return AsymmetricFence::heavy_count() - before; };
  await(1);
  clock = 1000;
  EXPECT_EQ(reach(1000, 7), by_fences ? 1000u : 7u);
  EXPECT_EQ(fences(), 0u);
  EXPECT_EQ(reach(1000, 8), 1000u);
  EXPECT_EQ(fences(), by_fences ? 0u : 1u);
  EXPECT_EQ(reach(1000, 1000), 1000u) << "it fences itself";
  EXPECT_EQ(fences(), by_fences ? 0u : 1u);
  step = 2;
  await(3);
  clock = 2000;
  EXPECT_EQ(reach(2000, 1000), by_fences ? 2000u : 1000u);
  ASSERT_EQ(active.size(), 1u);
  EXPECT_EQ(active[0].read_timestamp, 1000u);
  EXPECT_EQ(fences(), by_fences ? 0u : 1u);
  step = 4;
  await(5);
  EXPECT_EQ(reach(2000, 5), by_fences ? 2000u : 1000u) << "the past is not read at home";
  EXPECT_TRUE(active.empty());
  // Its own home holds back nobody: who scans has seen the clock.
  begin_often();
  clock = 3000;
  EXPECT_EQ(reach(3000, 3000), 3000u);
  EXPECT_EQ(fences(), by_fences ? 0u : 2u);
  begin_often();
  clock = 4000;
  EXPECT_EQ(reach(4000, 4000), 4000u);
  EXPECT_EQ(fences(), by_fences ? 0u : 2u);
  step = 6;
  other.join();
}

// A snapshot keeps the version that it sees, whatever the scans took for granted.
TEST_P(SelfFenced, WhatAScanAllowsNoSnapshotSees) {
  std::atomic<uint64_t> clock{7};
  constexpr uint64_t kCommits = 200'000;
  // By the timestamp at which the version was committed; the next commit supersedes it.
  const auto pruned = std::make_unique<std::atomic<bool>[]>(kCommits + 2);
  txn::SnapshotRegistry registry(clock, /*snapshots_max=*/100);
  clock = 1;
  std::atomic<bool> done{false};
  std::atomic<int> missed{0};
  std::thread reader([&] {
    while (!done.load(std::memory_order_relaxed)) {
      const Registration registration = registry.Register(0).value();
      for (int look = 0; look < 4; ++look) {
        if (pruned[registration.read_timestamp].load(std::memory_order_relaxed))
          missed.fetch_add(1);
      }
      registry.Release(registration);
    }
  });
  std::vector<Active> active;
  uint64_t next = 1;
  for (uint64_t commit = 2; commit <= kCommits; ++commit) {
    clock.store(commit, std::memory_order_release);
    active.clear();
    uint64_t up_to = registry.CollectUpTo(commit, commit - std::min<uint64_t>(commit, 64), active);
    for (const Active& snapshot : active) {
      if (snapshot.is_ray) up_to = std::min(up_to, snapshot.read_timestamp);
    }
    for (; next < up_to; ++next) {
      const bool needed = std::any_of(active.begin(), active.end(), [&](const Active& snapshot) {
        return snapshot.read_timestamp == next;
      });
      if (!needed) pruned[next].store(true, std::memory_order_relaxed);
    }
  }
  done = true;
  reader.join();
  EXPECT_EQ(missed.load(), 0);
}

// FLOOR-FIRST (scanner.h): the ray is found, or whoever has registered it sees the floor.
TEST_P(SelfFenced, ARayOfThePastIsFound_OrItsOwnerSeesTheFloor) {
  std::atomic<uint64_t> clock{7};
  constexpr uint64_t kRounds = 20'000;
  txn::SnapshotRegistry registry(clock, /*snapshots_max=*/100);
  clock = kRounds;
  alignas(128) std::atomic<uint64_t> floor{0};
  alignas(128) std::atomic<uint64_t> begin{0};
  alignas(128) std::atomic<uint64_t> end{0};
  const auto await = [](const std::atomic<uint64_t>& line, uint64_t round) {
    for (int spins = 0; line.load(std::memory_order_acquire) < round; ++spins) {
      if (spins > 100) std::this_thread::yield();
    }
  };
  uint64_t seen = 0;
  std::thread reader([&] {
    for (uint64_t round = 1; round <= kRounds; ++round) {
      // Its fences are free by then.
      registry.Release(registry.Register(0).value());
      await(begin, 2 * round - 1);
      const Registration ray = registry.RegisterAt(kRounds, 0).value();
      seen = floor.load(std::memory_order_acquire);
      end.store(2 * round - 1, std::memory_order_release);
      await(begin, 2 * round);
      registry.Release(ray);
      end.store(2 * round, std::memory_order_release);
    }
  });
  int both_blind = 0;
  std::vector<Active> active;
  for (uint64_t round = 1; round <= kRounds; ++round) {
    begin.store(2 * round - 1, std::memory_order_release);
    for (volatile uint64_t wait = round % 64; wait > 0;) wait = wait - 1;
    floor.store(round, std::memory_order_release);
    active.clear();
    registry.CollectUpTo(kRounds, kRounds, active);
    await(end, 2 * round - 1);
    if (active.empty() && seen < round) ++both_blind;
    begin.store(2 * round, std::memory_order_release);
    await(end, 2 * round);
  }
  reader.join();
  EXPECT_EQ(both_blind, 0);
}

}  // namespace
}  // namespace nacre::base
