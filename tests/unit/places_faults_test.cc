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

// PLACES. A thread has a snapshot, and its home a place. It gives back the one, and then begins at
// the other, while somebody looks at places first and at homes second.
TEST_F(PlacesFaults, WhoGoesHomeLeavesAPlaceThatIsFound) {
  const std::atomic<uint64_t> clock{7};
  SnapshotRegistry registry(clock, 2);
  Helper helper;
  std::optional<Registration> others;
  helper.Do([&] {
    registry.Release(registry.Register(0).value());
    others = registry.Register(0, Holder::kSnapshot);
  });
  ASSERT_TRUE(others);
  std::atomic<bool> goes_on{false};
  const auto go_on = [&goes_on] {
    goes_on = true;
    goes_on.notify_all();
  };
  bool asked = false;
  AtEachStep([&](Step step) {
    if (step == Step::kLatchBusy) go_on();
    if (step != Step::kPlacesAsked || std::exchange(asked, true)) return;
    helper.Begin([&] {
      registry.Release(*others);
      others = registry.Register(0);
      go_on();
    });
    goes_on.wait(false);
  });
  const std::optional<Registration> own = registry.Register(0, Holder::kSnapshot);
  EXPECT_TRUE(asked);
  EXPECT_TRUE(own);
  testing::Reset();
  helper.Await();
  EXPECT_TRUE(others);
  if (own) registry.Release(*own);
  if (others) registry.Release(*others);
}

// The other way round: what was at home is a snapshot elsewhere when homes are looked at.
TEST_F(PlacesFaults, WhoLeavesHomeLeavesAPlaceThatIsFound) {
  const std::atomic<uint64_t> clock{7};
  SnapshotRegistry registry(clock, 2);
  Helper helper;
  Helper other;
  std::optional<Registration> at_home;
  std::optional<Registration> elsewhere;
  helper.Do([&] { at_home = registry.Register(0); });
  other.Do([&] { elsewhere = registry.Register(0, Holder::kSnapshot); });
  ASSERT_TRUE(at_home && at_home->slot->is_home);
  ASSERT_TRUE(elsewhere);
  bool asked = false;
  AtEachStep([&](Step step) {
    if (step != Step::kPlacesAsked || std::exchange(asked, true)) return;
    helper.Do([&] { registry.Release(*at_home); });
    other.Do([&] { registry.Release(*elsewhere); });
    helper.Do([&] { elsewhere = registry.Register(0, Holder::kSnapshot); });
    EXPECT_TRUE(elsewhere);
  });
  const std::optional<Registration> own = registry.Register(0, Holder::kSnapshot);
  EXPECT_TRUE(asked);
  EXPECT_TRUE(own);
  testing::Reset();
  if (own) registry.Release(*own);
  if (elsewhere) registry.Release(*elsewhere);
}

// A home without a place does not look taken while its thread finds that out: somebody else has
// given back a place meanwhile, and nobody had the home before.
TEST_F(PlacesFaults, WhoFindsTheHomeWithoutAPlaceLeavesItFree) {
  const std::atomic<uint64_t> clock{7};
  SnapshotRegistry registry(clock, 2);
  Helper helper;
  Helper other;
  std::optional<Registration> at_home;
  std::optional<Registration> elsewhere;
  other.Do([&] { elsewhere = registry.Register(0, Holder::kSnapshot); });
  ASSERT_TRUE(elsewhere);
  helper.Do([&] { registry.Release(registry.Register(0).value()); });
  std::atomic<bool> goes_on{false};
  std::atomic<bool> done{false};
  const auto set = [](std::atomic<bool>& flag) {
    flag = true;
    flag.notify_all();
  };
  bool asked = false;
  AtEachStep([&](Step step) {
    if (step == Step::kLatchBusy || step == Step::kHomeRefused) set(goes_on);
    if (step == Step::kHomeRefused) done.wait(false);
    if (step != Step::kPlacesAsked || std::exchange(asked, true)) return;
    other.Do([&] { registry.Release(*elsewhere); });
    helper.Begin([&] {
      at_home = registry.Register(0);
      set(goes_on);
    });
    goes_on.wait(false);
  });
  const std::optional<Registration> own = registry.Register(0, Holder::kSnapshot);
  set(done);
  EXPECT_TRUE(asked);
  EXPECT_TRUE(own);
  testing::Reset();
  helper.Await();
  EXPECT_TRUE(at_home);
  if (own) registry.Release(*own);
  if (at_home) registry.Release(*at_home);
}

}  // namespace
}  // namespace nacre::txn
