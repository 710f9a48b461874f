// Places that change hands while somebody looks for one.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <utility>

#include "engine/base/epoch.h"
#include "engine/txn/places.h"
#include "gtest/gtest.h"
#include "nacre/testing.h"

namespace nacre::txn {
namespace {

// A thread that does what it is told, one after the other.
class Helper {
 public:
  Helper() : thread_([this] { Run(); }) {}
  ~Helper() {
    Do(nullptr);
    thread_.join();
  }

  void Do(std::function<void()> task) {
    task_ = std::move(task);
    busy_ = true;
    busy_.notify_all();
    busy_.wait(true);
  }

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

// EXACT. Of two places one is always free: first another thread keeps it, and that one takes it
// while the first gives back its own, of which nobody looks any more.
TEST(PlacesFaults, WhoLooksIsNotPassedBy) {
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

  size_t shards_until = std::min(first_thread, other_thread) + 1;
  std::function<void()> at_each_shard = [&] {
    if (shards_until-- != 1) return;
    early.Do([&] { places.Give(); });
    late.Do([&] { ASSERT_TRUE(places.TryTake()); });
  };
  testing::SetStepHook(
      [](testing::Step step, void* context) {
        if (step != testing::Step::kPlacesGathered) return;
        (*static_cast<std::function<void()>*>(context))();
      },
      &at_each_shard);
  EXPECT_TRUE(places.TryTake());
  testing::Reset();
  EXPECT_FALSE(places.TryTake());
}

}  // namespace
}  // namespace nacre::txn
