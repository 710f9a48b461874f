// Places that change hands while somebody looks for one.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "engine/base/epoch.h"
#include "engine/txn/places.h"
#include "engine/txn/snapshot_registry.h"
#include "gtest/gtest.h"
#include "nacre/testing.h"

namespace nacre::txn {
namespace {

using testing::Step;
using Holder = SnapshotRegistry::Holder;
using Registration = SnapshotRegistry::Registration;

// A thread that does what it is told, one after the other.
class Helper {
 public:
  Helper() : thread_([this] { Run(); }) {}
  ~Helper() {
    Do(nullptr);
    thread_.join();
  }

  void Do(std::function<void()> task) {
    Begin(std::move(task));
    Await();
  }
  void Begin(std::function<void()> task) {
    task_ = std::move(task);
    busy_ = true;
    busy_.notify_all();
  }
  void Await() { busy_.wait(true); }

 private:
  void Run() {
    for (bool goes_on = true; goes_on;) {
      busy_.wait(false);
      goes_on = task_ != nullptr;
      if (goes_on) task_();
      busy_ = false;
      busy_.notify_all();
    }
  }

  std::function<void()> task_;
  std::atomic<bool> busy_{false};
  std::thread thread_;
};

class PlacesFaults : public ::testing::Test {
 protected:
  ~PlacesFaults() override { testing::Reset(); }

  // Called at each step, by the thread that reaches it.
  void AtEachStep(std::function<void(Step)> hook) {
    hook_ = std::move(hook);
    testing::SetStepHook(
        [](Step step, void* context) { static_cast<PlacesFaults*>(context)->hook_(step); }, this);
  }

 private:
  std::function<void(Step)> hook_;
};

// EXACT. Of two places one is always free: first another thread keeps it, and that one takes it
// while the first gives back its own, of which nobody looks any more.
TEST_F(PlacesFaults, WhoLooksIsNotPassedBy) {
  Places places(2);
  Helper first;
  Helper other;
  size_t first_thread = 0;
  size_t other_thread = 0;
  first.Do([&] { first_thread = base::EpochDomain::ThreadIndex(); });
  other.Do([&] { other_thread = base::EpochDomain::ThreadIndex(); });
  Helper& early = first_thread < other_thread ? first : other;
  Helper& late = first_thread < other_thread ? other : first;
  late.Do([&] {
    ASSERT_TRUE(places.TryTake());
    places.Give();
  });
  early.Do([&] { ASSERT_TRUE(places.TryTake()); });
  AtEachStep([&, shards_until = std::min(first_thread, other_thread) + 1](Step step) mutable {
    if (step != Step::kPlacesGathered || --shards_until != 0) return;
    early.Do([&] { places.Give(); });
    late.Do([&] { ASSERT_TRUE(places.TryTake()); });
  });
  EXPECT_TRUE(places.TryTake());
  testing::Reset();
  EXPECT_FALSE(places.TryTake());
}

// What was given back before is not carried off by who gives one back.
TEST_F(PlacesFaults, WhoGivesOneBackHidesNoOther) {
  constexpr size_t kLimit = 17;  // One more than are kept.
  Places places(kLimit);
  Helper other;
  for (size_t i = 0; i < kLimit; ++i) ASSERT_TRUE(places.TryTake());
  for (size_t i = 1; i < kLimit; ++i) places.Give();
  size_t taken = 0;
  AtEachStep([&](Step step) {
    if (step != Step::kPlacesLeaving) return;
    other.Do([&] {
      while (places.TryTake()) ++taken;
    });
  });
  places.Give();
  EXPECT_EQ(taken, kLimit - 1);
  testing::Reset();
  EXPECT_TRUE(places.TryTake());
  EXPECT_FALSE(places.TryTake());
}

TEST_F(PlacesFaults, WhoGivesOneBackWhileOthersLookHidesNoOther) {
  Places places(2);
  // Not the one whose shard is looked at first.
  Helper first;
  Helper other;
  size_t first_thread = 0;
  first.Do([&] { first_thread = base::EpochDomain::ThreadIndex(); });
  Helper& giver = first_thread != 0 ? first : other;
  giver.Do([&] {
    ASSERT_TRUE(places.TryTake());
    ASSERT_TRUE(places.TryTake());
    places.Give();
  });
  enum class Giver { kBefore, kStandsStill, kGoesOn };
  std::atomic<Giver> state{Giver::kBefore};
  const auto go_to = [&state](Giver next) {
    state = next;
    state.notify_all();
  };
  AtEachStep([&](Step step) {
    if (step == Step::kPlacesGathered && state == Giver::kBefore) {
      giver.Begin([&] {
        places.Give();
        go_to(Giver::kGoesOn);
      });
      state.wait(Giver::kBefore);
    } else if (step == Step::kPlacesLeaving && state == Giver::kBefore) {
      go_to(Giver::kStandsStill);
      state.wait(Giver::kStandsStill);
    }
  });
  EXPECT_TRUE(places.TryTake());
  EXPECT_EQ(state, Giver::kStandsStill);
  go_to(Giver::kGoesOn);
  giver.Await();
}

// PLACES. Two places, of which one is free all the time, at a home or elsewhere.
class HomePlacesFaults : public PlacesFaults {
 protected:
  // Asks for a place. When there was none beside those of homes, it does `meanwhile` before it
  // looks at homes; `at_step` is called at each other step.
  void ExpectIsServed(
      std::function<void()> meanwhile, std::function<void(Step)> at_step = [](Step) {}) {
    bool asked = false;
    AtEachStep([&](Step step) {
      if (step == Step::kPlacesAsked && !std::exchange(asked, true)) {
        meanwhile();
      } else {
        at_step(step);
      }
    });
    const std::optional<Registration> own = registry_.Register(0, Holder::kSnapshot);
    EXPECT_TRUE(asked);
    EXPECT_TRUE(own);
    Set(served_);
    testing::Reset();
    helper_.Await();
    if (own) registry_.Release(*own);
  }
  static void Set(std::atomic<bool>& flag) {
    flag = true;
    flag.notify_all();
  }

