// The registry by itself: homes, places, threads that end.

#include "engine/txn/snapshot_registry.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "engine/base/asymmetric_fence.h"
#include "gtest/gtest.h"
#include "tests/unit/fence_kinds.h"

namespace nacre::txn {
namespace {

using Active = SnapshotRegistry::Active;
using Registration = SnapshotRegistry::Registration;

class SnapshotRegistryTest : public base::OfEachFenceKind {
 protected:
  void SetUp() override {
    OfEachFenceKind::SetUp();
    Open(1 << 20);
  }

  void Open(size_t snapshots_max) {
    registry_ = std::make_unique<SnapshotRegistry>(clock_, snapshots_max, /*exact_ages=*/false);
  }
  std::vector<Active> Collect() const {
    std::vector<Active> active;
    registry_->Collect(active);
    return active;
  }

  // How many can be registered now.
  size_t CountPlaces() {
    std::vector<Registration> held;
    while (const auto registration = registry_->Register(0)) held.push_back(*registration);
    for (const Registration& registration : held) registry_->Release(registration);
    return held.size();
  }

  std::atomic<uint64_t> clock_{7};
  std::unique_ptr<SnapshotRegistry> registry_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, SnapshotRegistryTest, base::EachFenceKind(), base::NameOfFenceKind);

TEST_P(SnapshotRegistryTest, EachSnapshotIsSeenWithItsPointIdAndOwner) {
  const Registration at_home = registry_->Register(1).value();
  clock_ = 9;
  const Registration second = registry_->Register(2).value();
  const Registration ray = registry_->RegisterAt(3, 3).value();
  std::vector<Active> active = Collect();
  ASSERT_EQ(active.size(), 3u);
  std::sort(active.begin(), active.end(),
            [](const Active& a, const Active& b) { return a.owner < b.owner; });
  EXPECT_EQ(active[0].read_timestamp, 7u);
  EXPECT_EQ(active[0].id, at_home.id);
  EXPECT_FALSE(active[0].is_ray);
  EXPECT_EQ(active[1].read_timestamp, 9u);
  EXPECT_EQ(active[1].id, second.id);
  EXPECT_EQ(active[2].read_timestamp, 3u);
  EXPECT_TRUE(active[2].is_ray);
  EXPECT_EQ(registry_->active_count(), 3u);
  registry_->Release(ray);
  registry_->Release(at_home);
  registry_->Release(second);
  EXPECT_EQ(registry_->active_count(), 0u);
  EXPECT_TRUE(Collect().empty());
}

TEST_P(SnapshotRegistryTest, TooOldIsSaidOfOneSnapshot_NotOfTheNextInItsSlot) {
  const Registration old = registry_->Register(0).value();
  SnapshotRegistry::MarkTooOld(Collect().at(0));
  EXPECT_TRUE(SnapshotRegistry::IsTooOld(old));
  EXPECT_TRUE(Collect().at(0).too_old);
  registry_->Release(old);
  const Registration next = registry_->Register(0).value();
  ASSERT_EQ(next.slot, old.slot);
  EXPECT_FALSE(SnapshotRegistry::IsTooOld(next));
  EXPECT_FALSE(Collect().at(0).too_old);
  registry_->Release(next);
}

// PLACES: the home counts, and so does whatever is beside it.
TEST_P(SnapshotRegistryTest, TheLimitIsExact_OnOneThread) {
  for (const size_t limit : {1u, 2u, 63u, 64u, 65u, 1024u, 1500u}) {
    Open(limit);
    for (int round = 0; round < 3; ++round) {
      std::vector<Registration> held;
      while (const auto registration = registry_->Register(0)) held.push_back(*registration);
      ASSERT_EQ(held.size(), limit);
      EXPECT_EQ(Collect().size(), limit);
      // Any of them makes room for one.
      for (const size_t i : {size_t{0}, limit / 2, limit - 1}) {
        registry_->Release(held[i]);
        const auto again = registry_->Register(0);
        ASSERT_TRUE(again.has_value());
        held[i] = *again;
        ASSERT_FALSE(registry_->Register(0).has_value());
      }
      for (const Registration& registration : held) registry_->Release(registration);
    }
  }
}

// The place of an idle home goes to who needs it, and its owner then has to ask.
TEST_P(SnapshotRegistryTest, TheLimitIsExact_WhereIdleHomesHoldThePlaces) {
  constexpr size_t kLimit = 4;
  Open(kLimit);
  std::atomic<int> step{0};
  const auto await = [&](int wanted) {
    while (step.load() < wanted) std::this_thread::yield();
  };
  std::vector<std::thread> owners;
  std::atomic<int> at_home{0};
  std::atomic<int> refused{0};
  for (size_t i = 0; i < kLimit; ++i) {
    owners.emplace_back([&] {
      registry_->Release(registry_->Register(0).value());
      ++at_home;
      await(1);
      if (!registry_->Register(0).has_value()) ++refused;
      ++at_home;
      await(2);
      registry_->Release(registry_->Register(0).value());
    });
  }
  while (at_home.load() < static_cast<int>(kLimit)) std::this_thread::yield();
  std::vector<Registration> held;
  while (const auto registration = registry_->Register(0)) held.push_back(*registration);
  EXPECT_EQ(held.size(), kLimit);
  at_home = 0;
  step = 1;
  while (at_home.load() < static_cast<int>(kLimit)) std::this_thread::yield();
  EXPECT_EQ(refused.load(), static_cast<int>(kLimit));
  for (const Registration& registration : held) registry_->Release(registration);
  step = 2;
  for (std::thread& owner : owners) owner.join();
  EXPECT_EQ(registry_->active_count(), 0u);
}

// Threads come and go at the limit, each with up to two snapshots. Never more than the limit.
TEST_P(SnapshotRegistryTest, TheLimitHoldsAmongThreadsThatMeetAtIt) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 3000;
  for (const size_t limit : {3u, 2u * kThreads}) {
    Open(limit);
    std::atomic<size_t> registered{0};
    std::atomic<int> too_many{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          std::optional<Registration> both[2];
          for (std::optional<Registration>& one : both) {
            one = registry_->Register(0);
            if (one && registered.fetch_add(1) >= limit) ++too_many;
          }
          for (const std::optional<Registration>& one : both) {
            if (!one) continue;
            // Counted out before: what another thread gets now is within the limit.
            registered.fetch_sub(1);
            registry_->Release(*one);
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(too_many.load(), 0);
    EXPECT_EQ(registry_->active_count(), 0u);
    // All places came back.
    EXPECT_EQ(CountPlaces(), limit);
  }
}

TEST_P(SnapshotRegistryTest, AThreadThatEndsGivesItsHomeBack) {
  std::set<const SnapshotSlot*> homes;
  for (int i = 0; i < 200; ++i) {
    std::thread([&] {
      const Registration registration = registry_->Register(0).value();
      homes.insert(registration.slot);
      registry_->Release(registration);
    }).join();
  }
  EXPECT_EQ(homes.size(), 1u);
  EXPECT_TRUE((*homes.begin())->is_home);
}

// A transaction may go to another thread. Its home is free when it ends, whoever ends it, and is
// lent to nobody before that.
TEST_P(SnapshotRegistryTest, ASnapshotMayOutliveTheThreadThatBeganIt) {
  std::optional<Registration> moved;
  std::thread([&] { moved = registry_->Register(5); }).join();
  ASSERT_TRUE(moved->slot->is_home);
  std::thread([&] {
    const Registration other = registry_->Register(6).value();
    EXPECT_NE(other.slot, moved->slot);
    EXPECT_TRUE(other.slot->is_home);
    registry_->Release(other);
  }).join();
  EXPECT_EQ(Collect().at(0).owner, 5u);
  registry_->Release(*moved);
  EXPECT_TRUE(Collect().empty());
  // And while its thread runs: from then on it takes its home again.
  const Registration own = registry_->Register(0).value();
  std::thread([&] { registry_->Release(own); }).join();
  const Registration again = registry_->Register(0).value();
  EXPECT_EQ(again.slot, own.slot);
  registry_->Release(again);
}

TEST_P(SnapshotRegistryTest, RegistriesComeAndGoWhileTheThreadStays) {
  const Registration stays = registry_->Register(0).value();
  std::set<const SnapshotSlot*> homes;
  for (int i = 0; i < 20; ++i) {
    std::vector<std::unique_ptr<SnapshotRegistry>> others;
    for (int k = 0; k < 10; ++k) {
      others.push_back(std::make_unique<SnapshotRegistry>(clock_, 100, /*exact_ages=*/false));
    }
    for (int round = 0; round < 3; ++round) {
      for (const auto& other : others) {
        const Registration registration = other->Register(0).value();
        EXPECT_TRUE(registration.slot->is_home);
        EXPECT_EQ(other->active_count(), 1u);
        other->Release(registration);
      }
    }
  }
  EXPECT_EQ(registry_->active_count(), 1u);
  registry_->Release(stays);
  const Registration again = registry_->Register(0).value();
  EXPECT_EQ(again.slot, stays.slot);
  registry_->Release(again);
}

// The registry is gone before the thread that has a home in it.
TEST_P(SnapshotRegistryTest, ARegistryMayEndBeforeItsThreads) {
  std::atomic<bool> gone{false};
  std::atomic<bool> used{false};
  std::thread thread([&] {
    registry_->Release(registry_->Register(0).value());
    used = true;
    while (!gone.load()) std::this_thread::yield();
  });
  while (!used.load()) std::this_thread::yield();
  registry_.reset();
  gone = true;
  thread.join();
}

// A variable of the application that is destroyed after the home was given back.
struct BeginsAtTheEnd {
  SnapshotRegistry* registry = nullptr;
  std::vector<const SnapshotSlot*>* slots = nullptr;
  ~BeginsAtTheEnd() {
    const Registration first = registry->Register(0).value();
    const Registration second = registry->Register(0).value();
    *slots = {first.slot, second.slot};
    registry->Release(first);
    registry->Release(second);
  }
};

TEST_P(SnapshotRegistryTest, AThreadThatEndsMayBeginSnapshots_InSlotsThatBelongToNobody) {
  for (int i = 0; i < 50; ++i) {
    std::vector<const SnapshotSlot*> slots;
    const SnapshotSlot* home = nullptr;
    std::thread([&] {
      static thread_local BeginsAtTheEnd variable;
      variable.registry = registry_.get();
      variable.slots = &slots;
      const Registration registration = registry_->Register(0).value();
      home = registration.slot;
      registry_->Release(registration);
    }).join();
    ASSERT_EQ(slots.size(), 2u);
    EXPECT_TRUE(home->is_home);
    EXPECT_FALSE(slots[0]->is_home);
    EXPECT_FALSE(slots[1]->is_home);
    EXPECT_FALSE(home->lent);
  }
  EXPECT_EQ(registry_->active_count(), 0u);
}

// The fence is the pruner's, and that of whoever needs the place of an idle home.
TEST_P(SnapshotRegistryTest, AScanHasAFence_ABeginHasNone) {
  Open(2);
  std::thread([&] { registry_->Release(registry_->Register(0).value()); }).join();
  const uint64_t before = base::AsymmetricFence::heavy_count();
  const Registration first = registry_->Register(0).value();
  EXPECT_EQ(base::AsymmetricFence::heavy_count(), before);
  EXPECT_EQ(Collect().size(), 1u);
  EXPECT_EQ(base::AsymmetricFence::heavy_count(), before + 1);
  registry_->Release(first);
  const Registration again = registry_->Register(0).value();
  EXPECT_EQ(base::AsymmetricFence::heavy_count(), before + 1);
  std::thread([&] {
    // Is lent the other home, whose place this thread's second snapshot takes.
    const Registration other = registry_->Register(0).value();
    registry_->Release(other);
  }).join();
  const Registration second = registry_->Register(0).value();
  EXPECT_EQ(base::AsymmetricFence::heavy_count(), before + 2);
  registry_->Release(again);
  registry_->Release(second);
}

// HOME-SLOT: the owner begins the next snapshot while another thread releases the one before.
TEST_P(SnapshotRegistryTest, SnapshotsThatAreReleasedElsewhereWhileTheOwnerBegins) {
  for (const size_t limit : {size_t{1}, size_t{2}, size_t{100}}) {
    Open(limit);
    std::atomic<bool> done{false};
    std::atomic<const Registration*> handed{nullptr};
    std::thread releases([&] {
      while (!done.load()) {
        const Registration* taken = handed.exchange(nullptr);
        if (taken == nullptr) {
          std::this_thread::yield();
          continue;
        }
        registry_->Release(*taken);
        delete taken;
      }
    });
    for (int begun = 0; begun < 20'000;) {
      const std::optional<Registration> registration = registry_->Register(0);
      if (!registration) std::this_thread::yield();  // The other thread may want this core.
      if (!registration) continue;
      ++begun;
      while (handed.load() != nullptr) std::this_thread::yield();
      handed = new Registration(*registration);
    }
    while (handed.load() != nullptr) std::this_thread::yield();
    done = true;
    releases.join();
    EXPECT_EQ(registry_->active_count(), 0u);
    EXPECT_EQ(CountPlaces(), limit);
  }
}

// More threads than homes: the last one begins in slots that belong to nobody, with places of idle
// homes, until a home is given back.
TEST_P(SnapshotRegistryTest, AThreadWithoutAHome) {
  constexpr size_t kHomes = 3;
  Open(kHomes);
  std::atomic<size_t> ready{0};
  std::atomic<size_t> ending{0};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kHomes; ++i) {
    threads.emplace_back([&, i] {
      const Registration own = registry_->Register(0).value();
      EXPECT_TRUE(own.slot->is_home);
      registry_->Release(own);
      ready.fetch_add(1);
      while (ending.load() <= i) std::this_thread::yield();
    });
    while (ready.load() <= i) std::this_thread::yield();
  }
  std::set<uint64_t> ids;
  std::vector<Registration> held;
  while (const auto registration = registry_->Register(0)) {
    EXPECT_FALSE(registration->slot->is_home);
    held.push_back(*registration);
    ids.insert({registration->id, registry_->NewId()});
  }
  EXPECT_EQ(held.size(), kHomes);
  EXPECT_EQ(ids.size(), 2 * kHomes);
  for (const Registration& registration : held) registry_->Release(registration);
  ending = 1;
  threads[0].join();
  const Registration own = registry_->Register(0).value();
  EXPECT_TRUE(own.slot->is_home);
  registry_->Release(own);
  ending = kHomes;
  for (size_t i = 1; i < kHomes; ++i) threads[i].join();
}

// Ids are unique, whoever gives them out: homes, their later owners, slots that belong to nobody,
// and transactions that register nothing.
TEST_P(SnapshotRegistryTest, IdsAreNeverGivenOutTwice) {
  std::mutex mutex;
  std::set<uint64_t> ids;
  size_t count = 0;
  const auto begin_many = [&] {
    std::vector<uint64_t> own;
    for (int i = 0; i < 1500; ++i) {
      const Registration first = registry_->Register(0).value();
      const Registration second = registry_->Register(0).value();
      own.insert(own.end(), {first.id, second.id, registry_->NewId()});
      registry_->Release(first);
      registry_->Release(second);
    }
    const std::lock_guard<std::mutex> lock(mutex);
    ids.insert(own.begin(), own.end());
    count += own.size();
  };
  for (int round = 0; round < 3; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(begin_many);
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(ids.size(), count);
  EXPECT_EQ(ids.count(0), 0u);
}

// REGISTERED, with a clock that runs: what a scan misses reads at the clock that was loaded before,
// or above.
TEST_P(SnapshotRegistryTest, ASnapshotThatAScanMissesReadsAboveTheClockBefore) {
  constexpr int kScans = 2000;
  struct Begun {
    uint64_t id;
    uint64_t read_timestamp;
  };
  std::atomic<bool> stop{false};
  // The last snapshot that the reader began, published before it ends it; it waits to be let go.
  alignas(64) std::atomic<uint64_t> begun_id{0};
  alignas(64) std::atomic<uint64_t> begun_at{0};
  alignas(64) std::atomic<uint64_t> let_go{0};
  std::thread writer([&] {
    while (!stop.load(std::memory_order_relaxed)) clock_.fetch_add(1, std::memory_order_release);
  });
  std::thread reader([&] {
    for (uint64_t n = 1; !stop.load(std::memory_order_relaxed); ++n) {
      const Registration registration = registry_->Register(0).value();
      begun_at.store(registration.read_timestamp, std::memory_order_relaxed);
      begun_id.store(registration.id, std::memory_order_release);
      for (int spins = 0; let_go.load(std::memory_order_acquire) != registration.id; ++spins) {
        if (stop.load(std::memory_order_relaxed)) break;
        if (spins > 1000) std::this_thread::yield();
      }
      registry_->Release(registration);
    }
  });
  int missed_below = 0;
  for (int i = 0; i < kScans; ++i) {
    // The reader begins while this thread scans, at another moment each time.
    let_go.store(begun_id.load(std::memory_order_acquire), std::memory_order_release);
    for (volatile int wait = i % 256; wait > 0;) wait = wait - 1;
    const uint64_t before = begun_id.load(std::memory_order_acquire);
    const uint64_t clock = clock_.load(std::memory_order_acquire);
    const std::vector<Active> active = Collect();
    uint64_t id = before;
    for (int spins = 0; id == let_go.load(std::memory_order_relaxed); ++spins) {
      if (spins > 1000) std::this_thread::yield();
      id = begun_id.load(std::memory_order_acquire);
    }
    const uint64_t read_timestamp = begun_at.load(std::memory_order_relaxed);
    const bool held = std::any_of(active.begin(), active.end(), [&](const Active& seen) {
      return seen.is_ray ? seen.read_timestamp <= read_timestamp
                         : seen.read_timestamp == read_timestamp;
    });
    if (!held && read_timestamp < clock) ++missed_below;
  }
  stop = true;
  writer.join();
  reader.join();
  EXPECT_EQ(missed_below, 0);
}

// A slot that is being taken has the ray already, but not yet an id: what else it says is of the
// snapshot before.
TEST_P(SnapshotRegistryTest, ASlotThatIsBeingTakenTellsNothingOfTheSnapshotBefore) {
  const Registration taken = registry_->Register(/*owner=*/7).value();
  taken.slot->id.store(0);
  taken.slot->began_ns.store(1);
  const Active seen = Collect().at(0);
  EXPECT_EQ(seen.owner, 0u);
  EXPECT_GT(seen.began_ns, 1);
  taken.slot->id.store(taken.id);
  registry_->Release(taken);
}

}  // namespace
}  // namespace nacre::txn
