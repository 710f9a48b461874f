#ifndef NACRE_TESTS_CHECK_RUN_TEST_TURNS_H_
#define NACRE_TESTS_CHECK_RUN_TEST_TURNS_H_

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "tests/check/run/random.h"

namespace nacre::check::run {

// Lets one of several threads run at a time, and draws who is next each time that one asks: what
// they do is then the same whenever it is repeated. Thread-safe.
class Turns {
 public:
  Turns(uint32_t threads, uint64_t seed) : random_(seed, 0, 0), waiting_(threads) {}

  // Waits until it is the turn of `thread`. Nobody has a turn before all have asked once.
  void Take(uint32_t thread) {
    std::unique_lock lock(mutex_);
    if (!started_) {
      joined_.push_back(thread);
      started_ = joined_.size() == waiting_;
      // In whatever order they came.
      if (started_) std::sort(joined_.begin(), joined_.end());
    }
    if (started_) Draw();
    moved_.wait(lock, [&] { return started_ && turn_ == thread; });
  }
  // `thread` asks for no turn any more.
  void Leave(uint32_t thread) {
    const std::lock_guard lock(mutex_);
    std::erase(joined_, thread);
    if (!joined_.empty()) Draw();
  }

 private:
  void Draw() {
    turn_ = joined_[random_.Below(joined_.size())];
    moved_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable moved_;
  Random random_;
  const size_t waiting_;
  bool started_ = false;
  std::vector<uint32_t> joined_;
  uint32_t turn_ = 0;
};

}  // namespace nacre::check::run

#endif  // NACRE_TESTS_CHECK_RUN_TEST_TURNS_H_