  const std::atomic<uint64_t> clock_{7};
  SnapshotRegistry registry_{clock_, 2};
  std::atomic<bool> goes_on_{false};
  std::atomic<bool> served_{false};
  Helper helper_;
  Helper other_;
};

// A thread has a snapshot, and its home a place. It gives back the one, and then begins at the
// other, while somebody looks at places first and at homes second.
TEST_F(HomePlacesFaults, WhoGoesHomeLeavesAPlaceThatIsFound) {
  std::optional<Registration> held;
  helper_.Do([&] {
    registry_.Release(registry_.Register(0).value());
    held = registry_.Register(0, Holder::kSnapshot);
  });
  ASSERT_TRUE(held);
  ExpectIsServed(
      [&] {
        helper_.Begin([&] {
          registry_.Release(*held);
          held = registry_.Register(0);
          Set(goes_on_);
        });
        goes_on_.wait(false);
      },
      [&](Step step) {
        if (step == Step::kLatchBusy) Set(goes_on_);
      });
  ASSERT_TRUE(held);
  registry_.Release(*held);
}

// The other way round: what was at home is a snapshot elsewhere when homes are looked at.
TEST_F(HomePlacesFaults, WhoLeavesHomeLeavesAPlaceThatIsFound) {
  std::optional<Registration> at_home;
  std::optional<Registration> elsewhere;
  helper_.Do([&] { at_home = registry_.Register(0); });
  other_.Do([&] { elsewhere = registry_.Register(0, Holder::kSnapshot); });
  ASSERT_TRUE(at_home && at_home->slot->is_home);
  ASSERT_TRUE(elsewhere);
  ExpectIsServed([&] {
    helper_.Do([&] { registry_.Release(*at_home); });
    other_.Do([&] { registry_.Release(*elsewhere); });
    helper_.Do([&] { elsewhere = registry_.Register(0, Holder::kSnapshot); });
  });
  ASSERT_TRUE(elsewhere);
  registry_.Release(*elsewhere);
}

// A home without a place does not look taken while its thread finds that out: somebody else has
// given back a place meanwhile, and nobody had the home before.
TEST_F(HomePlacesFaults, WhoFindsTheHomeWithoutAPlaceLeavesItFree) {
  std::optional<Registration> at_home;
  std::optional<Registration> elsewhere;
  other_.Do([&] { elsewhere = registry_.Register(0, Holder::kSnapshot); });
  ASSERT_TRUE(elsewhere);
  helper_.Do([&] { registry_.Release(registry_.Register(0).value()); });
  ExpectIsServed(
      [&] {
        other_.Do([&] { registry_.Release(*elsewhere); });
        helper_.Begin([&] {
          at_home = registry_.Register(0);
          Set(goes_on_);
        });
        goes_on_.wait(false);
      },
      [&](Step step) {
        if (step == Step::kLatchBusy || step == Step::kHomeRefused) Set(goes_on_);
        if (step == Step::kHomeRefused) served_.wait(false);
      });
  ASSERT_TRUE(at_home);
  registry_.Release(*at_home);
}

}  // namespace
}  // namespace nacre::txn
